"""The array API, differentiable: the namespace that functions to be differentiated are written with.

    from gradatlas import xp

A function gives a `gradatlas.Array` if any argument is one, else a plain array of its arguments' library; creation
functions give an Array, on NumPy unless told otherwise. `namespace(x)` is the same namespace bound to x's library and
device. Beside the standard's functions stand those of deep learning: softmax, conv2d, attention and their kin.
Importing this module gives Array its operators.
"""

from __future__ import annotations

import difflib
import functools
import math
from typing import Any

import numpy as _numpy

from gradatlas.backend import Library, library_of, numpy_library
from gradatlas.engine.array import Array as _Array
from gradatlas.engine.array import install_operators as _install_operators
from gradatlas.engine.array import plain_of
from gradatlas.errors import DTypeError, describe
from gradatlas.ops.activations import relu, sigmoid, softplus, tanh
from gradatlas.ops.attention import attention
from gradatlas.ops.convolution import conv1d, conv2d
from gradatlas.ops.elementwise import absolute as abs
from gradatlas.ops.elementwise import (
    add,
    ceil,
    cos,
    divide,
    equal,
    exp,
    expm1,
    floor,
    greater,
    greater_equal,
    isfinite,
    isinf,
    isnan,
    less,
    less_equal,
    log,
    log1p,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    maximum,
    minimum,
    multiply,
    negative,
    not_equal,
    positive,
    reciprocal,
    sign,
    sin,
    sqrt,
    square,
    subtract,
    trunc,
    where,
)
from gradatlas.ops.elementwise import round_ as round
from gradatlas.ops.linalg import einsum, matmul, tensordot, vecdot
from gradatlas.ops.losses import dense, mean_squared_error, softmax_cross_entropy
from gradatlas.ops.reductions import argmax, argmin
from gradatlas.xp import linalg
from gradatlas.xp._creation import Creation as _Creation
from gradatlas.xp._functions import T as _T
from gradatlas.xp._functions import (
    all,
    any,
    astype,
    broadcast_arrays,
    broadcast_to,
    clip,
    concat,
    expand_dims,
    flip,
    log_softmax,
    logsumexp,
    matrix_transpose,
    max,
    mean,
    min,
    moveaxis,
    pad,
    permute_dims,
    pow,
    repeat,
    reshape,
    roll,
    softmax,
    squeeze,
    stack,
    sum,
    take,
    take_along_axis,
    tile,
    to_device,
    unstack,
)
from gradatlas.xp._functions import getitem as _getitem

__all__ = [
    "Namespace",
    "abs",
    "add",
    "all",
    "any",
    "arange",
    "argmax",
    "argmin",
    "asarray",
    "astype",
    "attention",
    "bool",
    "broadcast_arrays",
    "broadcast_to",
    "ceil",
    "clip",
    "complex64",
    "complex128",
    "concat",
    "conv1d",
    "conv2d",
    "cos",
    "dense",
    "divide",
    "e",
    "einsum",
    "empty",
    "empty_like",
    "equal",
    "exp",
    "expand_dims",
    "expm1",
    "eye",
    "finfo",
    "flip",
    "float32",
    "float64",
    "floor",
    "full",
    "full_like",
    "greater",
    "greater_equal",
    "iinfo",
    "inf",
    "int8",
    "int16",
    "int32",
    "int64",
    "isdtype",
    "isfinite",
    "isinf",
    "isnan",
    "less",
    "less_equal",
    "linalg",
    "linspace",
    "log",
    "log1p",
    "log_softmax",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "logsumexp",
    "matmul",
    "matrix_transpose",
    "max",
    "maximum",
    "mean",
    "mean_squared_error",
    "min",
    "minimum",
    "moveaxis",
    "multiply",
    "namespace",
    "nan",
    "negative",
    "newaxis",
    "not_equal",
    "ones",
    "ones_like",
    "pad",
    "permute_dims",
    "pi",
    "positive",
    "pow",
    "reciprocal",
    "relu",
    "repeat",
    "reshape",
    "result_type",
    "roll",
    "round",
    "sigmoid",
    "sign",
    "sin",
    "softmax",
    "softmax_cross_entropy",
    "softplus",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "subtract",
    "sum",
    "take",
    "take_along_axis",
    "tanh",
    "tensordot",
    "tile",
    "to_device",
    "trunc",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "unstack",
    "vecdot",
    "where",
    "zeros",
    "zeros_like",
]

