"""The optimisers: frozen descriptions of one step, each in its source's order of operations.

    init(params)                  the state before the first step
    update(grads, state, params)  (new params, new state), and nothing is written into

The state is a dict: "step", the number of steps made, and trees like the parameters. Arithmetic is that of the parameters'
dtype, library and device. Below, t counts steps from 1, g is the gradient, p a parameter, and rate the learning rate of
step t.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import gradatlas.xp as xp
from gradatlas.backend import category, library_of
from gradatlas.engine.array import plain_of
from gradatlas.engine.trees import Structure, leaf_names
from gradatlas.errors import ArgumentError, DTypeError, describe
from gradatlas.optim.schedules import Rate, _number, rate_at
from gradatlas.optim.trees import branches, fitting, floating_leaves, joined

__all__ = [
    "SGD",
    "AdaDelta",
    "AdaGrad",
    "AdaMax",
    "Adam",
    "AdamW",
    "Lion",
    "NAdam",
    "Optimizer",
    "RMSProp",
]


class Optimizer:
    """What an optimiser is: `init` makes its state, `update` a step. A subclass says its `slots` and `one`."""

    slots: tuple[str, ...] = ()
    """The names of the trees like the parameters that the state holds, all zeros at first."""

    takes_complex = False

    rate: Rate

    @property
    def name(self) -> str:
        """What messages call the optimiser."""
        return type(self).__name__

    def begin(self, p: Any) -> Any:
        """What each slot begins with for a parameter."""
        plain = plain_of(p)
        library = library_of(plain)
        assert library is not None
        return library.namespace.zeros(plain.shape, dtype=plain.dtype, device=library.device(plain))

    def init(self, params: Any) -> dict[str, Any]:
        """The state before the first step. Raises ArgumentError or DTypeError where params is no tree of floating arrays."""
        leaves, structure = self._leaves(f"{self.name}.init", params)
        return {"step": 0, **{slot: joined(structure, [self.begin(p) for p in leaves]) for slot in self.slots}}

    def update(self, grads: Any, state: Any, params: Any) -> tuple[Any, dict[str, Any]]:
        """(params, state) after one step.

        grads: like params, as `gradatlas.grad` gives them. state: of `init`, or of the step before.
        Raises ArgumentError, ShapeError, DTypeError or LibraryMismatchError where these do not fit, naming the leaf.
        """
        function = f"{self.name}.update"
        leaves, structure = self._leaves(function, params)
        slopes = fitting(function, grads, leaves, structure, "grads")
        if not isinstance(state, dict) or set(state) != {"step", *self.slots}:
            got = sorted(state) if isinstance(state, dict) else type(state).__name__
            raise ArgumentError(function, f"got the state {got}", f"pass what {self.name}.init(params) made")
        rows = [fitting(function, state[slot], leaves, structure, f"state[{slot!r}]") for slot in self.slots]
        step = state["step"] + 1
        one = self.stepping(step, rate_at(self.rate, step, function))
        after, *kept = branches(one, 1 + len(self.slots), leaves, slopes, *rows)
        slots = {slot: joined(structure, row) for slot, row in zip(self.slots, kept, strict=True)}
        return joined(structure, after), {"step": step, **slots}

    def _leaves(self, function: str, params: Any) -> tuple[list[Any], Structure]:
        leaves, structure = floating_leaves(function, params, "params")
        if not self.takes_complex:
            for k, leaf in enumerate(leaves):
                if category(plain_of(leaf).dtype) == "complex":
                    seen = f"{leaf_names(structure, 'params')[k]} is {describe(plain_of(leaf))}"
                    raise DTypeError(function, seen, "train real and imaginary part as two arrays, or take SGD")
        return leaves, structure

    def stepping(self, step: int, rate: float) -> Callable[..., tuple[Any, ...]]:
        """The function (p, g, *slots) -> (new p, *new slots) of this step."""
        raise NotImplementedError

    def _check(self, **factors: float) -> None:
        """Raise ArgumentError for a rate that is none, or a factor that is not from 0 to below 1."""
        if not callable(self.rate):
            _number(self.name, "rate", self.rate)
        for name, value in factors.items():
            _number(self.name, name, value)
            if value >= 1:
                raise ArgumentError(self.name, f"got {name}={value!r}", "give a number from 0 to below 1")


@dataclass(frozen=True)
class SGD(Optimizer):
    """Gradient descent: p - rate g; with momentum v = momentum v + g and p - rate v; Nesterov's p - rate (g + momentum v).

    weight_decay: adds weight_decay p to g before all else. Sources: Robbins and Monro 1951; Polyak 1964; Nesterov 1983 in the
    form of Sutskever et al. 2013 that needs the gradient at p alone; the order is PyTorch's. (Keras keeps rate v instead of v,
    the same at a constant rate.) State: velocity, where there is momentum.

    >>> optimizer = optim.SGD(0.5)
    >>> params = np.asarray([1.0, 2.0])
    >>> state = optimizer.init(params)
    >>> params, state = optimizer.update(np.asarray([1.0, 0.0]), state, params)
    >>> params
    array([0.5, 2. ])
    """

    rate: Rate = 0.01
    momentum: float = 0.0
    nesterov: bool = False
    weight_decay: float = 0.0
    takes_complex: ClassVar[bool] = True  # type: ignore[misc]

    def __post_init__(self) -> None:
        self._check(momentum=self.momentum)
        _number("SGD", "weight_decay", self.weight_decay)
        if self.nesterov and not self.momentum:
            raise ArgumentError("SGD", "got nesterov=True without momentum", "say momentum=0.9, or leave nesterov out")

    @property
    def slots(self) -> tuple[str, ...]:  # type: ignore[override]
        return ("velocity",) if self.momentum else ()

    def stepping(self, step: int, rate: float) -> Callable[..., tuple[Any, ...]]:
        def one(p: Any, g: Any, *velocity: Any) -> tuple[Any, ...]:
            if self.weight_decay:
                g = g + self.weight_decay * p
            if not velocity:
                return (p - rate * g,)
            v = self.momentum * velocity[0] + g
            return p - rate * (g + self.momentum * v if self.nesterov else v), v

        return one


@dataclass(frozen=True)
class AdaGrad(Optimizer):
    """s = s + g^2, p - rate g / (sqrt(s) + eps). s begins with `initial`. Source: Duchi et al. 2011. State: squares."""

    rate: Rate = 0.01
    eps: float = 1e-7
    initial: float = 0.0
    slots: ClassVar[tuple[str, ...]] = ("squares",)  # type: ignore[misc]

    def __post_init__(self) -> None:
        self._check()
        _number("AdaGrad", "eps", self.eps)
        _number("AdaGrad", "initial", self.initial)

    def begin(self, p: Any) -> Any:
        return super().begin(p) + self.initial

    def stepping(self, step: int, rate: float) -> Callable[..., tuple[Any, ...]]:
        def one(p: Any, g: Any, s: Any) -> tuple[Any, ...]:
            s = s + xp.square(g)
            return p - rate * _over(g, xp.sqrt(s) + self.eps, self.eps), s

        return one


@dataclass(frozen=True)
class RMSProp(Optimizer):
    """s = decay s + (1 - decay) g^2, p - rate g / (sqrt(s) + eps); with momentum v = momentum v + g / (...), p - rate v.

    centered: the variance s - m^2 in place of s, m the running mean of g. Sources: Tieleman and Hinton 2012; centred Graves
    2013; eps outside the root as in PyTorch. State: squares, and mean and velocity where they are needed.
    """

    rate: Rate = 0.001
    decay: float = 0.9
    momentum: float = 0.0
    eps: float = 1e-7
    centered: bool = False

    def __post_init__(self) -> None:
        self._check(decay=self.decay, momentum=self.momentum)
        _number("RMSProp", "eps", self.eps)

    @property
    def slots(self) -> tuple[str, ...]:  # type: ignore[override]
        return ("squares", *(("mean",) if self.centered else ()), *(("velocity",) if self.momentum else ()))

    def stepping(self, step: int, rate: float) -> Callable[..., tuple[Any, ...]]:
        def one(p: Any, g: Any, s: Any, *others: Any) -> tuple[Any, ...]:
            s = self.decay * s + (1.0 - self.decay) * xp.square(g)
            kept, spread = [s], s
            if self.centered:
                m = self.decay * others[0] + (1.0 - self.decay) * g
                spread = xp.maximum(s - xp.square(m), 0.0)  # rounding may leave less than nothing
                kept.append(m)
            move = _over(g, xp.sqrt(spread) + self.eps, self.eps)
            if self.momentum:
                move = self.momentum * others[-1] + move
                kept.append(move)
            return p - rate * move, *kept

        return one


@dataclass(frozen=True)
class Adam(Optimizer):
    """m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2, p - rate m^ / (sqrt(v^) + eps).

    m^ = m / (1 - beta1^t) and v^ = v / (1 - beta2^t) undo the zeros that m and v begin with. Source: Kingma and Ba 2015,
    Algorithm 1, where eps is 1e-8; here it is Keras's 1e-7. (Keras adds eps to the root of v before that is corrected.)
    amsgrad: the largest v so far in place of v (Reddi et al. 2018), corrected as v is, as in PyTorch. weight_decay: adds
    weight_decay p to g before all else; see AdamW. State: mean, squares, and largest where amsgrad asks for it.

    >>> optimizer = optim.Adam(0.1)
    >>> params = np.asarray([1.0, 2.0])
    >>> state = optimizer.init(params)
    >>> params, state = optimizer.update(np.asarray([3.0, -0.01]), state, params)
    >>> params.round(6)  # the first step is the rate, whatever the size of the gradient
    array([0.9     , 2.099999])
    """

    rate: Rate = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-7
    amsgrad: bool = False
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        self._check(beta1=self.beta1, beta2=self.beta2)
        _number(self.name, "eps", self.eps)
        _number(self.name, "weight_decay", self.weight_decay)

    @property
    def slots(self) -> tuple[str, ...]:  # type: ignore[override]
        return ("mean", "squares", "largest") if self.amsgrad else ("mean", "squares")

    def _decayed(self, p: Any, g: Any, rate: float) -> tuple[Any, Any]:
        """p and g with the weight decay in them."""
        return p, (g + self.weight_decay * p if self.weight_decay else g)

    def stepping(self, step: int, rate: float) -> Callable[..., tuple[Any, ...]]:
        first, second = 1.0 - self.beta1**step, 1.0 - self.beta2**step

        def one(p: Any, g: Any, m: Any, v: Any, *largest: Any) -> tuple[Any, ...]:
            p, g = self._decayed(p, g, rate)
            m = self.beta1 * m + (1.0 - self.beta1) * g
            v = self.beta2 * v + (1.0 - self.beta2) * xp.square(g)
            kept, spread = [m, v], v
            if largest:
                spread = xp.maximum(largest[0], v)
                kept.append(spread)
            return p - rate * _over(m / first, xp.sqrt(spread / second) + self.eps, self.eps), *kept

        return one


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam with the decay of weights apart from the gradient: first p (1 - rate weight_decay), then Adam's step.

    Source: Loshchilov and Hutter 2019, with the rate in the decay as in PyTorch. weight_decay: 0.004 unless given, as in Keras.
    """

    weight_decay: float = 0.004

    def _decayed(self, p: Any, g: Any, rate: float) -> tuple[Any, Any]:
        return p * (1.0 - rate * self.weight_decay), g


