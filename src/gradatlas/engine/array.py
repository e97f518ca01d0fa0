"""The array that functions to be differentiated are written with: a plain array, wrapped alone or traced by a transform.

A traced array belongs to one `Trace`. Beneath it lies the value that the trace looks at: a plain array, or an array
traced by a transform that began earlier. Every trace has a level of its own, drawn from one counter, so that the
transform that began last is always the outermost layer, and two transforms never take each other's perturbations for
their own.
"""

from __future__ import annotations

import copy
import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from gradatlas.backend import is_array, library_of
from gradatlas.engine.trees import assemble, flatten
from gradatlas.errors import DTypeError, TracerConversionError, describe

if TYPE_CHECKING:
    from gradatlas.engine.primitive import Primitive

__all__ = [
    "Array",
    "Trace",
    "assignment",
    "install_operators",
    "is_assigning",
    "is_batched",
    "kept",
    "known",
    "lower",
    "memory_of",
    "plain_of",
    "traced",
    "untraced",
]

_levels = itertools.count(1)

_assigning: ContextVar[bool] = ContextVar("gradatlas.assignment", default=False)


@contextmanager
def assignment() -> Iterator[None]:
    """A context in which x[key] = value stands for x = x.at[key].set(value), for code that is not one's own.

    The array itself is not written into: x becomes another, and a derivative goes through. What was made of x before keeps
    its values, slices and reshaped arrays too, which in NumPy would be views and change along.
    """
    token = _assigning.set(True)
    try:
        yield
    finally:
        _assigning.reset(token)


def is_assigning() -> bool:
    """True within `assignment`."""
    return _assigning.get()


def kept(tree: Any) -> Any:
    """tree as something that is kept for later: no assignment to its arrays reaches what this gives."""
    if not _assigning.get():
        return tree
    leaves, structure = flatten(tree)
    return assemble(structure, [copy.copy(leaf) if type(leaf) is Array else leaf for leaf in leaves])


class Trace:
    """One transform at work on one call of a function: what becomes of an operation when an argument is traced by it.

    differentiates: True where it follows derivatives, so that `stop_gradient` takes it off. batches: True where its
    arrays stand for many values. replayed: True where these are of calls to come, so that none is known. open: while its
    function runs. paused: while what runs is to be seen as if this trace were not there.
    """

    differentiates = True
    batches = False
    replayed = False

    def __init__(self, transform: str) -> None:
        self.level = next(_levels)  # next() of a count is atomic: threads share it and never share a level
        self.transform = transform
        self.open = True
        self.paused = False

    def process(self, primitive: Primitive, args: tuple[Any, ...], params: Mapping[str, Any]) -> Any:
        """The result of primitive on args, of which at least one is traced by this trace and none by a later one."""
        raise NotImplementedError

    def keep(self, x: Array, value: Any) -> Any:
        """What `stop_gradient` makes of x, traced by this trace, when value is what it makes of the value beneath."""
        return value

    def closed(self, primitive: Primitive, args: tuple[Any, ...], params: Mapping[str, Any]) -> Any:
        """What becomes of an operation while this trace is not open: one that is paused only looks on."""
        if not self.paused:
            self.refuse(primitive.name)
        from gradatlas.engine.primitive import bind

        below = tuple([arg._value if type(arg) is Array and arg._trace is self else arg for arg in args])
        return bind(primitive, below, params)

    def refuse(self, function: str) -> NoReturn:
        """Say that a traced array was kept beyond the function it was traced in."""
        raise TracerConversionError(
            function,
            f"an argument was traced by a call of {self.transform} that has ended",
            "return it from the function (has_aux=True hands further outputs out) instead of storing it",
        )


