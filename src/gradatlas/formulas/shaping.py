"""Shaping: transposes, reshapes, broadcasts, flips, rolls, tiles, pads and joins, each an index map with its adjoint.

Each is an instance of kind.gather: a statement says where entries come from, where cotangents go back to, and that tangents
are moved as the entries are. An entry read outside an array is 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gradatlas.formulas.statement import (
    Called,
    Formula,
    Samples,
    Source,
    adjoint,
    cite,
    document,
    jvp_of,
    samples,
    statement,
    tangent,
    vjp_of,
)
from gradatlas.symbolic.language import (
    Sum,
    array,
    arrays,
    delta,
    floordiv,
    indices,
    integers,
    lam,
    less,
    mod,
    size,
    sizes,
)
from gradatlas.symbolic.propositions import eq
from gradatlas.symbolic.terms import Array, Index, Term, shape_of

__all__: list[str] = []

A, B, C, N, M = sizes("A B C N M")
(i, a), (j, b), (k,) = indices("i a", A), indices("j b", B), indices("k", C)
(n, from_place, to_place), (l,) = indices("n a b", N), indices("l", M)
(z,) = indices("z", 1)
SOURCES = (cite("griewank2008"),)
MOVED = {"x": "the array", "g": "the cotangent of the output", "v": "a direction in x"}


def _sampled(names: str, *rows: Sequence[int]) -> Samples:
    """Sizes and integers that fit each other."""
    return samples(sizes=[dict(zip(names.split(), row, strict=True)) for row in rows])


def _moved(
    operation: str,
    title: str,
    call: Called,
    x: Array,
    into: Sequence[Index],
    output: Term,
    at: Sequence[Index],
    vjp: Callable[[Array], Term],
    jvp: Callable[[Array], Term],
    *,
    summary: str,
    aliases: Sequence[str] = (),
    source: Sequence[Source] = SOURCES,
    symbols: Mapping[str, str] | None = None,
    samples: Samples | None = None,
) -> Formula:
    """State both derivatives of an operation: of x, whose indices are `into`, to output, whose indices are `at`.

    vjp, jvp: the right-hand sides, given the cotangent and the direction.
    """
    g, v = array("g", *shape_of(output)), array("v", *x.shape)
    return statement(
        f"{operation.replace('_', '-')}.derivative",
        title,
        of=operation,
        claims={
            "vjp": eq(adjoint(output, x, g)[tuple(into)], vjp(g)),
            "jvp": eq(tangent(output, x, v)[tuple(at)], jvp(v)),
        },
        source=source,
        aliases=aliases,
        summary=summary,
        symbols={**MOVED, **(symbols or {})},
        samples=samples,
        engine=(
            vjp_of(call, output, wrt=x, cotangent=g, at=into, claim="vjp"),
            jvp_of(call, output, wrt=x, direction=v, at=at, claim="jvp"),
        ),
    )


# Axes in another order, more of them, fewer of them.

cube, plane = array("x", A, B, C), array("x", A, B)

_moved(
    "permute_dims",
    "The derivative of a permutation of axes",
    lambda ops, x: ops.permute_dims(x, axes=(2, 0, 1)),
    cube,
    (i, j, k),
    lam(cube[i, j, k], k, i, j),
    (k, i, j),
    lambda g: g[k, i, j],
    lambda v: v[i, j, k],
    summary="""A permutation of axes is undone by its inverse, which is its adjoint. Here the last axis goes to the front,
    and the cotangent's first axis goes to the end: a permutation that is not its own inverse.""",
    aliases=["transpose", "axes", "moveaxis", "swapaxes"],
    source=(document("T3"), *SOURCES),
)
_moved(
    "matrix_transpose",
    "The derivative of the transpose of matrices",
    lambda ops, x: ops.matrix_transpose(x),
    cube,
    (i, j, k),
    lam(cube[i, j, k], i, k, j),
    (i, k, j),
    lambda g: g[i, k, j],
    lambda v: v[i, j, k],
    summary="The transpose swaps the last two axes and undoes itself: its adjoint is the transpose.",
    aliases=["transpose", "mT"],
    source=(document("T3"), *SOURCES),
)
_moved(
    "broadcast_to",
    "The derivative of a broadcast",
    lambda ops, x, A, B, C: ops.broadcast_to(x, shape=(A, B, C)),
    array("x", B, 1),
    (j, z),
    lam(array("x", B, 1)[j, 0], i, j, k),
    (i, j, k),
    lambda g: Sum(g[i, j, k], i, k),
    lambda v: v[j, 0],
    summary="""An entry that is repeated along an axis, whether the axis is new or had length 1, gets the sum of the
    cotangent along it.""",
    aliases=["broadcasting", "stretch", "sum over broadcast axes"],
    source=(document("T4"), *SOURCES),
)
_moved(
    "expand_dims",
    "The derivative of a new axis of length 1",
    lambda ops, x: ops.expand_dims(x, axis=1),
    plane,
    (i, j),
    lam(plane[i, j], i, z, j),
    (i, z, j),
    lambda g: g[i, 0, j],
    lambda v: v[i, j],
    summary="The axis is taken away again.",
    aliases=["newaxis", "unsqueeze"],
)
_moved(
    "squeeze",
    "The derivative of an axis of length 1 taken away",
    lambda ops, x: ops.squeeze(x, axis=1),
    array("x", A, 1, B),
    (i, z, j),
    lam(array("x", A, 1, B)[i, 0, j], i, j),
    (i, j),
    lambda g: g[i, j],
    lambda v: v[i, 0, j],
    summary="The axis is put in again.",
    aliases=["drop axis"],
)

