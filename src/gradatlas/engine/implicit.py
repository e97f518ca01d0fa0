"""Solutions differentiated by the equation they solve, and not through the steps that found them.

Where f(x, c) = 0 defines x, its derivative is -(df/dx)^-1 df/dc. The solver runs unseen by every trace; what f closes over
is found by recording f once at the solution, and becomes an argument of one primitive, `_Implicit`, whose rules in both
modes are those of the equation. They ask for x itself, one level below, so that any order follows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gradatlas.backend import category, library_of
from gradatlas.engine.array import Array, known, lower, plain_of, untraced
from gradatlas.engine.batching import BatchTrace, run_batched
from gradatlas.engine.graph import Graph, GraphTrace, record_graph
from gradatlas.engine.linear_maps import add, cast, fill, join, move_axis, part, real_part, reshape, scale
from gradatlas.engine.primitive import Primitive, bind
from gradatlas.engine.recording import Inputs
from gradatlas.engine.reverse import opened, paused
from gradatlas.engine.space import Space
from gradatlas.engine.transforms import jvp, stop_gradient, vjp
from gradatlas.engine.trees import Structure, assemble, flatten, map_leaves
from gradatlas.errors import ArgumentError, ConvergenceError, ShapeError, describe

__all__ = ["custom_fixed_point", "custom_root"]

Leaves = Sequence[Any]


class _Implicit(Primitive):
    """The solution x, given as the last arguments, of f(x, c) = 0 for the constants c before it.

    push(c, x, tangents of c) and pull(c, x, cotangents of x) are its rules. Of c whatever is not floating has None for a
    tangent or cotangent.
    """

    def __init__(
        self,
        name: str,
        constants: int,
        push: Callable[[Leaves, Leaves, Leaves], Leaves],
        pull: Callable[[Leaves, Leaves, Leaves], Leaves],
    ) -> None:
        self.name = name
        self.constants = constants
        self.rules = push, pull

    def forward(self, lib: Any, *args: Any, **params: Any) -> Any:
        return tuple(args[self.constants :])

    def save(self, which: Sequence[int], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        return tuple(args[: self.constants]), out

    def pull(self, g: Any, which: Sequence[int], saved: Any) -> Sequence[Any]:
        constants, out = saved
        full = [Space.of(x).zeros() if part is None else part for x, part in zip(out, g, strict=True)]
        found = self.rules[1](constants, out, full)
        return [found[slot] if slot < self.constants else None for slot in which]

    def push(self, tangents: Sequence[Any], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        moved = tangents[: self.constants]
        if all(t is None for t in moved):
            return (None,) * len(out)
        return tuple(self.rules[0](args[: self.constants], out, moved))

    def batch(self, args: tuple[Any, ...], batched: Sequence[bool], params: Mapping[str, Any], size: int) -> Any:
        push, pull = self.rules
        count = self.constants
        solutions = len(args) - count

        def mapped(rule: Callable[[Leaves, Leaves, Leaves], Leaves]) -> Callable[[Leaves, Leaves, Leaves], Leaves]:
            def of_batch(constants: Leaves, out: Leaves, moved: Leaves) -> Leaves:
                given = [*constants, *out, *moved]
                kept: list[bool] = []

                def of_example(*leaves: Any) -> Any:
                    found = rule(leaves[:count], leaves[count : count + solutions], leaves[count + solutions :])
                    kept.extend(x is not None for x in found)
                    return [untraced(x) for x in found if x is not None]

                leaves, here, _ = run_batched("vmap", size, of_example, given, [x is not None for x in given])
                filled = iter([fill(leaf, each, size) for leaf, each in zip(leaves, here, strict=True)])
                return [next(filled) if each else None for each in kept]

            return of_batch

        full = tuple([fill(x, each, size) for x, each in zip(args, batched, strict=True)])
        return bind(_Implicit(self.name, count, mapped(push), mapped(pull)), full)


def _moves(x: Any) -> bool:
    plain = plain_of(x)
    return library_of(plain) is not None and category(plain.dtype) in ("real", "complex")


def _variation(graph: Graph, count: int) -> Callable[[Leaves, Leaves], list[Any]]:
    """f as a function of the leaves of x and of the constants of its graph."""
    ids = [id(constant) for constant in graph.constants]
    assert len(ids) == count

    def run(x: Leaves, constants: Leaves) -> list[Any]:
        return graph.run([lower(leaf) for leaf in x], dict(zip(ids, map(lower, constants), strict=True)))

    return run


def _implicit(
    function: str, f: Callable[[Any], Any], x: Any, tangent_solve: Callable[..., Any] | None
) -> tuple[Any, list[Any]]:
    """x, the solution of f(x) = 0 found without derivatives, with the derivatives it has; and the residual's leaves."""
    leaves, structure = flatten(x)
    values = [lower(leaf) for leaf in leaves]
    graph, residual, residual_structure = record_graph(GraphTrace(function), f, values, flatten((x,))[1])
    _check_alike(function, values, structure, residual, residual_structure)
    constants = graph.constants
    if not constants:
        return x, residual
    run = _variation(graph, len(constants))

    def solve(matvec: Callable[[Any], Any], b: Leaves) -> list[Any]:
        """The leaves of u with matvec(u) = b, differentiable itself."""
        return _linear_solve(function, matvec, b, structure, tangent_solve)

    def push(held: Leaves, out: Leaves, moved: Leaves) -> Leaves:
        active = [k for k, t in enumerate(moved) if t is not None]

        def of_active(*some: Any) -> Any:
            return _wrapped(run(out, _replaced(held, active, some)))

        change = jvp(of_active, [untraced(held[k]) for k in active], [untraced(moved[k]) for k in active])[1]

        def matvec(v: Any) -> Any:
            given = [untraced(leaf) for leaf in flatten(v)[0]]
            found = jvp(lambda *xs: _wrapped(run(xs, held)), [untraced(leaf) for leaf in out], given)[1]
            return assemble(structure, found)

        return solve(matvec, [scale(lower(leaf), -1.0) for leaf in change])

    def pull(held: Leaves, out: Leaves, g: Leaves) -> Leaves:
        active = [k for k, each in enumerate(held) if _moves(each)]
        transposed = vjp(lambda *xs: _wrapped(run(xs, held)), *[untraced(leaf) for leaf in out])[1]

        def matvec(v: Any) -> Any:
            return assemble(structure, transposed([untraced(leaf) for leaf in flatten(v)[0]]))

        u = [untraced(scale(leaf, -1.0)) for leaf in solve(matvec, g)]

        def of_active(*some: Any) -> Any:
            return _wrapped(run(out, _replaced(held, active, some)))

        found = iter(vjp(of_active, *[untraced(held[k]) for k in active])[1](u))
        return [lower(next(found)) if k in active else None for k in range(len(held))]

    primitive = _Implicit(function, len(constants), push, pull)
    out = bind(primitive, (*constants, *values))
    return assemble(structure, [untraced(leaf) for leaf in out]), residual


