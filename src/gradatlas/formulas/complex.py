"""Complex numbers, z = x + iy, as pairs of real ones: their parts, how long they are, where they point, their powers.

The inner product of two complex numbers is that of the pairs, Re(conj(w) z); a cotangent u + iv pairs u with x and v with y.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mpmath import mpf

from gradatlas.formulas._entrywise import g, i, x, y
from gradatlas.formulas.elementwise import positive_base, powers
from gradatlas.formulas.statement import Draw, EngineLink, cite, samples, statement, vjp_of
from gradatlas.formulas.statement import adjoint as adjoint_of
from gradatlas.formulas.trigonometry import hypot_rules, off_origin
from gradatlas.symbolic.language import Derivative, Sum, arrays, function, lam, reals, size
from gradatlas.symbolic.propositions import Proposition, eq, for_all, has_derivative
from gradatlas.symbolic.terms import Term

__all__: list[str] = []

n = size("n")
u, v = arrays("u v", n)
PAIR = {
    "x": "the real parts",
    "y": "the imaginary parts",
    "g": "the cotangent of the result",
    "n": "the number of entries",
}


def joined(ops: Any, x: Any, y: Any) -> Any:
    """x + iy, as the engine makes it."""
    dtype = "complex64" if "32" in str(x.dtype) else "complex128"
    return ops.add(ops.astype(x, dtype), ops.multiply(ops.astype(y, dtype), 1j))


def of_pairs(call: Any, result: Term, claim: str, wrt: Term) -> EngineLink:
    """The engine's VJP of a real function of z, in the real or the imaginary parts."""
    return vjp_of(lambda ops, x, y: call(ops, joined(ops, x, y)), result, wrt=wrt, cotangent=g, claim=claim)


parts: dict[str, tuple[Any, Term, dict[str, tuple[Term, Term]]]] = {
    "real": (lambda ops, z: ops.real(z), lam(x[i], i), {"in x": (x, g[i])}),
    "imag": (lambda ops, z: ops.imag(z), lam(y[i], i), {"in y": (y, g[i])}),
    "imag of conj": (lambda ops, z: ops.imag(ops.conj(z)), lam(-y[i], i), {"in y": (y, -g[i])}),
}
part_claims: dict[str, Proposition] = {
    f"{name}, {where}": eq(adjoint_of(result, wrt, g)[i], right)
    for name, (_, result, slopes) in parts.items()
    for where, (wrt, right) in slopes.items()
}

statement(
    "complex.parts",
    "Real part, imaginary part and conjugate are linear over the real numbers",
    of=("real", "imag", "conj"),
    claims={
        **part_claims,
        "conj is its own adjoint": eq(Sum(u[i] * x[i] + v[i] * -y[i], i), Sum(u[i] * x[i] + -v[i] * y[i], i)),
    },
    symbols={**PAIR, "u": "the real parts of a cotangent", "v": "its imaginary parts"},
    source=[cite("olver2010")],
    aliases=["complex conjugate", "real part", "imaginary part", "Wirtinger"],
    summary="""A cotangent g of the real part of z = x + iy is one of x alone, the complex number g + 0i; one of the imaginary
    part is one of y alone, the complex number ig; and a cotangent u + iv of the conjugate x - iy comes back as u - iv, the
    conjugate of itself.""",
    engine=[
        of_pairs(call, result, f"{name}, {where}", wrt)
        for name, (call, result, slopes) in parts.items()
        for where, (wrt, _) in slopes.items()
    ],
)

length, share = hypot_rules[0], hypot_rules[1]

