"""Arithmetic and the elementary functions, entry by entry, with broadcasting.

Each derivative is the form that floating point wants, a record of its own with a stated derivative of its own; what
the forms are is in `_floating`. Bounds hold with NumPy, in ulps of the derivative's true value.
"""

import math
from typing import Any

import numpy as np

from gradatlas.backend import category, is_array
from gradatlas.engine.array import plain_of
from gradatlas.engine.linear_maps import cast, conjugate, is_complex, product_or_zero, real_part, scale
from gradatlas.ops import _complex_values as complex_values
from gradatlas.ops import _floating as floating
from gradatlas.ops._batching import aligned
from gradatlas.ops._samples import calls, entrywise
from gradatlas.ops.kinds import Record, Sample, elementwise, general, linear, locally_constant

__all__ = [
    "absolute",
    "add",
    "ceil",
    "clip",
    "copysign",
    "cos",
    "direction",
    "divide",
    "divide_dy",
    "equal",
    "exp",
    "exp2",
    "exp2_prime",
    "expm1",
    "floor",
    "floor_divide",
    "greater",
    "greater_equal",
    "isfinite",
    "isinf",
    "isnan",
    "less",
    "less_equal",
    "log",
    "log1p",
    "log1p_prime",
    "log2",
    "log2_prime",
    "log10",
    "log10_prime",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "maximum",
    "minimum",
    "multiply",
    "negative",
    "not_equal",
    "positive",
    "power",
    "power_dx",
    "power_dy",
    "reciprocal",
    "reciprocal_prime",
    "remainder",
    "round_",
    "sign",
    "sin",
    "sqrt",
    "sqrt_prime",
    "square",
    "subtract",
    "trunc",
    "where",
]

EXACT = {"float64": 0.5, "float32": 0.5}
BASE = {"float64": 1.5, "float32": 4.0}  # what one base function of the library errs, and a rounding

# ------------------------------------------------------------------------------------------------ arithmetic

positive = elementwise(
    "positive",
    lambda lib, x: lib.positive(x),
    derivatives=(1.0,),
    takes="numeric",
    exact=lambda mp, x: x,
    bound=EXACT,
    samples=entrywise((-3, 3)),
    summary="x itself.",
)
negative = elementwise(
    "negative",
    lambda lib, x: lib.negative(x),
    derivatives=(-1.0,),
    takes="numeric",
    exact=lambda mp, x: -x,
    bound=EXACT,
    samples=entrywise((-3, 3)),
    summary="-x.",
)
add = elementwise(
    "add",
    lambda lib, x, y: lib.add(x, y),
    derivatives=(1.0, 1.0),
    takes="numeric",
    exact=lambda mp, x, y: x + y,
    bound=EXACT,
    samples=entrywise((-3, 3), (-3, 3)),
    summary="x + y.",
)
subtract = elementwise(
    "subtract",
    lambda lib, x, y: lib.subtract(x, y),
    derivatives=(1.0, -1.0),
    takes="numeric",
    exact=lambda mp, x, y: x - y,
    bound=EXACT,
    samples=entrywise((-3, 3), (-3, 3)),
    summary="x - y.",
)
multiply = elementwise(
    "multiply",
    lambda lib, x, y: lib.multiply(x, y),
    derivatives=(lambda y: y, lambda x: x),
    takes="numeric",
    exact=lambda mp, x, y: x * y,
    bound=EXACT,
    samples=entrywise((-3, 3), (-3, 3)),
    summary="x y, entry by entry.",
)
square = elementwise(
    "square",
    lambda lib, x: lib.square(x),
    derivatives=(lambda x: multiply(x, 2.0),),
    takes="numeric",
    exact=lambda mp, x: x * x,
    bound=EXACT,
    samples=entrywise((-3, 3)),
    summary="x^2.",
)

# ------------------------------------------------------------------------------------------------ quotients

