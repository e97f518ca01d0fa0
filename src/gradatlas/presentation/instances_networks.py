"""Networks, recurrences, pools and descents for worked examples: two neurons, a few layers or steps, integers and fractions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from gradatlas.presentation.exact import by_size, root
from gradatlas.presentation.factors import applied, product, transposed
from gradatlas.presentation.instance import AtPoint, Instance, following, half, in_turn

__all__ = ["INSTANCES"]


def _two(t: int) -> int:
    return 2


def _plus(a: Sequence[Any], b: Sequence[Any]) -> list[Any]:
    return [x + y for x, y in zip(a, b, strict=True)]


def _times(factor: Any, a: Sequence[Any]) -> list[Any]:
    return [factor * x for x in a]


# Layers.


def _affine() -> Mapping[str, Any]:
    W, b = in_turn([[2, 0], [1, 1]], [[1, 2], [0, 1]]), in_turn([0, 1], [1, 0])
    return {
        "t": 2,
        "n": _two,
        "W": W,
        "b": b,
        "x": following([1, 1], lambda t, x: _plus(applied(W(t + 1), x), b(t + 1))),
        "M": following([[1, 0], [0, 1]], lambda t, M: product(W(t + 1), M)),
        "c": following([0, 0], lambda t, c: _plus(applied(W(t + 1), c), b(t + 1))),
    }


def _backwards(start: Any, W: Callable[[int], Any], s: Callable[[int], Any]) -> Callable[[int], Any]:
    """The errors from the output back, W(t) between layer t and the one below it, s(t) the slopes in a layer."""

    def below(t: int, delta: Any) -> Any:
        return [e * f for e, f in zip(s(t + 1), applied(transposed(W(t)), delta), strict=True)]

    return following(start, below)


def _exploding() -> Mapping[str, Any]:
    W, s = in_turn([[3, 4], [-4, 3]]), in_turn([half, Fraction(1)])
    return {"t": 2, "n": _two, "W": W, "s": s, "c": half, "m": Fraction(25), "delta": _backwards([1, 2], W, s)}


def _scaled() -> Mapping[str, Any]:
    W = in_turn([[3, 0], [0, 3]])
    return {
        "t": 2,
        "n": 2,
        "c": Fraction(3),
        "W": W,
        "delta": following([1, -2], lambda t, delta: applied(W(t), delta)),
    }


def _vanishing() -> Mapping[str, Any]:
    W, s = in_turn([[1, 1], [0, 1]]), in_turn([half, Fraction(1, 4)])
    return {
        "t": 2,
        "n": _two,
        "W": W,
        "s": s,
        "c": half,
        "B": lambda t: Fraction(3, 4) ** int(t),
        "delta": _backwards([1, 2], W, s),
    }


def _sigmoid_layers() -> Mapping[str, Any]:
    # The slope of the sigmoid at 0 is 1/4.
    W, s = in_turn([[1, 1], [-1, 1]]), in_turn([Fraction(1, 4), Fraction(1, 4)])
    return {
        "t": 2,
        "n": _two,
        "W": W,
        "s": s,
        "z": in_turn([0, 0]),
        "w": Fraction(2),
        "delta": _backwards([4, 8], W, s),
    }


# Backpropagation.


def _graph() -> Mapping[str, Any]:
    """Three nodes: 3, its square, and the product of both; the loss is the product of the last two."""
    n = 3

    def f(t: int, X: Any) -> Any:
        return (3 + 0 * X[0], X[0] * X[0], X[0] * X[1])[t] if t < n else 0

    def slopes(t: int, X: Any) -> Any:
        return ([0, 0, 0], [2 * X[0], 0, 0], [X[1], X[0], 0])[t] if t < n else [0, 0, 0]

    def loss_slopes(X: Any) -> Any:
        return [0, X[2], X[1]]

    def stepped(t: int, X: Any) -> Any:
        return [f(t, X) if i == t else v for i, v in enumerate(X)]

    def loss(t: int, X: Any) -> Any:
        for step in range(t, n):
            X = stepped(step, X)
        return X[1] * X[2]

    v = following([0, 0, 0], lambda t, X: stepped(t, X) if t < n else X)

    def adjoint(t: int) -> Any:
        if t >= n:
            return loss_slopes(v(n))
        after = adjoint(t + 1)
        return [(0 if i == t else after[i]) + after[t] * slope for i, slope in enumerate(slopes(t, v(t)))]

    return {
        "n": n,
        "t": 1,
        "f": f,
        "f'": slopes,
        "R": lambda X: X[1] * X[2],
        "grad R": loss_slopes,
        "Psi": loss,
        "v": v,
        "a": adjoint,
    }


def _recursion() -> Mapping[str, Any]:
    """Two layers of two neurons and of one, whose activation is the square."""
    depth, widths = 2, (2, 2, 1)
    W, b = in_turn([[1]], [[1, 2], [-1, 1]], [[2, 1]]), in_turn([0], [0, 1], [-1])

    def width(t: int) -> int:
        return widths[t] if t < len(widths) else 1

    def forward(t: int, X: Any) -> Any:
        return _plus(applied(W(t + 1), [x * x for x in X]), b(t + 1))

    def loss(t: int, X: Any) -> Any:
        for layer in range(t, depth):
            X = forward(layer, X)
        return X[0] * X[0] / 2

    z = following([1, -1], lambda t, X: forward(t, X) if t < depth else [0] * width(t + 1))

    def delta(t: int) -> Any:
        if t >= depth:
            return z(t)
        return [2 * x * e for x, e in zip(z(t), applied(transposed(W(t + 1)), delta(t + 1)), strict=True)]

    return {
        "L": depth,
        "l": 0,
        "n": width,
        "W": W,
        "b": b,
        "a": lambda t, u: u * u,
        "a'": lambda t, u: 2 * u,
        "C": lambda X: X[0] * X[0] / 2,
        "grad C": lambda X: [X[0]],
        "Phi": loss,
        "z": z,
        "delta": delta,
    }


# Products, sums and recurrences over arrays.


def _entry(X: Sequence[Any], t: int) -> Any:
    return X[t] if t < len(X) else 0


def _products() -> dict[str, Any]:
    def product_of(places: Any, X: Any) -> Any:
        made: Any = 1
        for place in places:
            made = made * _entry(X, place)
        return made

    return {
        "N": 3,
        "x": [2, 3, 5],
        "P": lambda t, X: product_of(range(t), X),
        "O": lambda t, n, X: product_of((i for i in range(t) if i != n), X),
    }


def _linear_recurrence() -> Mapping[str, Any]:
    def state(t: int, X: Any, Y: Any) -> Any:
        return 0 if t == 0 else _entry(X, t - 1) * state(t - 1, X, Y) + _entry(Y, t - 1)

    def slope(t: int, n: int, X: Any) -> Any:
        return 0 if t == 0 else _entry(X, t - 1) * slope(t - 1, n, X) + int(t - 1 == n)

    return {"N": 2, "s": state, "G": slope, "a": [2, 3], "b": [1, 4], "g": [1, -2]}


def _shifted() -> Mapping[str, Any]:
    delay = 2

    def step(h: Any, x: Any) -> Any:
        return [h[0] + h[0] * x[0]]

    def late(t: int) -> Any:
        return [0] if t < delay else [t - delay + 1]

    return {
        "H": 1,
        "Z": 1,
        "d": delay,
        "t": 2,
        "F": step,
        "u": [1],
        "r": [0],
        "x": lambda t: [t + 1],
        "x'": late,
        "h": following([1], lambda t, h: step(h, [t + 1])),
        "h'": following([1], lambda t, h: step(h, late(t))),
    }


def _unrolled() -> Mapping[str, Any]:
    """Two steps of s, w -> s + s w, and half the square of the state as every step's loss."""
    last = 2
    w = in_turn([2], [-3])

    def step(t: int, Y: Any, X: Any) -> Any:
        return [Y[0] + Y[0] * X[0]]

    def total(t: int, X: Any) -> Any:
        here = X[0] * X[0] / 2
        return here if t >= last else here + total(t + 1, step(t, X, w(t)))

    s = following([1], lambda t, state: step(t, state, w(t)))

    def adjoint(t: int) -> Any:
        return s(t) if t >= last else [s(t)[0] + (1 + w(t)[0]) * adjoint(t + 1)[0]]

    return {
        "T": last,
        "t": 0,
        "K": 1,
        "P": 1,
        "w": w,
        "F": step,
        "A": lambda t, Y, X: [[1 + X[0]]],
        "B": lambda t, Y, X: [[Y[0]]],
        "ell": lambda t, X: X[0] * X[0] / 2,
        "grad ell": lambda t, X: [X[0]],
        "Phi": total,
        "s": s,
        "a": adjoint,
    }


