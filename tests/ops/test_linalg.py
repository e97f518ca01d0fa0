"""Linear algebra where the generated tests do not look: 50-digit derivatives, gauges, degenerate and singular matrices."""

import sys
import types
import zlib

import mpmath
import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.errors import ArgumentError, AxisError, DTypeError, LinearAlgebraError, ShapeError
from gradatlas.ops import decompositions, solvers, spectra
from gradatlas.xp import linalg

RNG = np.random.default_rng()


@pytest.fixture(autouse=True)
def seed(request, monkeypatch):
    """Each test draws from a generator of its own."""
    monkeypatch.setitem(globals(), "RNG", np.random.default_rng(zlib.crc32(request.node.name.encode())))


def normal(*shape, complex_=False):
    x = RNG.normal(size=shape)
    return x + 1j * RNG.normal(size=shape) if complex_ else x


def away_from_zero(*shape, complex_=False):
    """Entries with moduli between 0.5 and 2."""
    x = normal(*shape, complex_=complex_)
    return x / np.abs(x) * RNG.uniform(0.5, 2.0, shape)


# ------------------------------------------------------------------------------------------------ against mpmath
# An independent implementation with 60 digits, differentiated by a difference with a step of 10^-20.

mp = mpmath.mp.clone()
mp.dps = 60


def hilbert(m, n, complex_):
    """Like Hilbert's matrix, whose columns are nearly dependent."""
    x = 1.0 / (np.arange(m)[:, None] + np.arange(n) + 1.0)
    return x * np.exp(1j * np.outer(np.arange(m) ** 2, np.arange(1, n + 1))) if complex_ else x


def matrix(x):
    rows = [[mp.mpmathify(complex(v) if np.iscomplexobj(x) else float(v)) for v in row] for row in np.atleast_2d(x)]
    return mp.matrix(rows) if x.shape[0] and x.shape[1] else mp.matrix(*x.shape)


def column(values):
    return mp.matrix([[v] for v in values])


def mp_lu(a):
    """P, L, U by rows exchanged for the largest pivot, measured as LAPACK does."""
    m, n = a.rows, a.cols
    k, u, order = min(m, n), a.copy(), list(range(m))
    low = mp.eye(m)[:, :k] if k < m else mp.eye(m)
    for c in range(k):
        best = max(range(c, m), key=lambda r: abs(mp.re(u[r, c])) + abs(mp.im(u[r, c])))
        for r1, r2 in ((c, best),):
            for j in range(n):
                u[r1, j], u[r2, j] = u[r2, j], u[r1, j]
            for j in range(c):
                low[r1, j], low[r2, j] = low[r2, j], low[r1, j]
            order[r1], order[r2] = order[r2], order[r1]
        for r in range(c + 1, m):
            low[r, c] = u[r, c] / u[c, c]
            for j in range(n):
                u[r, j] -= low[r, c] * u[c, j]
    p = mp.matrix(m, m)
    for place, row in enumerate(order):
        p[row, place] = 1
    return p, low, u[:k, :]


def mp_pinv(a):
    h = a.transpose_conj()
    return mp.inverse(h * a) * h if a.rows >= a.cols else h * mp.inverse(a * h)


def mp_sylvester(a, b, c):
    m, n = c.rows, c.cols
    system = mp.matrix(m * n, m * n)
    for i in range(m):
        for j in range(n):
            for k in range(m):
                system[i * n + j, k * n + j] += a[i, k]
            for k in range(n):
                system[i * n + j, i * n + k] += b[k, j]
    flat = mp.lu_solve(system, column([c[i, j] for i in range(m) for j in range(n)]))
    return mp.matrix([[flat[i * n + j] for j in range(n)] for i in range(m)])


def mp_triangle(a, lower):
    return mp.matrix(
        [[a[i, j] if (j <= i if lower else j >= i) else mp.mpf(0) for j in range(a.cols)] for i in range(a.rows)]
    )


def mp_hermitian(a):
    return (a + a.transpose_conj()) / 2


def mp_eigh(a):
    a = mp_hermitian(a)
    w, v = mp.eighe(a) if any(mp.im(x) for x in a) else mp.eigsy(a)
    return column(w), v


def mp_eig(a):
    w, v = mp.eig(a)
    for j in range(v.cols):
        v[:, j] = v[:, j] / mp.norm(v[:, j], 2)
    return column(w), v


def mp_svd(a):
    u, s, vh = mp.svd_c(a) if any(mp.im(x) for x in a) else mp.svd_r(a)
    return u, column(s), vh


def mp_qr(a):
    """By Gram and Schmidt: R's diagonal is positive."""
    k = min(a.rows, a.cols)
    q = mp.matrix(a.rows, k)
    for j in range(k):
        v = a[:, j]
        for i in range(j):
            v = v - q[:, i] * (q[:, i].transpose_conj() * a[:, j])[0]
        q[:, j] = v / mp.norm(v, 2)
    return q, q.transpose_conj() * a


def mp_slogdet(a):
    d = mp.det(a)
    return d / abs(d), mp.log(abs(d))


def turned(out, here, pairs):
    """The parts with each column's phase turned to that of here, the columns being given by pairs (part, by rows)."""
    out = [x.copy() if isinstance(x, mp.matrix) else x for x in out]
    count = min(out[part].cols if not by_rows else out[part].rows for part, by_rows in pairs)
    for j in range(count):
        overlap = mp.mpf(0)
        for part, by_rows in pairs:
            new, old = (x[part][j, :].transpose_conj() if by_rows else x[part][:, j] for x in (out, here))
            overlap += (old.transpose_conj() * new)[0]
        phase = mp.conj(overlap) / abs(overlap)
        for part, by_rows in pairs:
            if by_rows:
                out[part][j, :] = out[part][j, :] * mp.conj(phase)
            else:
                out[part][:, j] = out[part][:, j] * phase
    return tuple(out)


def as_numpy(x, like):
    if isinstance(x, mp.matrix):
        values = np.array([[complex(x[i, j]) for j in range(x.cols)] for i in range(x.rows)])
    else:
        values = np.array(complex(x))
    values = values.reshape(like.shape)
    return values if np.iscomplexobj(like) else values.real


def parts(out):
    return tuple(out) if isinstance(out, tuple) else (out,)


def exact_derivative(f, arrays, tangents, outs, gauge):
    """The parts of the derivative of f, in 60 digits; here are the engine's own results, which set the gauge."""
    step = mp.mpf(10) ** -20
    points = [matrix(x) for x in arrays]
    moves = [matrix(t) for t in tangents]
    ahead = parts(f(*[x + step * t for x, t in zip(points, moves, strict=True)]))
    behind = parts(f(*[x - step * t for x, t in zip(points, moves, strict=True)]))
    if gauge:
        # To the engine's phases first, from which the derivative is not affected by more than their rounding.
        here = parts(f(*points))
        home = [matrix(np.atleast_2d(np.asarray(o)) if o.ndim != 1 else np.asarray(o)[:, None]) for o in outs]
        here = gauge(here, home)
        ahead, behind = gauge(ahead, here), gauge(behind, here)
    return [as_numpy((a - b) / (2 * step), o) for a, b, o in zip(ahead, behind, outs, strict=True)]