_reciprocal_second = elementwise(
    "reciprocal_second",
    floating.reciprocal_second,
    derivatives=(lambda x, out: multiply(multiply(out, reciprocal(x)), -3.0),),
    domain="x != 0",
    exact=lambda mp, x: 2 / x**3,
    bound={"float64": 4, "float32": 4},
    samples=entrywise((0.2, 3), signs=True),
    summary="2/x^3, the second derivative of 1/x.",
)
reciprocal_prime = elementwise(
    "reciprocal_prime",
    floating.reciprocal_prime,
    derivatives=(_reciprocal_second,),
    domain="x != 0",
    exact=lambda mp, x: -1 / x**2,
    bound={"float64": 3, "float32": 3},
    samples=entrywise((0.2, 3), signs=True),
    summary="-1/x^2, the derivative of 1/x.",
)
reciprocal: Record = elementwise(
    "reciprocal",
    floating.reciprocal,
    derivatives=(reciprocal_prime,),
    domain="x != 0",
    exact=lambda mp, x: 1 / x,
    bound={"float64": 2, "float32": 2},
    samples=entrywise((0.2, 3), signs=True),
    summary="1/x.",
)
_divide_dyy = elementwise(
    "divide_dyy",
    floating.divide_dyy,
    derivatives=(
        lambda y: _reciprocal_second(y),
        lambda x, y: multiply(multiply(divide_dy(x, y), -6.0), reciprocal_prime(y)),
    ),
    domain="y != 0",
    exact=lambda mp, x, y: 2 * x / y**3,
    bound=None,
    samples=entrywise((-3, 3), (0.2, 3)),
    summary="2x/y^3, the second derivative of x/y in y.",
)
divide_dy: Record = elementwise(
    "divide_dy",
    floating.divide_dy,
    derivatives=(lambda y: reciprocal_prime(y), _divide_dyy),
    domain="y != 0",
    exact=lambda mp, x, y: -x / y**2,
    bound={"float64": 3, "float32": 3},
    samples=entrywise((-3, 3), (0.2, 3)),
    summary="-x/y^2, the derivative of x/y in y.",
)
divide = elementwise(
    "divide",
    lambda lib, x, y: lib.divide(x, y),
    derivatives=(lambda y: reciprocal(y), divide_dy),
    domain="y != 0",
    exact=lambda mp, x, y: x / y,
    bound={"float64": 2, "float32": 2},
    samples=entrywise((-3, 3), (0.2, 3)),
    summary="x/y.",
)

# ------------------------------------------------------------------------------------------------ exponential, logarithm

exp = elementwise(
    "exp",
    lambda lib, x: lib.exp(x),
    derivatives=(lambda out: out,),
    exact=lambda mp, x: mp.exp(x),
    bound=BASE,
    samples=entrywise((-3, 3)),
    summary="e^x.",
)
expm1 = elementwise(
    "expm1",
    complex_values.expm1,
    derivatives=(exp,),
    exact=lambda mp, x: mp.expm1(x),
    bound=BASE,
    samples=entrywise((-3, 3)),
    summary="e^x - 1, to all digits near 0.",
)
log = elementwise(
    "log",
    lambda lib, x: lib.log(x),
    derivatives=(reciprocal,),
    domain="x > 0",
    kinks={"x = 0": "inf, the limit from the right"},
    exact=lambda mp, x: mp.log(x),
    bound={"float64": 1, "float32": 1},
    samples=entrywise((0.1, 4)),
    summary="The natural logarithm.",
)
_log1p_second = elementwise(
    "log1p_second",
    floating.log1p_second,
    derivatives=(lambda x, out: multiply(multiply(out, log1p_prime(x)), -2.0),),
    domain="x > -1",
    exact=lambda mp, x: -1 / (1 + x) ** 2,
    samples=entrywise((-0.8, 4)),
    summary="-1/(1 + x)^2, the second derivative of log(1 + x).",
)
log1p_prime: Record = elementwise(
    "log1p_prime",
    floating.log1p_prime,
    derivatives=(_log1p_second,),
    domain="x > -1",
    exact=lambda mp, x: 1 / (1 + x),
    bound={"float64": 4, "float32": 4},
    samples=entrywise((-0.8, 4)),
    summary="1/(1 + x), the derivative of log(1 + x).",
)
log1p = elementwise(
    "log1p",
    lambda lib, x: lib.log1p(x),
    derivatives=(log1p_prime,),
    domain="x > -1",
    kinks={"x = -1": "inf, the limit from the right"},
    exact=lambda mp, x: mp.log1p(x),
    bound={"float64": 2, "float32": 2},
    samples=entrywise((-0.8, 4)),
    summary="log(1 + x), to all digits near 0.",
)