statement(
    "complex.direction",
    "The modulus of a complex number, and where it points",
    of=("direction", "abs"),
    claims={**length.claims(), **share.claims()},
    symbols={**PAIR, "hypot": "h = sqrt(x^2 + y^2), the modulus |z|"},
    given=[off_origin],
    source=[cite("olver2010")],
    aliases=[
        "complex modulus",
        "absolute value",
        "phase",
        "argument",
        "unit complex number",
        "sign of a complex number",
    ],
    summary="""|z| = sqrt(x^2 + y^2) has the gradient (x, y) / |z|, the direction z / |z| as a complex number. The real part of
    the direction, x / |z|, has the derivatives y^2 / |z|^3 and -xy / |z|^3: what lies across z, over |z|. The imaginary part is
    the real part of -i z / |z|, turned by a quarter. At z = 0 the convention takes 0, the element of least norm.""",
    engine=[
        of_pairs(lambda ops, z: ops.abs(z), length.result, "hypot, in x", x),
        of_pairs(lambda ops, z: ops.abs(z), length.result, "hypot, in y", y),
        of_pairs(lambda ops, z: ops.real(ops.direction(z)), share.result, "hypot_share, in x", x),
        of_pairs(lambda ops, z: ops.real(ops.direction(z)), share.result, "hypot_share, in y", y),
    ],
)

power = powers[0]

statement(
    "complex.power",
    "The derivatives of a complex power, on the positive numbers and from there",
    of=("complex_power",),
    claims=power.claims(),
    symbols={**PAIR, "x": "the bases", "y": "the exponents", "pow": "x to the power y: exp(y log x)"},
    given=[positive_base],
    source=[cite("olver2010")],
    aliases=["complex power", "principal branch", "holomorphic"],
    summary="""z^w = exp(w log z) has the derivatives w z^(w-1) in z and z^w log z in w. They are proven here for positive z and
    real w. Both sides are holomorphic in each argument off the negative real axis, and what holds on a segment of the real
    line holds there by the identity theorem. The cotangent is multiplied by the conjugates of the derivatives.""",
    engine=[
        vjp_of(lambda ops, x, y: ops.complex_power(x, y), power.result, wrt=x, cotangent=g, claim="pow, in x"),
        vjp_of(lambda ops, x, y: ops.complex_power(x, y), power.result, wrt=y, cotangent=g, claim="pow, in y"),
    ],
)

# Any function of a complex number, as two functions of two real ones: f = p + iq of z = x + iy.

a, b = reals("x y")
ct_re, ct_im = reals("u v")
p, q = function("p"), function("q")
p_x, p_y, q_x, q_y = function("p_x"), function("p_y"), function("q_x"), function("q_y")

differentiable = [
    for_all(has_derivative(of(a, b), moved, slope(a, b)), a, b)
    for of, moved, slope in ((p, a, p_x), (p, b, p_y), (q, a, q_x), (q, b, q_y))
]
cauchy_riemann = [for_all(eq(q_y(a, b), p_x(a, b)), a, b), for_all(eq(p_y(a, b), -q_x(a, b)), a, b)]
pulled_to_x = Derivative(p(a, b), a) * ct_re + Derivative(q(a, b), a) * ct_im
pulled_to_y = Derivative(p(a, b), b) * ct_re + Derivative(q(a, b), b) * ct_im

Pair = tuple[Term, Term]


def times(first: Pair, second: Pair) -> Pair:
    """The product of two complex numbers."""
    return first[0] * second[0] - first[1] * second[1], first[0] * second[1] + first[1] * second[0]


def conjugated(number: Pair) -> Pair:
    """The conjugate of a complex number."""
    return number[0], -number[1]


def _draw_part(name: str) -> Callable[[Draw], Callable[[Any, Any], Any]]:
    """Parts of f(z) = (c + id) z^2, or a derivative of them: holomorphic, and of no special kind besides."""

    def draw(_: Draw) -> Callable[[Any, Any], Any]:
        c, d = mpf(3) / 4, mpf(-5) / 8
        return {
            "p": lambda x, y: c * (x * x - y * y) - 2 * d * x * y,
            "q": lambda x, y: d * (x * x - y * y) + 2 * c * x * y,
            "p_x": lambda x, y: 2 * (c * x - d * y),
            "p_y": lambda x, y: -2 * (c * y + d * x),
            "q_x": lambda x, y: 2 * (c * y + d * x),
            "q_y": lambda x, y: 2 * (c * x - d * y),
        }[name]

    return draw


