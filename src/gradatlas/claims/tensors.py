"""Claims about tensors: what a rank is, what acts entry by entry, and the four printed results, in exact fractions."""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction

import numpy as np

from gradatlas import xp
from gradatlas.claims.statement import Run, claim

__all__ = [
    "added",
    "axes",
    "broadcasting",
    "difference",
    "one_axis",
    "product",
    "quotient",
    "ranks",
    "transpose",
]

A = [[1, 2], [3, 4]]
B = [5, 6]


def _rank(matrix: list[list[int]]) -> int:
    """The number of independent rows, by elimination in fractions."""
    rows = [[Fraction(entry) for entry in row] for row in matrix]
    rank = 0
    for column in range(len(rows[0])):
        pivot = next((i for i in range(rank, len(rows)) if rows[i][column]), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        for i in range(rank + 1, len(rows)):
            factor = rows[i][column] / rows[rank][column]
            rows[i] = [a - factor * b for a, b in zip(rows[i], rows[rank], strict=True)]
        rank += 1
    return rank


@claim(
    "T1.axes",
    "An array of shape $(n_1, \\ldots, n_d)$ has $d$ axes and $n_1 \\cdots n_d$ entries; with $d = 0$ it is one "
    "number.",
    verdict="holds",
    by="exact computation",
)
def axes(run: Run) -> None:
    rows = []
    for shape in ((), (3,), (2, 3), (2, 3, 4), (2, 0, 4)):
        array = xp.zeros(shape)
        product = 1
        for length in shape:
            product *= length
        run.expect(
            f"axes and entries of an array of shape {shape}", [array.ndim, array.size], "=", [len(shape), product]
        )
        rows.append([str(shape), int(array.ndim), int(array.size)])
    run.table("Arrays of the engine", ["shape", "axes", "entries"], rows)


@claim(
    "T1.ranks",
    "There are arrays of two axes whose rank as matrices is 0, is 1 and is 2: the number of axes is not the rank "
    "of a matrix.",
    verdict="holds",
    by="exact computation",
)
def ranks(run: Run) -> None:
    rows = []
    for rank, matrix in enumerate(([[0, 0], [0, 0]], [[1, 2], [2, 4]], [[1, 2], [3, 4]])):
        run.given("axes", np.asarray(matrix).ndim, "=", 2)
        run.expect(f"independent rows of {matrix}", _rank(matrix), "=", rank)
        rows.append([str(matrix), int(np.asarray(matrix).ndim), _rank(matrix)])
    run.table("The two meanings of rank", ["matrix", "axes", "rank as a matrix"], rows)


@claim(
    "T3.entrywise",
    "Each entry of the transpose of a square matrix is found from the entry at the same place.",
    verdict="refuted",
    by="counterexample",
)
def transpose(run: Run) -> None:
    one, other = [[1, 2], [3, 4]], [[1, 2], [5, 4]]
    flipped = [np.asarray(xp.permute_dims(np.asarray(matrix), (1, 0))).tolist() for matrix in (one, other)]
    run.given("the entries at (0, 1) of two matrices", one[0][1], "=", other[0][1])
    run.expect("the entries at (0, 1) of their transposes", flipped[0][0][1], "=", flipped[1][0][1])
    run.table("Two matrices that agree at (0, 1)", ["matrix", "transpose"], [[one, flipped[0]], [other, flipped[1]]])


@claim(
    "T4.entrywise",
    "A broadcast array has as many entries as before, each found from the entry at its place.",
    verdict="refuted",
    by="counterexample",
)
def broadcasting(run: Run) -> None:
    row = np.asarray(B)
    wide = np.asarray(xp.broadcast_to(row, (2, 2)))
    run.expect("entries of [5, 6] broadcast to two rows", wide.size, "=", int(row.size))
    run.table("A row broadcast to a matrix", ["before", "after"], [[row, wide]])


def _entries(run: Run, does: Callable[[Fraction, Fraction], Fraction], sign: str, printed: list[list[str]]) -> None:
    """Compare a printed result with the right one, in fractions, and with what the engine computes."""
    right = [[does(Fraction(a), Fraction(b)) for a, b in zip(row, B, strict=True)] for row in A]
    seen = np.asarray(does(xp.asarray(np.asarray(A, dtype=float)), xp.asarray(np.asarray(B, dtype=float))))  # type: ignore[arg-type]
    run.given(
        "entries where the engine, in float64, is not the number nearest to the right one",
        sum(float(right[i][j]) != seen[i, j] for i in range(2) for j in range(2)),
        "=",
        0,
    )
    run.expect(f"A {sign} B", right, "=", [[Fraction(entry) for entry in row] for row in printed])
    places = [(i, j) for i in range(2) for j in range(2)]
    run.table(
        "Each entry",
        ["place", "computed as", "right", "printed", "printed right"],
        [
            [
                f"({i}, {j})",
                f"{A[i][j]} {sign} {B[j]}",
                right[i][j],
                printed[i][j],
                right[i][j] == Fraction(printed[i][j]),
            ]
            for i, j in places
        ],
    )


@claim(
    "T5.sum",
    "For $A = [[1, 2], [3, 4]]$ and $B = [5, 6]$, $A + B = [[6, 8], [8, 10]]$.",
    verdict="holds",
    by="exact computation",
)
def added(run: Run) -> None:
    _entries(run, operator.add, "+", [["6", "8"], ["8", "10"]])


@claim(
    "T6.difference",
    "For $A = [[1, 2], [3, 4]]$ and $B = [5, 6]$, $A - B = [[4, 6], [2, 4]]$.",
    verdict="refuted",
    by="exact computation",
)
def difference(run: Run) -> None:
    _entries(run, operator.sub, "-", [["4", "6"], ["2", "4"]])


@claim(
    "T7.product",
    "For $A = [[1, 2], [3, 4]]$ and $B = [5, 6]$, $A * B = [[5, 12], [15, 24]]$, entry by entry.",
    verdict="holds",
    by="exact computation",
)
def product(run: Run) -> None:
    _entries(run, operator.mul, "*", [["5", "12"], ["15", "24"]])


@claim(
    "T8.quotient",
    "For $A = [[1, 2], [3, 4]]$ and $B = [5, 6]$, $A / B = [[0.4, 0.6], [0.6, 0.8]]$.",
    verdict="refuted",
    by="exact computation",
)
def quotient(run: Run) -> None:
    _entries(run, operator.truediv, "/", [["0.4", "0.6"], ["0.6", "0.8"]])


@claim(
    "T9.axes", "Every array has one axis, and every tensor more than one.", verdict="refuted", by="exact computation"
)
def one_axis(run: Run) -> None:
    run.expect("axes of the array A of the document's program", np.array(A).ndim, "=", 1)
    run.expect("axes of the row B, which it calls a tensor of one dimension", np.array(B).ndim, ">", 1)
    run.table(
        "The document's own arrays",
        ["name", "shape", "axes"],
        [["A", "(2, 2)", np.array(A).ndim], ["B", "(2,)", np.array(B).ndim]],
    )
