"""Rules that a user states: custom_vjp for reverse mode, custom_jvp for both modes.

A rule is called with Arrays, one level below the transform that asks for it, so that a transform which began earlier
differentiates through the rule itself, and derivatives of any order follow it.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from gradatlas.backend import category, is_array, library_of
from gradatlas.engine.array import Array, Trace, kept, lower, plain_of, traced, untraced
from gradatlas.engine.batching import BatchTrace, run_batched
from gradatlas.engine.forward import ForwardTrace
from gradatlas.engine.graph import GraphTrace
from gradatlas.engine.linear_maps import fill, fit_cotangent, fit_tangent, sum_to
from gradatlas.engine.primitive import Primitive
from gradatlas.engine.recording import Inputs, Recording
from gradatlas.engine.reverse import ReverseTrace
from gradatlas.engine.space import Space
from gradatlas.engine.trees import Structure, assemble, flatten
from gradatlas.errors import CustomRuleError, describe

__all__ = ["custom_jvp", "custom_vjp"]


class _CustomFunction:
    """A function with a rule of its own: what both kinds share, the sorting of arguments."""

    def __init__(self, f: Callable[..., Any], nondiff_argnums: Sequence[int] = ()) -> None:
        functools.update_wrapper(cast(Any, self), f)
        self.f = f
        self.name = getattr(f, "__name__", "custom function")
        self.nondiff_argnums = tuple(nondiff_argnums)

    def _positional(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """All arguments by position, as the rules take them."""
        if not kwargs:
            return args
        bound = inspect.signature(self.f).bind(*args, **kwargs)
        bound.apply_defaults()
        if bound.kwargs:
            raise CustomRuleError(
                self.name, f"got {sorted(bound.kwargs)} by keyword", "let f take by position what its rules are given"
            )
        return bound.args

    def _split(self, args: tuple[Any, ...]) -> tuple[list[Any], list[Any]]:
        """The arguments that are not differentiated, and those that are."""
        fixed = [position % len(args) for position in self.nondiff_argnums]
        return [args[k] for k in fixed], [arg for k, arg in enumerate(args) if k not in fixed]

    def _join(self, held: Sequence[Any], variable: Sequence[Any]) -> tuple[Any, ...]:
        """The inverse of _split."""
        count = len(held) + len(variable)
        fixed = {position % count: value for position, value in zip(self.nondiff_argnums, held, strict=True)}
        rest = iter(variable)
        return tuple(fixed[k] if k in fixed else next(rest) for k in range(count))

    def _without(self, trace: Trace, held: Sequence[Any], leaves: Sequence[Any], structure: Structure) -> Any:
        """The call as one step of a graph, or as it is beneath a trace that is paused."""
        held_leaves, held_structure = flatten(list(held))
        count = len(held_leaves)

        def again(*given: Any) -> Any:
            return self(*self._join(assemble(held_structure, given[:count]), assemble(structure, given[count:])))

        if isinstance(trace, GraphTrace) and not trace.paused:
            call = _Call(self.name, again)
            out = trace.process(call, (*held_leaves, *leaves), {})
            assert call.structure is not None
            return assemble(call.structure, [untraced(each) for each in out])
        return again(
            *[
                untraced(leaf._value) if type(leaf) is Array and leaf._trace is trace else leaf
                for leaf in (*held_leaves, *leaves)
            ]
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not self._is_stated():
            raise CustomRuleError(self.name, "it has no rule", f"state one with {self._statement}")
        held, variable = self._split(kept(self._positional(args, kwargs)))
        leaves, structure = flatten(tuple(variable))
        trace = _top(leaves)
        if trace is None:
            return self.f(*args, **kwargs)
        if trace.paused or isinstance(trace, GraphTrace):
            return self._without(trace, held, leaves, structure)
        if not trace.open:
            trace.refuse(self.name)
        if isinstance(trace, BatchTrace):
            return self._batched(_Batch(self.name, trace, held, leaves, structure))
        which = tuple([k for k, leaf in enumerate(leaves) if type(leaf) is Array and leaf._trace is trace])
        below = [leaves[k]._value if k in which else leaf for k, leaf in enumerate(leaves)]
        return self._differentiated(trace, held, structure, leaves, which, below)

    _statement: str
    """How its rule is stated."""

    def _is_stated(self) -> bool:
        raise NotImplementedError

    def _batched(self, batch: _Batch) -> Any:
        """One call for all examples."""
        raise NotImplementedError

    def _differentiated(
        self,
        trace: Trace,
        held: list[Any],
        structure: Structure,
        leaves: list[Any],
        which: tuple[int, ...],
        below: list[Any],
    ) -> Any:
        """The call under a trace that differentiates in the leaves at the positions which; below: all, one level below."""
        raise NotImplementedError

    def _lowered(self, tree: Any, trace: Trace, what: str, own: Trace | None = None) -> tuple[list[Any], Structure]:
        """The leaves of what a rule returned, one level below trace; own is a trace that they may depend on.

        Raises CustomRuleError where they depend on what the rule was not given.
        """
        leaves, structure = flatten(tree)
        for leaf in leaves:
            if type(leaf) is not Array or leaf._trace is None or leaf._trace is own:
                continue
            if leaf._trace.level >= trace.level:
                raise CustomRuleError(
                    self.name,
                    f"its {what} depends on an array traced by {leaf._trace.transform} that is no argument",
                    "pass as an argument what the function closes over",
                )
        return [lower(leaf) for leaf in leaves], structure

    def _outputs(self, tree: Any, trace: Trace, like: Any) -> tuple[list[Any], Structure]:
        """The leaves of the output that a rule returned, each an array object of its own."""
        leaves, structure = self._lowered(tree, trace, "output")
        library = library_of(plain_of(like))
        assert library is not None
        for position, leaf in enumerate(leaves):
            if type(leaf) is Array:
                continue
            if not is_array(leaf) and type(leaf) not in (int, float, complex):
                raise CustomRuleError(self.name, f"it returned {describe(leaf)}", "let it return arrays")
            leaves[position] = library.alias(library.as_array(leaf, plain_of(like)))
        return leaves, structure


class _Batch:
    """A call of a custom function for a batch: its arguments one level below, and how its parts run for all examples.

    What the function is given apart from its variables, held, may be batched too. Every output is given the axis of the
    batch, so that the function made of this call's parts is a custom function of plain leaves, with a rule of its own.
    """

    def __init__(
        self, name: str, trace: BatchTrace, held: list[Any], leaves: Sequence[Any], structure: Structure
    ) -> None:
        self.name = name
        self.trace = trace
        self.held, self.held_structure = flatten(held)
        self.structure = structure
        self.flags = [type(leaf) is Array and leaf._trace is trace for leaf in leaves]
        self.below = [leaf._value if here else leaf for leaf, here in zip(leaves, self.flags, strict=True)]
        self.held_flags = [type(leaf) is Array and leaf._trace is trace for leaf in self.held]
        self.held_below = [leaf._value if here else leaf for leaf, here in zip(self.held, self.held_flags, strict=True)]
        self.out_structure: Structure | None = None

    def run(
        self, f: Callable[..., Any], leaves: Sequence[Any], flags: Sequence[bool]
    ) -> tuple[list[Any], list[bool], Structure]:
        """The leaves of f(held, *leaves), which of them are batched, and their structure."""
        count = len(self.held_below)

        def of_leaves(*given: Any) -> Any:
            held = assemble(self.held_structure, given[:count])
            return f(held, *[_face(leaf) for leaf in given[count:]])

        found, here, structure = run_batched(
            self.trace.transform,
            self.trace.size,
            of_leaves,
            [*self.held_below, *leaves],
            [*self.held_flags, *flags],
        )
        if any(_depends_on(leaf, self.trace) for leaf in found):
            raise CustomRuleError(
                self.name,
                f"it depends on an array traced by {self.trace.transform} that is no argument",
                "pass as an argument what the function closes over",
            )
        return found, here, structure

    def filled(self, leaves: Sequence[Any], here: Sequence[bool]) -> tuple[Any, ...]:
        """Outputs, each with the axis of the batch."""
        return tuple([_face(fill(leaf, each, self.trace.size)) for leaf, each in zip(leaves, here, strict=True)])

    def above(self, out: Sequence[Any]) -> Any:
        """The outputs as the function's caller sees them."""
        assert self.out_structure is not None
        return assemble(self.out_structure, [self.trace.wrap(lower(leaf)) for leaf in out])


