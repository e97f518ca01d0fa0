"""The activations of networks: tanh, the logistic sigmoid, softplus, ReLU; the softmax, which stands with the reductions."""

from gradatlas.ops import _floating as floating
from gradatlas.ops._samples import entrywise
from gradatlas.ops.elementwise import multiply, subtract
from gradatlas.ops.kinds import Record, elementwise, locally_constant
from gradatlas.ops.reductions import log_softmax, softmax

__all__ = ["log_softmax", "relu", "sech2", "sigmoid", "sigmoid_prime", "softmax", "softplus", "step", "tanh"]

# ------------------------------------------------------------------------------------------------ tanh

_sech2_prime = elementwise(
    "sech2_prime",
    floating.sech2_prime,
    derivatives=(lambda x: multiply(sech2(x), subtract(4.0, multiply(sech2(x), 6.0))),),
    takes="real",
    exact=lambda mp, x: -2 * mp.tanh(x) / mp.cosh(x) ** 2,
    samples=entrywise((-3, 3)),
    summary="-2 tanh(x)/cosh(x)^2, the second derivative of tanh.",
)
sech2: Record = elementwise(
    "sech2",
    floating.sech2,
    derivatives=(_sech2_prime,),
    takes="real",
    exact=lambda mp, x: 1 / mp.cosh(x) ** 2,
    bound={"float64": 3, "float32": 6},
    samples=entrywise((-3, 3)),
    summary="1/cosh(x)^2, the derivative of tanh.",
)
tanh = elementwise(
    "tanh",
    lambda lib, x: lib.tanh(x),
    derivatives=(sech2,),
    takes="real",
    exact=lambda mp, x: mp.tanh(x),
    bound={"float64": 3, "float32": 5},
    samples=entrywise((-3, 3)),
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
softplus = elementwise(
    "softplus",
    floating.softplus,
    derivatives=(sigmoid,),
    takes="real",
    exact=lambda mp, x: mp.log1p(mp.exp(x)),
    bound={"float64": 3, "float32": 5},
    samples=entrywise((-3, 3)),
    summary="log(1 + e^x), without overflow.",
)

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