def _pooled() -> Mapping[str, Any]:
    """Two windows of two that share their middle."""
    return {"B": 1, "O": 2, "N": 3, "C": 1, "m": [[1, 1, 0], [0, 1, 1]], "x": [[[1], [4], [2]]]}


def _tolerance() -> Mapping[str, Any]:
    def largest(X: Any) -> Any:
        found = max(X, key=lambda v: abs(by_size(v)))
        return found if by_size(found) > 0 else -found

    return {"n": 3, "x": [Fraction(4), Fraction(1), Fraction(-3)], "tau": half, "M": AtPoint(largest)}


# Softmax and attention: one head, one query, two keys.


def _attention(**more: Any) -> Callable[[], Mapping[str, Any]]:
    sizes = {"H": 1, "N": 1, "M": 2, "F": 1, "m": [[[1, 1]]], "V": [[[3], [5]]]}
    return lambda: {**sizes, **more}


SCORED: Final = {"E": 1, "s": Fraction(1), "Q": [[[1]]], "K": [[[1], [2]]]}


# Descents.


def _quadratic(alpha: Fraction) -> dict[str, Any]:
    H, b = [[41, -12], [-12, 34]], [41, -12]
    return {
        "n": 2,
        "t": 2,
        "Q": [[Fraction(3, 5), Fraction(-4, 5)], [Fraction(4, 5), Fraction(3, 5)]],
        "lambda": [25, 50],
        "H": H,
        "s": [1, 0],
        "b": b,
        "alpha": alpha,
        "theta": following([2, 2], lambda t, X: _plus(X, _times(-alpha, _plus(applied(H, X), _times(-1, b))))),
    }