def _depends_on(x: Any, trace: Trace) -> bool:
    """True where trace is one of those that trace x, at whatever level."""
    while type(x) is Array and x._trace is not None:
        if x._trace is trace:
            return True
        x = x._value
    return False


class _Call(Primitive):
    """One call of a custom function as a step of a graph, which keeps the rule when it is run again."""

    def __init__(self, name: str, call: Callable[..., Any]) -> None:
        self.name = name
        self.call = call
        self.structure: Structure | None = None

    def replay(self, args: tuple[Any, ...], params: Mapping[str, Any]) -> Any:
        leaves, self.structure = flatten(self.call(*[_face(arg) for arg in args]))
        return tuple([lower(leaf) for leaf in leaves])


def _top(leaves: Sequence[Any]) -> Trace | None:
    """The trace that began last among those of the leaves."""
    traces = [leaf._trace for leaf in leaves if type(leaf) is Array and leaf._trace is not None]
    return max(traces, key=lambda trace: trace.level, default=None)


def _beside(leaf: Any, x: Any) -> Any:
    """A cotangent that may be a number, as an array beside x."""
    plain = plain_of(x)
    library = library_of(plain)
    return library.as_array(leaf, plain) if library is not None and type(leaf) in (int, float, complex) else leaf


def _face(value: Any) -> Any:
    """value as a rule is given it: arrays wrapped."""
    return untraced(value) if is_array(plain_of(value)) else value