@dataclass(frozen=True)
class NAdam(Optimizer):
    """Adam with Nesterov's momentum: p - rate (mu' m / (1 - M mu') + (1 - mu) g / (1 - M)) / (sqrt(v^) + eps).

    mu = beta1 (1 - 0.5 0.96^(0.004 t)) and mu' that of t + 1, M the product of all mu so far. Source: Dozat 2016.
    State: mean, squares, and the product.
    """

    rate: Rate = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-7
    slots: ClassVar[tuple[str, ...]] = ("mean", "squares")  # type: ignore[misc]

    def __post_init__(self) -> None:
        self._check(beta1=self.beta1, beta2=self.beta2)
        _number(self.name, "eps", self.eps)

    def _mu(self, step: int) -> float:
        return float(self.beta1 * (1.0 - 0.5 * 0.96 ** (0.004 * step)))

    def stepping(self, step: int, rate: float) -> Callable[..., tuple[Any, ...]]:
        product = 1.0
        for t in range(1, step + 1):
            product *= self._mu(t)
            if product < 1e-18:  # from here on 1 less it is 1
                break
        mu, ahead = self._mu(step), self._mu(step + 1)
        of_mean, of_slope = ahead / (1.0 - product * ahead), (1.0 - mu) / (1.0 - product)
        second = 1.0 - self.beta2**step

        def one(p: Any, g: Any, m: Any, v: Any) -> tuple[Any, ...]:
            m = self.beta1 * m + (1.0 - self.beta1) * g
            v = self.beta2 * v + (1.0 - self.beta2) * xp.square(g)
            move = of_mean * m + of_slope * g
            return p - rate * _over(move, xp.sqrt(v / second) + self.eps, self.eps), m, v

        return one