def of_eigenvectors(out, here):
    return turned(out, here, [(1, False)])


def of_singular_vectors(out, here):
    return turned(out, here, [(0, False), (2, True)])


def of_columns_of_q(out, here):
    """R's diagonal at the phase it has here."""
    q, r = out[0].copy(), out[1].copy()
    for j in range(q.cols):
        phase = here[1][j, j] / abs(here[1][j, j]) * mp.conj(r[j, j] / abs(r[j, j]))
        q[:, j] = q[:, j] * mp.conj(phase)
        r[j, :] = r[j, :] * phase
    return q, r


def in_order_of_eigenvalues(out, here):
    """Eigenpairs in the order of those here, then their phases."""
    w, v = out
    order = []
    for k in range(w.rows):
        order.append(min(range(w.rows), key=lambda j, k=k: abs(w[j] - here[0][k])))
    w = column([w[j] for j in order])
    columns = [v[:, j] for j in order]
    v = mp.matrix(v.rows, v.cols)
    for k, each in enumerate(columns):
        v[:, k] = each
    return of_eigenvectors((w, v), here)


def positive_definite(complex_):
    h = hilbert(4, 4, complex_)
    return h @ h.conj().T + 1e-2 * np.eye(4)


def hermitian_hilbert(complex_):
    """Hilbert's matrix, with phases if complex: eigenvalues from 1e-4 to 1.5, each well apart from the others."""
    phases = np.exp(1j * np.arange(4) ** 2) if complex_ else np.ones(4)
    return hilbert(4, 4, False) * np.outer(phases, phases.conj())


CASES = {
    "solve": (
        linalg.solve,
        lambda a, b: mp.lu_solve(a, b[:, 0]),
        lambda c: (hilbert(4, 4, c), normal(4, 1, complex_=c)),
        None,
    ),
    "inv": (linalg.inv, mp.inverse, lambda c: (hilbert(4, 4, c),), None),
    "det": (linalg.det, mp.det, lambda c: (hilbert(4, 4, c),), None),
    "slogdet": (linalg.slogdet, mp_slogdet, lambda c: (hilbert(4, 4, c),), None),
    "solve_triangular": (
        lambda a, b: linalg.solve_triangular(a, b, lower=True),
        lambda a, b: mp.lu_solve(mp_triangle(a, True), b[:, 0]),
        lambda c: (hilbert(4, 4, c), normal(4, 1, complex_=c)),
        None,
    ),
    "solve_sylvester": (
        linalg.solve_sylvester,
        mp_sylvester,
        lambda c: (hilbert(3, 3, c) + np.eye(3), hilbert(2, 2, c), normal(3, 2, complex_=c)),
        None,
    ),
    "pinv, tall": (linalg.pinv, mp_pinv, lambda c: (hilbert(4, 2, c),), None),
    "pinv, wide": (linalg.pinv, mp_pinv, lambda c: (hilbert(2, 4, c),), None),
    "lstsq, tall": (
        linalg.lstsq,
        lambda a, b: mp_pinv(a) * b,
        lambda c: (hilbert(4, 2, c), normal(4, 2, complex_=c)),
        None,
    ),
    "lstsq, wide": (
        linalg.lstsq,
        lambda a, b: mp_pinv(a) * b,
        lambda c: (hilbert(2, 3, c), normal(2, 2, complex_=c)),
        None,
    ),
    "expm": (linalg.expm, mp.expm, lambda c: (3 * hilbert(3, 3, c),), None),
    "matrix_power": (
        lambda a: linalg.matrix_power(a, -3),
        lambda a: mp.inverse(a * a * a),
        lambda c: (hilbert(2, 2, c),),
        None,
    ),
    "cholesky": (linalg.cholesky, lambda a: mp.cholesky(mp_hermitian(a)), lambda c: (positive_definite(c),), None),
    "qr, tall": (linalg.qr, mp_qr, lambda c: (hilbert(4, 3, c),), of_columns_of_q),
    "qr, wide": (linalg.qr, mp_qr, lambda c: (hilbert(2, 4, c),), of_columns_of_q),
    "lu, square": (linalg.lu, mp_lu, lambda c: (hilbert(3, 3, c),), None),
    "lu, tall": (linalg.lu, mp_lu, lambda c: (hilbert(4, 2, c)[::-1].copy(),), None),
    "lu, wide": (linalg.lu, mp_lu, lambda c: (hilbert(2, 4, c)[::-1].copy(),), None),
    "eigh": (linalg.eigh, mp_eigh, lambda c: (hermitian_hilbert(c),), of_eigenvectors),
    "eig": (linalg.eig, mp_eig, lambda c: (hilbert(3, 3, c) @ np.diag([1.0, -2.0, 3.0]),), in_order_of_eigenvalues),
    "svd": (
        lambda a: linalg.svd(a, full_matrices=False),
        lambda a: mp_svd(a),
        lambda c: (hilbert(3, 3, c),),
        of_singular_vectors,
    ),
    "svd, tall": (
        lambda a: linalg.svd(a, full_matrices=False),
        lambda a: mp_svd(a),
        lambda c: (hilbert(4, 2, c),),
        of_singular_vectors,
    ),
    "vector_norm": (linalg.vector_norm, lambda a: mp.norm(a[:, 0], 2), lambda c: (hilbert(4, 1, c),), None),
    "p_norm": (
        lambda a: linalg.vector_norm(a, ord=3),
        lambda a: mp.norm(a[:, 0], 3),
        lambda c: (hilbert(4, 1, c),),
        None,
    ),
    "spectral norm": (
        lambda a: linalg.matrix_norm(a, ord=2),
        lambda a: mp_svd(a)[1][0],
        lambda c: (hilbert(3, 3, c),),
        None,
    ),
    "nuclear norm": (
        lambda a: linalg.matrix_norm(a, ord="nuc"),
        lambda a: mp.fsum(mp_svd(a)[1]),
        lambda c: (hilbert(3, 2, c),),
        None,
    ),
}