class _UserVjp(Primitive):
    """One call of a custom_vjp function as a node of the tape."""

    def __init__(self, name: str) -> None:
        self.name = name

    def pull(self, g: Any, which: Sequence[int], saved: Any) -> Sequence[Any]:
        function, residuals, structure, held, out_structure, out_spaces, arguments, spaces = saved
        cotangent = assemble(
            out_structure,
            [untraced(space.zeros() if part is None else part) for part, space in zip(g, out_spaces, strict=True)],
        )
        given = function.bwd(*held, assemble(structure, [_face(leaf) for leaf in residuals]), cotangent)
        leaves = function._cotangent_leaves(given, arguments)
        return [
            None if leaves[position] is None else function._fit(leaves[position], space, residuals)
            for position, space in zip(which, spaces, strict=True)
        ]


class custom_vjp(_CustomFunction):
    """f with a stated rule for reverse mode, as JAX's custom_vjp.

        @custom_vjp
        def f(x, y): ...
        f.defvjp(fwd, bwd)

    fwd(x, y) returns (f(x, y), residuals). bwd(residuals, g) returns a tuple with one cotangent for each argument, None
    for zero. nondiff_argnums: positions of arguments that are not differentiated, which bwd is given first of all.
    Forward mode raises CustomRuleError: the rule does not say what it is; use custom_jvp, which serves both.

    >>> @ga.custom_vjp
    ... def bounded(x):  # the identity, whose gradient is kept between -1 and 1
    ...     return x
    ...
    >>> bounded.defvjp(lambda x: (x, None), lambda residuals, g: (xp.clip(g, -1.0, 1.0),))
    >>> ga.grad(lambda x: xp.sum(bounded(x) ** 2))(np.asarray([0.25, 5.0]))
    array([0.5, 1. ])
    """

    def __init__(self, f: Callable[..., Any], nondiff_argnums: Sequence[int] = ()) -> None:
        super().__init__(f, nondiff_argnums)
        self.fwd: Callable[..., Any] | None = None
        self.bwd: Callable[..., Any] | None = None
        self._primitive = _UserVjp(self.name)

    def defvjp(self, fwd: Callable[..., Any], bwd: Callable[..., Any]) -> None:
        """State the rule."""
        self.fwd, self.bwd = fwd, bwd

    _statement = "defvjp(fwd, bwd)"

    def _is_stated(self) -> bool:
        return self.fwd is not None

    def _differentiated(
        self,
        trace: Trace,
        held: list[Any],
        structure: Structure,
        leaves: list[Any],
        which: tuple[int, ...],
        below: list[Any],
    ) -> Any:
        if not isinstance(trace, ReverseTrace):
            raise CustomRuleError(
                self.name,
                f"{trace.transform} asks it for a tangent",
                "state the rule as a custom_jvp, which serves both modes",
            )
        result = self._forward(held, assemble(structure, [_face(value) for value in below]))
        out, out_structure = self._outputs(result[0], trace, leaves[which[0]])
        residuals, residual_structure = self._lowered(result[1], trace, "residuals")
        if not out:
            return result[0]
        saved = (
            self,
            residuals,
            residual_structure,
            held,
            out_structure,
            [Space.of(value) for value in out],
            structure,
            [Space.of(below[k]) for k in which],
        )
        parents = tuple([leaves[k]._link for k in which])
        return assemble(out_structure, trace.record(self._primitive, which, saved, parents, tuple(out)))

    def _batched(self, batch: _Batch) -> Any:
        """One call for all examples: a custom function whose rule is this one's, batched."""
        arguments = batch.structure
        seen: dict[str, Any] = {}  # what fwd's second output was like: its structure, and which leaves are batched

        def value(*leaves: Any) -> Any:
            found, here, batch.out_structure = batch.run(
                lambda held, *given: self.f(*self._join(held, assemble(arguments, given))), leaves, batch.flags
            )
            return batch.filled(found, here)

        def forward(*leaves: Any) -> Any:
            found, here, structure = batch.run(
                lambda held, *given: self._forward(held, assemble(arguments, given)), leaves, batch.flags
            )
            batch.out_structure, seen["structure"] = structure.children()
            count = batch.out_structure.num_leaves
            seen["batched"] = here[count:]
            return batch.filled(found[:count], here[:count]), tuple(found[count:])

        def backward(residuals: Any, cotangents: Any) -> Any:
            assert batch.out_structure is not None
            count, out_structure = len(residuals), batch.out_structure
            given = [lower(leaf) for leaf in (*residuals, *cotangents)]
            flags = [*seen["batched"], *[True] * len(cotangents)]

            def rule(held: Any, *leaves: Any) -> Any:
                assert self.bwd is not None
                g = assemble(out_structure, leaves[count:])
                found = self._cotangent_leaves(
                    self.bwd(*held, assemble(seen["structure"], leaves[:count]), g), arguments
                )
                seen["zero"] = [leaf is None for leaf in found]
                return [_beside(leaf, x) for leaf, x in zip(found, batch.below, strict=True) if leaf is not None]

            found, here, _ = batch.run(rule, given, flags)
            filled = iter(batch.filled(found, here))
            totals: list[Any] = []
            for zero, each, x in zip(seen["zero"], batch.flags, batch.below, strict=True):
                ct = None if zero else next(filled)
                totals.append(ct if ct is None or each else untraced(sum_to(lower(ct), Space.of(x).shape)))
            return tuple(totals)

        one_call = custom_vjp(value)
        one_call.name = one_call._primitive.name = self.name
        one_call.defvjp(forward, backward)
        return batch.above(one_call(*[_face(leaf) for leaf in batch.below]))

    def _forward(self, held: Sequence[Any], variable: Sequence[Any]) -> tuple[Any, Any]:
        """What fwd returns, which must be a pair."""
        assert self.fwd is not None
        result = self.fwd(*self._join(held, variable))
        if not isinstance(result, tuple) or len(result) != 2:
            raise CustomRuleError(self.name, f"fwd returned {describe(result)}", "let it return (output, residuals)")
        return result

    def _cotangent_leaves(self, given: Any, structure: Structure) -> list[Any]:
        """What bwd returned, by leaf of the arguments; None for zero."""
        arguments = structure.children()
        if not isinstance(given, tuple | list) or len(given) != len(arguments):
            raise CustomRuleError(
                self.name,
                f"bwd returned {describe(given) if not isinstance(given, tuple | list) else f'{len(given)} cotangents'}",
                f"let it return a tuple of {len(arguments)}, one for each argument, None for zero",
            )
        leaves: list[Any] = []
        for position, (tree, argument) in enumerate(zip(given, arguments, strict=True)):
            if tree is None:
                leaves += [None] * argument.num_leaves
                continue
            found, shape = flatten(tree)
            if shape != argument:
                raise CustomRuleError(
                    self.name,
                    f"bwd's cotangent of argument {position} is another tree than the argument",
                    "give a cotangent for each leaf, or None for the whole argument",
                )
            leaves += found
        return leaves

    def _fit(self, ct: Any, space: Space, residuals: Sequence[Any]) -> Any:
        """A cotangent in its argument's space, of the same shape to begin with, and no residual itself."""
        ct = lower(ct)
        if type(ct) in (int, float, complex):
            ct = space.library.as_array(ct)
        if tuple(plain_of(ct).shape) != space.shape:
            raise CustomRuleError(
                self.name,
                f"bwd gave a cotangent of shape {tuple(plain_of(ct).shape)} for an argument of shape {space.shape}",
                "give it the argument's shape",
            )
        if type(ct) is not Array and any(ct is plain_of(residual) for residual in residuals):
            ct = space.library.namespace.asarray(ct, copy=True)
        return fit_cotangent(ct, space, self.name)


