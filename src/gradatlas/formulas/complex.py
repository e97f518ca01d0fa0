"""Complex numbers, z = x + iy, as pairs of real ones: their parts, how long they are, where they point, their powers.

The inner product of two complex numbers is that of the pairs, Re(conj(w) z); a cotangent u + iv pairs u with x and v with y.
"""

from __future__ import annotations

from typing import Any

from gradatlas.formulas.elementwise import g, i, positive_base, powers, x, y
from gradatlas.formulas.statement import EngineLink, cite, statement, vjp_of
from gradatlas.formulas.statement import adjoint as adjoint_of
from gradatlas.formulas.trigonometry import hypot_rules, off_origin
from gradatlas.symbolic.language import Sum, arrays, lam, size
from gradatlas.symbolic.propositions import Proposition, eq
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
