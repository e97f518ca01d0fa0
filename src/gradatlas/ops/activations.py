"""The activations of networks: tanh and the logistic family, ReLU and its kin, gated units; the softmax is a reduction.

Each derivative is a record in the form that floating point wants, with a stated derivative of its own; the forms are in
`_activation_forms` and `_floating`. At a kink the derivative is the number of least size between the slopes of both sides.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from gradatlas.engine.array import plain_of
from gradatlas.engine.linear_maps import scale
from gradatlas.errors import AxisError, OptionError, ShapeError
from gradatlas.ops import _activation_forms as forms
from gradatlas.ops import _complex_values as complex_values
from gradatlas.ops import _floating as floating
from gradatlas.ops._samples import calls, entrywise
from gradatlas.ops.elementwise import add, clip, divide, exp, minimum, multiply, negative, square, subtract
from gradatlas.ops.indexing import getitem
from gradatlas.ops.kinds import Record, Sample, Samples, elementwise, locally_constant
from gradatlas.ops.reductions import log_softmax, softmax

__all__ = [
    "celu",
    "elu",
    "gelu",
    "gelu_tanh",
    "glu",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "leaky_relu",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "prelu",
    "relu",
    "relu6",
    "sech2",
    "selu",
    "sigmoid",
    "sigmoid_prime",
    "silu",
    "softmax",
    "softplus",
    "softsign",
    "step",
    "swiglu",
    "tanh",
    "threshold",
]

# ------------------------------------------------------------------------------------------------ tanh

_sech2_prime = elementwise(
    "sech2_prime",
    floating.sech2_prime,
    derivatives=(lambda x: multiply(sech2(x), subtract(4.0, multiply(sech2(x), 6.0))),),
    exact=lambda mp, x: -2 * mp.tanh(x) / mp.cosh(x) ** 2,
    samples=entrywise((0.4, 3), signs=True),  # complex ones keep off the poles
    summary="-2 tanh(x)/cosh(x)^2, the second derivative of tanh.",
)
sech2: Record = elementwise(
    "sech2",
    floating.sech2,
    derivatives=(_sech2_prime,),
    exact=lambda mp, x: 1 / mp.cosh(x) ** 2,
    bound={"float64": 3, "float32": 6},
    samples=entrywise((0.4, 3), signs=True),  # complex ones keep off the poles
    summary="1/cosh(x)^2, the derivative of tanh.",
)
tanh = elementwise(
    "tanh",
    complex_values.tanh,
    derivatives=(sech2,),
    exact=lambda mp, x: mp.tanh(x),
    bound={"float64": 3, "float32": 5},
    samples=entrywise((0.4, 3), signs=True),  # complex ones keep off the poles
    summary="The hyperbolic tangent.",
)

# ------------------------------------------------------------------------------------------------ the logistic family

_sigmoid_second = elementwise(
    "sigmoid_second",
    floating.sigmoid_second,
    derivatives=(lambda x: multiply(sigmoid_prime(x), subtract(1.0, multiply(sigmoid_prime(x), 6.0))),),
    takes="real",
    exact=lambda mp, x: -mp.tanh(x / 2) / (4 * mp.cosh(x / 2) ** 2),
    samples=entrywise((-3, 3)),
    summary="The second derivative of sigmoid.",
)
sigmoid_prime: Record = elementwise(
    "sigmoid_prime",
    floating.sigmoid_prime,
    derivatives=(_sigmoid_second,),
    takes="real",
    exact=lambda mp, x: 1 / (4 * mp.cosh(x / 2) ** 2),
    bound={"float64": 4, "float32": 6},
    samples=entrywise((-3, 3)),
    summary="e^-x/(1 + e^-x)^2, the derivative of sigmoid.",
)
sigmoid = elementwise(
    "sigmoid",
    floating.logistic,
    derivatives=(sigmoid_prime,),
    takes="real",
    exact=lambda mp, x: 1 / (1 + mp.exp(-x)),
    bound={"float64": 3, "float32": 5},
    samples=entrywise((-3, 3)),
    summary="The logistic function 1/(1 + e^-x).",
)
_softplus = elementwise(
    "softplus",
    floating.softplus,
    derivatives=(sigmoid,),
    takes="real",
    exact=lambda mp, x: mp.log1p(mp.exp(x)),
    bound={"float64": 3, "float32": 5},
    samples=entrywise((-3, 3)),
    summary="log(1 + e^x), without overflow.",
)


def softplus(x: Any, /, *, beta: float = 1.0) -> Any:
    """log(1 + e^(beta x))/beta, without overflow; beta > 0 says how sharply it bends.

    x: real floating. Returns an array of its shape. Formula: softplus.derivative. Source: Glorot et al. 2011.
    """
    if not beta > 0:
        raise OptionError("softplus", f"got beta={beta}", "give a positive number")
    return _softplus(x) if beta == 1 else scale(_softplus(scale(x, beta)), 1.0 / beta)


# ------------------------------------------------------------------------------------------------ ReLU

step = locally_constant(
    "step",
    floating.step,
    jumps="x = 0",
    takes="ordered",
    samples=entrywise((-3, 3)),
    summary="1 where x > 0, else 0.",
)
relu = elementwise(
    "relu",
    floating.relu,
    derivatives=(lambda x: step(x),),
    domain="x != 0",
    takes="ordered",
    kinks={"x = 0": "0, the element of least norm"},
    exact=lambda mp, x: max(x, mp.mpf(0)),
    bound={"float64": 0.5, "float32": 0.5},
    samples=entrywise((-3, 3)),
    summary="max(x, 0).",
)

# ------------------------------------------------------------------------------------------------ slopes by pieces

_KEYS = {"x = 0": "the number of least size between both slopes"}


def _with(low: float, high: float, *params: dict[str, Any]) -> Samples:
    """Arguments in every pattern of shapes, then with keywords."""

    def draw(rng: np.random.Generator) -> Iterable[Sample]:
        yield from entrywise((low, high))(rng)
        for each in params:
            yield Sample((rng.uniform(low, high, (2, 3)),), each)

    return draw


_leaky_slope = locally_constant(
    "leaky_slope",
    forms.leaky_slope,
    jumps="x = 0",
    takes="real",
    samples=_with(-3, 3, {"slope": 0.2}),
    summary="1 where x > 0, slope where x < 0.",
)
leaky_relu = elementwise(
    "leaky_relu",
    forms.leaky_relu,
    derivatives=(lambda x, slope: _leaky_slope(x, slope=slope),),
    domain="x != 0",
    takes="real",
    kinks=_KEYS,
    exact=lambda mp, x, slope=0.01: x if x > 0 else mp.mpf(slope) * x,
    bound={"float64": 0.5, "float32": 1},
    samples=_with(-3, 3, {"slope": 0.2}),
    summary="x where x > 0, else slope x.",
)
_prelu_share = elementwise(
    "prelu_share",
    forms.prelu_share,
    derivatives=(0.0, lambda x: _below_zero(x)),
    domain=("x != 0", "x != 0"),
    takes="real",
    exact=lambda mp, x, a: mp.mpf(1) if x > 0 else a,
    bound={"float64": 0.5, "float32": 0.5},
    samples=entrywise((-3, 3), (-1, 1)),
    summary="1 where x > 0, a where x < 0: the derivative of prelu in x.",
)
_below_zero: Record = locally_constant(
    "below_zero",
    lambda lib, x: lib.astype(x < 0, x.dtype),
    jumps="x = 0",
    takes="real",
    samples=entrywise((-3, 3)),
    summary="1 where x < 0, else 0.",
)
prelu = elementwise(
    "prelu",
    forms.prelu,
    derivatives=(_prelu_share, lambda x: minimum(x, 0.0)),
    domain=("x != 0", "x != 0"),
    takes="real",
    kinks={"x = 0": "in x the number of least size between 1 and a"},
    exact=lambda mp, x, a: x if x > 0 else a * x,
    bound={"float64": 0.5, "float32": 0.5},
    samples=entrywise((-3, 3), (-1, 1)),
    summary="x where x > 0, else a x, a a parameter.",
)
_above = locally_constant(
    "above",
    lambda lib, x, *, at=0.0: lib.astype(x > at, x.dtype),
    jumps="x = at",
    takes="real",
    samples=_with(-3, 3, {"at": 0.5}),
    summary="1 where x > at, else 0.",
)
threshold = elementwise(
    "threshold",
    forms.threshold,
    derivatives=(lambda x, at: _above(x, at=at),),
    domain="x != at",
    takes="real",
    kinks={"x = at": "0, as below: there it jumps unless value = at"},
    exact=lambda mp, x, at=0.0, value=0.0: x if x > at else mp.mpf(value),
    bound={"float64": 0.5, "float32": 0.5},
    samples=calls(
        lambda rng: Sample((rng.normal(size=(3, 4)),), {"at": 0.5, "value": -1.0}),
        lambda rng: Sample((rng.normal(size=(5,)),), {"at": -0.25, "value": 0.125}),
        lambda rng: Sample((rng.normal(size=()),), {"at": 0.25}),
        lambda rng: Sample((rng.normal(size=(0, 2)),), {"at": 0.25}),
    ),
    summary="x where x > at, else value.",
)
_within = locally_constant(
    "within",
    lambda lib, x: forms.within(lib, x, low=-3.0, high=3.0),
    jumps="x = -3, x = 3",
    takes="real",
    samples=entrywise((-5, 5)),
    summary="1 where -3 < x < 3, else 0.",
)
hardsigmoid = elementwise(
    "hardsigmoid",
    forms.hardsigmoid,
    derivatives=(lambda x: divide(_within(x), 6.0),),
    domain="x != -3 and x != 3",
    takes="real",
    kinks={"x = -3, x = 3": "0, the element of least norm"},
    exact=lambda mp, x: min(max((x + 3) / 6, mp.mpf(0)), mp.mpf(1)),
    bound={"float64": 0.5, "float32": 0.5},
    samples=entrywise((-5, 5)),
    summary="(x + 3)/6 brought between 0 and 1.",
)
_hardswish_prime = elementwise(
    "hardswish_prime",
    forms.hardswish_prime,
    derivatives=(lambda x: divide(_within(x), 3.0),),
    domain="x != -3 and x != 3",
    takes="real",
    kinks={"x = -3, x = 3": "0: it jumps there"},
    exact=lambda mp, x: (2 * x + 3) / 6 if abs(x) < 3 else mp.mpf(1 if x > 0 else 0),
    bound={"float64": 0.5, "float32": 0.5},
    samples=entrywise((-5, 5)),
    summary="(2x + 3)/6 between -3 and 3, 0 below, 1 above: the derivative of hardswish.",
)
hardswish = elementwise(
    "hardswish",
    forms.hardswish,
    derivatives=(_hardswish_prime,),
    domain="x != -3 and x != 3",
    takes="real",
    kinks={"x = -3": "0, the element of least norm", "x = 3": "1, the element of least norm"},
    exact=lambda mp, x: x * min(max((x + 3) / 6, mp.mpf(0)), mp.mpf(1)),
    bound={"float64": 2, "float32": 2},
    roots=(-1.5,),
    samples=entrywise((-5, 5)),
    summary="x (x + 3)/6 between -3 and 3, 0 below, x above.",
)
_softsign_second = elementwise(
    "softsign_second",
    forms.softsign_second,
    derivatives=(lambda x: multiply(square(softsign_prime(x)), 6.0),),
    domain="x != 0",
    takes="real",
    kinks={"x = 0": "6 at 0, where it jumps"},
    exact=lambda mp, x: -2 * mp.sign(x) / (1 + abs(x)) ** 3,
    samples=entrywise((-3, 3)),
    summary="-2 sign(x)/(1 + |x|)^3, the second derivative of softsign.",
)
softsign_prime: Record = elementwise(
    "softsign_prime",
    forms.softsign_prime,
    derivatives=(_softsign_second,),
    domain="x != 0",
    takes="real",
    kinks={"x = 0": "0, the element of least norm"},
    exact=lambda mp, x: 1 / (1 + abs(x)) ** 2,
    bound={"float64": 4, "float32": 4},
    samples=entrywise((-3, 3)),
    summary="1/(1 + |x|)^2, the derivative of softsign.",
)
softsign = elementwise(
    "softsign",
    forms.softsign,
    derivatives=(softsign_prime,),
    takes="real",
    exact=lambda mp, x: x / (1 + abs(x)),
    bound={"float64": 3, "float32": 3},
    samples=entrywise((-3, 3)),
    summary="x/(1 + |x|).",
)

# ------------------------------------------------------------------------------------------------ exponential below 0

_ALPHAS = ({"alpha": 0.5}, {"alpha": 1.75})
_elu_second: Record = elementwise(
    "elu_second",
    forms.elu_second,
    derivatives=(lambda out: out,),
    domain="x != 0",
    takes="real",
    exact=lambda mp, x, alpha=1.0: mp.mpf(alpha) * mp.exp(x) if x < 0 else mp.mpf(0),
    bound={"float64": 2, "float32": 4},
    samples=_with(-3, 3, *_ALPHAS),
    summary="alpha e^x where x < 0, else 0: the second derivative of elu.",
)
elu_prime = elementwise(
    "elu_prime",
    forms.elu_prime,
    derivatives=(_elu_second,),
    domain="x != 0",
    takes="real",
    kinks={"x = 0": "0, the element of least norm where alpha = 1"},
    exact=lambda mp, x, alpha=1.0: mp.mpf(alpha) * mp.exp(x) if x < 0 else mp.mpf(1),
    bound={"float64": 2, "float32": 4},
    samples=_with(-3, 3, *_ALPHAS),
    summary="1 where x > 0, else alpha e^x: the derivative of elu.",
)
elu = elementwise(
    "elu",
    forms.elu,
    derivatives=(elu_prime,),
    domain="x != 0",
    takes="real",
    kinks={"x = 0": "the number of least size between 1 and alpha"},
    exact=lambda mp, x, alpha=1.0: mp.mpf(alpha) * mp.expm1(x) if x < 0 else x,
    bound={"float64": 2, "float32": 4},
    samples=_with(-3, 3, *_ALPHAS),
    summary="x where x > 0, else alpha (e^x - 1).",
)
_celu_second: Record = elementwise(
    "celu_second",
    forms.celu_second,
    derivatives=(lambda out, alpha: divide(out, alpha),),
    domain="x != 0",
    takes="real",
    exact=lambda mp, x, alpha=1.0: mp.exp(x / alpha) / alpha if x < 0 else mp.mpf(0),
    bound={"float64": 4, "float32": 4},
    samples=_with(-3, 3, *_ALPHAS),
    summary="e^(x/alpha)/alpha where x < 0, else 0: the second derivative of celu.",
)
celu_prime = elementwise(
    "celu_prime",
    forms.celu_prime,
    derivatives=(_celu_second,),
    domain="x != 0",
    takes="real",
    kinks={"x = 0": "0, the element of least norm"},
    exact=lambda mp, x, alpha=1.0: mp.exp(min(x, mp.mpf(0)) / alpha),
    bound={"float64": 4, "float32": 4},
    samples=_with(-3, 3, *_ALPHAS),
    summary="1 where x > 0, else e^(x/alpha): the derivative of celu.",
)
celu = elementwise(
    "celu",
    forms.celu,
    derivatives=(celu_prime,),
    takes="real",
    exact=lambda mp, x, alpha=1.0: mp.mpf(alpha) * mp.expm1(x / alpha) if x < 0 else x,
    bound={"float64": 3, "float32": 4},
    samples=_with(-3, 3, *_ALPHAS),
    summary="x where x > 0, else alpha (e^(x/alpha) - 1).",
)

# ------------------------------------------------------------------------------------------------ x times a sigmoid

_log_sigmoid_prime = elementwise(
    "log_sigmoid_prime",
    lambda lib, x: floating.logistic(lib, -x),
    derivatives=(lambda x: negative(sigmoid_prime(x)),),
    takes="real",
    exact=lambda mp, x: 1 / (1 + mp.exp(x)),
    bound={"float64": 3, "float32": 5},
    samples=entrywise((-3, 3)),
    summary="1/(1 + e^x), the derivative of log_sigmoid.",
)
log_sigmoid = elementwise(
    "log_sigmoid",
    forms.log_sigmoid,
    derivatives=(_log_sigmoid_prime,),
    takes="real",
    exact=lambda mp, x: -mp.log1p(mp.exp(-x)),
    bound={"float64": 3, "float32": 5},
    samples=entrywise((-3, 3)),
    summary="log(1/(1 + e^-x)), without overflow.",
)


def _silu_third(x: Any) -> Any:
    """s'' (2 - x t) - s' (t + 2 x s') with the sigmoid s and t = tanh(x/2) = 2 s - 1."""
    s, t = sigmoid_prime(x), subtract(multiply(sigmoid(x), 2.0), 1.0)
    bent = multiply(_sigmoid_second(x), subtract(2.0, multiply(x, t)))
    return subtract(bent, multiply(s, add(t, multiply(multiply(x, s), 2.0))))


_silu_second = elementwise(
    "silu_second",
    forms.silu_second,
    derivatives=(_silu_third,),
    takes="real",
    exact=lambda mp, x: (2 - x * mp.tanh(x / 2)) / (4 * mp.cosh(x / 2) ** 2),
    samples=entrywise((-3, 3)),
    summary="s'(x) (2 - x tanh(x/2)) with the sigmoid s, the second derivative of silu.",
)
silu_prime = elementwise(
    "silu_prime",
    forms.silu_prime,
    derivatives=(_silu_second,),
    takes="real",
    exact=lambda mp, x: (1 + x / (1 + mp.exp(x))) / (1 + mp.exp(-x)),
    bound={"float64": 4, "float32": 8},
    roots=(-2.3993572805154675, 2.3993572805154675),
    samples=entrywise((-3, 3)),
    summary="s(x) (1 + x s(-x)) with the sigmoid s, the derivative of silu.",
)
silu = elementwise(
    "silu",
    forms.silu,
    derivatives=(silu_prime,),
    takes="real",
    exact=lambda mp, x: x / (1 + mp.exp(-x)),
    bound={"float64": 4, "float32": 8},
    roots=(-1.2784645427610737,),
    samples=entrywise((-3, 3)),
    summary="x s(x) with the sigmoid s; also called swish.",
)


def _mish_third(x: Any) -> Any:
    """3 t2 + x t3 for t = tanh(softplus x), t2 and t3 its derivatives: S (q - 2 t p^2), S (r - 6 t p q + (4 t^2 - 2 S) p^3).

    S is sech^2(softplus x), p the sigmoid, q and r its derivatives.
    """
    inner = softplus(x)
    t, bend = tanh(inner), sech2(inner)
    p, q, r = sigmoid(x), sigmoid_prime(x), _sigmoid_second(x)
    second = multiply(bend, subtract(q, multiply(multiply(t, square(p)), 2.0)))
    third = subtract(r, multiply(multiply(multiply(t, p), q), 6.0))
    cube = multiply(square(p), p)
    third = add(third, multiply(subtract(multiply(square(t), 4.0), multiply(bend, 2.0)), cube))
    return add(multiply(second, 3.0), multiply(multiply(bend, third), x))


def _exact_mish_second(mp: Any, x: Any) -> Any:
    w = mp.exp(x)
    d = w * w + 2 * w + 2
    return 4 * w * (2 * (w + 1) * d + x * (2 + 2 * w - 3 * w**2 - 2 * w**3)) / d**3


_mish_second = elementwise(
    "mish_second",
    forms.mish_second,
    derivatives=(_mish_third,),
    takes="real",
    exact=_exact_mish_second,
    samples=entrywise((-3, 3)),
    summary="The second derivative of mish.",
)


def _exact_mish_prime(mp: Any, x: Any) -> Any:
    w = mp.exp(x)
    n = w * (w + 2)
    return n / (n + 2) + x * 4 * w * (w + 1) / (n + 2) ** 2


mish_prime = elementwise(
    "mish_prime",
    forms.mish_prime,
    derivatives=(_mish_second,),
    takes="real",
    exact=_exact_mish_prime,
    bound={"float64": 4, "float32": 8},
    roots=(-2.256376396360793, 1.4905711794854284),
    samples=entrywise((-3, 3)),
    summary="The derivative of mish.",
)
mish = elementwise(
    "mish",
    forms.mish,
    derivatives=(mish_prime,),
    takes="real",
    exact=lambda mp, x: x * (1 - 2 / ((1 + mp.exp(x)) ** 2 + 1)),
    bound={"float64": 4, "float32": 8},
    roots=(-1.1924312145154952,),
    samples=entrywise((-3, 3)),
    summary="x tanh(log(1 + e^x)).",
)


def _normal(mp: Any, x: Any) -> tuple[Any, Any]:
    """The normal distribution and its density; mpmath's own fail far out, where they are 0 or 1 to ten million digits."""
    if abs(x) > 10000:
        return mp.mpf(1 if x > 0 else 0), mp.mpf(0)
    return mp.ncdf(x), mp.npdf(x)