class _UserJvp(Primitive):
    """One call of a custom_jvp function as a node of the tape: its rule, transposed by a tape of its own."""

    def __init__(self, name: str) -> None:
        self.name = name

    def pull(self, g: Any, which: Sequence[int], saved: Any) -> Sequence[Any]:
        recording: Recording = saved
        return recording.pull(g)


class custom_jvp(_CustomFunction):
    """f with a stated rule for both modes, as JAX's custom_jvp.

        @custom_jvp
        def f(x, y): ...

        @f.defjvp
        def rule(primals, tangents):
            (x, y), (dx, dy) = primals, tangents
            return f(x, y), ...

    The rule returns the output and its tangent, linear in the tangents; reverse mode transposes it. nondiff_argnums:
    positions of arguments that are not differentiated, which the rule is given before primals and tangents.

    >>> @ga.custom_jvp
    ... def log1pexp(x):
    ...     return xp.log1p(xp.exp(x))
    ...
    >>> @log1pexp.defjvp
    ... def rule(primals, tangents):
    ...     (x,), (t,) = primals, tangents
    ...     return log1pexp(x), xp.sigmoid(x) * t
    ...
    >>> ga.grad(log1pexp)(np.asarray(0.0))
    array(0.5)
    """

    def __init__(self, f: Callable[..., Any], nondiff_argnums: Sequence[int] = ()) -> None:
        super().__init__(f, nondiff_argnums)
        self.rule: Callable[..., Any] | None = None
        self._primitive = _UserJvp(self.name)

    def defjvp(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """State the rule; gives it back, so that it may be used as a decorator."""
        self.rule = rule
        return rule

    def defjvps(self, *rules: Callable[..., Any] | None) -> None:
        """State the rule by argument: rules[k](t, out, *primals) is the part of the tangent due to argument k."""

        def rule(*given: Any) -> Any:
            *held, primals, tangents = given
            out = self(*self._join(held, primals))
            parts = [each(t, out, *primals) for each, t in zip(rules, tangents, strict=True) if each is not None]
            total = parts[0]
            for part in parts[1:]:
                total = total + part
            return out, total

        self.rule = rule

    _statement = "defjvp(rule)"

    def _is_stated(self) -> bool:
        return self.rule is not None

    def _differentiated(
        self,
        trace: Trace,
        held: list[Any],
        structure: Structure,
        leaves: list[Any],
        which: tuple[int, ...],
        below: list[Any],
    ) -> Any:
        if isinstance(trace, ForwardTrace):
            return self._push(trace, held, structure, leaves, which, below)
        assert isinstance(trace, ReverseTrace)
        return self._record(trace, held, structure, leaves, which, below)

    def _batched(self, batch: _Batch) -> Any:
        """One call for all examples: a custom function whose rule is this one's, batched."""
        arguments = batch.structure

        def value(*leaves: Any) -> Any:
            found, here, batch.out_structure = batch.run(
                lambda held, *given: self.f(*self._join(held, assemble(arguments, given))), leaves, batch.flags
            )
            return batch.filled(found, here)

        def rule(primals: Any, tangents: Any) -> Any:
            count = len(primals)

            def call(held: Any, *given: Any) -> Any:
                assert self.rule is not None
                return self._pair(
                    self.rule(*held, assemble(arguments, given[:count]), assemble(arguments, given[count:]))
                )

            moved = [each and t is not None for each, t in zip(batch.flags, tangents, strict=True)]
            leaves = [lower(leaf) for leaf in (*primals, *tangents)]
            found, here, structure = batch.run(call, leaves, [*batch.flags, *moved])
            batch.out_structure, tangent_structure = structure.children()
            if batch.out_structure != tangent_structure:
                raise self._unlike()
            half = batch.out_structure.num_leaves
            return batch.filled(found[:half], here[:half]), batch.filled(found[half:], here[half:])

        one_call = custom_jvp(value)
        one_call.name = one_call._primitive.name = self.name
        one_call.defjvp(rule)
        return batch.above(one_call(*[_face(leaf) for leaf in batch.below]))

    def _pair(self, result: Any) -> tuple[Any, Any]:
        """What a rule returned, which must be output and tangent."""
        if not isinstance(result, tuple) or len(result) != 2:
            raise CustomRuleError(self.name, f"its rule returned {describe(result)}", "let it return (output, tangent)")
        return result

    def _unlike(self) -> CustomRuleError:
        return CustomRuleError(
            self.name, "its rule gave a tangent that is another tree than the output", "make the two alike"
        )

    def _outcome(
        self,
        trace: Trace,
        held: list[Any],
        structure: Structure,
        below: list[Any],
        tangents: list[Any],
        like: Any,
        own: Trace | None = None,
    ) -> tuple[list[Any], list[Any], Structure]:
        """Leaves of output and tangent that the rule gives one level below trace."""
        assert self.rule is not None
        primals = assemble(structure, [_face(value) for value in below])
        moved = assemble(
            structure, [_face(_zero(value) if t is None else t) for value, t in zip(below, tangents, strict=True)]
        )
        result = self._pair(self.rule(*held, primals, moved))
        out, out_structure = self._outputs(result[0], trace, like)
        leaves, tangent_structure = self._lowered(result[1], trace, "tangent", own)
        if out_structure != tangent_structure:
            raise self._unlike()
        for value, t in zip(out, leaves, strict=True):
            if tuple(plain_of(value).shape) != tuple(plain_of(t).shape):
                raise CustomRuleError(
                    self.name,
                    f"its rule gave a tangent {describe(plain_of(t))} for an output {describe(plain_of(value))}",
                    "give it the output's shape",
                )
        fitted = [fit_tangent(t, value, self.name) for value, t in zip(out, leaves, strict=True)]
        return out, fitted, out_structure

    def _push(
        self,
        trace: ForwardTrace,
        held: list[Any],
        structure: Structure,
        leaves: list[Any],
        which: tuple[int, ...],
        below: list[Any],
    ) -> Any:
        tangents = [leaves[k]._link if k in which else None for k in range(len(leaves))]
        out, moved, out_structure = self._outcome(trace, held, structure, below, tangents, leaves[which[0]])
        return assemble(out_structure, [traced(value, trace, t) for value, t in zip(out, moved, strict=True)])

    def _record(
        self,
        trace: ReverseTrace,
        held: list[Any],
        structure: Structure,
        leaves: list[Any],
        which: tuple[int, ...],
        below: list[Any],
    ) -> Any:
        out_structure: Structure | None = None

        def tangent_of(*directions: Any) -> Any:
            nonlocal out_structure
            tangents: list[Any] = [None] * len(leaves)
            for k, direction in zip(which, directions, strict=True):
                tangents[k] = direction
            like, own = leaves[which[0]], directions[0]._trace
            out, moved, out_structure = self._outcome(trace, held, structure, below, tangents, like, own)
            return moved, out

        zeros = [Space.of(below[k]).zeros() for k in which]
        recording = Recording("custom_jvp", tangent_of, Inputs("custom_jvp", zeros), has_aux=True)
        assert out_structure is not None
        out = tuple(lower(value) for value in recording.aux or ())
        if not out:
            return assemble(out_structure, ())
        parents = tuple([leaves[k]._link for k in which])
        return assemble(out_structure, trace.record(self._primitive, which, recording, parents, out))


def _zero(value: Any) -> Any:
    """The zero tangent of an argument that does not move."""
    plain = plain_of(value)
    if is_array(plain) and category(plain.dtype) in ("real", "complex"):
        return Space.of(value).zeros()
    return 0.0 if type(plain) in (int, float, complex) else None