@pytest.mark.parametrize("complex_", [False, True], ids=["real", "complex"])
@pytest.mark.parametrize("name", CASES)
def test_the_derivative_agrees_with_60_digits(name, complex_):
    """The error is that of an ill-conditioned problem: a multiple of the precision times the condition number."""
    f, exact, draw, gauge = CASES[name]
    arrays = draw(complex_)
    tangents = tuple(normal(*x.shape, complex_=complex_) for x in arrays)
    out, pushed = ga.jvp(f, arrays, tangents)
    wanted = exact_derivative(exact, arrays, tangents, parts(out), gauge)
    condition = np.linalg.cond(arrays[0])
    for got, part in zip(parts(pushed), wanted, strict=True):
        scale = max(np.max(np.abs(part), initial=0), 1e-300)
        assert np.max(np.abs(np.asarray(got) - part), initial=0) <= 100 * 2.0**-53 * condition * scale
    g = tuple(normal(*np.shape(o), complex_=np.iscomplexobj(np.asarray(o))) for o in parts(out))
    _, pull = ga.vjp(lambda *xs: parts(f(*xs)), *arrays)
    pulled = pull(g)
    left = sum(np.vdot(c, part).real for c, part in zip(g, wanted, strict=True))
    right = sum(np.vdot(ct, t).real for ct, t in zip(pulled, tangents, strict=True))
    size = sum(np.sum(np.abs(c) * np.abs(part)) for c, part in zip(g, wanted, strict=True))
    size += sum(np.sum(np.abs(ct) * np.abs(t)) for ct, t in zip(pulled, tangents, strict=True))
    assert abs(left - right) <= 100 * 2.0**-53 * condition * size


def test_the_comparison_with_60_digits_finds_a_wrong_rule(monkeypatch):
    monkeypatch.setitem(CASES, "wrong", (lambda a: linalg.inv(a) * 1.0000001, *CASES["inv"][1:]))
    with pytest.raises(AssertionError):
        test_the_derivative_agrees_with_60_digits("wrong", True)


# ------------------------------------------------------------------------------------------------ second order, complex


def moduli(x, weights):
    """A real function of complex x that no phase changes."""
    return xp.sum(xp.multiply(xp.square(xp.abs(x)), weights))


def hermitian_core(x):
    return x @ xp.conj(x).mT


INVARIANT = {
    "solve": lambda x, c: moduli(linalg.solve(x, c[0] + 1j * c[1]), c[0]),
    "inv": lambda x, c: moduli(linalg.inv(x), c[0]),
    "det": lambda x, c: xp.square(xp.abs(linalg.det(x))),
    "slogdet": lambda x, c: linalg.slogdet(x)[1] * c[0, 0, 0] + xp.real(linalg.slogdet(x)[0]),
    "pinv": lambda x, c: moduli(linalg.pinv(x[:, :2]), c[0, :2]),
    "lstsq": lambda x, c: moduli(linalg.lstsq(x[:, :2], c[0] + 1j * c[1]), c[1, :2]),
    "expm": lambda x, c: moduli(linalg.expm(x), c[0]),
    "sylvester": lambda x, c: moduli(linalg.solve_sylvester(x, x + 5.0 * np.eye(3), c[0] + 1j * c[1]), c[0]),
    "cholesky": lambda x, c: moduli(linalg.cholesky(hermitian_core(x)), c[0]),
    "qr": lambda x, c: moduli(linalg.qr(x)[0], c[0]) + moduli(linalg.qr(x)[1], c[1]),
    "qr, tall": lambda x, c: moduli(linalg.qr(x[:, :2])[0], c[0][:, :2]) + moduli(linalg.qr(x[:2])[1], c[1][:2]),
    "qr, complete": lambda x, c: moduli(linalg.qr(x[:, :2], mode="complete")[0], c[0]),
    "lu": lambda x, c: moduli(linalg.lu(x)[1], c[0]) + moduli(linalg.lu(x)[2], c[1]),
    "eigh": lambda x, c: moduli(linalg.eigh(x)[1], c[0]) + xp.sum(linalg.eigh(x)[0] ** 3),
    "eig": lambda x, c: moduli(linalg.eig(x)[1], c[0]) + moduli(linalg.eig(x)[0], c[1, 0]),
    "svd": lambda x, c: moduli(linalg.svd(x)[0], c[0]) + moduli(linalg.svd(x)[2], c[1]),
    "svd, full": lambda x, c: moduli(linalg.svd(x[:, :2])[0], c[0]) + xp.sum(linalg.svdvals(x[:2]) ** 3),
    "nuclear norm": lambda x, c: linalg.matrix_norm(x, ord="nuc") * c[0, 0, 0],
    "spectral norm": lambda x, c: linalg.matrix_norm(x, ord=2) * linalg.matrix_norm(x, ord=-2),
    "vector_norm": lambda x, c: linalg.vector_norm(x) * c[0, 0, 0] + xp.sum(linalg.vector_norm(x, ord=3, axis=0)),
}


@pytest.mark.parametrize("name", INVARIANT)
def test_second_derivatives_of_what_no_phase_changes_in_every_mix_of_modes(name):
    rng = np.random.default_rng(len(name))
    x = rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3)) + np.diag([3.0, 1.0, -2.0])
    c = rng.normal(size=(2, 3, 3))
    t, u = (rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3)) for _ in range(2))

    def loss(x):
        return INVARIANT[name](x, c)

    def inner(a, b):
        return xp.sum(xp.real(xp.multiply(xp.conj(a), b)))

    gradient = ga.grad(loss)
    slope = lambda x: ga.jvp(loss, (x,), (t,))[1]  # noqa: E731
    step = 1e-3
    weights = {1: 45 / 60, 2: -9 / 60, 3: 1 / 60}
    wanted = sum(w * (gradient(x + k * step * t) - gradient(x - k * step * t)) for k, w in weights.items()) / step
    wanted = float(np.vdot(wanted, u).real)
    found = {
        "forward over reverse": np.vdot(ga.jvp(gradient, (x,), (t,))[1], u).real,
        "reverse over forward": np.vdot(ga.grad(slope)(x), u).real,
        "reverse over reverse": np.vdot(ga.grad(lambda x: inner(gradient(x), t))(x), u).real,
        "forward over forward": float(ga.jvp(slope, (x,), (u,))[1]),
    }
    first = sum(w * (loss(x + k * step * t) - loss(x - k * step * t)) for k, w in weights.items()) / step
    assert np.vdot(gradient(x), t).real == pytest.approx(float(first), rel=1e-8, abs=1e-8)
    for mix, value in found.items():
        assert value == pytest.approx(wanted, rel=1e-6, abs=1e-6 * (1 + abs(wanted))), mix


# ------------------------------------------------------------------------------------------------ singular matrices


