"""The transforms: from a function to its gradient, its products with the Jacobian, its value cut off from derivatives.

Signatures are JAX's where JAX has the function. Arguments and results are trees of arrays; plain arrays of a library
give plain arrays of that library back, of the same dtype, device and shape, and Arrays give Arrays. A Python float is
taken for a 0-dimensional array beside the other arguments. With complex numbers the inner product is Re<x, y>: a
gradient points along steepest ascent, and the vjp of a holomorphic f is conj(f') g.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from gradatlas.backend import category, library_of
from gradatlas.engine.array import Array, plain_of, traced, untraced
from gradatlas.engine.forward import ForwardTrace
from gradatlas.engine.recording import Inputs, Outputs, Recording, fitting_leaves, release, split_aux, unshared
from gradatlas.engine.reverse import opened
from gradatlas.engine.space import Space
from gradatlas.engine.trees import map_leaves
from gradatlas.errors import ArgumentError, IndependentOutputError, NotScalarError, describe

__all__ = ["Pullback", "grad", "hvp", "jvp", "stop_gradient", "value_and_grad", "vjp"]


class Pullback:
    """The function v -> v J of one call: from a cotangent like the output to a tuple of cotangents like the arguments.

    It may be called any number of times, and holds what the forward pass saved for as long as it lives.
    """

    __slots__ = ("_recording", "_spaces")

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._spaces = [Space.of(value) for value in recording.outputs.values]

    def __call__(self, cotangent: Any) -> tuple[Any, ...]:
        recording = self._recording
        outputs = recording.outputs
        needed = [link is not None for link in outputs.links]
        leaves = fitting_leaves("vjp", "cotangent", cotangent, outputs.structure, self._spaces, needed)
        return recording.inputs.hand_over(recording.pull(leaves), given=leaves)

    def __repr__(self) -> str:
        return f"<pullback of {len(self._recording.inputs.values)} arrays>"


def vjp(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """The value of f at primals, and the function that takes a cotangent v to v J, a tuple with one entry per primal.

    Returns (out, vjp_fn), or (out, vjp_fn, aux) where has_aux says that f returns (out, aux).
    Raises DTypeError for primals that are not floating. vjp_fn raises ArgumentError, ShapeError or DTypeError for a
    cotangent that is not like out.

    >>> out, pull = ga.vjp(lambda x: x**2, np.asarray([1.0, 2.0, 3.0]))
    >>> pull(np.asarray([1.0, 0.0, 10.0]))
    (array([ 2.,  0., 60.]),)
    """
    recording = Recording("vjp", f, Inputs("vjp", primals), has_aux)
    recording.lock_outputs()
    if has_aux:
        return recording.out, Pullback(recording), recording.aux
    return recording.out, Pullback(recording)


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False) -> Any:
    """The value of f at primals, and the tangent J t of the output, for a tangent t like the primals.

    primals, tangents: tuples or lists, one entry per argument. Returns (out, tangent), or (out, tangent, aux) where
    has_aux says that f returns (out, aux). Raises ArgumentError, ShapeError or DTypeError where tangents are not like
    primals, and DTypeError for primals that are not floating.

    >>> ga.jvp(lambda x: x**2, (np.asarray([1.0, 2.0]),), (np.asarray([1.0, 10.0]),))
    (array([1., 4.]), array([ 2., 40.]))
    """
    for name, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, tuple | list):
            raise ArgumentError("jvp", f"{name} is {describe(given)}", f"pass a tuple: {name}=(x,) for one argument")
    inputs = Inputs("jvp", primals)
    leaves = fitting_leaves(
        "jvp", "tangent", tuple(tangents), inputs.structure, inputs.spaces, [True] * len(inputs.values)
    )
    outputs, aux = push_forward("jvp", f, inputs, leaves, has_aux)
    moved = [
        Space.of(value).zeros() if t is None else t for value, t in zip(outputs.values, outputs.links, strict=True)
    ]
    out, tangent = outputs.assemble(outputs.values), outputs.assemble(unshared(moved, given=leaves))
    return (out, tangent, aux) if has_aux else (out, tangent)


def push_forward(
    transform: str, f: Callable[..., Any], inputs: Inputs, tangents: Sequence[Any], has_aux: bool
) -> tuple[Outputs, Any]:
    """Outputs, whose links are their tangents, and auxiliary output of f, for one tangent per leaf of the arguments.

    None stands for a tangent that is zero, among the tangents and among the links.
    """
    trace = ForwardTrace(transform)
    args = inputs.assemble(
        [untraced(v) if t is None else traced(v, trace, t) for v, t in zip(inputs.values, tangents, strict=True)]
    )
    with opened(trace):
        out = f(*args)
    out, aux = split_aux(transform, out, has_aux)
    outputs = Outputs(transform, out, trace, inputs)
    return outputs, map_leaves(lambda leaf: release(leaf, trace, inputs.wrap), aux)


def select(function: str, argnums: int | Sequence[int], args: Sequence[Any]) -> tuple[int, ...]:
    """The positions that argnums chooses among args. Raises ArgumentError where args has no such position."""
    chosen = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    for position in chosen:
        if not isinstance(position, int) or not -len(args) <= position < len(args):
            raise ArgumentError(
                function,
                f"argnums={argnums!r}, and the function was given {len(args)} positional arguments",
                "choose among them, and pass what is differentiated by position",
            )
    positions = tuple(position % len(args) for position in chosen)
    if len(set(positions)) < len(positions):
        raise ArgumentError(function, f"argnums={argnums!r} names an argument twice", "name each once")
    return positions


def partial_at(
    f: Callable[..., Any], positions: Sequence[int], args: Sequence[Any], kwargs: dict[str, Any]
) -> Callable[..., Any]:
    """f as a function of its arguments at positions alone, the others held."""

    def of_chosen(*chosen: Any) -> Any:
        full = list(args)
        for position, value in zip(positions, chosen, strict=True):
            full[position] = value
        return f(*full, **kwargs)

    return of_chosen


def chosen_inputs(function: str, positions: Sequence[int], args: Sequence[Any]) -> Inputs:
    """The arguments at positions as inputs of a transform, the others as their neighbours."""
    held = [arg for position, arg in enumerate(args) if position not in positions]
    return Inputs(function, [args[position] for position in positions], held)


def _gradient(
    transform: str,
    f: Callable[..., Any],
    argnums: int | Sequence[int],
    has_aux: bool,
    allow_independent: bool,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> tuple[Any, Any, Any]:
    """Value, auxiliary output and gradient of f at args."""
    positions = select(transform, argnums, args)
    inputs = chosen_inputs(transform, positions, args)
    recording = Recording(transform, partial_at(f, positions, args, kwargs), inputs, has_aux)
    outputs = recording.outputs
    if len(outputs.values) != 1 or not outputs.structure.is_leaf() or plain_of(outputs.values[0]).shape != ():
        seen = ", ".join(describe(plain_of(value)) for value in outputs.values)
        if not outputs.structure.is_leaf():
            seen = f"a tree of {len(outputs.values)} arrays ({seen})"
        raise NotScalarError(
            transform,
            f"the function returned {seen}, where an array of shape () is needed",
            "reduce it with xp.sum or xp.mean, hand further outputs out with has_aux=True, or use vjp or jacobian",
        )
    (value,) = outputs.values
    if category(plain_of(value).dtype) == "complex":
        raise NotScalarError(
            transform,
            f"the function returned {describe(plain_of(value))}, and a gradient is that of a real number",
            "return its real part or its modulus, or use vjp",
        )
    gradients = recording.pull([Space.of(value).ones()], consume=True) if outputs.links[0] is not None else None
    if gradients is None or all(g is None for g in gradients):
        if not allow_independent:
            raise IndependentOutputError(
                transform,
                f"the output ({describe(plain_of(value))}) does not depend on "
                + ", ".join(f"argument {position}" for position in positions),
                "compute the output from the argument with gradatlas.xp, or pass allow_independent=True for zeros",
            )
        gradients = [None] * len(inputs.values)
    trees = inputs.hand_over(gradients)
    return recording.out, recording.aux, trees[0] if isinstance(argnums, int) else trees


def grad(
    f: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    *,
    allow_independent: bool = False,
) -> Callable[..., Any]:
    """The gradient of f, a function that returns a real array of shape ().

    argnums: which positional argument to differentiate in, or several, which gives a tuple. has_aux: f returns
    (output, aux), and the gradient function (gradient, aux). allow_independent: give zeros where the output does not
    depend on the arguments, instead of raising IndependentOutputError.
    The returned function takes f's arguments. It raises NotScalarError where f returns anything else, DTypeError for
    arguments that are not floating, ArgumentError for argnums outside the arguments.

    >>> ga.grad(lambda x: xp.sum(x**2))(np.asarray([1.0, 2.0]))
    array([2., 4.])
    """

    @functools.wraps(f)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        _, aux, g = _gradient("grad", f, argnums, has_aux, allow_independent, args, kwargs)
        return (g, aux) if has_aux else g

    return gradient


def value_and_grad(
    f: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    *,
    allow_independent: bool = False,
) -> Callable[..., Any]:
    """The value of f together with its gradient; arguments and errors as those of `grad`.

    The returned function gives (value, gradient), or ((value, aux), gradient) with has_aux.

    >>> value, gradient = ga.value_and_grad(lambda x: xp.sum(x**2))(np.asarray([1.0, 2.0]))
    >>> float(value)
    5.0
    >>> gradient
    array([2., 4.])
    """

    @functools.wraps(f)
    def value_and_gradient(*args: Any, **kwargs: Any) -> Any:
        value, aux, g = _gradient("value_and_grad", f, argnums, has_aux, allow_independent, args, kwargs)
        return ((value, aux), g) if has_aux else (value, g)

    return value_and_gradient


def hvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """The product of the Hessian of f at primals with tangents, by forward mode over reverse mode.

    f: returns a real array of shape (). primals, tangents: tuples, one entry per argument. Returns the product as a
    tree like the one primal, or a tuple of such for several. Errors as those of `jvp` and `grad`.

    >>> ga.hvp(lambda x: xp.sum(x**3), (np.asarray([1.0, 2.0]),), (np.asarray([1.0, 1.0]),))
    array([ 6., 12.])
    """
    argnums = 0 if len(primals) == 1 else tuple(range(len(primals)))
    _, product = jvp(grad(f, argnums, allow_independent=True), primals, tangents)
    return product


def stop_gradient(tree: Any) -> Any:
    """tree as a constant: the same values, through which no transform, of any order, sees a derivative.

    >>> ga.grad(lambda x: xp.sum(x * ga.stop_gradient(x)))(np.asarray([2.0, 3.0]))
    array([2., 3.])
    """
    return map_leaves(_as_constant, tree)


def _as_constant(leaf: Any) -> Any:
    return leaf if type(leaf) is not Array or leaf._trace is None else untraced(_constant(leaf))


def _constant(x: Any) -> Any:
    """x without the traces that follow derivatives; those of batches stay."""
    if type(x) is not Array:
        library = library_of(x)
        return x if library is None else library.locked_view(x)
    if x._trace is None:
        return _constant(x._plain)
    value = _constant(x._value)
    return x._trace.keep(x, value)