def _too_large() -> Mapping[str, Any]:
    alpha = Fraction(1, 10)
    known = _quadratic(alpha)
    start = [1 - Fraction(4, 5), Fraction(3, 5)]
    H, b = known["H"], known["b"]
    theta = following(start, lambda t, X: _plus(X, _times(-alpha, _plus(applied(H, X), _times(-1, b)))))
    return {**known, "L": Fraction(50), "l": 1, "u": [1, 0], "theta": theta}


def _stopping() -> Mapping[str, Any]:
    def slope(X: Any) -> Any:
        return [X[0], 2 * X[1]]

    return {
        "n": 2,
        "t": 2,
        "L": Fraction(2),
        "alpha": half,
        "J": lambda X: X[0] * X[0] / 2 + X[1] * X[1],
        "grad J": slope,
        "theta": following([Fraction(2), Fraction(1)], lambda t, X: _plus(X, _times(-half, slope(X)))),
    }


def _proximal() -> Mapping[str, Any]:
    return {
        "n": 2,
        "J": lambda X: X[0] * X[0] + 3 * X[1],
        "grad J": lambda X: [2 * X[0], 3],
        "theta": [1, 2],
        "alpha": half,
    }


def _nesterov() -> Mapping[str, Any]:
    alpha, mu = Fraction(1, 4), half

    def slope(X: Any) -> Any:
        return [2 * X[0], X[1]]

    def step(t: int, state: Any) -> Any:
        theta, u = state
        after = _plus(_times(mu, u), slope(_plus(theta, _times(-alpha * mu, u))))
        return _plus(theta, _times(-alpha, after)), after

    states = following(([4, -4], [0, 0]), step)
    return {
        "n": 2,
        "t": 1,
        "alpha": alpha,
        "mu": mu,
        "grad J": slope,
        "theta": lambda t: states(t)[0],
        "u": lambda t: states(t)[1],
    }


# Four outcomes of equal chance. The rows are orthogonal, each is as likely 1 as -1 but for the first.
SIGNS: Final = ((1, 1, 1, 1), (1, 1, -1, -1), (1, -1, 1, -1), (1, -1, -1, 1))


def _noise(order: Sequence[int]) -> Callable[[int, Sequence[Any]], list[Any]]:
    """Noise of mean square 1 that is orthogonal to the error: rows of signs for four steps, then a rotation of the error."""

    def member(t: int, error: Sequence[Any]) -> list[Any]:
        if t < len(order):
            return [Fraction(sign) for sign in SIGNS[order[t]]]
        a, b, c, d = error
        length = root(Fraction(a * a + b * b + c * c + d * d) / 4)
        return [v / length for v in (b, -a, d, -c)]

    return member


def _noisy(start: list[Any], order: Sequence[int], step: Callable[[int, Any, Any], Any]) -> dict[str, Any]:
    noise = _noise(order)
    e = following(start, lambda t, X: step(t, X, noise(t, X)))
    return {"Omega": 4, "P": [Fraction(1, 4)] * 4, "s": Fraction(1), "e": e, "xi": lambda t: noise(int(t), e(t))}


def _decaying() -> Mapping[str, Any]:
    h = Fraction(2)

    def step(t: int, error: Any, noise: Any) -> Any:
        return [a - (h * a + x) / (h * (1 + t)) for a, x in zip(error, noise, strict=True)]

    return {"h": h, "t": 2, **_noisy([Fraction(1)] * 4, (1, 2, 3, 0), step)}


