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

from gradatlas.backend import Library, default_library, library_of
from gradatlas.engine.array import Array as _Array
from gradatlas.engine.array import install_operators as _install_operators
from gradatlas.engine.array import plain_of
from gradatlas.errors import ArgumentError, DTypeError, describe
from gradatlas.ops.activations import (
    celu,
    elu,
    gelu,
    gelu_tanh,
    glu,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    log_sigmoid,
    mish,
    prelu,
    relu,
    relu6,
    selu,
    sigmoid,
    silu,
    softplus,
    softsign,
    swiglu,
    tanh,
    threshold,
)
from gradatlas.ops.attention import attention
from gradatlas.ops.complex import conj, imag, real
from gradatlas.ops.convolution import (
    conv1d,
    conv2d,
    conv3d,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
)
from gradatlas.ops.elementwise import absolute as abs
from gradatlas.ops.elementwise import (
    add,
    ceil,
    copysign,
    cos,
    divide,
    equal,
    exp,
    exp2,
    expm1,
    floor,
    floor_divide,
    greater,
    greater_equal,
    isfinite,
    isinf,
    isnan,
    less,
    less_equal,
    log,
    log1p,
    log2,
    log10,
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
    remainder,
    sin,
    sqrt,
    square,
    subtract,
    trunc,
    where,
)
from gradatlas.ops.elementwise import round_ as round
from gradatlas.ops.embedding import embedding
from gradatlas.ops.linalg import einsum, matmul, tensordot, vecdot
from gradatlas.ops.losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cosine_similarity,
    cross_entropy_of_probabilities,
    dense,
    gaussian_nll,
    hinge,
    huber,
    kl_divergence,
    mean_absolute_error,
    mean_squared_error,
    poisson_nll,
    smooth_l1,
    softmax_cross_entropy,
)
from gradatlas.ops.normalization import (
    batch_norm,
    batch_norm_inference,
    group_norm,
    instance_norm,
    layer_norm,
    rms_norm,
)
from gradatlas.ops.pooling import adaptive_avg_pool, avg_pool, global_avg_pool, global_max_pool, max_pool
from gradatlas.ops.recurrent import gru, lstm, simple_rnn
from gradatlas.ops.special import (
    cbrt,
    digamma,
    entr,
    erf,
    erfc,
    erfinv,
    gammaln,
    i0,
    i0e,
    i1,
    i1e,
    kl_div,
    logaddexp,
    logaddexp2,
    logit,
    ndtr,
    polygamma,
    rel_entr,
    xlog1py,
    xlogy,
)
from gradatlas.ops.trigonometry import (
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cosh,
    hypot,
    sinc,
    sinh,
    tan,
)
from gradatlas.xp import fft, linalg
from gradatlas.xp._creation import Creation as _Creation
from gradatlas.xp._creation import meshgrid, tril, triu
from gradatlas.xp._data_types import astype, to_device
from gradatlas.xp._elementwise import (
    bitwise_and,
    bitwise_invert,
    bitwise_left_shift,
    bitwise_or,
    bitwise_right_shift,
    bitwise_xor,
    clip,
    nextafter,
    pow,
    sign,
    signbit,
)
from gradatlas.xp._indexing import getitem as _getitem
from gradatlas.xp._indexing import take, take_along_axis
from gradatlas.xp._manipulation import T as _T
from gradatlas.xp._manipulation import (
    broadcast_arrays,
    broadcast_shapes,
    broadcast_to,
    concat,
    expand_dims,
    flip,
    matrix_transpose,
    moveaxis,
    permute_dims,
    repeat,
    reshape,
    roll,
    squeeze,
    stack,
    tile,
    unstack,
)
from gradatlas.xp._ordering import argsort, median, quantile, sort, top_k
from gradatlas.xp._padding import pad
from gradatlas.xp._refusals import name_refusals as _name_refusals
from gradatlas.xp._scans import (
    cumulative_logsumexp,
    cumulative_max,
    cumulative_min,
    cumulative_prod,
    cumulative_sum,
    linear_recurrence,
)
from gradatlas.xp._searching import argmax, argmin, count_nonzero, nonzero, searchsorted
from gradatlas.xp._segments import (
    bincount,
    index_add,
    scatter,
    segment_max,
    segment_mean,
    segment_min,
    segment_prod,
    segment_sum,
)
from gradatlas.xp._sets import isin, unique_all, unique_counts, unique_inverse, unique_values
from gradatlas.xp._statistical import all, any, log_softmax, logsumexp, max, mean, min, prod, softmax, std, sum, var
from gradatlas.xp._updates import At as _At
from gradatlas.xp._utility import diff