# Two axes merged into one, row by row, and one split into two.

place, other = indices("m l", A * B)
merged_x, split_x = array("x", A, B), array("x", A * B)
merged_g, split_g = array("g", A * B), array("g", A, B)
merged_v, split_v = array("v", A, B), array("v", A * B)
row, column = floordiv(place, B), mod(place, B)
merged = lam(merged_x[row, column], place)
split = lam(split_x[i * B + j], i, j)


def _merge(ops: Any, x: Any, A: int, B: int) -> Any:
    return ops.reshape(x, shape=(A * B,))


def _split(ops: Any, x: Any, A: int, B: int) -> Any:
    return ops.reshape(x, shape=(A, B))


statement(
    "reshape.derivative",
    "The derivative of a reshape: axes merged, and an axis split",
    of="reshape",
    claims={
        "vjp of merging": eq(adjoint(merged, merged_x, merged_g)[i, j], merged_g[i * B + j]),
        "jvp of merging": eq(tangent(merged, merged_x, merged_v)[place], merged_v[row, column]),
        "vjp of splitting": eq(adjoint(split, split_x, split_g)[place], split_g[row, column]),
        "jvp of splitting": eq(tangent(split, split_x, split_v)[i, j], split_v[i * B + j]),
    },
    source=SOURCES,
    aliases=["reshape", "flatten", "ravel", "view", "row-major order", "C order"],
    summary="""Row by row, entry (i, j) of A rows of B is entry i B + j of the merged axis, and a division with remainder
    leads back. Each way is the adjoint of the other. Any reshape merges axes and splits them.""",
    symbols={
        "x": "the array",
        "g": "the cotangent of the output",
        "v": "a direction in x",
        "A": "the number of rows",
        "B": "their length",
    },
    engine=(
        vjp_of(_merge, merged, wrt=merged_x, cotangent=merged_g, claim="vjp of merging"),
        jvp_of(_merge, merged, wrt=merged_x, direction=merged_v, claim="jvp of merging", at=(place,)),
        vjp_of(_split, split, wrt=split_x, cotangent=split_g, claim="vjp of splitting"),
        jvp_of(_split, split, wrt=split_x, direction=split_v, claim="jvp of splitting", at=(i, j)),
    ),
)

# Entries moved along one axis: the last of x[i, n].

x = array("x", A, N)
(s,) = integers("s")