@pytest.mark.parametrize("rank", [0, 1, 2, 3])
@pytest.mark.parametrize("complex_", [False, True], ids=["real", "complex"])
def test_the_determinant_has_its_derivatives_of_every_order_at_every_rank(rank, complex_):
    """det(A + tT) is a polynomial in t of degree 4: its coefficients by evaluation at roots of unity."""
    n = 4
    a = normal(n, rank, complex_=complex_) @ normal(rank, n, complex_=complex_)
    t = normal(n, n, complex_=complex_)
    roots = np.exp(2j * np.pi * np.arange(n + 1) / (n + 1))
    values = [np.linalg.det(a + z * t) for z in roots]
    wanted = [np.mean(values * roots**-k) for k in range(n + 1)]

    def along(f):
        return lambda x: ga.jvp(f, (x,), (t,))[1]

    f, factorial = linalg.det, 1
    for order in range(1, n + 1):
        f = along(f)
        factorial *= order
        assert f(a) == pytest.approx(wanted[order] * factorial, rel=1e-10, abs=1e-10 * factorial)
    (gradient,) = ga.vjp(linalg.det, a)[1](np.ones((), dtype=a.dtype))
    assert np.vdot(gradient, t).real == pytest.approx(wanted[1].real, rel=1e-10, abs=1e-10)


def test_the_gradient_of_det_at_rank_n_minus_1_is_the_adjugate():
    np.testing.assert_allclose(ga.grad(linalg.det)(np.asarray([[1.0, 2.0], [2.0, 4.0]])), [[4.0, -2.0], [-2.0, 1.0]])
    hessian = ga.hessian(linalg.det)(np.zeros((2, 2)))
    np.testing.assert_allclose(hessian[0, 0], [[0.0, 0.0], [0.0, 1.0]], atol=1e-15)
    np.testing.assert_allclose(hessian[0, 1], [[0.0, 0.0], [-1.0, 0.0]], atol=1e-15)


@pytest.mark.parametrize(("n", "scale"), [(280, 1.0), (280, 1e-2), (3, 1e100), (3, 1e-100), (200, 0.05)])
def test_cofactors_of_large_and_small_numbers_are_not_lost_on_the_way(n, scale):
    """The largest singular values alone have a product beyond all numbers, and the smallest below."""
    x = scale * normal(n, n)
    wanted = np.linalg.det(x) * np.linalg.inv(x).T
    assert 0 < np.max(np.abs(wanted)) < np.inf
    np.testing.assert_allclose(ga.grad(linalg.det)(x), wanted, rtol=1e-9, atol=1e-11 * np.max(np.abs(wanted)))


@pytest.mark.parametrize("scale", [1.0, 1e-2, 30.0])
def test_cofactors_of_large_beside_small_numbers(scale):
    """The determinant is 1 at scale 1, and the product of the larger half of the singular values beyond all numbers."""
    entries = scale * np.repeat([1e5, 1e-5], 75)
    np.testing.assert_allclose(
        ga.grad(linalg.det)(np.diag(entries)), np.diag(scale**150.0 / entries), rtol=1e-11, atol=0
    )


def test_slogdet_of_a_singular_matrix_has_a_value_and_says_that_it_has_no_derivative():
    x = np.stack([np.eye(2), np.ones((2, 2))])
    sign, logarithm = linalg.slogdet(x)
    np.testing.assert_array_equal(sign, [1.0, 0.0])
    np.testing.assert_array_equal(logarithm, [0.0, -np.inf])
    with pytest.raises(LinearAlgebraError, match=r"^slogdet: got float64 \(2, 2, 2\), and the matrix at 1 fails"):
        ga.grad(lambda x: xp.sum(linalg.slogdet(x)[1]))(x)
    with pytest.raises(LinearAlgebraError, match="the matrix at 1 fails"):
        ga.jvp(linalg.slogdet, (x,), (x,))


@pytest.mark.parametrize(
    ("f", "name"),
    [
        (lambda x: linalg.inv(x), "inv"),
        (lambda x: linalg.solve(x, np.ones(2)), "solve"),
        (lambda x: linalg.solve_triangular(x, np.ones(2)), "solve_triangular"),
        (lambda x: linalg.cholesky(x), "cholesky"),
        (lambda x: linalg.matrix_power(x, -1), "matrix_power"),
        (lambda x: linalg.solve_sylvester(x, -x, np.ones((2, 2))), "solve_sylvester"),
    ],
)
def test_a_matrix_that_fails_is_named(f, name):
    with pytest.raises(LinearAlgebraError, match=rf"{name}: got float64 \(2, 2\) \("):
        f(np.zeros((2, 2)))
    stack = np.broadcast_to(np.diag([1.0, 2.0]), (2, 3, 2, 2)).copy()
    stack[1, 2] = 0.0
    if name != "solve_sylvester":  # every x shares its eigenvalues with itself
        with pytest.raises(np.linalg.LinAlgError, match=rf"{name}: .* the matrix at \(1, 2\) fails"):
            f(stack)
        with pytest.raises(LinearAlgebraError, match=rf"{name}: .* the matrix at 2 fails"):
            f(stack[1])


def test_sylvester_names_the_matrix():
    a, b = np.stack([np.eye(2), 2 * np.eye(2)]), -2 * np.eye(2)
    with pytest.raises(LinearAlgebraError, match=r"solve_sylvester: .* the matrix at 1 fails .*eigenvalue"):
        linalg.solve_sylvester(a, b, np.ones((2, 2)))


def test_another_library_names_the_matrix_too(home):
    x = home.array(np.stack([np.eye(2), np.zeros((2, 2))]))
    for f in (linalg.inv, linalg.cholesky, lambda x: linalg.solve(x, x), lambda x: linalg.solve_triangular(x, x)):
        with pytest.raises(LinearAlgebraError, match="the matrix at 1 fails" if home.name != "cupy" else ""):
            f(x)


def test_cupy_is_told_to_raise(monkeypatch):
    """Its solvers go on silently by default: the state is set around each call."""
    from gradatlas.backend import linalg as backend

    states = []

    class errstate:
        def __init__(self, **state):
            self.state = state

        def __enter__(self):
            states.append(self.state)

        def __exit__(self, *_):
            states.append("left")

    monkeypatch.setitem(sys.modules, "cupyx", types.SimpleNamespace(errstate=errstate))
    algebra = backend._CuPy(ga.backend.numpy_library())
    for compute in (algebra.inv, algebra.det, algebra.slogdet, algebra.cholesky, algebra.eigh):
        states.clear()
        compute(np.eye(2))
        assert states == [{"linalg": "raise"}, "left"]
    for compute in (algebra.qr, algebra.svd):
        states.clear()
        compute(np.eye(2), False)
        assert states == [{"linalg": "raise"}, "left"]