def _logarithm(name: str, base: int) -> Record:
    """The logarithm to a base, with its derivatives as records."""
    prime, second = (getattr(floating, f"{name}_{which}") for which in ("prime", "second"))
    third = elementwise(
        f"{name}_second",
        second,
        derivatives=(lambda x, out: multiply(multiply(out, reciprocal(x)), -2.0),),
        domain="x > 0",
        exact=lambda mp, x: -1 / (x * x * mp.log(base)),
        samples=entrywise((0.1, 4)),
        summary=f"-1/(x^2 log {base}), the second derivative of the logarithm to base {base}.",
    )
    first = elementwise(
        f"{name}_prime",
        prime,
        derivatives=(third,),
        domain="x > 0",
        exact=lambda mp, x: 1 / (x * mp.log(base)),
        bound={"float64": 3, "float32": 3},
        samples=entrywise((0.1, 4)),
        summary=f"1/(x log {base}), the derivative of the logarithm to base {base}.",
    )
    return elementwise(
        name,
        lambda lib, x: getattr(lib, name)(x),
        derivatives=(first,),
        domain="x > 0",
        kinks={"x = 0": "inf, the limit from the right"},
        exact=lambda mp, x: mp.log(x) / mp.log(base),
        bound={"float64": 2, "float32": 2},
        samples=entrywise((0.1, 4)),
        summary=f"The logarithm to base {base}.",
    )


log2 = _logarithm("log2", 2)
log2_prime: Record = log2.derivatives[0].function  # type: ignore[attr-defined]
_log2_second: Record = log2_prime.derivatives[0].function  # type: ignore[attr-defined]
log10 = _logarithm("log10", 10)
log10_prime: Record = log10.derivatives[0].function  # type: ignore[attr-defined]
_log10_second: Record = log10_prime.derivatives[0].function  # type: ignore[attr-defined]
_exp2_second = elementwise(
    "exp2_second",
    floating.exp2_second,
    derivatives=(lambda out: multiply(out, math.log(2)),),
    takes="real",
    exact=lambda mp, x: mp.log(2) ** 2 * mp.power(2, x),
    samples=entrywise((-3, 3)),
    summary="2^x log(2)^2, the second derivative of 2^x.",
)
exp2_prime = elementwise(
    "exp2_prime",
    floating.exp2_prime,
    derivatives=(_exp2_second,),
    takes="real",
    exact=lambda mp, x: mp.log(2) * mp.power(2, x),
    bound={"float64": 3, "float32": 4},
    samples=entrywise((-3, 3)),
    summary="2^x log 2, the derivative of 2^x.",
)
exp2 = elementwise(
    "exp2",
    floating.exp2,
    derivatives=(exp2_prime,),
    takes="real",
    exact=lambda mp, x: mp.power(2, x),
    bound={"float64": 3, "float32": 4},
    samples=entrywise((-3, 3)),
    summary="2^x.",
)

# ------------------------------------------------------------------------------------------------ powers