_moved(
    "flip",
    "The derivative of an axis turned round",
    lambda ops, x: ops.flip(x, axis=1),
    x,
    (i, n),
    lam(x[i, N - 1 - n], i, n),
    (i, n),
    lambda g: g[i, N - 1 - n],
    lambda v: v[i, N - 1 - n],
    summary="An axis turned round twice is as it was: the adjoint of a flip is the flip.",
    aliases=["reverse", "mirror"],
)
_moved(
    "roll",
    "The derivative of a roll",
    lambda ops, x, s: ops.roll(x, shift=s, axis=1),
    x,
    (i, n),
    lam(x[i, mod(n - s, N)], i, n),
    (i, n),
    lambda g: g[i, mod(n + s, N)],
    lambda v: v[i, mod(n - s, N)],
    summary="What is moved on by s places, round the end, is moved back by s places.",
    aliases=["cyclic shift", "circular shift", "rotate"],
    symbols={"s": "by how many places entries move on"},
    samples=_sampled("A N s", (0, 2, 1), (2, 0, 1), (1, 1, 1), (2, 3, 0), (1, 3, -4), (2, 4, 1)),
)
(tiled,) = indices("m", C * N)
_moved(
    "tile",
    "The derivative of an array laid out several times",
    lambda ops, x, C: ops.tile(x, (1, C)),
    x,
    (i, n),
    lam(x[i, mod(tiled, N)], i, tiled),
    (i, tiled),
    lambda g: Sum(g[i, k * N + n], k),
    lambda v: v[i, mod(tiled, N)],
    summary="Each entry gets the sum of the cotangents of its copies, which stand N places apart.",
    aliases=["repeat the whole"],
    symbols={"C": "how many times", "N": "the length of the axis"},
    samples=_sampled("A C N", (0, 2, 1), (1, 0, 2), (1, 2, 0), (1, 1, 1), (2, 2, 3), (1, 3, 2)),
)
(repeated,) = indices("m", N * C)
_moved(
    "repeat",
    "The derivative of each entry repeated",
    lambda ops, x, C: ops.repeat(x, C, axis=1),
    x,
    (i, n),
    lam(x[i, floordiv(repeated, C)], i, repeated),
    (i, repeated),
    lambda g: Sum(g[i, n * C + k], k),
    lambda v: v[i, floordiv(repeated, C)],
    summary="Each entry gets the sum of the cotangents of its copies, which stand side by side.",
    aliases=["repeat entries", "upsampling", "nearest neighbour"],
    symbols={"C": "how many times"},
    samples=_sampled("A C N", (0, 2, 1), (1, 0, 2), (1, 2, 0), (1, 1, 1), (2, 2, 3), (1, 3, 2)),
)

# Zeros put round an array, and taken off; arrays joined.

p, q = sizes("p q")
(wide,) = indices("m", p + N + q)
long = array("x", A, p + N + q)
BORDER = {"p": "how many stand before", "q": "how many stand after"}
BORDERS = _sampled("A N p q", (0, 2, 1, 1), (1, 0, 1, 2), (1, 1, 0, 0), (2, 3, 2, 1), (1, 2, 1, 3))

_moved(
    "pad",
    "The derivative of zeros put round an array",
    lambda ops, x, p, q: ops.pad(x, ((0, 0), (p, q))),
    x,
    (i, n),
    lam(x[i, wide - p], i, wide),
    (i, wide),
    lambda g: g[i, n + p],
    lambda v: v[i, wide - p],
    summary="The cotangent is cut to the array's place: what came back to the zeros is dropped.",
    aliases=["padding", "zero padding", "border"],
    symbols=BORDER,
    samples=BORDERS,
)
_moved(
    "cut",
    "The derivative of a border taken off",
    lambda ops, x, p, q: ops.cut(x, widths=((0, 0), (p, q))),
    long,
    (i, wide),
    lam(long[i, n + p], i, n),
    (i, n),
    lambda g: g[i, wide - p],
    lambda v: v[i, n + p],
    summary="The cotangent is put amid zeros, which stand where the border was.",
    aliases=["crop", "trim"],
    symbols=BORDER,
    samples=BORDERS,
)

(joint,) = indices("m", N + M)
first, second = array("x", A, N), array("w", A, M)
joined = lam(first[i, joint] + second[i, joint - N], i, joint)
joined_g = array("g", A, N + M)
first_v, second_v = array("v", A, N), array("u", A, M)


def _concat(ops: Any, x: Any, w: Any) -> Any:
    return ops.concat((x, w), axis=1)