def _wrapped(leaves: Leaves) -> list[Any]:
    return [untraced(leaf) for leaf in leaves]


def _replaced(held: Leaves, places: Sequence[int], some: Leaves) -> list[Any]:
    given = list(held)
    for place, value in zip(places, some, strict=True):
        given[place] = value
    return given


def _check_alike(
    function: str, x: Leaves, structure: Structure, residual: Leaves, residual_structure: Structure
) -> None:
    spaces, found = [Space.of(leaf) for leaf in x], [Space.of(leaf) for leaf in residual]
    kinds = [(each.shape, each.is_complex) for each in spaces]
    if residual_structure != structure or kinds != [(each.shape, each.is_complex) for each in found]:
        seen = ", ".join(describe(plain_of(leaf)) for leaf in residual)
        needed = ", ".join(describe(plain_of(leaf)) for leaf in x)
        raise ShapeError(
            function,
            f"the function gave {seen} for x of {needed}",
            "let it return one equation for each entry of x, as a tree like x, complex where x is",
        )


# ------------------------------------------------------------------------------------------------ linear equations


def _linear_solve(
    function: str,
    matvec: Callable[[Any], Any],
    b: Leaves,
    structure: Structure,
    tangent_solve: Callable[..., Any] | None,
) -> list[Any]:
    """The leaves of u with matvec(u) = b; its own derivatives are those of the equation, at any order."""
    held = assemble(structure, [untraced(leaf) for leaf in b])
    with paused():
        if tangent_solve is None:
            u = _dense_solve(matvec, [lower(leaf) for leaf in b], structure)
        else:
            u = flatten(tangent_solve(matvec, held))[0]
    start = assemble(structure, [untraced(lower(stop_gradient(leaf))) for leaf in map(untraced, u)])

    def equation(v: Any) -> Any:
        left, right = flatten(matvec(v))[0], flatten(held)[0]
        return assemble(
            structure,
            [untraced(add(lower(one), scale(lower(other), -1.0))) for one, other in zip(left, right, strict=True)],
        )

    solution, _ = _implicit(function, equation, start, tangent_solve)
    return [lower(leaf) for leaf in flatten(solution)[0]]