def test_what_is_put_together_for_cupy_is_what_lapack_gives(monkeypatch):
    """With NumPy in CuPy's place and SciPy in cupyx's, which take one matrix at a time: their shapes and their assembly."""
    import scipy.linalg

    from gradatlas.backend import linalg as backend

    class errstate:
        def __init__(self, **_):
            pass

        __enter__ = __exit__ = lambda *_: None

    def one(function):
        def of_one(a, *rest, **options):
            assert a.ndim == 2
            return function(a, *rest, **options)

        return of_one

    single = {name: one(getattr(scipy.linalg, name)) for name in ("lu", "solve_triangular", "expm")}
    monkeypatch.setitem(sys.modules, "cupy", np)
    monkeypatch.setitem(sys.modules, "cupyx", types.SimpleNamespace(errstate=errstate))
    monkeypatch.setitem(sys.modules, "cupyx.scipy", types.SimpleNamespace())
    monkeypatch.setitem(sys.modules, "cupyx.scipy.linalg", types.SimpleNamespace(**single))
    library = ga.backend.numpy_library()
    cupy, numpy = backend._CuPy(library), backend._NumPy(library)
    for complex_ in (False, True):
        a = normal(2, 3, 3, complex_=complex_) + 4 * np.eye(3)
        b, c = normal(3, 2, complex_=complex_), normal(3, 3, complex_=complex_) + 4 * np.eye(3)
        narrow = np.eye(2) + 0.1 * normal(2, 2)
        calls = [
            lambda to, a=a, b=b: to.solve(a, b),
            lambda to, b=b, c=c: to.solve(c, b),
            lambda to, a=a: to.eig(a),
            lambda to, a=a: to.lu(a),
            lambda to, a=a: to.lu(a[..., :2]),
            lambda to, a=a: to.lu(a[:, :0]),
            lambda to, a=a, b=b: to.triangular_solve(a, b, True, False),
            lambda to, a=a, b=b: to.triangular_solve(a, b, False, True),
            lambda to, a=a, b=b: to.triangular_solve(a, b[:, :0], False, True),
            lambda to, a=a: to.expm(a),
            lambda to, a=a: to.expm(a[:0]),
            lambda to, a=a, b=b, narrow=narrow: to.sylvester(a, narrow, b),
        ]
        for call in calls:
            for got, wanted in zip(parts(call(cupy)), parts(call(numpy)), strict=True):
                assert got.dtype == wanted.dtype
                np.testing.assert_allclose(got, wanted, rtol=1e-10, atol=1e-12)
    with pytest.raises(LinearAlgebraError, match="a 0 on the diagonal"):
        cupy.triangular_solve(np.zeros((2, 2)), np.ones((2, 1)), True, False)
    with pytest.raises(LinearAlgebraError, match=r"solve: .* the matrix at 1 fails"):
        cupy.solve(np.stack([np.eye(2), np.zeros((2, 2))]), np.ones((2, 1)))


def test_the_pseudoinverse_moves_along_directions_that_keep_the_rank():
    u, v = normal(4, 2), normal(2, 3)
    du, dv = normal(4, 2), normal(2, 3)
    tangent = du @ v + u @ dv
    for f, extra in ((linalg.pinv, ()), (linalg.lstsq, (normal(4, 2),))):
        pushed = ga.jvp(lambda x, f=f, extra=extra: f(x, *extra), (u @ v,), (tangent,))[1]
        at = lambda h, f=f, extra=extra: f((u + h * du) @ (v + h * dv), *extra, rtol=1e-8)  # noqa: E731
        step = 1e-3
        weights = {1: 45 / 60, 2: -9 / 60, 3: 1 / 60}
        wanted = sum(w * (at(k * step) - at(-k * step)) for k, w in weights.items()) / step
        np.testing.assert_allclose(pushed, wanted, rtol=1e-7, atol=1e-7)


# ------------------------------------------------------------------------------------------------ degenerate spectra


def rotation(n):
    return np.linalg.qr(normal(n, n))[0]


def test_functions_of_the_spectrum_are_right_where_an_eigenvalue_is_repeated():
    """Also where rounding has torn it apart: sum of exp(w) is tr expm, whose gradient is expm."""
    for q in (np.eye(4), rotation(4)):
        x = q @ np.diag([1.0, 1.0, 2.0, 1.0]) @ q.T
        x = (x + x.T) / 2
        wanted = q @ np.diag(np.exp([1.0, 1.0, 2.0, 1.0])) @ q.T
        np.testing.assert_allclose(ga.grad(lambda x: xp.sum(xp.exp(linalg.eigvalsh(x))))(x), wanted, atol=1e-13)

        def projected(x):
            """The part of a vector in the space of the eigenvalue that is not repeated: no rotation within changes it."""
            _, v = linalg.eigh(x)
            return xp.sum(xp.square(v[0, 3] * v[:, 3]) * np.arange(4.0))

        t = normal(4, 4)
        gradient = ga.grad(projected)(x)
        assert np.all(np.isfinite(gradient))
        step = 1e-3
        weights = {1: 45 / 60, 2: -9 / 60, 3: 1 / 60}
        wanted = sum(w * (projected(x + k * step * t) - projected(x - k * step * t)) for k, w in weights.items()) / step
        assert np.sum(gradient * t) == pytest.approx(float(wanted), rel=1e-8)


def test_eigenvalues_of_a_general_matrix_are_right_in_sum_where_one_is_repeated():
    x = np.diag([1.0, 1.0, 3.0])
    gradient = ga.grad(lambda x: xp.sum(xp.real(xp.exp(linalg.eigvals(x)))))(x)
    np.testing.assert_allclose(gradient, np.diag(np.exp([1.0, 1.0, 3.0])), atol=1e-13)
    vectors = ga.grad(lambda x: xp.sum(xp.real(linalg.eig(x)[1])))(x)
    assert np.all(np.isfinite(vectors))


def test_singular_values_that_are_repeated_or_zero():
    q = rotation(3)
    np.testing.assert_allclose(ga.grad(lambda x: linalg.matrix_norm(x, ord=2))(q), q / 3, atol=1e-14)
    np.testing.assert_allclose(ga.grad(lambda x: linalg.matrix_norm(x, ord=2))(np.eye(3)), np.eye(3) / 3)
    np.testing.assert_allclose(ga.grad(lambda x: linalg.matrix_norm(x, ord=-2))(q), q / 3, atol=1e-14)
    np.testing.assert_allclose(ga.grad(lambda x: linalg.matrix_norm(x, ord="nuc"))(q), q, atol=1e-14)
    u, v = normal(4, 1), normal(1, 3)
    unit = (u / np.linalg.norm(u)) @ (v / np.linalg.norm(v))
    np.testing.assert_allclose(ga.grad(lambda x: linalg.matrix_norm(x, ord="nuc"))(u @ v), unit, atol=1e-14)
    for ord in ("nuc", 2, -2, "fro", 1, np.inf, -1, -np.inf):
        np.testing.assert_array_equal(
            ga.grad(lambda x, ord=ord: linalg.matrix_norm(x, ord=ord))(np.zeros((3, 2))), np.zeros((3, 2))
        )
    gradient = ga.grad(lambda x: sum(xp.sum(part) for part in linalg.svd(x)))(u @ v)
    assert np.all(np.isfinite(gradient))