class Array:
    """An array that gradatlas can differentiate through.

    plain: an array of numpy, cupy or array_api_strict, or a NumPy scalar. Operators and `gradatlas.xp` work on it as
    the array API says; transforms such as `gradatlas.grad` hand traced ones to the function they differentiate.
    Arrays are immutable: nothing is ever written into one. `x.plain` is the wrapped array again.
    Raises DTypeError where plain is no array.
    """

    __slots__ = ("__weakref__", "_link", "_plain", "_trace", "_value")

    __array_ufunc__ = None  # so that `ndarray * Array` asks Array.__rmul__ instead of making an object array
    __hash__: ClassVar[None]  # type: ignore[assignment]

    _plain: Any
    _value: Any
    _trace: Trace | None
    _link: Any

    def __init__(self, plain: Any) -> None:
        library = library_of(plain)
        if library is None:
            raise DTypeError("Array", f"got {describe(plain)}, which is no array", "make one with xp.asarray first")
        self._plain = self._value = plain if type(plain) is library.array_type else library.as_array(plain)
        self._trace = None
        self._link = None

    # What an array is

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""
        return tuple(self._plain.shape)

    @property
    def dtype(self) -> Any:
        """The dtype, that of the wrapped array."""
        return self._plain.dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self._plain.shape)

    @property
    def size(self) -> int:
        """The number of entries."""
        size = 1
        for length in self._plain.shape:
            size *= length
        return size

    @property
    def device(self) -> Any:
        """The device the wrapped array lies on."""
        library = library_of(self._plain)
        return None if library is None else library.device(self._plain)

    @property
    def plain(self) -> Any:
        """The wrapped array itself. Raises TracerConversionError while a transform traces it."""
        if self._trace is not None:
            self._refuse("Array.plain", "be taken out of its trace", "use gradatlas.stop_gradient(x).plain")
        return self._plain

    def __repr__(self) -> str:
        if self._trace is None:
            return f"gradatlas.{self._plain!r}"
        return f"gradatlas.Array({describe(self._plain)}, traced by {self._trace.transform})"

    # What an array that is traced refuses, since the derivative would be lost without a word

    def _refuse(self, function: str, deed: str, mend: str, in_batch: str = "") -> NoReturn:
        """in_batch: the mend where a batch is traced, for there is no one value to be had by stopping gradients."""
        assert self._trace is not None
        if is_batched(self):
            mend = in_batch or "it stands for many values: return it from the function, and use it outside"
        raise TracerConversionError(
            function, f"an array traced by {self._trace.transform} ({describe(self._plain)}) cannot {deed}", mend
        )

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:  # the protocol's names
        if self._trace is not None:
            self._refuse(
                "numpy.asarray",
                "become a NumPy array",
                "compute with gradatlas.xp instead of numpy, or cut the derivative with gradatlas.stop_gradient(x)",
                "compute with gradatlas.xp instead of numpy",
            )
        return self._plain.__array__(dtype, copy=copy)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        leaves, structure = flatten((args, kwargs))
        name = function.__name__
        for leaf in leaves:
            if type(leaf) is Array and leaf._trace is not None and name not in _ABOUT_SHAPES:
                mend = f"use gradatlas.xp.{name}, or what xp has for it"
                leaf._refuse(f"numpy.{name}", "be given to numpy", mend, mend)
        plain_args, plain_kwargs = assemble(structure, [plain_of(leaf) for leaf in leaves])
        return function(*plain_args, **plain_kwargs)

    def _number(self, convert: type) -> Any:
        if self._trace is not None:
            self._refuse(
                convert.__name__,
                f"become a Python {convert.__name__}",
                "branch with xp.where, keep the number an array, or use "
                f"{convert.__name__}(gradatlas.stop_gradient(x))",
                "it stands for many values: branch with xp.where or gradatlas.cond, loop with gradatlas.while_loop",
            )
        return convert(self._plain)

    def __float__(self) -> float:
        return float(self._number(float))

    def __int__(self) -> int:
        return int(self._number(int))

    def __complex__(self) -> complex:
        return complex(self._number(complex))

    def __bool__(self) -> bool:
        return bool(self._number(bool))

    def __index__(self) -> int:
        if self._trace is not None:
            self._refuse(
                "index",
                "be an index",
                "index with gradatlas.stop_gradient(i)",
                "it stands for many values: index with xp.take, or x[i] of an array i",
            )
        return int(self._plain.__index__())

    def __len__(self) -> int:
        if self._trace is not None:
            self._refuse("len", "be taken for a sequence", "use x.shape[0]", "use x.shape[0]")
        if not self._plain.shape:
            raise TypeError("len: an array without axes has no length: use x.size, which is 1")
        return int(self._plain.shape[0])

    def __iter__(self) -> Any:
        if self._trace is not None:
            self._refuse(
                "iter",
                "be taken for a sequence",
                "use x[i] for i in range(x.shape[0]), or an operation of xp",
                "use x[i] for i in range(x.shape[0]), or an operation of xp",
            )
        return (self[i] for i in range(len(self)))

    def __copy__(self) -> Array:
        other = _new(Array)
        other._become(self)
        return other

    def __deepcopy__(self, memo: dict[int, Any]) -> Array:
        return copy.copy(self) if self._trace is not None else Array(copy.deepcopy(self._plain, memo))

    def __reduce__(self) -> Any:
        if self._trace is not None:
            self._refuse("pickle", "be stored", "store gradatlas.stop_gradient(x)")
        return Array, (self._plain,)

    def __setitem__(self, key: Any, value: Any) -> None:
        if not _assigning.get():
            raise TypeError(
                "Array: arrays are immutable, x[key] = value cannot be done: write x = x.at[key].set(value), which gives a "
                "new one, or allow it for code that is not yours: with gradatlas.assignment()"
            )
        self._become(self.at[key].set(value))

    def _become(self, other: Array) -> None:
        self._plain, self._value = other._plain, other._value
        self._trace, self._link = other._trace, other._link

    # Exchange with other libraries

    def _exported(self) -> Any:
        """The plain array beneath, for another library to read. Raises TracerConversionError while it is traced."""
        if self._trace is not None:
            self._refuse("dlpack", "be handed to another library", "hand over gradatlas.stop_gradient(x)")
        return self._plain

    def __dlpack__(
        self, /, *, stream: Any = None, max_version: Any = None, dl_device: Any = None, copy: Any = None
    ) -> Any:
        """A capsule with the memory of the wrapped array, for any library that reads DLPack."""
        options = {"stream": stream, "max_version": max_version, "dl_device": dl_device, "copy": copy}
        return self._exported().__dlpack__(**{name: value for name, value in options.items() if value is not None})

    def __dlpack_device__(self, /) -> tuple[Any, int]:
        """The kind of device and its number, as DLPack has them."""
        kind, number = self._plain.__dlpack_device__()
        return kind, int(number)

    if TYPE_CHECKING:  # installed by gradatlas.ops, through install_operators
        mT: Any
        T: Any
        at: Any

        def __array_namespace__(self, *, api_version: str | None = None) -> Any: ...
        def to_device(self, device: Any, /, *, stream: Any = None) -> Array: ...
        def __getitem__(self, key: Any) -> Array: ...
        def __neg__(self) -> Array: ...
        def __pos__(self) -> Array: ...
        def __abs__(self) -> Array: ...
        def __invert__(self) -> Array: ...
        def __add__(self, other: Any) -> Array: ...
        def __radd__(self, other: Any) -> Array: ...
        def __sub__(self, other: Any) -> Array: ...
        def __rsub__(self, other: Any) -> Array: ...
        def __mul__(self, other: Any) -> Array: ...
        def __rmul__(self, other: Any) -> Array: ...
        def __truediv__(self, other: Any) -> Array: ...
        def __rtruediv__(self, other: Any) -> Array: ...
        def __floordiv__(self, other: Any) -> Array: ...
        def __rfloordiv__(self, other: Any) -> Array: ...
        def __mod__(self, other: Any) -> Array: ...
        def __rmod__(self, other: Any) -> Array: ...
        def __pow__(self, other: Any) -> Array: ...
        def __rpow__(self, other: Any) -> Array: ...
        def __matmul__(self, other: Any) -> Array: ...
        def __rmatmul__(self, other: Any) -> Array: ...
        def __and__(self, other: Any) -> Array: ...
        def __rand__(self, other: Any) -> Array: ...
        def __or__(self, other: Any) -> Array: ...
        def __ror__(self, other: Any) -> Array: ...
        def __xor__(self, other: Any) -> Array: ...
        def __rxor__(self, other: Any) -> Array: ...
        def __lshift__(self, other: Any) -> Array: ...
        def __rlshift__(self, other: Any) -> Array: ...
        def __rshift__(self, other: Any) -> Array: ...
        def __rrshift__(self, other: Any) -> Array: ...
        def __lt__(self, other: Any) -> Array: ...
        def __le__(self, other: Any) -> Array: ...
        def __gt__(self, other: Any) -> Array: ...
        def __ge__(self, other: Any) -> Array: ...
        def __eq__(self, other: Any) -> Array: ...  # type: ignore[override]
        def __ne__(self, other: Any) -> Array: ...  # type: ignore[override]