_sqrt_second = elementwise(
    "sqrt_second",
    floating.sqrt_second,
    derivatives=(lambda x, out: multiply(multiply(out, reciprocal(x)), -1.5),),
    domain="x > 0",
    exact=lambda mp, x: -1 / (4 * x * mp.sqrt(x)),
    samples=entrywise((0.1, 4)),
    summary="-1/(4 x sqrt x), the second derivative of sqrt x.",
)
sqrt_prime = elementwise(
    "sqrt_prime",
    floating.sqrt_prime,
    derivatives=(_sqrt_second,),
    domain="x > 0",
    exact=lambda mp, x: 1 / (2 * mp.sqrt(x)),
    bound={"float64": 3, "float32": 3},
    samples=entrywise((0.1, 4)),
    summary="1/(2 sqrt x), the derivative of sqrt x.",
)
sqrt = elementwise(
    "sqrt",
    lambda lib, x: lib.sqrt(x),
    derivatives=(sqrt_prime,),
    domain="x > 0",
    kinks={"x = 0": "inf, the limit from the right"},
    exact=lambda mp, x: mp.sqrt(x),
    bound={"float64": 2, "float32": 2},
    samples=entrywise((0.1, 4)),
    summary="The square root.",
)
_power_dxx = elementwise(
    "power_dxx",
    floating.pow_dxx,
    derivatives=(
        lambda x, y: multiply(multiply(y, subtract(y, 1.0)), power_dx(x, subtract(y, 2.0))),
        lambda x, y: add(
            multiply(power(x, subtract(y, 2.0)), subtract(multiply(y, 2.0), 1.0)),
            multiply(multiply(y, subtract(y, 1.0)), power_dy(x, subtract(y, 2.0))),
        ),
    ),
    domain="x > 0",
    exact=lambda mp, x, y: y * (y - 1) * mp.power(x, y) / x**2,
    samples=entrywise((0.2, 3), (-2.5, 2.5)),
    summary="y (y-1) x^(y-2), the second derivative of x^y in x.",
)
_power_dxy = elementwise(
    "power_dxy",
    floating.pow_dxy,
    derivatives=(
        lambda x, y: add(
            multiply(power_dx(x, subtract(y, 1.0)), add(multiply(y, log(x)), 1.0)),
            multiply(power(x, subtract(y, 2.0)), y),
        ),
        lambda x, y: multiply(power_dy(x, subtract(y, 1.0)), add(multiply(y, log(x)), 2.0)),
    ),
    domain="x > 0",
    exact=lambda mp, x, y: mp.power(x, y) / x * (1 + y * mp.log(x)),
    samples=entrywise((0.2, 3), (-2.5, 2.5)),
    summary="x^(y-1) (1 + y log x), the mixed second derivative of x^y.",
)
_power_dyy = elementwise(
    "power_dyy",
    floating.pow_dyy,
    derivatives=(
        lambda x, y: multiply(power_dy(x, subtract(y, 1.0)), add(multiply(y, log(x)), 2.0)),
        lambda x, out: multiply(out, log(x)),
    ),
    domain="x > 0",
    exact=lambda mp, x, y: mp.power(x, y) * mp.log(x) ** 2,
    samples=entrywise((0.2, 3), (-2.5, 2.5)),
    summary="x^y (log x)^2, the second derivative of x^y in y.",
)
power_dx: Record = elementwise(
    "power_dx",
    floating.pow_dx,
    derivatives=(_power_dxx, _power_dxy),
    domain=("x > 0 or x < 0 and y == floor(y)", "x > 0"),
    kinks={"x = 0": "the limit where it exists; 0 where y = 0, as x^0 = 1"},
    exact=lambda mp, x, y: y * mp.power(x, y) / x,
    bound={"float64": 4, "float32": 1},
    roots={1: lambda x, y: -1 / math.log(x) if x != 1 else math.inf},
    samples=entrywise((0.2, 3), (-2.5, 2.5)),
    summary="y x^(y-1), the derivative of x^y in x.",
)
power_dy: Record = elementwise(
    "power_dy",
    floating.pow_dy,
    derivatives=(_power_dxy, _power_dyy),
    domain="x > 0",
    kinks={"x = 0": "0 for y >= 0, the limit for y > 0; -inf for y < 0"},
    exact=lambda mp, x, y: mp.power(x, y) * mp.log(x),
    bound={"float64": 4, "float32": 1},
    roots={0: lambda x, y: math.exp(min(-1 / y, 709.0)) if y else math.inf},
    samples=entrywise((0.2, 3), (-2.5, 2.5)),
    summary="x^y log x, the derivative of x^y in y.",
)


def _floating_like(like: Any, x: Any) -> Any:
    """x in the dtype of like, where it holds whole numbers."""
    plain = plain_of(x)
    return cast(x, plain_of(like).dtype) if is_array(plain) and category(plain.dtype) == "integer" else x


power: Record = elementwise(
    "pow",
    floating.power,
    derivatives=(lambda x, y: power_dx(x, _floating_like(x, y)), lambda x, y: power_dy(_floating_like(y, x), y)),
    domain=("x > 0 or x < 0 and y == floor(y)", "x > 0"),
    takes=("numeric", "numeric"),
    kinks={
        "x = 0": "in x the limit where it exists, and 0 where y = 0, as x^0 = 1; in y: 0 for y >= 0, the limit for y > 0",
        "x < 0, y no integer": "nan, as the value",
    },
    exact=lambda mp, x, y: mp.power(x, y),
    bound={"float64": 4, "float32": 1},
    samples=entrywise((0.2, 3), (-2.5, 2.5)),
    summary="x^y.",
)