def _draw_any(name: str) -> Callable[[Draw], Callable[[Any, Any], Any]]:
    """Parts of f(x + iy) = x^2 y + i (x - 3 y^2), or a derivative of them: not holomorphic."""

    def draw(_: Draw) -> Callable[[Any, Any], Any]:
        return {
            "p": lambda x, y: x * x * y,
            "q": lambda x, y: x - 3 * y * y,
            "p_x": lambda x, y: 2 * x * y,
            "p_y": lambda x, y: x * x,
            "q_x": lambda x, y: mpf(1),
            "q_y": lambda x, y: -6 * y,
        }[name]

    return draw


FUNCTIONS = (p, q, p_x, p_y, q_x, q_y)
LETTERS = {
    "x": "the real part of z",
    "y": "the imaginary part of z",
    "u": "the real part of the cotangent of f(z)",
    "v": "its imaginary part",
    "p": "the real part of f, a function of x and y",
    "q": "the imaginary part of f",
    "p_x": "the derivative of p in x",
    "p_y": "the derivative of p in y",
    "q_x": "the derivative of q in x",
    "q_y": "the derivative of q in y",
}
holomorphic_vjp = times(conjugated((p_x(a, b), q_x(a, b))), (ct_re, ct_im))

statement(
    "complex.holomorphic-vjp",
    "The VJP of a holomorphic function is the conjugate of its derivative times the cotangent",
    claims={"real part": eq(pulled_to_x, holomorphic_vjp[0]), "imaginary part": eq(pulled_to_y, holomorphic_vjp[1])},
    given=[*differentiable, *cauchy_riemann],
    symbols=LETTERS,
    samples=samples({head: _draw_part(head.name) for head in FUNCTIONS}),
    source=[cite("kreutz2009")],
    aliases=["holomorphic", "Cauchy-Riemann equations", "complex derivative", "conjugate", "complex gradient"],
    summary="""Where f = p + iq obeys the equations of Cauchy and Riemann, p_x = q_y and p_y = -q_x, its derivative is
    f' = p_x + i q_x, and what comes back from a cotangent u + iv is conj(f') (u + iv). PyTorch has the same convention. JAX
    holds the conjugates of these cotangents, and multiplies them by f' itself.""",
)

f_z = (p_x(a, b) + q_y(a, b)) / 2, (q_x(a, b) - p_y(a, b)) / 2
f_conj_z = (p_x(a, b) - q_y(a, b)) / 2, (q_x(a, b) + p_y(a, b)) / 2
by_z, by_conj_z = times(conjugated(f_z), (ct_re, ct_im)), times(f_conj_z, conjugated((ct_re, ct_im)))

statement(
    "complex.wirtinger-vjp",
    "The VJP of any function of a complex number, by its derivatives in z and in conj(z)",
    claims={
        "real part": eq(pulled_to_x, by_z[0] + by_conj_z[0]),
        "imaginary part": eq(pulled_to_y, by_z[1] + by_conj_z[1]),
    },
    given=differentiable,
    symbols=LETTERS,
    samples=samples({head: _draw_any(head.name) for head in FUNCTIONS}),
    source=[cite("kreutz2009")],
    aliases=["Wirtinger calculus", "CR-calculus", "conjugate derivative", "not holomorphic", "complex gradient"],
    summary="""With df/dz = (df/dx - i df/dy) / 2 and df/dconj(z) = (df/dx + i df/dy) / 2 a cotangent g comes back as
    conj(df/dz) g + df/dconj(z) conj(g). The second term is zero where f is holomorphic. An elementwise operation that is not
    states both derivatives.""",
)
