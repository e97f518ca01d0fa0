"""Rows of the ledger: tensors."""

from __future__ import annotations

from typing import Final

from gradatlas.formulas.ledger.row import Row

__all__ = ["ROWS"]

PART: Final = "Tensors"

ROWS: Final = (
    Row(
        "T1",
        "F",
        PART,
        "tensors, their shape and their rank",
        where=("004 2, 3.1, 3.1.1",),
        says="A tensor is an array of real numbers along $d$ axes of the lengths $n_1$ to $n_d$, and $d$ is called "
        "its rank.",
        latex=r"T \in \mathbb{R}^{n_1 \times n_2 \times \cdots \times n_d}",
        verdict="proven",
        ruling="As a definition it stands. The word rank has a second meaning, though: the rank of a matrix is the "
        "number of its independent rows, and a matrix of two axes can have any rank from 0 up. Here $d$ is called "
        "the number of axes, or the order.",
        claims=("T1.axes", "T1.ranks"),
    ),
    Row(
        "T2",
        "A",
        PART,
        "elementwise addition, subtraction, multiplication and division",
        where=("004 3.1.1",),
        says="Tensors are added, subtracted, multiplied and divided entry by entry.",
        ruling="The derivatives of all four are proven for arrays of every shape. Where the shapes differ, the "
        "smaller array is repeated first, and its gradient is the sum over what was repeated.",
        formulas=("kind.elementwise", "kind.broadcast", "add.derivative", "multiply.derivative", "divide.derivative"),
    ),
    Row(
        "T3",
        "A",
        PART,
        "the transpose as a permutation of axes",
        where=("004 3.1.1",),
        says="The transpose of a tensor is taken entry by entry.",
        verdict="corrected",
        ruling="A transpose moves entries to other places and changes none: it permutes the axes. Its gradient is "
        "moved back by the inverse permutation, which is proven for every permutation of axes.",
        formulas=("permute-dims.derivative", "matrix-transpose.derivative"),
        claims=("T3.entrywise",),
    ),
    Row(
        "T4",
        "A",
        PART,
        "broadcasting, and the sum that undoes it",
        where=("004 3.1.1",),
        says="A tensor is broadcast entry by entry.",
        verdict="corrected",
        ruling="Broadcasting repeats an array along axes that it does not have, or has with length 1, so that its "
        "shape fits another. It is a linear map, and its adjoint is the sum over the repeated axes, proven for "
        "every shape.",
        formulas=("kind.broadcast", "broadcast-to.derivative"),
        claims=("T4.entrywise",),
    ),
    Row(
        "T5",
        "N",
        PART,
        "a printed sum of a matrix and a row",
        where=("004 3.1.2",),
        says="For $A = [[1, 2], [3, 4]]$ and $B = [5, 6]$ the sum $A + B$ is printed as $[[6, 8], [8, 10]]$.",
        verdict="proven",
        ruling="The printed sum is right: $B$ is added to each row of $A$.",
        claims=("T5.sum",),
    ),
    Row(
        "T6",
        "N",
        PART,
        "a printed difference of a matrix and a row",
        where=("004 3.1.2",),
        says="For the same $A$ and $B$ the difference $A - B$ is printed as $[[4, 6], [2, 4]]$.",
        verdict="refuted",
        ruling="Every entry is wrong. The difference is $[[-4, -4], [-2, -2]]$: the program that is printed there "
        "gives it too.",
        claims=("T6.difference",),
    ),
    Row(
        "T7",
        "N",
        PART,
        "a printed product of a matrix and a row, entry by entry",
        where=("004 3.1.2",),
        says="For the same $A$ and $B$ the product $A * B$ is printed as $[[5, 12], [15, 24]]$.",
        verdict="proven",
        ruling="The printed product is right: each row of $A$ is multiplied by $B$, entry by entry. It is no "
        "matrix product.",
        claims=("T7.product",),
    ),
    Row(
        "T8",
        "N",
        PART,
        "a printed quotient of a matrix and a row",
        where=("004 3.1.2",),
        says="For the same $A$ and $B$ the quotient $A / B$ is printed as $[[0.4, 0.6], [0.6, 0.8]]$.",
        verdict="refuted",
        ruling="Three of the four entries are wrong. The quotient is $[[1/5, 1/3], [3/5, 2/3]]$, and only the "
        "first entry of the second row, $3/5$, is printed right.",
        claims=("T8.quotient",),
    ),
    Row(
        "T9",
        "Q",
        PART,
        "whether arrays have one axis and tensors many",
        where=("004 6",),
        says="What is the difference of a tensor and an array? An array is said to have one axis, and a tensor many.",
        verdict="refuted",
        ruling="In programs the two words name one thing. An array has as many axes as it has, none, one or "
        "several, and the document's own arrays have two and one. (In geometry a tensor is more: it says how its "
        "entries change with the basis.)",
        claims=("T9.axes",),
    ),
)