# ------------------------------------------------------------------------------------------------ sine and cosine

sin = elementwise(
    "sin",
    lambda lib, x: lib.sin(x),
    derivatives=(lambda x: cos(x),),
    exact=lambda mp, x: mp.sin(x),
    bound=BASE,
    samples=entrywise((-3, 3)),
    summary="The sine of x in radians.",
)
cos: Record = elementwise(
    "cos",
    lambda lib, x: lib.cos(x),
    derivatives=(lambda x: negative(sin(x)),),
    exact=lambda mp, x: mp.cos(x),
    bound=BASE,
    samples=entrywise((-3, 3)),
    summary="The cosine of x in radians.",
)

# ------------------------------------------------------------------------------------------------ kinks

sign = locally_constant(
    "sign",
    lambda lib, x: lib.sign(x),
    jumps="x = 0",
    takes="ordered",
    samples=entrywise((-3, 3)),
    summary="-1, 0 or 1, as x is below, at or above 0.",
)


def _across(t: Any, x: Any, out: Any) -> Any:
    """The part of t across x, over |x|; 0 at x = 0, and of real x, which cannot turn."""
    if not is_complex(x):
        return scale(t, 0.0)
    turned = multiply(out, 1j)
    at_zero = equal(x, 0)
    across = product_or_zero(turned, real_part(product_or_zero(conjugate(turned), t)))
    return where(at_zero, 0.0, product_or_zero(reciprocal(where(at_zero, 1.0, absolute(x))), across))


# Its differential, the part of t along i x / |x|, is its own adjoint: one rule in both modes.
direction: Record = general(
    "direction",
    lambda lib, x: lib.where(x == 0, lib.zeros_like(x), lib.sign(lib.where(x == 0, lib.ones_like(x), x))),
    vjp=lambda g, x, out: _across(g, x, out),
    jvp=lambda t, x, out: _across(t, x, out),
    domain="x != 0",
    kinks={"x = 0": "0: it jumps"},
    batching=aligned,
    samples=entrywise((0.5, 3), signs=True),
    summary="x / |x|, where a complex x points, and 0 at 0.",
)


def _slope_of_absolute(x: Any) -> Any:
    return scale(conjugate(direction(x)), 0.5) if is_complex(x) else sign(x)