_home = _Creation(numpy_library())
arange = _home.arange
asarray = _home.asarray
empty = _home.empty
empty_like = _home.empty_like
eye = _home.eye
finfo = _home.finfo
full = _home.full
full_like = _home.full_like
iinfo = _home.iinfo
isdtype = _home.isdtype
linspace = _home.linspace
ones = _home.ones
ones_like = _home.ones_like
result_type = _home.result_type
zeros = _home.zeros
zeros_like = _home.zeros_like

e = math.e
inf = math.inf
nan = math.nan
newaxis = None
pi = math.pi

bool = _numpy.bool_
complex128 = _numpy.complex128
complex64 = _numpy.complex64
float32 = _numpy.float32
float64 = _numpy.float64
int16 = _numpy.int16
int32 = _numpy.int32
int64 = _numpy.int64
int8 = _numpy.int8
uint16 = _numpy.uint16
uint32 = _numpy.uint32
uint64 = _numpy.uint64
uint8 = _numpy.uint8

_CREATION = frozenset(name for name in __all__ if hasattr(_Creation, name))
_DTYPES = frozenset(
    {
        "bool",
        "complex128",
        "complex64",
        "float32",
        "float64",
        "int16",
        "int32",
        "int64",
        "int8",
        "uint16",
        "uint32",
        "uint64",
        "uint8",
    }
)


class Namespace:
    """This namespace bound to one library and device: its creation functions make arrays there, its dtypes are its own."""

    def __init__(self, creation: _Creation) -> None:
        self._creation = creation
        self.__name__ = f"gradatlas.namespace({creation!r})"  # array_api_compat tells namespaces apart by it

    def __getattr__(self, name: str) -> Any:
        if name in _CREATION:
            return getattr(self._creation, name)
        if name in _DTYPES:
            return self._creation.dtype(name)
        if name in __all__:
            return globals()[name]
        raise AttributeError(_unknown(name))

    def __dir__(self) -> list[str]:
        return list(__all__)

    def __repr__(self) -> str:
        return f"gradatlas.namespace({self._creation!r})"


def namespace(x: Any, /) -> Namespace:
    """`gradatlas.xp` bound to the library and the device of x, an array, traced or not.

    Raises DTypeError where x is no array.
    """
    plain = plain_of(x)
    library = library_of(plain)
    if library is None:
        raise DTypeError(
            "namespace", f"got {describe(x)}, which is no array", "pass an array of the library to bind to"
        )
    return _bound(library, library.device(plain))


@functools.cache
def _bound(library: Library, device: Any) -> Namespace:
    """The one namespace of a library and device, so that two arrays there have the same."""
    return Namespace(_Creation(library, device))


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, __all__, n=3, cutoff=0.5)
    meant = f": the nearest are {', '.join(near)}" if near else ": dir(xp) lists what there is"
    return f"gradatlas.xp has no {name!r}{meant}"


def __getattr__(name: str) -> Any:
    raise AttributeError(_unknown(name))


def __dir__() -> list[str]:
    return list(__all__)


def _array_namespace(x: _Array, /, *, api_version: str | None = None) -> Namespace:
    """The array API's way to ask an array for its namespace."""
    return namespace(x)


_install_operators(
    {
        "__add__": add,
        "__sub__": subtract,
        "__mul__": multiply,
        "__truediv__": divide,
        "__pow__": pow,
        "__matmul__": matmul,
        "__neg__": negative,
        "__pos__": positive,
        "__abs__": abs,
        "__invert__": logical_not,
        "__and__": logical_and,
        "__or__": logical_or,
        "__xor__": logical_xor,
        "__lt__": less,
        "__le__": less_equal,
        "__gt__": greater,
        "__ge__": greater_equal,
        "__eq__": equal,
        "__ne__": not_equal,
        "__getitem__": _getitem,
        "mT": matrix_transpose,
        "T": _T,
        "to_device": to_device,
        "__array_namespace__": _array_namespace,
    }
)