def _gelu_third(x: Any, out: Any) -> Any:
    """phi(x) (x^3 - 4 x), with phi(x) taken by exp."""
    density = multiply(exp(multiply(square(x), -0.5)), 0.3989422804014327)
    return multiply(density, multiply(x, subtract(square(x), 4.0)))


_gelu_second = elementwise(
    "gelu_second",
    forms.gelu_second,
    derivatives=(_gelu_third,),
    takes="real",
    exact=lambda mp, x: _normal(mp, x)[1] * (2 - x * x),
    samples=entrywise((-3, 3)),
    summary="phi(x) (2 - x^2) with the normal density phi, the second derivative of gelu.",
)
gelu_prime = elementwise(
    "gelu_prime",
    forms.gelu_prime,
    derivatives=(_gelu_second,),
    takes="real",
    exact=lambda mp, x: _normal(mp, x)[0] + x * _normal(mp, x)[1],
    bound={"float64": 4, "float32": 1},
    roots=(-1.4142135623730951, 1.4142135623730951),
    samples=entrywise((-3, 3)),
    summary="Phi(x) + x phi(x) with the normal distribution Phi and its density phi, the derivative of gelu.",
)
gelu = elementwise(
    "gelu",
    forms.gelu,
    derivatives=(gelu_prime,),
    takes="real",
    exact=lambda mp, x: x * _normal(mp, x)[0],
    bound={"float64": 4, "float32": 1},
    roots=(-0.7517915246935645,),
    samples=entrywise((-3, 3)),
    summary="x Phi(x) with the normal distribution Phi.",
)


