"""The right side of an equality in the notation of matrices: products, transposes, diagonals, entrywise products.

Sums of products of vectors and matrices are read as graphs, an index a node and a matrix an edge: a path is a product of
matrices, what hangs from a path is a vector on a diagonal, two parts that do not meet are an outer product. Each form is also
computed in NumPy, operation for operation as it is written, so that a test can compare it with the statement.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from gradatlas.symbolic.evaluate import Assignment, evaluate
from gradatlas.symbolic.latex import latex, symbol_latex
from gradatlas.symbolic.terms import (
    Add,
    Array,
    Call,
    Delta,
    Index,
    Mul,
    Num,
    Pos,
    Pow,
    Read,
    Summation,
    Term,
    add,
    bind,
    free_variables,
    fresh_index,
    mul,
    opened,
)

__all__ = ["MatrixForm", "NotAMatrixError", "matrix_form"]

SUM, PRODUCT, RAISED, ATOM = range(4)
LONGEST: Final = 220  # characters of LaTeX
Computed = Callable[[Assignment], Any]


class NotAMatrixError(ValueError):
    """A term that is not made of scalars, vectors and matrices, or whose sums are no products of these."""


@dataclass(frozen=True)
class MatrixForm:
    """An expression in LaTeX, how tightly it holds together, and its value at an assignment, computed as it is written."""

    latex: str
    strength: int
    value: Computed
    plain: bool = True  # whether no product of matrices or vectors has been written so far
    negated: bool = False  # whether it is a product with a minus in front

    def wrapped(self, strength: int) -> str:
        return self.latex if self.strength >= strength else rf"\left({self.latex}\right)"


def matrix_form(value: Term, axes: Sequence[Index]) -> MatrixForm | None:
    """The term over these indices in matrix notation; None where it has no such form, or where it would have no product."""
    if len(axes) > 2:
        return None
    try:
        found = _form(value, tuple(axes), tuple(axes))
    except NotAMatrixError:
        return None
    return None if found.plain or len(found.latex) > LONGEST else found


def _dependence(value: Term, scope: Sequence[Index]) -> tuple[Index, ...]:
    free = free_variables(value)
    return tuple(index for index in scope if index in free)


def _form(value: Term, axes: tuple[Index, ...], scope: tuple[Index, ...]) -> MatrixForm:
    """The value as an array over just these axes. scope: all indices that are variables here."""
    if set(_dependence(value, scope)) - set(axes):
        raise NotAMatrixError("it depends on more indices than its axes")
    if isinstance(value, Add):
        return _sum([_form(arg, axes, scope) for arg in value.args])
    inside = _dependence(value, axes)
    if len(inside) < len(axes):
        return _spread(_form(value, inside, scope), inside, axes)
    if isinstance(value, Mul | Summation):
        return _product(value, axes, scope)
    return _atom(value, axes, scope)


def _sum(parts: Sequence[MatrixForm]) -> MatrixForm:
    text = parts[0].latex
    for part in parts[1:]:
        text += f" - {part.latex[1:]}" if part.latex.startswith("-") else f" + {part.latex}"
    return MatrixForm(text, SUM, lambda a: sum(part.value(a) for part in parts), all(part.plain for part in parts))


def _spread(part: MatrixForm, inside: tuple[Index, ...], axes: tuple[Index, ...]) -> MatrixForm:
    """A scalar as a constant vector or matrix, a vector as a matrix of equal rows or columns."""
    sizes = [axis.size for axis in axes]
    ones = r"\mathbf{1}"

    def length(a: Assignment, n: int) -> int:
        return int(evaluate(sizes[n], a, 15))

    front = (
        part.latex.removesuffix("1")
        if part.latex in ("1", "-1")
        else f"{part.latex} \\, "
        if part.negated
        else f"{part.wrapped(PRODUCT)} \\, "
    )
    if len(axes) == 1:
        return MatrixForm(front + ones, PRODUCT, lambda a: part.value(a) * np.ones(length(a, 0)), part.plain)
    if not inside:
        whole = rf"{ones} {ones}^{{\mathsf T}}"
        return MatrixForm(
            front + whole, PRODUCT, lambda a: part.value(a) * np.ones((length(a, 0), length(a, 1))), part.plain
        )
    if inside[0] is axes[0]:
        return MatrixForm(
            rf"{part.wrapped(RAISED)} {ones}^{{\mathsf T}}",
            PRODUCT,
            lambda a: np.outer(part.value(a), np.ones(length(a, 1))),
            False,
        )
    return MatrixForm(
        rf"{ones} {part.wrapped(RAISED)}^{{\mathsf T}}",
        PRODUCT,
        lambda a: np.outer(np.ones(length(a, 0)), part.value(a)),
        False,
    )


def _entries(value: Term, axes: tuple[Index, ...]) -> Computed:
    """A part that is no product, computed entry by entry."""
    whole = bind.lam(value, *axes) if axes else value

    def computed(a: Assignment) -> Any:
        sizes = [int(evaluate(axis.size, a, 15)) for axis in axes]
        found = evaluate(whole, a, 20)
        return np.array(found, dtype=object).astype(float).reshape(sizes) if axes else float(found)

    return computed


def _atom(value: Term, axes: tuple[Index, ...], scope: tuple[Index, ...]) -> MatrixForm:
    computed = _entries(value, axes)
    if not axes:
        text = latex(value)
        return MatrixForm(text, SUM if isinstance(value, Add) else ATOM, computed)
    match value:
        case Read() if all(isinstance(i, Index) and i in scope for i in value.indices):
            return _named(_letter(value.array), tuple(i for i in value.indices if isinstance(i, Index)), axes, computed)
        case Call() if value.head.definition is not None:
            places = tuple(a for a in value.args if isinstance(a, Index) and a in scope)
            if any(set(_dependence(a, scope)) and not isinstance(a, Index) for a in value.args):
                raise NotAMatrixError("a definition called with something computed")
            return _named(value.head.latex or symbol_latex(value.head.name), places, axes, computed)
        case Call() if len(value.args) == 1 and not value.shape and value.below is None:
            inside = _form(value.args[0], axes, scope)
            name = value.head.latex or {"abs": r"\mathrm{abs}", "cbrt": r"\mathrm{cbrt}"}.get(
                value.head.name, "\\" + value.head.name
            )
            if value.head.name == "sqrt":
                return MatrixForm(rf"\sqrt{{{inside.latex}}}", ATOM, computed, inside.plain)
            if not name.startswith("\\") or value.head.definition is not None:
                raise NotAMatrixError("an abstract function")
            return MatrixForm(rf"{name}\left({inside.latex}\right)", ATOM, computed, inside.plain)
        case Pow():
            inside = _form(value.base, axes, scope)
            return MatrixForm(rf"{inside.wrapped(ATOM)}^{{\circ {value.exponent}}}", RAISED, computed, inside.plain)
        case Delta() if len(axes) == 2 and value.arg in (
            add(axes[0], mul(-1, axes[1])),
            add(axes[1], mul(-1, axes[0])),
        ):
            return MatrixForm("I", ATOM, computed)
        case Pos():
            inside = _form(value.arg, axes, scope)
            return MatrixForm(rf"\left[{inside.latex} > 0\right]", ATOM, computed, inside.plain)
        case _:
            raise NotAMatrixError(f"{type(value).__name__} has no matrix notation")


def _letter(array: Term) -> str:
    if isinstance(array, Array) and not array.params:
        return symbol_latex(array.name)
    if isinstance(array, Call) and array.head.definition is not None:
        return array.head.latex or symbol_latex(array.head.name)
    raise NotAMatrixError("an array without a name")


def _named(letter: str, places: tuple[Index, ...], axes: tuple[Index, ...], computed: Computed) -> MatrixForm:
    if len(set(places)) < len(places):
        return MatrixForm(rf"\mathrm{{diag}}({letter})", ATOM, computed, False)
    if places == axes:
        return MatrixForm(letter, ATOM, computed)
    if places == axes[::-1]:
        return MatrixForm(rf"{letter}^{{\mathsf T}}", RAISED, computed)
    raise NotAMatrixError("an array with further axes")


# Products


class _Graph:
    """A product of scalars, vectors and matrices: vectors at their index, matrices between two, to be summed over some."""

    def __init__(self, summed: set[Index]) -> None:
        self.summed = summed
        self.vectors: dict[Index, list[MatrixForm]] = {}
        self.edges: dict[frozenset[Index], tuple[Index, Index, list[MatrixForm]]] = {}
        self.visited: set[Index] = set()

    def neighbours(self, index: Index) -> list[Index]:
        return [next(iter(pair - {index})) for pair in self.edges if index in pair]

    def matrix(self, rows: Index, columns: Index) -> MatrixForm:
        first, _second, forms = self.edges[frozenset((rows, columns))]
        whole = _entrywise(forms)
        if first is rows:
            return whole
        bare = whole.latex.removesuffix(r"^{\mathsf T}")
        text = bare if bare != whole.latex else rf"{whole.wrapped(ATOM)}^{{\mathsf T}}"
        return MatrixForm(text, ATOM if bare != whole.latex else RAISED, lambda a: whole.value(a).T, whole.plain)

    def vector(self, index: Index, before: Sequence[Index] = (), own: bool = True) -> MatrixForm | None:
        """What hangs from an index, as a vector over it; None for the vector of ones. before: indices to leave out."""
        if index in self.visited:
            raise NotAMatrixError("the product has a cycle")
        self.visited.add(index)
        parts = list(self.vectors.get(index, ())) if own else []
        for other in self.neighbours(index):
            if other in before:
                continue
            if other not in self.summed:
                raise NotAMatrixError("a free index inside")
            inner = self.vector(other, (index,))
            parts.append(_applied(self.matrix(index, other), inner, other))
        return _entrywise(parts) if parts else None

    def path(self, start: Index, end: Index, before: tuple[Index, ...] = ()) -> list[Index] | None:
        if start is end:
            return [start]
        for other in self.neighbours(start):
            if other not in before and (other is end or other in self.summed):
                rest = self.path(other, end, (*before, start))
                if rest is not None:
                    return [start, *rest]
        return None

    def chain(self, path: Sequence[Index]) -> MatrixForm:
        """The product of matrices along a path, with what hangs from it on diagonals."""
        parts: list[MatrixForm] = []
        for place, index in enumerate(path):
            beside = [path[n] for n in (place - 1, place + 1) if 0 <= n < len(path)]
            hanging = self.vector(index, beside)
            if hanging is not None:
                parts.append(_diagonal(hanging))
            if place + 1 < len(path):
                parts.append(self.matrix(index, path[place + 1]))
        return _matrix_product(parts)

    def scalar(self, root: Index) -> MatrixForm:
        """The sum over everything that is joined to an index."""
        others = self.neighbours(root)
        if len(others) == 1 and not self.vectors.get(root) and not self.vectors.get(others[0]):
            first, second, forms = self.edges[frozenset((root, others[0]))]
            if len(forms) == 2 and self.neighbours(others[0]) == [root]:
                self.visited |= {first, second}
                a, b = forms
                text = rf"\left\langle {a.latex}, {b.latex} \right\rangle_{{\mathsf F}}"
                return MatrixForm(text, ATOM, lambda v: np.sum(a.value(v) * b.value(v)), False)
        own = self.vectors.get(root, [])
        if own and (len(own) > 1 or others):
            left, rest = own[0], own[1:]
            hanging = self.vector(root, own=False)
            right = _entrywise([*rest, *([hanging] if hanging is not None else [])])
            text = rf"{left.wrapped(ATOM)}^{{\mathsf T}} {right.wrapped(PRODUCT)}"
            return MatrixForm(text, PRODUCT, lambda a: left.value(a) @ right.value(a), False)
        whole = self.vector(root)
        if whole is None:
            raise NotAMatrixError("nothing to sum")
        return MatrixForm(
            rf"\mathbf{{1}}^{{\mathsf T}} {whole.wrapped(PRODUCT)}", PRODUCT, lambda a: np.sum(whole.value(a)), False
        )


def _entrywise(parts: Sequence[MatrixForm]) -> MatrixForm:
    if len(parts) == 1:
        return parts[0]
    text = r" \odot ".join(part.wrapped(RAISED) for part in parts)

    def value(a: Assignment) -> Any:
        found = parts[0].value(a)
        for part in parts[1:]:
            found = found * part.value(a)
        return found

    return MatrixForm(text, SUM, value, all(part.plain for part in parts))


def _applied(matrix: MatrixForm, vector: MatrixForm | None, over: Index) -> MatrixForm:
    if vector is None:
        return MatrixForm(
            rf"{matrix.wrapped(PRODUCT)} \mathbf{{1}}", PRODUCT, lambda a: matrix.value(a).sum(axis=1), False
        )
    return MatrixForm(
        f"{matrix.wrapped(PRODUCT)} {vector.wrapped(PRODUCT)}",
        PRODUCT,
        lambda a: matrix.value(a) @ vector.value(a),
        False,
    )


def _diagonal(vector: MatrixForm) -> MatrixForm:
    return MatrixForm(
        rf"\mathrm{{diag}}\left({vector.latex}\right)", ATOM, lambda a: np.diag(np.atleast_1d(vector.value(a))), False
    )


def _matrix_product(parts: Sequence[MatrixForm]) -> MatrixForm:
    if len(parts) == 1:
        return parts[0]

    def value(a: Assignment) -> Any:
        found = parts[0].value(a)
        for part in parts[1:]:
            found = found @ part.value(a)
        return found

    return MatrixForm(" ".join(part.wrapped(PRODUCT) for part in parts), PRODUCT, value, False)


def _product(value: Term, axes: tuple[Index, ...], scope: tuple[Index, ...]) -> MatrixForm:
    factors: list[Term] = []
    summed: list[Index] = []
    stack = [value]
    while stack:
        top = stack.pop(0)
        if isinstance(top, Mul):
            stack[:0] = top.args
        elif isinstance(top, Summation) and (value is top or _alone(top, value)):
            index = fresh_index(top.size)
            summed.append(index)
            stack.insert(0, opened(top.body, index))
        else:
            factors.append(top)
    inner = (*scope, *summed)
    graph = _Graph(set(summed))
    scalars: list[Term] = []
    sums: list[MatrixForm] = []
    for factor in factors:
        where = _dependence(factor, inner)
        if len(where) == 0:
            if isinstance(factor, Summation):
                sums.append(_form(factor, (), inner))
            else:
                scalars.append(factor)
        elif len(where) == 1:
            graph.vectors.setdefault(where[0], []).append(_form(factor, where, inner))
        elif len(where) == 2:
            rows, columns = _as_stored(factor, where)
            known = graph.edges.setdefault(frozenset(where), (rows, columns, []))
            known[2].append(_form(factor, (known[0], known[1]), inner))
        else:
            raise NotAMatrixError("a factor with three indices")
    core = _core(graph, axes, summed)
    named = {index for pair in graph.edges for index in pair} | set(graph.vectors)
    scalars += [index.size for index in summed if index not in named]
    for root in summed:
        if root in named and root not in graph.visited:
            sums.append(graph.scalar(root))
    return _scaled(mul(*scalars) if scalars else Num(1), sums, core)


def _as_stored(factor: Term, where: tuple[Index, ...]) -> tuple[Index, ...]:
    """The two indices of a factor in the order of the axes of the array that it reads."""
    places = factor.indices if isinstance(factor, Read) else factor.args if isinstance(factor, Call) else ()
    found = tuple(i for i in places if isinstance(i, Index) and i in where)
    return found if len(found) == 2 and found[0] is not found[1] else where


def _alone(inner: Term, outer: Term) -> bool:
    """Whether a sum is the only one in its product: its index then runs over the whole product, which changes nothing."""
    return isinstance(outer, Summation) or (
        isinstance(outer, Mul) and len([a for a in outer.args if isinstance(a, Summation)]) == 1
    )


def _core(graph: _Graph, axes: tuple[Index, ...], summed: Sequence[Index]) -> MatrixForm | None:
    if not axes:
        return None
    if len(axes) == 1:
        found = graph.vector(axes[0])
        if found is None:
            raise NotAMatrixError("an axis that nothing has")
        return found
    path = graph.path(axes[0], axes[1])
    if path is not None:
        return graph.chain(path)
    left, right = (graph.vector(axis) for axis in axes)
    if left is None or right is None:
        raise NotAMatrixError("an axis that nothing has")
    return MatrixForm(
        rf"{left.wrapped(PRODUCT)} \, {right.wrapped(ATOM)}^{{\mathsf T}}",
        PRODUCT,
        lambda a: np.outer(left.value(a), right.value(a)),
        False,
    )


def _scaled(scalar: Term, sums: Sequence[MatrixForm], core: MatrixForm | None) -> MatrixForm:
    parts = [*sums, *([core] if core is not None else [])]
    negative = isinstance(scalar, Num) and scalar.value == -1
    if isinstance(scalar, Num) and scalar.value == 1 and len(parts) == 1:
        return parts[0]
    if not parts:
        return MatrixForm(latex(scalar), PRODUCT, _entries(scalar, ()))
    front = "-" if negative else "" if isinstance(scalar, Num) and scalar.value == 1 else latex(scalar)
    if isinstance(scalar, Add):
        front = rf"\left({front}\right)"
    number = _entries(scalar, ())

    def value(a: Assignment) -> Any:
        found = number(a)
        for part in parts:
            found = found * part.value(a)
        return found

    inside = [
        rf"\left({part.latex}\right)" if len(parts) > 1 and part.strength < ATOM else part.wrapped(PRODUCT)
        for part in parts[:-1]
    ]
    text = r" \, ".join([*inside, parts[-1].wrapped(PRODUCT)])
    joined = front + text if negative else (rf"{front} \, {text}" if front else text)
    return MatrixForm(joined, PRODUCT if not negative else SUM, value, all(p.plain for p in parts), negative)