class _Solve(Primitive):
    """The solution of a x = b for a matrix and a vector, or a batch of each. It is asked for values alone."""

    name = "linear solve"

    def forward(self, lib: Any, *args: Any, **params: Any) -> Any:
        a, b = args
        return lib.linalg.solve(a, b[..., None])[..., 0]

    def batch(self, args: tuple[Any, ...], batched: Sequence[bool], params: Mapping[str, Any], size: int) -> Any:
        return bind(self, tuple([fill(x, each, size) for x, each in zip(args, batched, strict=True)]))


_SOLVE = _Solve()


def _dense_solve(matvec: Callable[[Any], Any], b: Leaves, structure: Structure) -> list[Any]:
    """The leaves of u with matvec(u) = b, by the matrix of matvec: that of a real linear map, of real parts and imaginary
    parts, so that it need not be linear over complex numbers."""
    spaces = [Space.of(leaf) for leaf in b]
    count = sum(space.size * len(_directions(space)) for space in spaces)
    if not count:
        return [space.zeros() for space in spaces]
    lib = spaces[0].library.namespace
    trace = BatchTrace("vmap", count)
    unit, start = [], 0
    for space in spaces:
        rows = lib.expand_dims(lib.arange(count, device=space.device), axis=1)
        total = lib.zeros((count, space.size), dtype=space.dtype, device=space.device)
        for direction in _directions(space):
            columns = lib.expand_dims(lib.arange(start, start + space.size, device=space.device), axis=0)
            total = total + lib.astype(rows == columns, space.dtype) * direction
            start += space.size
        unit.append(lib.reshape(total, (count, *space.shape)))
    with opened(trace):
        found = flatten(matvec(assemble(structure, [trace.wrap(each) for each in unit])))[0]
    batches = [
        leaf._value if type(leaf) is Array and leaf._trace is trace else fill(lower(leaf), False, count)
        for leaf in found
    ]
    matrix = move_axis(
        join([reshape(x, (count, _size(x) // count)) for leaf in batches for x in _parts(leaf)], 1), 0, 1
    )
    right = join([reshape(x, (_size(x),)) for leaf in b for x in _parts(leaf)], 0)
    solution = bind(_SOLVE, (matrix, right))
    pieces, start = [], 0
    for space in spaces:
        whole: Any = None
        for direction in _directions(space):
            piece = scale(cast(part(solution, start, start + space.size, 0), space.dtype), direction)
            whole = piece if whole is None else add(whole, piece)
            start += space.size
        pieces.append(reshape(whole, space.shape))
    return pieces


def _directions(space: Space) -> tuple[complex, ...]:
    """The directions in which an entry can move: that of 1, and that of i where it is complex."""
    return (1.0, 1j) if space.is_complex else (1.0,)


def _parts(x: Any) -> list[Any]:
    """The real parts of x along each direction."""
    return [real_part(scale(x, direction.conjugate())) for direction in _directions(Space.of(x))]


def _size(x: Any) -> int:
    return Space.of(x).size


# ------------------------------------------------------------------------------------------------ what users call


def _largest(leaves: Leaves) -> float:
    """The largest modulus among all entries, of all examples where a batch is traced; nan where one is nan."""
    most = 0.0
    for leaf in leaves:
        x = known(leaf, "solve")
        library = library_of(x)
        assert library is not None
        if Space.of(x).size:
            entry = float(library.to_numpy(library.namespace.max(library.namespace.abs(x))))
            most = entry if entry != entry or entry > most else most
            if most != most:
                return most
    return most


def _default_tolerance(x: Leaves) -> float:
    """The square root of the precision of the widest of these arrays."""
    spaces = [Space.of(leaf) for leaf in x]
    return max([float(space.library.namespace.finfo(space.dtype).eps) ** 0.5 for space in spaces], default=0.0)


def _judge(function: str, residual: Leaves, tolerance: float | None, mend: str) -> None:
    found = _largest(residual)
    if not found <= (tolerance if tolerance is not None else float("inf")) or found == float("inf"):
        raise ConvergenceError(function, f"the residual is {found:.3g}", mend, found)


def custom_root(
    f: Callable[[Any], Any],
    initial_guess: Any,
    solve: Callable[[Callable[[Any], Any], Any], Any] | None = None,
    tangent_solve: Callable[[Callable[[Any], Any], Any], Any] | None = None,
    *,
    tolerance: float | None = None,
    max_iterations: int = 50,
) -> Any:
    """A root x of f, f(x) = 0, differentiated as the root that it is and not through the steps of the solver.

    f: from a tree of floating arrays to one like it; its derivatives in what it closes over are those of the root.
    solve(f, initial_guess): finds the root, in whatever way; by default Newton's method with the whole Jacobian.
    tangent_solve(a, y): finds u with a(u) = y for a linear function a; by default through the matrix of a. Of complex x,
    a is linear over real numbers, and over complex ones where f is complex-differentiable.
    tolerance: what the largest entry of f(x) may be; unlimited for a solver that is given, and the square root of the
    precision for Newton's method, which stops after max_iterations.
    dx/dc = -(df/dx)^-1 df/dc, at any order and in both modes; df/dx must be invertible at x.
    Raises ConvergenceError, which has the residual, where f(x) is not finite or larger than the tolerance; ShapeError
    where f(x) is not like x.

    >>> def root(c):
    ...     return ga.custom_root(lambda x: x**2 - c, np.asarray(1.0))
    ...
    >>> round(float(root(np.asarray(4.0))), 6)
    2.0
    >>> round(float(ga.grad(root)(np.asarray(4.0))), 6)  # 1/(2 sqrt(c))
    0.25
    """
    inputs = Inputs("custom_root", (initial_guess,))
    guess = _start(inputs)
    with paused():
        if solve is None:
            tolerance = _default_tolerance(inputs.values) if tolerance is None else tolerance
            x = _newton(f, guess, tolerance, max_iterations)
        else:
            x = solve(f, guess)
    x = _found("custom_root", x, inputs)
    solution, residual = _implicit("custom_root", f, x, tangent_solve)
    mend = "start nearer to the root, let solve iterate longer, or allow a larger tolerance"
    _judge("custom_root", residual, tolerance, mend)
    return _handed_over(solution, inputs)


def custom_fixed_point(
    g: Callable[..., Any],
    initial_guess: Any,
    *parameters: Any,
    solve: Callable[[Callable[[Any], Any], Any], Any] | None = None,
    tangent_solve: Callable[[Callable[[Any], Any], Any], Any] | None = None,
    tolerance: float | None = None,
    max_iterations: int = 1000,
) -> Any:
    """A fixed point x = g(x, *parameters), differentiated as such and not through the iteration.

    g: from a tree of floating arrays (and the parameters) to a tree like it; it may close over parameters as well.
    solve(h, initial_guess): finds x with h(x) = x, where h is g at the parameters; by default x is replaced by h(x)
    until the largest entry of h(x) - x is at most tolerance, by default the square root of the precision.
    tangent_solve: as that of `custom_root`. Raises ConvergenceError, which has the residual, where that is not reached
    in max_iterations steps; ShapeError where g(x) is not like x.

    >>> def fixed(a):
    ...     return ga.custom_fixed_point(lambda x, a: a * xp.cos(x), np.asarray(0.5), a)
    ...
    >>> round(float(fixed(np.asarray(1.0))), 6)
    0.739085
    >>> round(float(ga.grad(fixed)(np.asarray(1.0))), 6)
    0.441611
    """
    inputs = Inputs("custom_fixed_point", (initial_guess,))
    limit = _default_tolerance(inputs.values) if tolerance is None else tolerance
    guess = _start(inputs)

    def image(x: Any) -> Any:
        return g(x, *parameters)

    with paused():
        x = (
            _iterate(image, guess, limit, max_iterations)
            if solve is None
            else _found("custom_fixed_point", solve(image, guess), inputs)
        )

    def difference(x: Any) -> Any:
        return _difference("custom_fixed_point", x, image(x))

    x = _found("custom_fixed_point", x, inputs)
    solution, residual = _implicit("custom_fixed_point", difference, x, tangent_solve)
    mend = "start nearer, let solve iterate longer, or allow a larger tolerance"
    _judge("custom_fixed_point", residual, tolerance if solve is not None else None, mend)
    return _handed_over(solution, inputs)


def _start(inputs: Inputs) -> Any:
    """The initial guess, seen by no trace that follows derivatives."""
    (guess,) = inputs.assemble([untraced(leaf) for leaf in inputs.values])
    return stop_gradient(guess)


def _found(function: str, x: Any, inputs: Inputs) -> Any:
    """What a solver returned, as a constant; a tree like the initial guess."""
    leaves, structure = flatten((x,))
    if structure != inputs.structure:
        raise ArgumentError(function, "solve returned another tree than initial_guess", "make the two alike")
    found = []
    for leaf, space in zip(leaves, inputs.spaces, strict=True):
        if library_of(plain_of(leaf)) is None:
            leaf = space.library.namespace.asarray(leaf, dtype=space.dtype, device=space.device)
        if tuple(plain_of(leaf).shape) != space.shape:
            raise ShapeError(
                function,
                f"solve returned {describe(plain_of(leaf))} where shape {space.shape} is needed",
                "let it return a solution like initial_guess",
            )
        found.append(untraced(leaf))
    return stop_gradient(assemble(structure, found)[0])


def _handed_over(x: Any, inputs: Inputs) -> Any:
    """The solution as the caller sees it: Arrays where the initial guess was one, else plain unless traced."""
    return x if inputs.wrap else map_leaves(lower, x)


def _difference(function: str, x: Any, y: Any) -> Any:
    """x - y, of two trees that must be alike."""
    ones, structure = flatten(x)
    others, found = flatten(y)
    _check_alike(function, ones, structure, others, found)
    return assemble(
        structure,
        [untraced(add(lower(one), scale(lower(other), -1.0))) for one, other in zip(ones, others, strict=True)],
    )


def _iterate(image: Callable[[Any], Any], x: Any, tolerance: float, most: int) -> Any:
    found = float("nan")
    for _ in range(most):
        following = image(x)
        found = _largest(flatten(_difference("custom_fixed_point", x, following))[0])
        x = following
        if found <= tolerance:
            return x
        if found != found or found == float("inf"):
            break
    raise ConvergenceError(
        "custom_fixed_point",
        f"the residual is {found:.3g} after {most} iterations" if found == found else "the residual is nan",
        "iterate longer (max_iterations), start nearer, allow a larger tolerance, or give solve another method",
        found,
    )


def _newton(f: Callable[[Any], Any], x: Any, tolerance: float, most: int) -> Any:
    found = float("nan")
    for _ in range(most + 1):
        leaves, structure = flatten(x)
        residual = flatten(f(x))[0]
        found = _largest(residual)
        if found <= tolerance:
            return x
        if found != found or found == float("inf"):
            break

        def matvec(v: Any, x: Any = x) -> Any:
            return jvp(f, (x,), (v,))[1]

        step = _dense_solve(matvec, [lower(leaf) for leaf in residual], structure)
        moved = [add(lower(leaf), scale(each, -1.0)) for leaf, each in zip(leaves, step, strict=True)]
        x = assemble(structure, _wrapped(moved))
    raise ConvergenceError(
        "custom_root",
        f"the residual of Newton's method is {found:.3g} after {most} iterations",
        "start nearer to the root, or give solve another method",
        found,
    )