_GELU_LINEAR, _GELU_CUBIC = 1.5957691216057308, 0.044715


def _exact_inner(mp: Any, x: Any) -> tuple[Any, Any, Any]:
    """v = 2 sqrt(2/pi) (x + 0.044715 x^3) with its derivatives."""
    c, d = 2 * mp.sqrt(2 / mp.pi), mp.mpf(44715) / 1000000
    return c * (x + d * x**3), c * (1 + 3 * d * x**2), 6 * c * d * x


def _gelu_tanh_third(x: Any) -> Any:
    """The third derivative of x s(v), v cubic: three times the second derivative of s(v), and x times the third."""
    c, d = _GELU_LINEAR, _GELU_LINEAR * _GELU_CUBIC
    v = multiply(x, add(multiply(square(x), d), c))
    v1, v2, v3 = add(multiply(square(x), 3 * d), c), multiply(x, 6 * d), 6 * d
    s1, s2 = sigmoid_prime(v), _sigmoid_second(v)
    s3 = multiply(s1, subtract(1.0, multiply(s1, 6.0)))
    second = add(multiply(s2, square(v1)), multiply(s1, v2))
    third = add(
        add(multiply(s3, multiply(square(v1), v1)), multiply(multiply(s2, multiply(v1, v2)), 3.0)), multiply(s1, v3)
    )
    return add(multiply(second, 3.0), multiply(x, third))


