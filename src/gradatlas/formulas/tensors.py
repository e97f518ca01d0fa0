"""The kinds of operations: for each, how tangents are pushed and cotangents pulled through, whatever the operation."""

from __future__ import annotations

from gradatlas.formulas.statement import adjoint, cite, claim, document, statement, tangent, vjp_of
from gradatlas.symbolic.language import (
    Derivative,
    Sum,
    array,
    arrays,
    function,
    indices,
    lam,
    positive,
    reals,
    sizes,
)
from gradatlas.symbolic.propositions import eq, for_all, has_derivative, ne
from gradatlas.symbolic.terms import Index, Term

__all__: list[str] = []

K, m, n, p, N = sizes("K m n p N")
(k,) = indices("k", K)
(c,) = indices("c", m)
i, j = indices("i j", n)
(b,) = indices("b", p)
(r,) = indices("r", N)
(tau,) = reals("tau")

# Elementwise operations: K arrays go in, and each entry of the result is a function of their entries there.

f, gradient = function("f"), function("grad f", latex=r"\nabla f")
u = array("u", K)
x, dx = arrays("x dx", K, n)
g = array("g", n)


def entry(at: Term, of: Term = x) -> Term:
    """What the arguments hold at one place."""
    return lam(of[k, at], k)


result = lam(f(entry(i)), i)
differentiable = for_all(has_derivative(f(u), u, gradient(u, shape=(K,))), u)

statement(
    "kind.elementwise",
    "Elementwise operations: the derivative of each argument, times the tangent or the cotangent",
    claims={
        "vjp": eq(adjoint(result, x, g)[k, i], gradient(entry(i), shape=(K,))[k] * g[i]),
        "jvp": eq(tangent(result, x, dx)[i], Sum(gradient(entry(i), shape=(K,))[k] * dx[k, i], k)),
    },
    given=[differentiable],
    source=[document("T2"), cite("griewank2008")],
    aliases=["pointwise", "entrywise", "map", "broadcast", "diagonal Jacobian"],
    summary="""Where each entry of the result is a differentiable function f of the K arguments' entries at the same place, the
    cotangent of argument k is f's k-th derivative times g there, and the tangent the sum of the K derivatives times the
    arguments' tangents.""",
    symbols={
        "n": "the number of entries",
        "f": "a function of K numbers, differentiable",
        "grad f": "its gradient",
        "K": "the number of arguments",
        "x": "the arguments, one a row",
        "g": "the cotangent of the result",
        "dx": "the tangents of the arguments",
    },
)

# Broadcasting: one array meets every row of another.

h, slope = function("f"), function("f'")
(s, t) = reals("s t")
row, weights = array("x", n), array("w", N, n)
cotangents = array("g", N, n)
dy = array("dx", n)
repeated = lam(row[i], r, i)
met = lam(h(weights[r, i], row[i]), r, i)

statement(
    "kind.broadcast",
    "Broadcasting: the adjoint of a repetition is a sum",
    claims={
        "vjp of a repetition": eq(adjoint(repeated, row, cotangents)[i], Sum(cotangents[r, i], r)),
        "jvp of a repetition": eq(tangent(repeated, row, dy)[r, i], dy[i]),
        "vjp": claim(
            eq(adjoint(met, row, cotangents)[i], Sum(slope(weights[r, i], row[i]) * cotangents[r, i], r)),
            [for_all(has_derivative(h(s, t), t, slope(s, t)), s, t)],
        ),
    },
    source=[document("T4"), cite("griewank2008")],
    aliases=["broadcast", "expand", "tile", "sum over the batch", "bias"],
    summary="""An array that is repeated along new axes gets the sum of the cotangents over them; so does one that meets every
    row of another in an elementwise operation.""",
    symbols={
        "N": "how often the row is met",
        "n": "the number of entries of the row",
        "x": "a row",
        "w": "the array whose rows it meets",
        "f": "an elementwise operation of both, differentiable in the second",
        "f'": "its derivative there",
        "g": "the cotangent of the result",
        "dx": "the tangent of x",
    },
)

# Linear operations: a matrix from the entries of the argument to those of the result.

A = array("A", m, n)
v, dv = arrays("x dx", n)
w = array("g", m)
image = lam(Sum(A[c, i] * v[i], i), c)

