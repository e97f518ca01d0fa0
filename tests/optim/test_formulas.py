"""The optimizers make the steps that are proven: each against the closed forms of its formula, evaluated in many digits."""

import numpy as np
import pytest

from gradatlas.formulas import adaptive as f
from gradatlas.formulas import registry
from gradatlas.optim import SGD, AdaGrad, Adam, RMSProp
from gradatlas.symbolic.evaluate import Assignment, evaluate
from gradatlas.symbolic.propositions import Eq
from gradatlas.symbolic.terms import Term

STEPS, ENTRIES = 5, 3
GRADIENTS = np.random.default_rng(7).normal(size=(STEPS, ENTRIES))


def closed(id: str, claim: str) -> Term:
    """The right side of a claim: what a quantity is after t steps."""
    conclusion = registry.get(id).claim(claim).conclusion
    assert isinstance(conclusion, Eq)
    return conclusion.right


def at(term: Term, steps: int, entry: int, **values: float) -> float:
    """A term's value at a step and an entry, the gradients being those above."""
    given = {"t": steps, "n": ENTRIES, "g": lambda t: GRADIENTS[int(t)].tolist(), f.i: entry}
    return float(evaluate(term, Assignment({**given, **values}), 40))


def path(optimizer) -> np.ndarray:
    """The parameters, from 0, after each number of steps."""
    params = np.zeros(ENTRIES)
    state = optimizer.init(params)
    seen = [params]
    for gradient in GRADIENTS:
        params, state = optimizer.update(gradient, state, params)
        seen.append(params)
    return np.array(seen)


def taken(optimizer) -> np.ndarray:
    """What each step takes off the parameters."""
    return -np.diff(path(optimizer), axis=0)


def compare(found: np.ndarray, wanted) -> None:
    for step in range(STEPS):
        for entry in range(ENTRIES):
            assert found[step, entry] == pytest.approx(wanted(step, entry), rel=1e-12)


def test_adam():
    b1, b2, rate, eps = 0.9, 0.99, 0.02, 1e-3
    mean, square = (f.history(decay, power) for decay, power in ((f.b1, plain), (f.b2, squared)))
    term = f.adam((1 - f.b1) * mean, (1 - f.b2) * square, f.eps)
    compare(
        taken(Adam(rate=rate, beta1=b1, beta2=b2, eps=eps)),
        lambda step, entry: at(term, step + 1, entry, beta1=b1, beta2=b2, alpha=rate, epsilon=eps),
    )


def plain(step: Term) -> Term:
    return f.at("g", step)[f.i]


def squared(step: Term) -> Term:
    return plain(step) ** 2


def test_adagrad():
    total = closed("adagrad.step", "sum")
    compare(
        taken(AdaGrad(rate=0.1, eps=1e-3)),
        lambda step, entry: 0.1 * GRADIENTS[step, entry] / (at(total, step + 1, entry) ** 0.5 + 1e-3),
    )


def test_rmsprop():
    mean = closed("rmsprop.step", "closed form")
    compare(
        taken(RMSProp(rate=0.1, decay=0.8, eps=1e-3)),
        lambda step, entry: 0.1 * GRADIENTS[step, entry] / (at(mean, step + 1, entry, rho=0.8) ** 0.5 + 1e-3),
    )


def test_momentum():
    velocity = closed("momentum.closed-form", "velocity")
    compare(taken(SGD(rate=0.1, momentum=0.8)), lambda step, entry: 0.1 * at(velocity, step + 1, entry, mu=0.8))


def test_nesterov_moves_the_point_ahead():
    velocity = closed("momentum.closed-form", "velocity")
    compare(
        taken(SGD(rate=0.1, momentum=0.8, nesterov=True)),
        lambda step, entry: 0.1 * (GRADIENTS[step, entry] + 0.8 * at(velocity, step + 1, entry, mu=0.8)),
    )