_REFLECTED = (
    "add",
    "sub",
    "mul",
    "truediv",
    "floordiv",
    "mod",
    "pow",
    "matmul",
    "and",
    "or",
    "xor",
    "lshift",
    "rshift",
)
_PLAIN_METHODS = frozenset(
    {"__getitem__", "__neg__", "__pos__", "__abs__", "__invert__", "__array_namespace__", "to_device"}
    | {"__lt__", "__le__", "__gt__", "__ge__", "__eq__", "__ne__"}
    | {f"__{name}__" for name in _REFLECTED}
)
_ABOUT_SHAPES = frozenset({"shape", "ndim", "size", "iscomplexobj", "isrealobj"})  # numpy's, which read no entry
_PROPERTIES = frozenset({"at", "mT", "T"})


def install_operators(methods: Mapping[str, Callable[..., Any]]) -> None:
    """Give `Array` its operators: the engine knows no operation, so `gradatlas.ops` hands them in once.

    methods: from a method's name to the function it calls with the array first, such as {"__mul__": multiply,
    "__getitem__": getitem, "mT": matrix_transpose}. A binary arithmetic one is installed reflected as well; "mT",
    "T" and "at" become properties. What a binary operator is given that is neither array nor number is left to the other side.
    Raises ValueError for a name that is no operator of an array.
    """
    for name, function in methods.items():
        if name in _PROPERTIES:
            setattr(Array, name, property(function))
        elif name not in _PLAIN_METHODS:
            raise ValueError(f"install_operators: {name!r} is no operator of an array: choose from {_known_names()}")
        elif (stem := name.strip("_")) in _REFLECTED:
            setattr(Array, name, _binary(function))
            setattr(Array, f"__r{stem}__", _binary(function, swapped=True))
        elif stem in {"lt", "le", "gt", "ge", "eq", "ne"}:
            setattr(Array, name, _binary(function))
        else:
            setattr(Array, name, _method(function))