statement(
    "concat.derivative",
    "The derivative of arrays joined along an axis",
    of="concat",
    claims={
        "vjp in the first": eq(adjoint(joined, first, joined_g)[i, n], joined_g[i, n]),
        "vjp in the second": eq(adjoint(joined, second, joined_g)[i, l], joined_g[i, l + N]),
        "jvp in the first": eq(tangent(joined, first, first_v)[i, joint], first_v[i, joint]),
        "jvp in the second": eq(tangent(joined, second, second_v)[i, joint], second_v[i, joint - N]),
    },
    source=SOURCES,
    aliases=["concatenate", "join", "append"],
    summary="""One array after another, each amid zeros where the other stands: the cotangent is cut where they meet. More
    than two are joined one after the other.""",
    symbols={
        "x": "the first array",
        "w": "the second",
        "g": "the cotangent of the joined array",
        "v": "a direction in x",
        "u": "a direction in w",
    },
    samples=_sampled("A M N", (0, 1, 2), (1, 0, 2), (1, 2, 0), (1, 1, 1), (2, 2, 3)),
    engine=(
        vjp_of(_concat, joined, wrt=first, cotangent=joined_g, claim="vjp in the first"),
        vjp_of(_concat, joined, wrt=second, cotangent=joined_g, claim="vjp in the second"),
        jvp_of(_concat, joined, wrt=first, direction=first_v, at=(i, joint), claim="jvp in the first"),
        jvp_of(_concat, joined, wrt=second, direction=second_v, at=(i, joint), claim="jvp in the second"),
    ),
)

(which,) = indices("t", 2)
top, bottom = arrays("x w", N)
stacked = lam(delta(which, 0) * top[n] + delta(which, 1) * bottom[n], which, n)
stacked_g = array("g", 2, N)
top_v, bottom_v = arrays("v u", N)


def _stack(ops: Any, x: Any, w: Any) -> Any:
    return ops.stack((x, w), axis=0)


statement(
    "stack.derivative",
    "The derivative of arrays laid one upon the other",
    of="stack",
    claims={
        "vjp in the first": eq(adjoint(stacked, top, stacked_g)[n], stacked_g[0, n]),
        "vjp in the second": eq(adjoint(stacked, bottom, stacked_g)[n], stacked_g[1, n]),
        "jvp in the first": eq(tangent(stacked, top, top_v)[which, n], delta(which, 0) * top_v[n]),
        "jvp in the second": eq(tangent(stacked, bottom, bottom_v)[which, n], delta(which, 1) * bottom_v[n]),
    },
    source=SOURCES,
    aliases=["new axis", "join along a new axis"],
    summary="Along the new axis stands one array after the other, and each gets back its slice of the cotangent.",
    symbols={
        "x": "the first array",
        "w": "the second",
        "g": "the cotangent of the stacked array",
        "v": "a direction in x",
        "u": "a direction in w",
        "t": "which of the two",
    },
    engine=(
        vjp_of(_stack, stacked, wrt=top, cotangent=stacked_g, claim="vjp in the first"),
        vjp_of(_stack, stacked, wrt=bottom, cotangent=stacked_g, claim="vjp in the second"),
        jvp_of(_stack, stacked, wrt=top, direction=top_v, at=(which, n), claim="jvp in the first"),
        jvp_of(_stack, stacked, wrt=bottom, direction=bottom_v, at=(which, n), claim="jvp in the second"),
    ),
)

# Any number of arrays, of one length: T of them, x[t] each.

T = size("T")
(each,) = indices("t", T)
(of_all,) = indices("m", T * N)
family_x, family_v, piled_g = arrays("x v g", T, N)
row_g = array("g", T * N)
piled = lam(family_x[each, n], each, n)
in_a_row = lam(family_x[floordiv(of_all, N), mod(of_all, N)], of_all)


def _pile(ops: Any, x: Any, T: int) -> Any:
    return ops.stack([ops.getitem(x, key=(k,)) for k in range(T)], axis=0)


def _row(ops: Any, x: Any, T: int) -> Any:
    return ops.concat([ops.getitem(x, key=(k,)) for k in range(T)], axis=0)


