"""Fourier: the discrete transform of any length as a linear map of pairs of real numbers, its adjoint, its half of real input.

A complex number x + iy is the pair (x, y), and the kernel exp(-2 pi i j k / N) the pair of cos(2 pi j k / N) and
-sin(2 pi j k / N). It is symmetric in j and k: that the adjoint is a transform again, with the sign of the sine turned
round, is all there is to it. A transform along several axes is one along each.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradatlas.formulas.complex import joined
from gradatlas.formulas.statement import EngineLink, adjoint, cite, claim, jvp_of, samples, statement, tangent, vjp_of
from gradatlas.symbolic.language import Sum, arrays, cos, delta, indices, lam, pi, sin, sizes
from gradatlas.symbolic.propositions import Proposition, eq, for_all, lt
from gradatlas.symbolic.terms import ONE, Array, Index, Term

__all__: list[str] = []

N, M = sizes("N M")
i, j, l, k = indices("i j l k", N)
h, m = indices("h m", M)
x, y, dx, dy, g = arrays("x y dx dy g", N)
u, v, du, e = arrays("u v du e", M)

SOURCES = (cite("cooley1965"), cite("oppenheim2010"))
ALIASES = ("DFT", "FFT", "fast Fourier transform", "Fourier transform", "spectrum", "frequency")
LETTERS = {
    "N": "the number of entries",
    "x": "the real parts of the input",
    "y": "the imaginary parts of the input",
    "g": "the cotangent of the real or of the imaginary parts of the result",
}
HALF = {"N": "the number of real numbers", "M": "the number of entries of the spectrum that are held: N // 2 + 1"}
LENGTHS = [{"N": n, "M": n // 2 + 1} for n in (1, 2, 3, 4, 5, 6)]


def angle(a: Term, b: Term) -> Term:
    """2 pi a b / N."""
    return 2 * pi() * a * b / N


def cosine(a: Term, b: Term) -> Term:
    """The real part of the kernel."""
    return cos(angle(a, b))


def sine(a: Term, b: Term) -> Term:
    """The imaginary part of the kernel of the inverse transform; the transform has it negated."""
    return sin(angle(a, b))


Parts = tuple[Term, Term]


def transform(re: Array, im: Array, at: Index, over: Index) -> Parts:
    """The real and the imaginary part of the transform of re + i im, at a frequency."""
    c, s = cosine(over, at), sine(over, at)
    return Sum(c * re[over] + s * im[over], over), Sum(c * im[over] - s * re[over], over)


def inverse_transform(re: Array, im: Array, at: Index, over: Index) -> Parts:
    """The same with the sine the other way round, over N."""
    c, s = cosine(over, at), sine(over, at)
    return Sum(c * re[over] - s * im[over], over) / N, Sum(c * im[over] + s * re[over], over) / N


def _read(part: str, **keywords: Any) -> Callable[..., Any]:
    """The real or the imaginary part of the transform of x + iy, as the engine has it."""
    return lambda ops, x, y: getattr(ops, part)(ops.dft(joined(ops, x, y), **keywords))


def gradients(transformed: Callable[..., Parts], sign: int, factor: Term) -> dict[str, Proposition]:
    """The four VJPs: of either part of the result in either part of the input."""
    re, im = (lam(part, k) for part in transformed(x, y, k, j))
    c, s = cosine(i, k), sine(i, k)
    return {
        "of the real parts, in the real parts": eq(adjoint(re, x, g)[i], factor * Sum(c * g[k], k)),
        "of the real parts, in the imaginary parts": eq(adjoint(re, y, g)[i], sign * factor * Sum(s * g[k], k)),
        "of the imaginary parts, in the real parts": eq(adjoint(im, x, g)[i], -sign * factor * Sum(s * g[k], k)),
        "of the imaginary parts, in the imaginary parts": eq(adjoint(im, y, g)[i], factor * Sum(c * g[k], k)),
    }


def engine_gradients(transformed: Callable[..., Parts], **keywords: Any) -> list[EngineLink]:
    """What the engine has for these four."""
    parts = dict(zip(("real", "imag"), (lam(part, k) for part in transformed(x, y, k, j)), strict=True))
    words = {"real": "real", "imag": "imaginary"}
    return [
        vjp_of(
            _read(part, **keywords),
            result,
            wrt=wrt,
            cotangent=g,
            claim=f"of the {words[part]} parts, in the {where} parts",
        )
        for part, result in parts.items()
        for where, wrt in (("real", x), ("imaginary", y))
    ]


statement(
    "dft.vjp",
    "The adjoint of the discrete Fourier transform is the inverse transform but for its factor",
    of="dft",
    claims=gradients(transform, 1, ONE),
    source=SOURCES,
    aliases=[*ALIASES, "adjoint of the FFT"],
    summary="""The transform of x + iy has the real parts sum_j (c x_j + s y_j) and the imaginary parts sum_j (c y_j - s x_j),
    with c and s the cosine and the sine of 2 pi j k / N. A cotangent g of the real parts comes back as the sums of c g to x and
    of s g to y, one of the imaginary parts as those of -s g to x and of c g to y: together the sum over k of the cotangent times
    the conjugate of the kernel.""",
    symbols=LETTERS,
    engine=engine_gradients(transform),
)
statement(
    "dft.inverse-vjp",
    "The adjoint of the inverse discrete Fourier transform",
    of="dft",
    claims=gradients(inverse_transform, -1, ONE / N),
    source=SOURCES,
    aliases=[*ALIASES, "inverse FFT", "ifft"],
    summary="""The inverse transform has the sine with the other sign and the factor 1/N, and its adjoint is the transform with
    that factor: in which direction the factor stands changes, the factor does not.""",
    symbols=LETTERS,
    engine=engine_gradients(inverse_transform, inverse=True),
)

re_of, im_of = (lam(part, k) for part in transform(x, y, k, j))
tangent_of = transform(dx, dy, k, i)

statement(
    "dft.jvp",
    "The tangent of the discrete Fourier transform is the transform of the tangent",
    of="dft",
    claims={
        "real parts": eq(tangent(re_of, x, dx)[k] + tangent(re_of, y, dy)[k], tangent_of[0]),
        "imaginary parts": eq(tangent(im_of, x, dx)[k] + tangent(im_of, y, dy)[k], tangent_of[1]),
        "real parts, of a real input": eq(tangent(re_of, x, dx)[k], Sum(cosine(i, k) * dx[i], i)),
        "imaginary parts, of a real input": eq(tangent(im_of, x, dx)[k], -Sum(sine(i, k) * dx[i], i)),
    },
    source=SOURCES,
    aliases=ALIASES,
    summary="The transform is linear: a tangent dx + i dy is transformed as the input is.",
    symbols={
        "N": "the number of entries",
        "x": "the real parts of the input",
        "y": "the imaginary parts of the input",
        "dx": "the tangent of x",
        "dy": "the tangent of y",
    },
    engine=[
        jvp_of(_read("real"), re_of, wrt=x, direction=dx, claim="real parts, of a real input"),
        jvp_of(_read("imag"), im_of, wrt=x, direction=dx, claim="imaginary parts, of a real input"),
    ],
)

# The characters are orthogonal: what the inverse rests on.

even = Sum(cosine(j, k) * cosine(l, k) + sine(j, k) * sine(l, k), k)
odd = Sum(sine(j, k) * cosine(l, k) - cosine(j, k) * sine(l, k), k)
orthogonal = [for_all(eq(even, N * delta(j, l)), j, l), for_all(eq(odd, 0), j, l)]
spectrum = tuple(lam(part, k) for part in transform(x, y, k, l))


def back(re: Term, im: Term) -> Parts:
    """The inverse transform of arrays that are terms, at j."""
    c, s = cosine(j, k), sine(j, k)
    return Sum(c * re[k] - s * im[k], k) / N, Sum(s * re[k] + c * im[k], k) / N


statement(
    "dft.inverse",
    "The inverse transform undoes the transform, where the characters are orthogonal",
    of="dft",
    claims={
        "real parts": eq(back(*spectrum)[0], x[j]),
        "imaginary parts": eq(back(*spectrum)[1], y[j]),
    },
    given=orthogonal,
    source=SOURCES,
    aliases=[*ALIASES, "inversion", "unitary", "characters", "orthogonality"],
    summary="""The adjoint of the transform over N is its inverse. It rests on the orthogonality of the characters
    exp(2 pi i j k / N), a geometric sum over a root of unity, which is a hypothesis here and not derived.""",
    symbols={"N": "the number of entries", "x": "the real parts of the input", "y": "the imaginary parts of the input"},
)

# Of real numbers, half the spectrum.

half_re = lam(Sum(cosine(j, h) * x[j], j), h)
half_im = lam(-Sum(sine(j, h) * x[j], j), h)

statement(
    "dft.real-vjp",
    "The adjoint of the transform of real numbers",
    of="real_dft",
    claims={
        "of the real parts": eq(adjoint(half_re, x, e)[i], Sum(cosine(i, h) * e[h], h)),
        "of the imaginary parts": eq(adjoint(half_im, x, e)[i], -Sum(sine(i, h) * e[h], h)),
    },
    source=SOURCES,
    aliases=[*ALIASES, "rfft", "real FFT", "half spectrum", "Hermitian symmetry"],
    summary="""Of real x the first M entries of the spectrum are held. A cotangent comes back as the sum over those alone, each
    times the conjugate of the kernel: the inverse real transform, but with the entries that stand for two weighed once.""",
    symbols={**HALF, "x": "the real numbers", "e": "the cotangent of the real or of the imaginary parts"},
    samples=samples(sizes=LENGTHS),
    engine=[
        vjp_of(lambda ops, x: ops.real(ops.real_dft(x)), half_re, wrt=x, cotangent=e, claim="of the real parts"),
        vjp_of(lambda ops, x: ops.imag(ops.real_dft(x)), half_im, wrt=x, cotangent=e, claim="of the imaginary parts"),
    ],
)


def weight(at: Term) -> Term:
    """1 for what stands for itself, entries 0 and N / 2; 2 for what stands for its conjugate too."""
    return 2 - delta(at) - delta(2 * at, N)


signal = lam(Sum(weight(h) * (cosine(j, h) * u[h] - sine(j, h) * v[h]), h) / N, j)


def _signal(ops: Any, u: Any, v: Any, N: int) -> Any:
    return ops.inverse_real_dft(joined(ops, u, v), n=N)


statement(
    "dft.inverse-real-vjp",
    "The adjoint of the inverse transform to real numbers",
    of="inverse_real_dft",
    claims={
        "in the real parts": eq(adjoint(signal, u, g)[h], weight(h) * Sum(cosine(i, h) * g[i], i) / N),
        "in the imaginary parts": eq(adjoint(signal, v, g)[h], -weight(h) * Sum(sine(i, h) * g[i], i) / N),
    },
    source=SOURCES,
    aliases=[*ALIASES, "irfft", "inverse real FFT", "half spectrum", "Hermitian symmetry"],
    summary="""N real numbers from the M entries that are held, those that stand for their conjugates too counted twice. A
    cotangent is transformed, weighed by 2 where an entry stands for two and by 1 at 0 and at N / 2, and divided by N.""",
    symbols={
        **HALF,
        "u": "the real parts of the spectrum",
        "v": "the imaginary parts of the spectrum",
        "g": "the cotangent of the result",
    },
    samples=samples(sizes=LENGTHS),
    engine=[
        vjp_of(_signal, signal, wrt=wrt, cotangent=g, claim=f"in the {where} parts")
        for where, wrt in (("real", u), ("imaginary", v))
    ],
)

alone = delta(h) + delta(2 * h, N)
weighed = lam(((1 - alone) * 2 + alone) * u[h], h)

statement(
    "dft.weights",
    "Half a spectrum, weighed by how many entries each stands for",
    of="weigh_spectrum",
    claims={
        "vjp": eq(adjoint(weighed, u, e)[m], weight(m) * e[m]),
        "jvp": eq(tangent(weighed, u, du)[m], weight(m) * du[m]),
        "twice and half": claim(
            eq(weight(m) * ((1 - (delta(m) + delta(2 * m, N))) / 2 + (delta(m) + delta(2 * m, N))), 1), [lt(0, N)]
        ),
    },
    source=SOURCES,
    aliases=["half spectrum", "Hermitian symmetry", "weights"],
    summary="""Entries 0 and N / 2 stand for themselves, the others for their conjugates as well. The weighing is its own
    adjoint, and weighing by 2 and by one half undo each other.""",
    symbols={**HALF, "u": "half a spectrum", "du": "its tangent", "e": "a cotangent"},
    samples=samples(sizes=LENGTHS),
    engine=[
        vjp_of(
            lambda ops, u, N: ops.weigh_spectrum(u, n=N, factor=2.0),
            weighed,
            wrt=u,
            cotangent=e,
            claim="vjp",
        ),
        jvp_of(
            lambda ops, u, N: ops.weigh_spectrum(u, n=N, factor=2.0),
            weighed,
            wrt=u,
            direction=du,
            claim="jvp",
        ),
    ],
)