def _exact_gelu_tanh_prime(mp: Any, x: Any) -> Any:
    v, v1, _ = _exact_inner(mp, x)
    return (1 + x * v1 / (1 + mp.exp(v))) / (1 + mp.exp(-v))


def _exact_gelu_tanh_second(mp: Any, x: Any) -> Any:
    v, v1, v2 = _exact_inner(mp, x)
    return (2 * v1 + x * v2 - x * v1 * v1 * mp.tanh(v / 2)) / (4 * mp.cosh(v / 2) ** 2)


_gelu_tanh_second = elementwise(
    "gelu_tanh_second",
    forms.gelu_tanh_second,
    derivatives=(_gelu_tanh_third,),
    takes="real",
    exact=_exact_gelu_tanh_second,
    samples=entrywise((-3, 3)),
    summary="The second derivative of gelu_tanh.",
)
gelu_tanh_prime = elementwise(
    "gelu_tanh_prime",
    forms.gelu_tanh_prime,
    derivatives=(_gelu_tanh_second,),
    takes="real",
    exact=_exact_gelu_tanh_prime,
    bound={"float64": 4, "float32": 1},
    roots=(-1.4185040087908283, 1.4185040087908283),
    samples=entrywise((-3, 3)),
    summary="The derivative of gelu_tanh.",
)
gelu_tanh = elementwise(
    "gelu_tanh",
    forms.gelu_tanh,
    derivatives=(gelu_tanh_prime,),
    takes="real",
    exact=lambda mp, x: x / (1 + mp.exp(-_exact_inner(mp, x)[0])),
    bound={"float64": 4, "float32": 1},
    roots=(-0.7524614220710163,),
    samples=entrywise((-3, 3)),
    summary="x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))/2, the form of gelu by tanh.",
)


