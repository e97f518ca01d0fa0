"""What the transforms share: arguments made ready, results taken out of a trace, and one run under a tape."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from gradatlas.backend import LIBRARY_BY_TYPE, category, is_array, is_scalar, library_of, numpy_library
from gradatlas.engine.array import Array, Trace, kept, lower, memory_of, plain_of, untraced
from gradatlas.engine.mutation import Locks
from gradatlas.engine.reverse import ReverseTrace, opened
from gradatlas.engine.space import Space
from gradatlas.engine.trees import Structure, assemble, flatten, leaf_names
from gradatlas.errors import ArgumentError, DeviceMismatchError, DTypeError, LibraryMismatchError, ShapeError, describe

__all__ = ["Inputs", "Outputs", "Recording", "as_array", "fitting_leaves", "home_of_numbers", "release", "unshared"]


class Inputs:
    """The arguments that a transform differentiates in: leaves of float or complex arrays, plain or traced earlier.

    function: the name to report. trees: the arguments. others: further arguments of the call, in which a Python number
    looks for the library, device and dtype to take. Raises DTypeError for a leaf that no derivative can be taken in.
    """

    def __init__(self, function: str, trees: Sequence[Any], others: Sequence[Any] = ()) -> None:
        self.function = function
        given, self.structure = flatten(tuple(trees))
        self.wrapped = [type(leaf) is Array for leaf in given]
        numbers = None
        for position, leaf in enumerate(given):
            if _is_plain_and_floating(leaf):
                continue
            if type(leaf) is float or type(leaf) is complex:
                if numbers is None:
                    numbers = home_of_numbers(given, others)
                given[position] = as_array(leaf, numbers)
            else:
                self._check(position, leaf)
                library = library_of(leaf)
                if library is not None and type(leaf) is not library.array_type:
                    given[position] = library.as_array(leaf)
        self.values = [lower(leaf) for leaf in kept(given)]

    @functools.cached_property
    def spaces(self) -> list[Space]:
        """Where each leaf lives."""
        return [Space.of(value) for value in self.values]

    def _check(self, position: int, leaf: Any) -> None:
        plain = plain_of(leaf)
        if is_array(plain):
            found = category(plain.dtype)
            if found in ("real", "complex"):
                return
            mend = "convert it first, with xp.astype(x, xp.float64)" if found in ("integer", "bool") else "convert it"
        else:
            mend = "pass a float" if is_scalar(leaf) else "pass arrays, or keep it out of what is differentiated"
        kind = describe(plain) if is_array(plain) else type(plain).__name__  # a masked array has a dtype, and is none
        raise DTypeError(self.function, f"{self.name(position)} is {kind}, and has no derivative", mend)

    def name(self, position: int) -> str:
        """How the caller reaches a leaf: `argument 0['W']`."""
        return "argument " + leaf_names(self.structure, "")[position].removeprefix("[").replace("]", "", 1)

    @property
    def wrap(self) -> bool:
        """True where an argument was an Array: then results are Arrays too, and else plain."""
        return any(self.wrapped)

    def assemble(self, leaves: Sequence[Any]) -> tuple[Any, ...]:
        """The arguments with these leaves."""
        trees: tuple[Any, ...] = assemble(self.structure, leaves)
        return trees

    def hand_over(self, gradients: Sequence[Any], given: Iterable[Any] = ()) -> tuple[Any, ...]:
        """Gradients by leaf, None standing for zero, as trees like the arguments, each a fresh array of its own.

        given: the cotangents that came in, which a gradient must not be.
        """
        taken = {id(g) for g in given}
        ready = []
        for position, g in enumerate(gradients):
            if type(g) is not Array:
                if g is None:
                    g = self.spaces[position].zeros()
                else:
                    library = LIBRARY_BY_TYPE[type(g)]
                    assert library is not None
                    if id(g) in taken or library.is_borrowed(g):
                        g = library.namespace.asarray(g, copy=True)
                taken.add(id(g))
                if self.wrapped[position]:
                    g = Array(g)
            ready.append(g)
        return self.assemble(ready)


def _is_plain_and_floating(leaf: Any) -> bool:
    """True for a plain array of real or complex numbers, of which no more needs to be asked."""
    kind: type = type(leaf)
    library = LIBRARY_BY_TYPE.get(kind)
    return library is not None and kind is library.array_type and category(leaf.dtype) in ("real", "complex")


def home_of_numbers(leaves: Sequence[Any], others: Sequence[Any]) -> Space:
    """Where a Python number becomes an array: beside the other floating-point arrays of the call, in their dtype."""
    plains = [plain_of(leaf) for leaf in (*leaves, *flatten(tuple(others))[0])]
    spaces = [Space.of(plain) for plain in plains if is_array(plain) and category(plain.dtype) in ("real", "complex")]
    if not spaces:
        library = numpy_library()
        return Space((), library.namespace.float64, "cpu", library)
    home = spaces[0]
    alike = [space.dtype for space in spaces if space.library is home.library]
    return Space((), home.library.namespace.result_type(*alike), home.device, home.library)


def as_array(number: float | complex, home: Space) -> Any:
    """A Python number as an array in this space, real or complex as the number is."""
    lib = home.library.namespace
    found = category(home.dtype)
    if isinstance(number, complex) and found == "real":
        dtype = lib.result_type(home.dtype, lib.complex64)
    elif isinstance(number, float) and found == "complex":
        dtype = lib.real(lib.zeros((), dtype=home.dtype, device=home.device)).dtype
    else:
        dtype = home.dtype
    return lib.asarray(number, dtype=dtype, device=home.device)


def unshared(leaves: Sequence[Any], given: Iterable[Any] = ()) -> list[Any]:
    """The leaves, copied where one shares its memory with another or with one of given, or cannot be written to.

    Traced arrays stay as they are: nobody can write into them.
    """
    taken = {id(memory) for x in given if (memory := _memory(x)) is not None}
    found = []
    for x in leaves:
        memory = _memory(x)
        if memory is not None:
            library = LIBRARY_BY_TYPE[type(x)]
            assert library is not None
            if id(memory) in taken or not library.is_whole(x):
                x = library.namespace.asarray(x, copy=True)
                memory = library.memory(x)
            taken.add(id(memory))
        found.append(x)
    return found


def _memory(x: Any) -> Any:
    """The array whose memory a plain array is or is a view of; None of what is no plain array."""
    library = LIBRARY_BY_TYPE.get(type(x))
    return None if library is None else library.memory(x)


def release(leaf: Any, trace: Trace, wrap: bool) -> Any:
    """leaf, a part of what a function returned, as it looks from outside trace; an Array only if wrap or traced."""
    if type(leaf) is not Array:
        return leaf
    value = leaf._value if leaf._trace is trace else lower(leaf)
    return value if type(value) is Array or not wrap else Array(value)


_LEAF = flatten(0)[1]


class Outputs:
    """What a function returned under a trace: values as seen from outside, and what the trace hung on each.

    links: by leaf, the link of the trace, None where a leaf does not depend on the arguments.
    Raises DTypeError for a leaf that is no array and no number.
    """

    def __init__(self, function: str, out: Any, trace: Trace, inputs: Inputs) -> None:
        leaves, self.structure = ([out], _LEAF) if type(out) is Array else flatten(out)
        self.links: list[Any] = []
        self.values: list[Any] = []
        for leaf in leaves:
            if type(leaf) is Array:
                here = leaf._trace is trace
                self.links.append(leaf._link if here else None)
                self.values.append(leaf._value if here else lower(leaf))
                continue
            if not is_array(leaf):
                if not is_scalar(leaf):
                    raise DTypeError(
                        function,
                        f"the function returned {describe(leaf)} among its outputs",
                        "return arrays only, and anything else with has_aux=True",
                    )
                home = inputs.spaces[0] if inputs.spaces else Space((), None, None, numpy_library())
                leaf = home.library.namespace.asarray(leaf, device=home.device)
            self.links.append(None)
            self.values.append(Array(leaf)._plain)
        self._wrap = inputs.wrap

    def faces(self, leaves: Sequence[Any]) -> list[Any]:
        """The leaves as the caller sees them: Arrays where the arguments were, else plain unless traced."""
        return [untraced(leaf) for leaf in leaves] if self._wrap else list(leaves)

    def assemble(self, leaves: Sequence[Any]) -> Any:
        """A tree like the output with these leaves, as the caller sees them."""
        return assemble(self.structure, self.faces(leaves))

    def arrange(self, parts: Sequence[Any]) -> Any:
        """A tree like the output with these parts, trees themselves, in the places of its leaves."""
        return assemble(self.structure, parts)


class Recording:
    """One run of f on its arguments under a tape: its outputs, its auxiliary output, and the way back."""

    def __init__(self, transform: str, f: Callable[..., Any], inputs: Inputs, has_aux: bool) -> None:
        self.trace = trace = ReverseTrace(transform)
        self.transform = transform
        self.inputs = inputs
        args = inputs.assemble([trace.input(value) for value in inputs.values])
        with opened(trace):
            out = f(*args)
        out, aux = split_aux(transform, out, has_aux)
        self.outputs = Outputs(transform, out, trace, inputs)
        self.aux = _release_all(aux, trace, inputs.wrap) if has_aux else None
        self._aux_values = (
            [memory_of(leaf) for leaf in flatten(aux)[0] if type(leaf) is Array and leaf._trace is trace]
            if has_aux
            else []
        )
        self.locks: Locks | None = None

    def __del__(self) -> None:
        # A checkpoint on the tape holds arrays that refer back to the trace: let the tape go without the collector.
        self.trace.tape.clear()

    @property
    def out(self) -> Any:
        """What f returned, as seen from outside."""
        return self.outputs.assemble(self.outputs.values)

    def lock_outputs(self) -> None:
        """Keep the caller from writing into what leaves the trace, while this recording may still be pulled back."""
        self.locks = Locks()
        own = {id(value) for value in self.inputs.values}
        values = self.outputs.values
        for position, (value, link) in enumerate(zip(values, self.outputs.links, strict=True)):
            if link is not None:
                if type(value) is not Array and id(value) in own:  # the caller's, handed through: not ours to lock
                    values[position] = value = self.inputs.spaces[0].library.alias(value)
                self.locks.add(memory_of(value))
        for plain in self._aux_values:
            if id(plain) not in own:
                self.locks.add(plain)

    def pull(self, cotangents: Sequence[Any], *, consume: bool = False) -> list[Any]:
        """The gradient of each leaf of the arguments, None for zero, from a cotangent for each leaf of the output."""
        seeds = [
            (slot, g)
            for slot, g in zip(self.outputs.links, cotangents, strict=True)
            if slot is not None and g is not None
        ]
        return self.trace.sweep(seeds, consume=consume)[: len(self.inputs.values)]


def split_aux(function: str, out: Any, has_aux: bool) -> tuple[Any, Any]:
    """What f returned, as output and auxiliary output. Raises ArgumentError where has_aux and it is no pair."""
    if not has_aux:
        return out, None
    if not isinstance(out, tuple | list) or len(out) != 2:
        raise ArgumentError(
            function, f"has_aux=True, and the function returned {describe(out)}", "return the pair (output, aux)"
        )
    return out[0], out[1]


def _release_all(tree: Any, trace: Trace, wrap: bool) -> Any:
    leaves, structure = flatten(tree)
    return assemble(structure, [release(leaf, trace, wrap) for leaf in leaves])


def fitting_leaves(
    function: str, kind: str, tree: Any, structure: Structure, spaces: Sequence[Space], needed: Sequence[bool]
) -> list[Any]:
    """The leaves of a tree of tangents or cotangents, each found to lie in its space; None where it is not needed.

    kind: the word for one, "tangent" or "cotangent". A Python number stands for an array of shape ().
    Raises ArgumentError for another structure, ShapeError, DTypeError, LibraryMismatchError, DeviceMismatchError.
    """
    leaves, found = flatten(tree)
    if found != structure:
        raise ArgumentError(
            function,
            f"the {kind}s have the structure {_show(found)}",
            f"pass one {kind} for each leaf of {_show(structure)}",
        )
    return [
        _fit(function, kind, leaf, space) if need else None
        for leaf, space, need in zip(leaves, spaces, needed, strict=True)
    ]


def _show(structure: Structure) -> str:
    return str(structure).removeprefix("PyTreeSpec(").split(", namespace=")[0].removesuffix(")") or "()"


def _fit(function: str, kind: str, leaf: Any, space: Space) -> Any:
    plain = plain_of(leaf)
    if type(plain) in (int, float, complex) and space.shape == ():
        if isinstance(plain, complex) and not space.is_complex:
            raise DTypeError(
                function, f"the {kind} {plain} is complex where {space.dtype} is needed", "pass its real part"
            )
        return space.library.namespace.asarray(plain, dtype=space.dtype, device=space.device)
    library = library_of(plain)
    if library is None:
        raise DTypeError(function, f"a {kind} is {describe(leaf)}", f"pass an array of shape {space.shape}")
    if type(leaf) is not Array and type(leaf) is not library.array_type:
        leaf = plain = library.as_array(plain)
    if library is not space.library:
        raise LibraryMismatchError(
            function,
            f"a {kind} is an array of {library.name} where one of {space.library.name} is needed",
            f"make the {kind} with {space.library.name}",
        )
    if tuple(plain.shape) != space.shape:
        raise ShapeError(
            function, f"a {kind} is {describe(plain)} where shape {space.shape} is needed", "give it that shape"
        )
    if plain.dtype != space.dtype:
        raise DTypeError(
            function,
            f"a {kind} is {describe(plain)} where {describe(space)} is needed",
            "convert it with xp.astype",
        )
    if not library.one_device and library.device(plain) != space.device:
        raise DeviceMismatchError(
            function,
            f"a {kind} lies on {library.device(plain)} where {space.device} is needed",
            "move it with to_device",
        )
    return lower(leaf)