@pytest.mark.parametrize(("scale", "dtype"), [(1e-20, "float32"), (1e20, "float32"), (2.0**-600, "float64")])
def test_derivatives_of_spectra_keep_their_digits_at_any_scale(scale, dtype):
    """The Hessian of a norm at c x is that at x over c; products of two singular values would overflow."""
    x = np.asarray([[4.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 2.0]])
    for f in (lambda x: xp.sum(linalg.svdvals(x)), lambda x: linalg.matrix_norm(x, ord=2), linalg.vector_norm):
        got = ga.hessian(f)((x * scale).astype(dtype)).astype(np.float64) * scale
        np.testing.assert_allclose(got, ga.hessian(f)(x), atol=1e-5 if dtype == "float32" else 1e-13)


# ------------------------------------------------------------------------------------------------ norms


@pytest.mark.parametrize("ord", ["fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf])
@pytest.mark.parametrize("complex_", [False, True], ids=["real", "complex"])
def test_matrix_norms(ord, complex_):
    x = away_from_zero(2, 3, 4, complex_=complex_)
    wanted = np.linalg.norm(x, ord, axis=(-2, -1))
    np.testing.assert_allclose(linalg.matrix_norm(x, ord=ord), wanted, rtol=1e-13)
    kept = linalg.matrix_norm(x, ord=ord, keepdims=True)
    assert kept.shape == (2, 1, 1)
    ga.check_grads(lambda x: linalg.matrix_norm(x, ord=ord), (x,), order=2)


@pytest.mark.parametrize("ord", [2, 1, 0, 3, 2.5, 0.5, -1, np.inf, -np.inf])
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2)])
def test_vector_norms(ord, axis):
    for complex_ in (False, True):
        x = away_from_zero(2, 3, 2, complex_=complex_)
        size = np.abs(x)
        with np.errstate(divide="ignore"):
            if ord in (np.inf, -np.inf):
                wanted = (np.max if ord > 0 else np.min)(size, axis=axis)
            else:
                wanted = np.sum(size**ord if ord else size != 0, axis=axis) ** (1 / ord if ord else 1)
        np.testing.assert_allclose(linalg.vector_norm(x, ord=ord, axis=axis), wanted, rtol=1e-13)
        if ord:
            ga.check_grads(lambda x: linalg.vector_norm(x, ord=ord, axis=axis), (x,), order=2)


def test_norms_of_huge_tiny_and_zero_vectors():
    for scale in (1e300, 1e-300, 2.0**-1060):
        x = scale * np.asarray([3.0, 4.0])
        assert float(linalg.vector_norm(x)) == pytest.approx(5 * scale, rel=1e-15, abs=0)
        np.testing.assert_allclose(ga.grad(linalg.vector_norm)(x), [0.6, 0.8], rtol=1e-15)
        if scale > 1e-305:
            np.testing.assert_allclose(
                ga.grad(lambda x: linalg.vector_norm(x, ord=4))(x), np.asarray([27.0, 64.0]) / 337**0.75, rtol=1e-14
            )
    for ord in (2, 1, 3, 1.5, np.inf, -np.inf):
        zero = np.zeros(3)
        np.testing.assert_array_equal(ga.grad(lambda x, ord=ord: linalg.vector_norm(x, ord=ord))(zero), zero)
        np.testing.assert_array_equal(
            ga.grad(lambda x, ord=ord: linalg.vector_norm(x, ord=ord))(zero.astype(complex)), zero
        )
    assert linalg.vector_norm(np.asarray([np.inf, 1.0])) == np.inf
    assert np.isnan(linalg.vector_norm(np.asarray([np.nan, 1.0])))
    np.testing.assert_array_equal(
        ga.grad(lambda x: linalg.vector_norm(x, ord=np.inf))(np.asarray([1.0, -1.0])), [0.5, -0.5]
    )


def test_rank_and_condition():
    x = np.stack([np.eye(3), np.diag([1.0, 1e-20, 0.0])])
    np.testing.assert_array_equal(linalg.matrix_rank(x), [3, 1])
    np.testing.assert_array_equal(linalg.matrix_rank(np.diag([1.0, 1e-3]), rtol=1e-2), 1)
    np.testing.assert_array_equal(linalg.matrix_rank(np.zeros((2, 0))), 0)
    a = normal(3, 3)
    for ord in (2, -2, 1, np.inf, "fro"):
        np.testing.assert_allclose(linalg.cond(a, ord), np.linalg.cond(a, ord), rtol=1e-12)
        ga.check_grads(lambda a, ord=ord: linalg.cond(a, ord), (a,), order=1)


# ------------------------------------------------------------------------------------------------ gauges and input


def test_only_the_hermitian_part_is_read_and_gradients_are_hermitian():
    x = positive_definite(True)
    skew = normal(4, 4, complex_=True)
    skew = skew - skew.conj().T
    for f in (lambda x: moduli(linalg.cholesky(x), 1.0), lambda x: xp.sum(linalg.eigvalsh(x) ** 2)):
        assert f(x) == pytest.approx(float(f(x + skew)), rel=1e-12)
        gradient = ga.grad(f)(x)
        np.testing.assert_allclose(gradient, gradient.conj().T, rtol=1e-13)
    upper = linalg.cholesky(x, upper=True)
    np.testing.assert_allclose(upper.conj().T @ upper, x, rtol=1e-13)
    ga.check_grads(lambda x: linalg.cholesky(x, upper=True), (positive_definite(False) + np.eye(4),), order=2)


@pytest.mark.parametrize("complex_", [False, True], ids=["real", "complex"])
def test_factors_give_the_matrix_back_and_so_do_their_tangents(complex_):
    """The tangent of the product of the factors is the tangent that went in: an identity whatever the gauge."""
    for shape in ((3, 3), (4, 2), (2, 4), (2, 3, 3)):
        x, t = normal(*shape, complex_=complex_), normal(*shape, complex_=complex_)
        products = [
            lambda x: (lambda q, r: q @ r)(*linalg.qr(x)),
            lambda x: (lambda q, r: q @ r)(*linalg.qr(x, mode="complete")),
            lambda x: (lambda u, s, vh: (u * s[..., None, :]) @ vh)(*linalg.svd(x, full_matrices=False)),
            lambda x: (lambda p, low, up: xp.astype(p, x.dtype) @ low @ up)(*linalg.lu(x)),
        ]
        if shape[-1] == shape[-2]:
            products.append(lambda x: (lambda w, v: v @ (w[..., :, None] * linalg.inv(v)))(*linalg.eig(x)))
        for product in products:
            out, pushed = ga.jvp(product, (x,), (t,))
            np.testing.assert_allclose(out, x, atol=1e-12)
            np.testing.assert_allclose(pushed, t, atol=1e-11)