# ------------------------------------------------------------------------------------------------ made of others

_SELU_SCALE, _SELU_ALPHA = 1.0507009873554805, 1.6732632423543773


def selu(x: Any, /) -> Any:
    """lambda elu(x) with alpha = 1.6733 and lambda = 1.0507, the numbers that keep mean 0 and variance 1 from layer to layer.

    x: real floating. Returns an array of its shape. Formula: elu.derivative. Source: Klambauer et al. 2017.
    """
    return scale(elu(x, alpha=_SELU_ALPHA), _SELU_SCALE)


def hardtanh(x: Any, /, *, low: float = -1.0, high: float = 1.0) -> Any:
    """x brought between low and high; the derivative is 0 at both and beyond. Formula: clip.derivative."""
    return clip(x, low=low, high=high)


def relu6(x: Any, /) -> Any:
    """x brought between 0 and 6; the derivative is 0 at both and beyond. Formula: clip.derivative."""
    return clip(x, low=0.0, high=6.0)


def _halves(function: str, x: Any, axis: int) -> tuple[Any, Any]:
    """x cut in two along axis."""
    shape = tuple(plain_of(x).shape)
    if not -len(shape) <= axis < len(shape):
        raise AxisError(
            function, f"got axis={axis} for shape {shape}", f"choose it from {-len(shape)} to {len(shape) - 1}"
        )
    length = shape[axis]
    if length % 2:
        raise ShapeError(function, f"got {length} entries along axis {axis}", "their number must be even")
    before = (slice(None),) * (axis % len(shape))
    first, second = (slice(0, length // 2),), (slice(length // 2, length),)
    return getitem(x, key=(*before, *first)), getitem(x, key=(*before, *second))


def glu(x: Any, /, *, axis: int = -1) -> Any:
    """The gated linear unit: of both halves a, b of x along axis, a sigmoid(b).

    x: real floating, even along axis. Returns half of it. Formulas: multiply.derivative, sigmoid.derivative.
    """
    a, b = _halves("glu", x, axis)
    return multiply(a, sigmoid(b))


def swiglu(x: Any, /, *, axis: int = -1) -> Any:
    """The gated unit with silu: of both halves a, b of x along axis, silu(a) b.

    x: real floating, even along axis. Returns half of it. Formulas: multiply.derivative, silu.derivative.
    """
    a, b = _halves("swiglu", x, axis)
    return multiply(silu(a), b)