def _known_names() -> str:
    return ", ".join(sorted(_PLAIN_METHODS | _PROPERTIES))


def _method(function: Callable[..., Any]) -> Callable[..., Any]:
    """function as something that a class binds to its instances, which a record is not."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return function(self, *args, **kwargs)

    method.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    method.__doc__ = function.__doc__
    return method


def _binary(function: Callable[..., Any], swapped: bool = False) -> Callable[[Any, Any], Any]:
    if swapped:

        def method(self: Any, other: Any) -> Any:
            return function(other, self) if _is_operand(other) else NotImplemented
    else:

        def method(self: Any, other: Any) -> Any:
            return function(self, other) if _is_operand(other) else NotImplemented

    return method


def _is_operand(other: Any) -> bool:
    return type(other) is Array or isinstance(other, int | float | complex) or is_array(other)


def lower(x: Any) -> Any:
    """x with the wrapping of an untraced Array taken off: a plain array, a traced Array, or what else x is."""
    return x._plain if type(x) is Array and x._trace is None else x


_new = Array.__new__


def traced(value: Any, trace: Trace, link: Any) -> Array:
    """value, a plain array or one traced earlier, as seen by trace; link is what the trace hangs on it."""
    array = _new(Array)
    array._plain = value._plain if type(value) is Array else value
    array._value = value
    array._trace = trace
    array._link = link
    return array


def untraced(value: Any) -> Array:
    """value as an Array: a plain array wrapped, a traced one as it is."""
    return value if type(value) is Array else Array(value)


def plain_of(x: Any) -> Any:
    """The plain array at the bottom of x, whatever traces it: for its shape and dtype; of a batch it is one example."""
    return x._plain if type(x) is Array else x


def is_batched(x: Any) -> bool:
    """True where a batch traces x, at whatever level."""
    while type(x) is Array and x._trace is not None:
        if x._trace.batches:
            return True
        x = x._value
    return False


def known(x: Any, function: str) -> Any:
    """`memory_of` x, for a function that decides by its entries.

    Raises TracerConversionError where what is recorded will be replayed for other entries.
    """
    below = x
    while type(below) is Array and below._trace is not None:
        if below._trace.replayed:
            raise TracerConversionError(
                function,
                f"what runs would depend on the entries of an array traced by {below._trace.transform}",
                "leave this function outside of it, or give a number of turns that is known",
            )
        below = below._value
    return memory_of(x)


def memory_of(x: Any) -> Any:
    """The plain array that holds all entries of x, whatever traces it: of a batch, those of all examples."""
    while type(x) is Array:
        x = x._plain if x._trace is None else x._value
    return x


Array.__hash__ = None