def test_triangular_systems_read_and_move_one_triangle():
    a, b = normal(3, 3) + 4 * np.eye(3), normal(3, 2)
    x = linalg.solve_triangular(a, b)
    np.testing.assert_allclose(np.triu(a) @ x, b, rtol=1e-12)
    (ga_, _) = ga.vjp(linalg.solve_triangular, a, b)[1](normal(3, 2))
    np.testing.assert_array_equal(np.tril(ga_, -1), 0.0)
    broken = a.copy()
    broken[1, 0] = np.nan
    np.testing.assert_array_equal(linalg.solve_triangular(broken, b), x)
    spd = positive_definite(False) + np.eye(4)
    rhs = normal(4, 2)
    np.testing.assert_allclose(linalg.cho_solve(linalg.cholesky(spd), rhs), np.linalg.solve(spd, rhs), rtol=1e-12)


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("unit_diagonal", [False, True])
def test_many_small_triangular_systems_are_solved_as_one_is(lower, unit_diagonal):
    """Row by row through the whole stack, where LAPACK would be called for each."""
    for complex_ in (False, True):
        a, b = normal(6, 10, 3, 3, complex_=complex_) + 3 * np.eye(3), normal(10, 3, 2)

        def solve(a, b):
            return linalg.solve_triangular(a, b, lower=lower, unit_diagonal=unit_diagonal)

        together = solve(a, b)
        one_by_one = [[solve(a[i, j], b[j]) for j in range(10)] for i in range(6)]
        np.testing.assert_allclose(together, one_by_one, rtol=1e-12, atol=1e-13)
        ga.check_grads(solve, (a, b), order=1)
    a = a.copy()
    a[3, 4, 1, 1] = 0.0
    if not unit_diagonal:
        with pytest.raises(
            LinearAlgebraError, match=r"the matrix at \(3, 4\) fails \(its entry 1 on the diagonal is 0"
        ):
            solve(a, b)


def test_real_and_complex_numbers_meet():
    """The cotangent of a real argument is real."""
    real, other = normal(3, 3) + 4 * np.eye(3), normal(3, 2, complex_=True)
    for f in (
        linalg.solve,
        lambda a, b: linalg.solve_triangular(a, b, lower=True),
        linalg.lstsq,
        lambda a, b: linalg.solve_sylvester(a, a[:2, :2], b),
    ):
        out, pull = ga.vjp(f, real, other)
        first, second = pull(np.ones_like(out))
        assert (first.dtype, second.dtype) == (np.float64, np.complex128)
        t = normal(3, 3)
        pushed = ga.jvp(lambda a, f=f: f(a, other), (real,), (t,))[1]
        assert np.sum(first * t) == pytest.approx(float(np.sum(pushed.real)), rel=1e-11)


COMPLEX64 = [
    linalg.inv,
    linalg.det,
    linalg.slogdet,
    linalg.pinv,
    linalg.expm,
    linalg.qr,
    linalg.svd,
    linalg.eigh,
    linalg.eig,
    linalg.lu,
    linalg.cholesky,
    linalg.matrix_norm,
    lambda x: linalg.solve(x, x),
    lambda x: linalg.lstsq(x, x),
    lambda x: linalg.solve_triangular(x, x),
    lambda x: linalg.solve_sylvester(x, x, x),
    lambda x: linalg.matrix_power(x, -2),
]


@pytest.mark.parametrize("dtype", ["float32", "complex64"])
@pytest.mark.parametrize("f", COMPLEX64, ids=range(len(COMPLEX64)))
def test_narrow_numbers_stay_narrow(f, dtype):
    x = (np.eye(3) * [2.0, 3.0, 4.0] + 0.1).astype(dtype)
    out, pushed = ga.jvp(lambda x: parts(f(x)), (x,), (x,))
    _, pull = ga.vjp(lambda x: parts(f(x)), x)
    for part, moved in zip(out, pushed, strict=True):
        assert part.dtype in (np.float32, np.complex64)
        assert moved.dtype == part.dtype
    (g,) = pull(tuple(np.ones_like(part) for part in out))
    assert g.dtype == dtype
    assert np.all(np.isfinite(g))


def test_the_exponential_of_a_small_matrix_along_a_huge_direction():
    """Scaling by the direction would lose the matrix: the derivative is linear in it."""
    x, t = normal(3, 3), normal(3, 3)
    small = ga.jvp(linalg.expm, (x,), (t,))[1]
    np.testing.assert_allclose(ga.jvp(linalg.expm, (x,), (2.0**600 * t,))[1], 2.0**600 * small, rtol=1e-13)
    np.testing.assert_allclose(ga.jvp(linalg.expm, (np.zeros((2, 2)),), (t[:2, :2],))[1], t[:2, :2], rtol=1e-14)
    tiny = 2.0**-1000
    np.testing.assert_allclose(ga.jvp(linalg.expm, (tiny * x,), (t,))[1], t, rtol=1e-14)
    np.testing.assert_allclose(
        ga.jvp(linalg.expm, (5.0 * x,), (tiny * t,))[1] / tiny, ga.jvp(linalg.expm, (5.0 * x,), (t,))[1], rtol=1e-12
    )


# ------------------------------------------------------------------------------------------------ products

SUBSCRIPTS = [
    ("ii", [(3, 3)]),
    ("ii->i", [(3, 3)]),
    ("iij->ji", [(3, 3, 2)]),
    ("iii", [(3, 3, 3)]),
    ("iijj->ij", [(2, 2, 3, 3)]),
    ("...ij,...jk->...ik", [(2, 3, 4), (4, 2)]),
    ("i...,i...->...", [(3, 1, 2), (3, 4, 2)]),
    ("b...i,...i->b...", [(2, 1, 3), (5, 3)]),
    ("...a,...a", [(4, 3), (3,)]),
    ("...->...", [(1, 3)]),
    ("...ii->...i", [(2, 3, 3)]),
    ("ij,jk,kl->il", [(2, 3), (3, 4), (4, 5)]),
    ("ab,bc,cd,de,ea", [(2, 3), (3, 4), (4, 5), (5, 2), (2, 2)]),
    ("i,j,k,l,m,n->nmlkji", [(2,)] * 6),
    ("i,i,i->i", [(3,)] * 3),
    ("ij,ij->", [(3, 4), (3, 4)]),
    (",ij", [(), (2, 3)]),
    ("ba", [(2, 3)]),
    ("ij,jk", [(0, 3), (3, 2)]),
    ("ij,jk", [(2, 0), (0, 2)]),
    ("ii,jj->ij", [(2, 2), (3, 3)]),
    ("bhqd,bhkd->bhqk", [(2, 2, 3, 2), (2, 2, 4, 2)]),
]