absolute = elementwise(
    "abs",
    lambda lib, x: lib.abs(x),
    derivatives=(_slope_of_absolute,),
    conjugate_derivatives=(lambda x: scale(direction(x), 0.5),),
    domain="x != 0",
    takes="numeric",
    kinks={"x = 0": "0, the element of least norm"},
    exact=lambda mp, x: abs(x),
    bound=EXACT,
    samples=entrywise((-3, 3)),
    summary="|x|.",
)
_copysign_slope = locally_constant(
    "copysign_slope",
    floating.copysign_slope,
    jumps="x = 0, y = 0",
    takes="real",
    samples=entrywise((-3, 3), (-3, 3)),
    summary="1 where x and y have one sign, -1 where not, 0 at x = 0.",
)
copysign = elementwise(
    "copysign",
    floating.copysign,
    derivatives=(lambda x, y: _copysign_slope(x, y), None),
    domain="x != 0 and y != 0",
    takes="real",
    kinks={"x = 0": "0, the element of least norm", "y = 0": "in y 0: it jumps, and has no derivative there"},
    exact=lambda mp, x, y: abs(x) * mp.sign(y),
    bound=EXACT,
    samples=entrywise((-3, 3), (-3, 3)),
    summary="|x| with the sign of y.",
)
_share = locally_constant(
    "maximum_share",
    floating.share,
    jumps="x = y",
    takes="ordered",
    samples=entrywise((-3, 3), (-3, 3)),
    summary="The part of maximum(x, y) that belongs to x: 1, 1/2 at a tie, or 0.",
)
maximum = elementwise(
    "maximum",
    floating.maximum,
    derivatives=(lambda x, y: _share(x, y), lambda x, y: _share(y, x)),
    domain="x != y",
    takes="ordered",
    kinks={"x = y": "one half each, the element of least norm"},
    exact=lambda mp, x, y: max(x, y),
    bound=EXACT,
    samples=entrywise((-3, 3), (-3, 3)),
    summary="The larger of x and y; nan where one is nan.",
)
minimum = elementwise(
    "minimum",
    floating.minimum,
    derivatives=(lambda x, y: _share(y, x), lambda x, y: _share(x, y)),
    domain="x != y",
    takes="ordered",
    kinks={"x = y": "one half each, the element of least norm"},
    exact=lambda mp, x, y: min(x, y),
    bound=EXACT,
    samples=entrywise((-3, 3), (-3, 3)),
    summary="The smaller of x and y; nan where one is nan.",
)
_clip_inside = locally_constant(
    "clip_inside",
    floating.clip_inside,
    jumps="x = low, x = high",
    takes="real",
    samples=calls(
        lambda rng: Sample((rng.normal(size=(3, 4)),), {"low": -0.5, "high": 1.0}),
        lambda rng: Sample((rng.normal(size=()),), {"low": 0.25}),
        lambda rng: Sample((rng.normal(size=(5,)),), {"high": 0.25}),
        lambda rng: (rng.normal(size=(0, 3)),),
    ),
    summary="1 where low < x < high, else 0.",
)
clip = elementwise(
    "clip",
    floating.clip,
    derivatives=(lambda x, low, high: _clip_inside(x, low=low, high=high),),
    domain="x != low and x != high",
    takes="ordered",
    kinks={"x = low, x = high": "0, the element of least norm"},
    exact=lambda mp, x, low=None, high=None: min(
        max(x, -mp.inf if low is None else low), mp.inf if high is None else high
    ),
    bound=EXACT,
    samples=calls(
        lambda rng: Sample((rng.normal(size=(3, 4)),), {"low": -0.5, "high": 1.0}),
        lambda rng: Sample((rng.normal(size=(5,)),), {"low": 0.25}),
        lambda rng: Sample((rng.normal(size=(5,)),), {"high": 0.25}),
        lambda rng: Sample((rng.normal(size=()),)),
        lambda rng: Sample((rng.normal(size=(0, 3)),), {"low": 0.0, "high": 1.0}),
    ),
    summary="x brought between low and high.",
)
where: Record = linear(
    "where",
    floating.where,
    adjoint=(
        None,
        lambda g, condition: where(condition, g, 0.0),
        lambda g, condition: where(condition, 0.0, g),
    ),
    takes=("bool", "any"),
    samples=calls(
        lambda rng: (rng.normal(size=(3, 4)) > 0, rng.normal(size=(3, 4)), rng.normal(size=(3, 4))),
        lambda rng: (rng.normal(size=(3, 1)) > 0, rng.normal(size=(4,)), rng.normal(size=())),
        lambda rng: (np.asarray(True), rng.normal(size=(2,)), rng.normal(size=(2,))),
        lambda rng: (np.zeros((0,), dtype=bool), rng.normal(size=(0,)), rng.normal(size=(1,))),
    ),
    batching=aligned,
    summary="x where the condition holds, else y; a branch not taken leaves no trace in a gradient.",
)

# ------------------------------------------------------------------------------------------------ locally constant

floor = locally_constant(
    "floor",
    lambda lib, x: lib.floor(x),
    jumps="whole x",
    takes="ordered",
    samples=entrywise((-3, 3)),
    summary="The largest whole number that is at most x.",
)
ceil = locally_constant(
    "ceil",
    lambda lib, x: lib.ceil(x),
    jumps="whole x",
    takes="ordered",
    samples=entrywise((-3, 3)),
    summary="The smallest whole number that is at least x.",
)
trunc = locally_constant(
    "trunc",
    lambda lib, x: lib.trunc(x),
    jumps="whole x but 0",
    takes="ordered",
    samples=entrywise((-3, 3)),
    summary="The whole number next to x towards 0.",
)
round_ = locally_constant(
    "round",
    lambda lib, x: lib.round(x),
    jumps="x - 1/2 whole",
    takes="numeric",
    samples=entrywise((-3, 3)),
    summary="The nearest whole number, of two the even one.",
)
floor_divide = locally_constant(
    "floor_divide",
    floating.floor_divide,
    jumps="x/y whole",
    takes="ordered",
    samples=entrywise((-3, 3), (0.2, 3)),
    summary="floor(x/y).",
)
_remainder_dy = locally_constant(
    "remainder_dy",
    floating.remainder_dy,
    jumps="x/y whole",
    takes="ordered",
    exact=lambda mp, x, y: _whole_quotient(mp, x, y),
    samples=entrywise((-3, 3), (0.2, 3)),
    summary="-floor(x/y), the derivative of the remainder in y.",
)
remainder = elementwise(
    "remainder",
    floating.remainder,
    derivatives=(1.0, _remainder_dy),
    domain="y != 0 and x % y != 0",
    takes="ordered",
    kinks={"x/y whole": "1 and -floor(x/y), the limits from the right in x/y: it jumps, and has no derivative there"},
    exact=lambda mp, x, y: _exact_remainder(mp, x, y),
    bound={"float64": 2, "float32": 2},
    samples=entrywise((-3, 3), (0.3, 3)),
    summary="x - y floor(x/y), with the sign of y.",
)