@dataclass(frozen=True)
class AdaMax(Optimizer):
    """Adam by the largest gradient: u = max(beta2 u, |g|), p - rate / (1 - beta1^t) m / (u + eps).

    Source: Kingma and Ba 2015, Algorithm 2, with eps so that a parameter whose gradients were all 0 stays. State: mean,
    largest.
    """

    rate: Rate = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-7
    slots: ClassVar[tuple[str, ...]] = ("mean", "largest")  # type: ignore[misc]

    def __post_init__(self) -> None:
        self._check(beta1=self.beta1, beta2=self.beta2)
        _number(self.name, "eps", self.eps)

    def stepping(self, step: int, rate: float) -> Callable[..., tuple[Any, ...]]:
        corrected = rate / (1.0 - self.beta1**step)

        def one(p: Any, g: Any, m: Any, u: Any) -> tuple[Any, ...]:
            m = self.beta1 * m + (1.0 - self.beta1) * g
            u = xp.maximum(self.beta2 * u, xp.abs(g))
            return p - corrected * _over(m, u + self.eps, self.eps), m, u

        return one


@dataclass(frozen=True)
class AdaDelta(Optimizer):
    """s = decay s + (1 - decay) g^2, d = sqrt(e + eps) / sqrt(s + eps) g, p - rate d, e = decay e + (1 - decay) d^2.

    Source: Zeiler 2012, where rate is 1. State: squares (s) and moves (e).
    """

    rate: Rate = 1.0
    decay: float = 0.95
    eps: float = 1e-6
    slots: ClassVar[tuple[str, ...]] = ("squares", "moves")  # type: ignore[misc]

    def __post_init__(self) -> None:
        self._check(decay=self.decay)
        _number(self.name, "eps", self.eps, above=True)

    def stepping(self, step: int, rate: float) -> Callable[..., tuple[Any, ...]]:
        def one(p: Any, g: Any, s: Any, e: Any) -> tuple[Any, ...]:
            s = self.decay * s + (1.0 - self.decay) * xp.square(g)
            d = xp.sqrt(e + self.eps) / xp.sqrt(s + self.eps) * g
            return p - rate * d, s, self.decay * e + (1.0 - self.decay) * xp.square(d)

        return one