statement(
    "stack.many",
    "The derivative of any number of arrays laid one upon the other, or joined",
    of=("stack", "concat"),
    claims={
        "vjp of stacking": eq(adjoint(piled, family_x, piled_g)[each, n], piled_g[each, n]),
        "jvp of stacking": eq(tangent(piled, family_x, family_v)[each, n], family_v[each, n]),
        "vjp of joining": eq(adjoint(in_a_row, family_x, row_g)[each, n], row_g[each * N + n]),
        "jvp of joining": eq(
            tangent(in_a_row, family_x, family_v)[of_all], family_v[floordiv(of_all, N), mod(of_all, N)]
        ),
    },
    source=SOURCES,
    aliases=["concatenate", "new axis", "join", "list of arrays"],
    summary="""Of T arrays each gets back its slice of the cotangent: that of its number along the new axis, or its N places in
    the row. Arrays of several lengths are joined one after the other.""",
    symbols={
        "x": "the arrays, by their number",
        "g": "the cotangent of the result",
        "v": "a direction in the arrays",
        "T": "how many arrays",
        "N": "how long each is",
    },
    samples=_sampled("T N", (1, 0), (1, 1), (2, 3), (3, 2), (4, 1)),
    engine=(
        vjp_of(_pile, piled, wrt=family_x, cotangent=piled_g, claim="vjp of stacking"),
        jvp_of(_pile, piled, wrt=family_x, direction=family_v, at=(each, n), claim="jvp of stacking"),
        vjp_of(_row, in_a_row, wrt=family_x, cotangent=row_g, claim="vjp of joining"),
        jvp_of(_row, in_a_row, wrt=family_x, direction=family_v, at=(of_all,), claim="jvp of joining"),
    ),
)

# Margins of the array's own entries; a read outside the array is 0, so that of two places one at most counts.

margin_g = array("g", A, p + N + q)
inner, period = wide - p, 2 * N
turn, bounce = mod(inner, period), mod(inner, period - 2)
PADDED = {
    "edge": x[i, inner] + less(wide, p) * x[i, 0] + (1 - less(wide, p + N)) * x[i, N - 1],
    "wrap": x[i, mod(inner, N)],
    "symmetric": x[i, turn] + x[i, period - 1 - turn],
    "reflect": x[i, bounce] + (1 - delta(bounce, N - 1)) * x[i, period - 2 - bounce],
}
COUNTED = {
    "edge": delta(inner, n) + less(wide, p) * delta(n) + (1 - less(wide, p + N)) * delta(n, N - 1),
    "wrap": delta(mod(inner, N), n),
    "symmetric": delta(turn, n) + delta(period - 1 - turn, n),
    "reflect": delta(bounce, n) + (1 - delta(bounce, N - 1)) * delta(period - 2 - bounce, n),
}


def _with_margins(mode: str) -> Called:
    """Padding in a mode."""
    return lambda ops, x, p, q: ops.pad(x, ((0, 0), (p, q)), mode)


statement(
    "pad.modes",
    "The derivative of margins made of the array's own entries",
    of="take",
    claims={
        mode: eq(adjoint(lam(PADDED[mode], i, wide), x, margin_g)[i, n], Sum(margin_g[i, wide] * COUNTED[mode], wide))
        for mode in PADDED
    },
    source=SOURCES,
    aliases=[
        "padding",
        "edge",
        "replicate",
        "wrap",
        "circular",
        "symmetric",
        "reflect",
        "mirror",
        "boundary condition",
    ],
    summary="""Every place of the padded array holds an entry of the array: the nearest (edge), that of the other end (wrap), or a
    mirror image, beyond the outermost entry (symmetric) or at it (reflect), again and again. An entry gets the cotangents
    of all its copies.""",
    symbols={
        "x": "the array",
        "g": "the cotangent of the padded array",
        **BORDER,
    },
    samples=_sampled("A N p q", (0, 2, 1, 1), (1, 2, 0, 0), (2, 3, 2, 1), (1, 2, 3, 4), (1, 4, 9, 5)),
    engine=tuple(
        vjp_of(_with_margins(mode), lam(PADDED[mode], i, wide), wrt=x, cotangent=margin_g, claim=mode)
        for mode in PADDED
    ),
)