def _exact_remainder(mp: Any, x: Any, y: Any) -> Any:
    with mp.workdps(1400):
        return x + y * _whole_quotient(mp, x, y)


def _whole_quotient(mp: Any, x: Any, y: Any) -> Any:
    """-floor(x/y), with all its digits."""
    with mp.workdps(1400):
        return -mp.floor(x / y)


isnan = locally_constant(
    "isnan",
    lambda lib, x: lib.isnan(x),
    samples=entrywise((-3, 3)),
    summary="Whether x is nan.",
)
isinf = locally_constant(
    "isinf",
    lambda lib, x: lib.isinf(x),
    samples=entrywise((-3, 3)),
    summary="Whether x is infinite.",
)
isfinite = locally_constant(
    "isfinite",
    lambda lib, x: lib.isfinite(x),
    samples=entrywise((-3, 3)),
    summary="Whether x is neither infinite nor nan.",
)
equal = locally_constant(
    "equal",
    lambda lib, x, y: lib.equal(x, y),
    jumps="x = y",
    samples=entrywise((-3, 3), (-3, 3)),
    summary="Whether x = y.",
)
not_equal = locally_constant(
    "not_equal",
    lambda lib, x, y: lib.not_equal(x, y),
    jumps="x = y",
    samples=entrywise((-3, 3), (-3, 3)),
    summary="Whether x and y differ.",
)
less = locally_constant(
    "less",
    lambda lib, x, y: lib.less(x, y),
    jumps="x = y",
    samples=entrywise((-3, 3), (-3, 3)),
    summary="Whether x < y.",
)
less_equal = locally_constant(
    "less_equal",
    lambda lib, x, y: lib.less_equal(x, y),
    jumps="x = y",
    samples=entrywise((-3, 3), (-3, 3)),
    summary="Whether x <= y.",
)
greater = locally_constant(
    "greater",
    lambda lib, x, y: lib.greater(x, y),
    jumps="x = y",
    samples=entrywise((-3, 3), (-3, 3)),
    summary="Whether x > y.",
)
greater_equal = locally_constant(
    "greater_equal",
    lambda lib, x, y: lib.greater_equal(x, y),
    jumps="x = y",
    samples=entrywise((-3, 3), (-3, 3)),
    summary="Whether x >= y.",
)

_truths = calls(
    lambda rng: (rng.random((2, 3)) < 0.5, rng.random((3,)) < 0.5),
    lambda rng: (rng.random(()) < 0.5, rng.random((0, 2)) < 0.5),
)
logical_and = locally_constant(
    "logical_and",
    lambda lib, x, y: lib.logical_and(x, y),
    takes="bool",
    samples=_truths,
    summary="Whether both are true.",
)
logical_or = locally_constant(
    "logical_or",
    lambda lib, x, y: lib.logical_or(x, y),
    takes="bool",
    samples=_truths,
    summary="Whether one is true.",
)
logical_xor = locally_constant(
    "logical_xor",
    lambda lib, x, y: lib.logical_xor(x, y),
    takes="bool",
    samples=_truths,
    summary="Whether just one is true.",
)
logical_not = locally_constant(
    "logical_not",
    lambda lib, x: lib.logical_not(x),
    takes="bool",
    samples=calls(
        lambda rng: (rng.random((2, 3)) < 0.5,),
        lambda rng: (np.asarray(True),),
        lambda rng: (np.ones((0, 3), dtype=bool),),
    ),
    summary="Whether x is false.",
)