__all__ = [
    "Namespace",
    "__array_api_version__",
    "__array_namespace_info__",
    "abs",
    "acos",
    "acosh",
    "adaptive_avg_pool",
    "add",
    "all",
    "any",
    "arange",
    "argmax",
    "argmin",
    "argsort",
    "asarray",
    "asin",
    "asinh",
    "astype",
    "atan",
    "atan2",
    "atanh",
    "attention",
    "avg_pool",
    "batch_norm",
    "batch_norm_inference",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "bincount",
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "bool",
    "broadcast_arrays",
    "broadcast_shapes",
    "broadcast_to",
    "can_cast",
    "cbrt",
    "ceil",
    "celu",
    "clip",
    "complex64",
    "complex128",
    "concat",
    "conj",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "copysign",
    "cos",
    "cosh",
    "cosine_similarity",
    "count_nonzero",
    "cross_entropy_of_probabilities",
    "cumulative_logsumexp",
    "cumulative_max",
    "cumulative_min",
    "cumulative_prod",
    "cumulative_sum",
    "dense",
    "diff",
    "digamma",
    "divide",
    "e",
    "einsum",
    "elu",
    "embedding",
    "empty",
    "empty_like",
    "entr",
    "equal",
    "erf",
    "erfc",
    "erfinv",
    "exp",
    "exp2",
    "expand_dims",
    "expm1",
    "eye",
    "fft",
    "finfo",
    "flip",
    "float32",
    "float64",
    "floor",
    "floor_divide",
    "from_dlpack",
    "full",
    "full_like",
    "gammaln",
    "gaussian_nll",
    "gelu",
    "gelu_tanh",
    "global_avg_pool",
    "global_max_pool",
    "glu",
    "greater",
    "greater_equal",
    "group_norm",
    "gru",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "hinge",
    "huber",
    "hypot",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "iinfo",
    "imag",
    "index_add",
    "inf",
    "instance_norm",
    "int8",
    "int16",
    "int32",
    "int64",
    "isdtype",
    "isfinite",
    "isin",
    "isinf",
    "isnan",
    "kl_div",
    "kl_divergence",
    "layer_norm",
    "leaky_relu",
    "less",
    "less_equal",
    "linalg",
    "linear_recurrence",
    "linspace",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_sigmoid",
    "log_softmax",
    "logaddexp",
    "logaddexp2",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "logit",
    "logsumexp",
    "lstm",
    "matmul",
    "matrix_transpose",
    "max",
    "max_pool",
    "maximum",
    "mean",
    "mean_absolute_error",
    "mean_squared_error",
    "median",
    "meshgrid",
    "min",
    "minimum",
    "mish",
    "moveaxis",
    "multiply",
    "namespace",
    "nan",
    "ndtr",
    "negative",
    "newaxis",
    "nextafter",
    "nonzero",
    "not_equal",
    "ones",
    "ones_like",
    "pad",
    "permute_dims",
    "pi",
    "poisson_nll",
    "polygamma",
    "positive",
    "pow",
    "prelu",
    "prod",
    "quantile",
    "real",
    "reciprocal",
    "rel_entr",
    "relu",
    "relu6",
    "remainder",
    "repeat",
    "reshape",
    "result_type",
    "rms_norm",
    "roll",
    "round",
    "scatter",
    "searchsorted",
    "segment_max",
    "segment_mean",
    "segment_min",
    "segment_prod",
    "segment_sum",
    "selu",
    "sigmoid",
    "sign",
    "signbit",
    "silu",
    "simple_rnn",
    "sin",
    "sinc",
    "sinh",
    "smooth_l1",
    "softmax",
    "softmax_cross_entropy",
    "softplus",
    "softsign",
    "sort",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "subtract",
    "sum",
    "swiglu",
    "take",
    "take_along_axis",
    "tan",
    "tanh",
    "tensordot",
    "threshold",
    "tile",
    "to_device",
    "top_k",
    "tril",
    "triu",
    "trunc",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "unique_all",
    "unique_counts",
    "unique_inverse",
    "unique_values",
    "unstack",
    "var",
    "vecdot",
    "where",
    "xlog1py",
    "xlogy",
    "zeros",
    "zeros_like",
]

_name_refusals(globals(), __all__)

_library = default_library()
_home = _Creation(_library)
arange = _home.arange
asarray = _home.asarray
can_cast = _home.can_cast
empty = _home.empty
empty_like = _home.empty_like
eye = _home.eye
finfo = _home.finfo
from_dlpack = _home.from_dlpack
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
__array_namespace_info__ = _home.__array_namespace_info__
__array_api_version__ = "2025.12"

e = math.e
inf = math.inf
nan = math.nan
newaxis = None
pi = math.pi

bool = _library.dtype("bool")
complex128 = _library.dtype("complex128")
complex64 = _library.dtype("complex64")
float32 = _library.dtype("float32")
float64 = _library.dtype("float64")
int16 = _library.dtype("int16")
int32 = _library.dtype("int32")
int64 = _library.dtype("int64")
int8 = _library.dtype("int8")
uint16 = _library.dtype("uint16")
uint32 = _library.dtype("uint32")
uint64 = _library.dtype("uint64")
uint8 = _library.dtype("uint8")

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
        if name == "fft":
            return fft.Bound(self._creation)
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

    >>> ga.namespace(np.asarray([1.0])).zeros(2).dtype
    dtype('float64')
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


_VERSIONS = ("2021.12", "2022.12", "2023.12", "2024.12", __array_api_version__)


def _array_namespace(x: _Array, /, *, api_version: str | None = None) -> Namespace:
    """The array API's way to ask an array for its namespace, which is that of the newest version and of all before it."""
    if api_version is not None and api_version not in _VERSIONS:
        seen = f"got api_version={api_version!r}"
        raise ArgumentError("__array_namespace__", seen, f"choose one of {', '.join(_VERSIONS)}")
    return namespace(x)


_install_operators(
    {
        "__add__": add,
        "__sub__": subtract,
        "__mul__": multiply,
        "__truediv__": divide,
        "__floordiv__": floor_divide,
        "__mod__": remainder,
        "__pow__": pow,
        "__matmul__": matmul,
        "__neg__": negative,
        "__pos__": positive,
        "__abs__": abs,
        "__invert__": bitwise_invert,
        "__and__": bitwise_and,
        "__or__": bitwise_or,
        "__xor__": bitwise_xor,
        "__lshift__": bitwise_left_shift,
        "__rshift__": bitwise_right_shift,
        "__lt__": less,
        "__le__": less_equal,
        "__gt__": greater,
        "__ge__": greater_equal,
        "__eq__": equal,
        "__ne__": not_equal,
        "__getitem__": _getitem,
        "mT": matrix_transpose,
        "T": _T,
        "at": _At,
        "to_device": to_device,
        "__array_namespace__": _array_namespace,
    }
)