statement(
    "kind.linear",
    "Linear operations: the map itself on tangents, its adjoint on cotangents",
    claims={
        "vjp": eq(adjoint(image, v, w)[i], Sum(A[c, i] * w[c], c)),
        "jvp": eq(tangent(image, v, dv)[c], Sum(A[c, i] * dv[i], i)),
        "adjoint identity": eq(Sum(w[c] * Sum(A[c, i] * dv[i], i), c), Sum(Sum(A[c, i] * w[c], c) * dv[i], i)),
    },
    source=[cite("griewank2008"), cite("magnus1999")],
    aliases=["adjoint", "transpose", "linear map", "inner product"],
    summary="""A linear map y = A x pushes a tangent as it maps the argument, and pulls a cotangent back by its adjoint, for which
    <g, A dx> = <A* g, dx>; neither depends on x.""",
    symbols={
        "m": "the number of entries of the result",
        "n": "that of the argument",
        "A": "the map, as a matrix",
        "x": "the argument, its entries in a row",
        "g": "the cotangent of the result",
        "dx": "the tangent of the argument",
    },
)

# Multilinear operations: linear in each slot.

T = array("A", m, n, p)
first, d_first = arrays("x dx", n)
second, d_second = arrays("y dy", p)


def product(a: Term, e: Term) -> Term:
    """The bilinear map at two arguments."""
    return lam(Sum(T[c, i, b] * a[i] * e[b], i, b), c)


def moved(point: Term, direction: Term, over: Index) -> Term:
    """A point moved along a direction by tau."""
    return lam(point[over] + tau * direction[over], over)


statement(
    "kind.multilinear",
    "Multilinear operations: the product rule on tangents, an adjoint per slot on cotangents",
    claims={
        "vjp, first slot": eq(adjoint(product(first, second), first, w)[i], Sum(T[c, i, b] * w[c] * second[b], c, b)),
        "vjp, second slot": eq(adjoint(product(first, second), second, w)[b], Sum(T[c, i, b] * w[c] * first[i], c, i)),
        "jvp": eq(
            Derivative(product(moved(first, d_first, i), moved(second, d_second, b))[c], tau),
            product(d_first, moved(second, d_second, b))[c] + product(moved(first, d_first, i), d_second)[c],
        ),
    },
    source=[cite("griewank2008"), cite("magnus1999")],
    aliases=["bilinear", "product rule", "Leibniz", "matrix product", "tensor contraction"],
    summary="""An operation that is linear in x with y held, and in y with x held, pulls a cotangent back by the adjoint of each
    slot, and changes along dx and dy by B(dx, y) + B(x, dy). With more slots the others are held in the same way.""",
    symbols={
        "m": "the number of entries of the result",
        "n": "that of the first argument",
        "p": "that of the second",
        "A": "the coefficients of the map",
        "x": "the first argument",
        "y": "the second",
        "dx": "the tangent of the first",
        "dy": "the tangent of the second",
        "g": "the cotangent of the result",
        "tau": "how far along the tangents",
    },
)

# Locally constant operations.

jump_at, jump_by = arrays("a d", N)
(start,) = reals("s")
steps = lam(start + Sum(jump_by[r] * positive(v[i] - jump_at[r]), r), i)
away = for_all(ne(v[i] - jump_at[r], 0), i, r)
incoming = array("g", n)

statement(
    "kind.locally-constant",
    "Locally constant operations: nothing comes through",
    claims={
        "vjp": eq(adjoint(steps, v, incoming)[i], 0),
        "jvp": eq(tangent(steps, v, dv)[i], 0),
        "as a factor": eq(adjoint(lam(steps[i] * v[i], i), v, incoming)[i], steps[i] * incoming[i]),
    },
    given=[away],
    source=[cite("griewank2008")],
    aliases=["step function", "piecewise constant", "stop gradient", "mask"],
    summary="""Away from its jumps a function with finitely many of them is constant nearby: the cotangent that comes back and the
    tangent that comes out are zero. As a factor, such as a mask computed from x, it is held.""",
    symbols={
        "n": "the number of entries",
        "N": "the number of jumps",
        "x": "the argument",
        "a": "where the jumps are",
        "d": "the jumps",
        "s": "the value before all jumps",
        "g": "the cotangent of the result",
        "dx": "the tangent of the argument",
    },
)

statement(
    "astype.derivative",
    "Changing the dtype or the device of an array",
    of=("astype", "to_device"),
    claims={
        "vjp": eq(adjoint(lam(v[i], i), v, incoming)[i], incoming[i]),
        "jvp": eq(tangent(lam(v[i], i), v, dv)[i], dv[i]),
    },
    source=[document("T1"), cite("griewank2008")],
    aliases=["cast", "convert", "float32", "float64", "device", "GPU", "identity"],
    summary="""Between real dtypes, and between devices, an array keeps its numbers, up to rounding: cotangents and tangents
    are passed on, in the dtype and on the device of the other side.""",
    symbols={
        "n": "the number of entries",
        "x": "an array",
        "g": "the cotangent of the result",
        "dx": "the tangent of the array",
    },
    engine=vjp_of(lambda ops, x: ops.astype(x, x.dtype), lam(v[i], i), wrt=v, cotangent=incoming, claim="vjp"),
)