@pytest.mark.parametrize(("subscripts", "shapes"), SUBSCRIPTS)
def test_einsum_of_any_subscripts(subscripts, shapes):
    for complex_ in (False, True):
        arrays = tuple(normal(*shape, complex_=complex_) for shape in shapes)
        wanted = np.einsum(subscripts, *arrays)
        np.testing.assert_allclose(xp.einsum(subscripts, *arrays), wanted, rtol=1e-12, atol=1e-12)
        ga.check_grads(lambda *xs: xp.einsum(subscripts, *xs), arrays, order=2)


def test_einsum_takes_whole_numbers_and_other_libraries(home):
    x = home.array(np.arange(9).reshape(3, 3), "int64" if home.widest == "float64" else "int32")
    assert int(home.host(xp.einsum("ii", x))) == 12


def test_einsum_multiplies_in_the_cheapest_order(monkeypatch):
    """(1000 x 1)(1 x 1000)(1000 x 1): from the right, for from the left there would be a million products."""
    from gradatlas.ops import linalg as ops

    seen = []
    monkeypatch.setattr(ops, "matrix_product", lambda a, b: seen.append((a.shape, b.shape)) or np.matmul(a, b))
    x, y, z = np.ones((1000, 1)), np.ones((1, 1000)), np.ones((1000, 1))
    xp.einsum("ij,jk,kl->il", x, y, z)
    assert max(a[-2] * a[-1] * b[-1] for a, b in seen) == 1000
    seen.clear()
    xp.einsum("ij,jk,kl,lm,mn,no->io", x, y, z, y, z, y)
    assert sum(a[-2] * a[-1] * b[-1] for a, b in seen) < 1.1e6


@pytest.mark.parametrize(
    ("subscripts", "shapes", "message"),
    [
        ("ij,jk->il", [(2, 3), (3, 4)], "may name each letter"),
        ("ii", [(2, 3)], "'i' must be equally long"),
        ("...i->i", [(2, 3)], "where the axes of '...' go"),
        ("i1", [(2, 3)], "name every axis by a letter"),
        ("ij", [(2,)], "must have a letter for each of 1 axes"),
        ("ij->ii", [(2, 2)], "may name each letter"),
        ("i", [(2,), (2,)], "one group of letters for each array"),
        ("...i,...i", [(2, 3), (4, 3)], "must be equally long"),
    ],
)
def test_einsum_refuses_what_does_not_fit(subscripts, shapes, message):
    with pytest.raises(ShapeError, match=message):
        xp.einsum(subscripts, *[np.ones(shape) for shape in shapes])


def test_products_of_vectors_and_matrices():
    x, y = normal(4, 3), normal(3)
    np.testing.assert_allclose(linalg.cross(x, y), np.cross(x, y), rtol=1e-13)
    np.testing.assert_allclose(linalg.cross(x.T, x.T[:, ::-1], axis=0), np.cross(x.T, x.T[:, ::-1], axis=0), rtol=1e-12)
    ga.check_grads(linalg.cross, (x, y), order=2)
    for first, second in (
        ((2, 3), (4, 5)),
        ((3,), (2, 2)),
        ((2,), (3,)),
        ((), (2,)),
        ((2, 1, 2), (2, 3)),
        ((0, 2), (2, 2)),
    ):
        a, b = normal(*first), normal(*second)
        np.testing.assert_array_equal(linalg.kron(a, b), np.kron(a, b))
    ga.check_grads(linalg.kron, (normal(2, 3), normal(2, 2)), order=2)
    a = normal(2, 3, 3) + 4 * np.eye(3)
    for n in (-2, -1, 0, 1, 2, 3, 6):
        np.testing.assert_allclose(linalg.matrix_power(a, n), np.linalg.matrix_power(a, n), rtol=1e-8)
        ga.check_grads(lambda a, n=n: linalg.matrix_power(a, n) + a, (a,), order=1)
    infinite = np.asarray([[np.inf, 1.0], [0.0, 1.0]])
    np.testing.assert_array_equal(ga.grad(lambda x: xp.sum(linalg.matrix_power(x, 0)))(infinite), np.zeros((2, 2)))
    chain = [normal(2, 3), normal(3, 4), normal(4, 5), normal(5, 2)]
    np.testing.assert_allclose(linalg.multi_dot(chain), np.linalg.multi_dot(chain), rtol=1e-13)
    ends = [normal(3), normal(3, 4), normal(4)]
    np.testing.assert_allclose(linalg.multi_dot(ends), np.linalg.multi_dot(ends), rtol=1e-13)
    np.testing.assert_array_equal(linalg.diag(np.asarray([1.0, 2.0]), k=-1), np.diag([1.0, 2.0], -1))
    np.testing.assert_array_equal(linalg.diag(np.arange(6.0).reshape(2, 3), k=1), [1.0, 5.0])
    np.testing.assert_allclose(linalg.trace(a, offset=1), np.trace(a, 1, -2, -1))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: linalg.cross(np.ones((2, 2)), np.ones(2)), ShapeError, "must have length 3"),
        (lambda: linalg.cross(np.ones((3, 2)), np.ones((3, 2)), axis=5), AxisError, "got axis 5"),
        (lambda: linalg.solve(np.ones((2, 3)), np.ones(3)), ShapeError, "square matrices"),
        (lambda: linalg.solve(np.eye(2), np.ones(3)), ShapeError, "as many rows"),
        (lambda: linalg.det(np.ones((2, 3))), ShapeError, "square"),
        (lambda: linalg.inv(np.ones(3)), ShapeError, "square"),
        (lambda: linalg.qr(np.ones(3)), ShapeError, "matrices"),
        (lambda: linalg.inv(np.ones((2, 2), dtype=np.int64)), DTypeError, "int64"),
        (lambda: linalg.qr(np.eye(2), mode="raw"), ArgumentError, "'reduced' or 'complete'"),
        (lambda: linalg.matrix_norm(np.eye(2), ord=3), ArgumentError, "choose 'fro'"),
        (lambda: linalg.matrix_norm(np.ones(2)), ShapeError, "vector_norm"),
        (lambda: linalg.matrix_power(np.eye(2), 0.5), DTypeError, "whole number"),
        (lambda: linalg.matrix_power(np.ones((2, 3)), 2), ShapeError, "square"),
        (lambda: linalg.multi_dot([np.ones((2, 3)), np.ones((2, 3))]), ShapeError, "rows of the next"),
        (lambda: linalg.diag(np.ones((2, 2, 2))), ShapeError, "linalg.diagonal"),
        (lambda: linalg.matrix_rank(np.ones(2)), ShapeError, "matrices"),
    ],
)
def test_what_does_not_fit_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_the_records_state_their_gauge():
    for record in (decompositions._qr, spectra._svd, spectra._eigh, spectra._eig):
        assert record.gauge is not None
    for record in (decompositions.lower_cholesky, decompositions.lu, solvers.inv):
        assert record.gauge is None