def _floor() -> Mapping[str, Any]:
    h, alpha = Fraction(1), half

    def step(t: int, error: Any, noise: Any) -> Any:
        return [(1 - alpha * h) * a - alpha * x for a, x in zip(error, noise, strict=True)]

    return {"h": h, "alpha": alpha, "t": 2, **_noisy([Fraction(0)] * 4, (1, 2, 3, 0), step)}


INSTANCES: Final[Mapping[str, Instance]] = {
    "affine.composition": Instance("any depth", _affine, ("W(1)", "b(1)", "W(2)", "b(2)")),
    "exploding-gradient.bound": Instance("any depth", _exploding, ("W(0)", "s(1)", "W(1)", "s(2)")),
    "exploding-gradient.scaled-identity": Instance("error", _scaled),
    "vanishing-gradient.bound": Instance("any depth", _vanishing, ("W(0)", "s(1)", "W(1)", "s(2)")),
    "vanishing-gradient.sigmoid": Instance("rate", _sigmoid_layers, ("W(0)", "s(1)", "W(1)", "s(2)")),
    "backpropagation.graph": Instance("sweep", _graph, ("f(1)", "f(2)", "R", "v(1)")),
    "backpropagation.recursion": Instance("weights", _recursion),
    "prod.derivative": Instance("vjp", _products),
    "cumulative-prod.derivative": Instance("vjp", lambda: {**_products(), "g": [1, -1, 2]}),
    "linear-recurrence.derivative": Instance("vjp in the factors", _linear_recurrence),
    "recurrence.shift": Instance("shifted", _shifted, ("F", "x(0)", "x(1)")),
    "recurrence.vjp": Instance("weights of one step", _unrolled),
    "max-pool.derivative": Instance("differentiable", _pooled),
    "max-pool.vjp": Instance("statement", lambda: {**_pooled(), "g": [[[3], [5]]]}),
    "segment-sum.derivative": Instance("vjp", lambda: {"N": 3, "S": 2, "C": 1, "phi": in_turn(0, 1, 0)}),
    "attention.permutation": Instance(
        "keys and values",
        lambda: {
            "H": 1,
            "N": 1,
            "M": 2,
            "E": 1,
            "F": 1,
            "s": Fraction(1),
            "sigma": in_turn(1, 0),
            "tau": in_turn(1, 0),
            "Q": [[[1]]],
            "K": [[[1], [2]]],
            "V": [[[3], [5]]],
        },
    ),
    "tolerance.derivative": Instance("equal", _tolerance),
    "clip.derivative": Instance(
        "vjp", lambda: {"n": 3, "low": Fraction(0), "high": Fraction(3), "x": [-1, 1, 4], "g": [2, 3, -1]}
    ),
    "threshold.derivative": Instance("vjp", lambda: {"n": 3, "at": Fraction(1), "x": [-1, 2, 3], "g": [2, 3, -1]}),
    "softmax.jacobian": Instance("differentiable", lambda: {"R": 1, "N": 2, "C": 1, "x": [[[1], [2]]]}),
    "masked-softmax.jacobian": Instance(
        "differentiable", lambda: {"H": 1, "N": 1, "M": 3, "m": [[[1, 1, 0]]], "S": [[[1, 2, 4]]]}
    ),
    "attention.forward": Instance("statement", _attention(**SCORED)),
    "attention.dv": Instance("statement", _attention(**SCORED, G=[[[2]]])),
    "attention.ds": Instance("statement", _attention(S=[[[0, 1]]], G=[[[2]]])),
    "attention.jvp": Instance("in Q", _attention(**SCORED)),
    "attention.causal": Instance("mask", lambda: {"N": 3}),
    "gradient-descent.quadratic": Instance("coordinates", lambda: _quadratic(Fraction(1, 100)), ("H", "b")),
    "gradient-descent.quadratic-rate": Instance("rate too large", _too_large, ("H", "b", "alpha", "L", "theta(0)")),
    "gradient-descent.finite-steps": Instance(
        "never", lambda: {**_quadratic(Fraction(1, 50)), "k": 0}, ("H", "b", "alpha", "theta(0)")
    ),
    "gradient-descent.stopping": Instance("sum", _stopping, ("L",)),
    "gradient-descent.proximal": Instance("value", _proximal),
    "gradient-descent.decay-noise": Instance("closed form", _decaying, ("xi(0)", "xi(1)", "xi(2)")),
    "gradient-descent.noise-floor": Instance("closed form", _floor, ("xi(0)", "xi(1)")),
    "nesterov.forms": Instance("at the point ahead", _nesterov),
}