@dataclass(frozen=True)
class Lion(Optimizer):
    """p - rate (sign(beta1 m + (1 - beta1) g) + weight_decay p), then m = beta2 m + (1 - beta2) g. State: mean.

    Source: Chen et al. 2023.
    """

    rate: Rate = 1e-4
    beta1: float = 0.9
    beta2: float = 0.99
    weight_decay: float = 0.0
    slots: ClassVar[tuple[str, ...]] = ("mean",)  # type: ignore[misc]

    def __post_init__(self) -> None:
        self._check(beta1=self.beta1, beta2=self.beta2)
        _number(self.name, "weight_decay", self.weight_decay)

    def stepping(self, step: int, rate: float) -> Callable[..., tuple[Any, ...]]:
        def one(p: Any, g: Any, m: Any) -> tuple[Any, ...]:
            move = xp.sign(self.beta1 * m + (1.0 - self.beta1) * g)
            if self.weight_decay:
                move = move + self.weight_decay * p
            return p - rate * move, self.beta2 * m + (1.0 - self.beta2) * g

        return one


def _over(move: Any, size: Any, eps: float) -> Any:
    """move / size; where eps is 0 and both vanish, 0: a parameter that never had a gradient stays where it is."""
    if eps:
        return xp.divide(move, size)
    still = xp.equal(size, 0.0)
    return xp.where(still, 0.0, xp.divide(move, xp.where(still, 1.0, size)))
