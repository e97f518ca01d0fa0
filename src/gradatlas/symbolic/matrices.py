"""An algebra of matrices on top of the checker's rules: products that do not commute, transposes, inverses, projections.

Nothing here is trusted. A matrix is its shape and its entry at two indices, so that every expression stands for sums over
indices; an equation between matrices is a theorem about their entries at two arbitrary indices; and every way to get one from
others (multiply from both sides, transpose, take multiples and add, differentiate) ends in rules that the checker has anyway.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from gradatlas.symbolic import checker
from gradatlas.symbolic.canonical import canonical
from gradatlas.symbolic.checker.theorem import Theorem
from gradatlas.symbolic.errors import ProofError
from gradatlas.symbolic.language import delta, less
from gradatlas.symbolic.propositions import (
    Eq,
    ForAll,
    Implies,
    Lt,
    Proposition,
    eq,
    for_all,
    fresh_for,
    implies,
    le,
    lt,
    ne,
    open_for_all,
    substitute_in,
)
from gradatlas.symbolic.tactics import by_sign, opened_theorem, right_side
from gradatlas.symbolic.terms import (
    ONE,
    ZERO,
    Array,
    Delta,
    Index,
    Num,
    Pos,
    Term,
    TermLike,
    bind,
    fresh_array,
    fresh_index,
    fresh_symbol,
    loose,
    power,
    read,
    shape_of,
    term,
    walk,
)

__all__ = [
    "Equation",
    "Matrix",
    "Vanishing",
    "above",
    "algebra",
    "at_centre",
    "ball",
    "below_diagonal",
    "between",
    "by_order",
    "derivatives_agree",
    "diagonal",
    "differentiated",
    "divided",
    "entrywise",
    "equation",
    "given",
    "identity",
    "is_identity",
    "is_inverse",
    "is_lower",
    "is_upper",
    "matrix",
    "multiplied",
    "near",
    "never_both",
    "not_below",
    "part",
    "phi",
    "same",
    "strictly_lower",
    "summed",
    "triangular_split",
    "trichotomy",
    "unit",
    "upper",
    "vanishing",
    "vanishing_part",
    "vanishing_product",
]


Bracket: TypeAlias = Callable[[Term, Term], Term]

# Matrices.


@dataclass(frozen=True)
class Matrix:
    """A matrix of symbolic size: its rows, its columns, and its entry as a term in two index variables."""

    rows: Term
    columns: Term
    entry: Callable[[Term, Term], Term]

    def __getitem__(self, at: tuple[Term, Term]) -> Term:
        return self.entry(*at)

    def __matmul__(self, other: Matrix) -> Matrix:
        if self.columns is not other.rows:
            raise ValueError(f"a product of {self.columns!r} columns with {other.rows!r} rows")

        def product(i: Term, j: Term) -> Term:
            k = fresh_index(self.columns, "k")
            return bind.sum(self[i, k] * other[k, j], k)

        return Matrix(self.rows, other.columns, product)

    def __add__(self, other: Matrix) -> Matrix:
        return self._with(other, lambda a, b: a + b)

    def __sub__(self, other: Matrix) -> Matrix:
        return self._with(other, lambda a, b: a - b)

    def __neg__(self) -> Matrix:
        return self * -1

    def __mul__(self, factor: TermLike) -> Matrix:
        return Matrix(self.rows, self.columns, lambda i, j: term(factor) * self[i, j])

    __rmul__ = __mul__

    def hadamard(self, other: Matrix) -> Matrix:
        """The product entry by entry."""
        return self._with(other, lambda a, b: a * b)

    def _with(self, other: Matrix, join: Callable[[Term, Term], Term]) -> Matrix:
        if (self.rows, self.columns) != (other.rows, other.columns):
            raise ValueError(f"shapes {self.rows, self.columns} and {other.rows, other.columns} do not fit")
        return Matrix(self.rows, self.columns, lambda i, j: join(self[i, j], other[i, j]))

    @property
    def T(self) -> Matrix:
        """The transpose."""
        return Matrix(self.columns, self.rows, lambda i, j: self[j, i])

    def lam(self) -> Term:
        """The matrix as an array-valued term."""
        i, j = self.indices()
        return bind.lam(self[i, j], i, j)

    def indices(self) -> tuple[Index, Index]:
        """Two index variables that occur nowhere else."""
        return fresh_index(self.rows, "i"), fresh_index(self.columns, "j")


def matrix(value: Term) -> Matrix:
    """An array of two axes as a matrix."""
    rows, columns = shape_of(value)
    return Matrix(rows, columns, lambda i, j: read(value, i, j))


def identity(n: Term) -> Matrix:
    """The identity, Kronecker's delta."""
    return Matrix(n, n, delta)


def diagonal(values: Term) -> Matrix:
    """The diagonal matrix of a vector."""
    (n,) = shape_of(values)
    return Matrix(n, n, lambda i, j: delta(i, j) * read(values, i))


def phi(value: Matrix) -> Matrix:
    """The lower triangle with the diagonal halved: what is left of M + M^T when M is lower triangular."""
    return Matrix(value.rows, value.columns, lambda i, j: (less(j, i) + delta(i, j) / 2) * value[i, j])


def strictly_lower(value: Matrix) -> Matrix:
    """The part below the diagonal."""
    return Matrix(value.rows, value.columns, lambda i, j: less(j, i) * value[i, j])


def upper(value: Matrix) -> Matrix:
    """The part on and above the diagonal."""
    return Matrix(value.rows, value.columns, lambda i, j: (1 - less(j, i)) * value[i, j])


# What is claimed of matrices.


def same(left: Matrix, right: Matrix) -> Proposition:
    """left = right, for every entry."""
    i, j = left.indices()
    return for_all(eq(left[i, j], right[i, j]), i, j)


def is_identity(value: Matrix) -> Proposition:
    """The matrix is the identity."""
    return same(value, identity(value.rows))


def is_inverse(inverse: Matrix, of: Matrix) -> list[Proposition]:
    """B A = I and A B = I."""
    return [is_identity(inverse @ of), is_identity(of @ inverse)]


def is_lower(value: Matrix) -> Proposition:
    """Nothing stands above the diagonal."""
    i, j = value.indices()
    return for_all(eq(less(i, j) * value[i, j], 0), i, j)


def is_upper(value: Matrix) -> Proposition:
    """Nothing stands below the diagonal."""
    i, j = value.indices()
    return for_all(eq(less(j, i) * value[i, j], 0), i, j)


def ball(X: Term, A: Term, radius: Term) -> Proposition:
    """The sum of (X - A)^2 is less than the squared radius: X lies in an open ball about A."""
    over = [fresh_index(s) for s in shape_of(A)]
    return lt(0, radius - bind.sum(power(read(X, *over) - read(A, *over), 2), *over))


def near(A: Array, radius: Term, claim: Callable[[Array], Proposition]) -> Proposition:
    """The claim holds of every X in a ball about A. The claim is a universal one, about every entry."""
    X = Array("X", A.shape)
    inner = claim(X)
    opened: list[Index] = []
    while isinstance(inner, ForAll):
        variable = fresh_index(inner.shape[0], "ij"[len(opened)] if len(opened) < 2 else "k")
        opened.append(variable)
        inner = open_for_all(inner, variable)
    return for_all(implies(ball(X, A, radius), inner), X, *opened)


# Equations that are proven.


@dataclass(frozen=True)
class Equation:
    """left = right, proven entry by entry: the theorem speaks of the entries at i and j, which are arbitrary."""

    left: Matrix
    right: Matrix
    i: Index
    j: Index
    theorem: Theorem

    def at(self, i: Index, j: Index) -> Theorem:
        """The theorem at two indices."""
        if (i, j) == (self.i, self.j):
            return self.theorem
        return checker.instantiate(self.theorem, {self.i: i, self.j: j})

    def at_one(self, i: Index) -> Theorem:
        """The theorem on the diagonal."""
        return checker.instantiate(self.theorem, {self.i: i, self.j: i})

    @property
    def T(self) -> Equation:
        """The transposes are equal."""
        return Equation(self.left.T, self.right.T, self.j, self.i, self.theorem)

    def stated(self, left: Matrix, right: Matrix) -> Equation:
        """The same equation, its sides in another form."""
        i, j = self.i, self.j
        return Equation(left, right, i, j, checker.convert(self.theorem, eq(left[i, j], right[i, j])))

    @property
    def reversed(self) -> Equation:
        """right = left."""
        return Equation(self.right, self.left, self.i, self.j, checker.symmetric(self.theorem))

    def universal(self) -> Theorem:
        """For all i and j."""
        return checker.generalise(self.theorem, self.i, self.j)


def equation(theorem: Theorem, left: Matrix, right: Matrix) -> Equation:
    """A universal theorem about the entries at two indices as an equation between these matrices."""
    i, j = left.indices()
    opened = opened_theorem(theorem, i, j)
    return Equation(left, right, i, j, checker.convert(opened, eq(left[i, j], right[i, j])))


def given(claim: Proposition, left: Matrix, right: Matrix) -> Equation:
    """A hypothesis, assumed, as an equation."""
    return equation(checker.assume(claim), left, right)


def entrywise(
    left: Matrix,
    right: Matrix,
    why: Callable[[Index, Index], Sequence[tuple[TermLike, Theorem]]],
    facts: Iterable[Theorem] = (),
) -> Equation:
    """left = right, because at every i and j the difference is a sum of multiples of differences that are zero."""
    i, j = left.indices()
    parts = why(i, j)
    claim = eq(left[i, j], right[i, j])
    theorem = checker.combination(claim, tuple(term(c) for c, _ in parts), tuple(t for _, t in parts), tuple(facts))
    return Equation(left, right, i, j, theorem)


def multiplied(by: Matrix | None, known: Equation, also_by: Matrix | None) -> Equation:
    """P l Q = P r Q, from l = r."""
    left, right = known.left, known.right
    if by is None and also_by is None:
        return known
    # With fresh factors first, so that what is put for l in the middle is not put for a part of P or Q.
    first = fresh_array((by.rows, by.columns), "P") if by else None
    last = fresh_array((also_by.rows, also_by.columns), "Q") if also_by else None
    i = fresh_index(by.rows if by else left.rows, "i")
    j = fresh_index(also_by.columns if also_by else left.columns, "j")
    a = fresh_index(left.rows, "a") if first is not None else i
    b = fresh_index(left.columns, "b") if last is not None else j
    around = [read(first, i, a)] if first is not None else []
    behind = [read(last, b, j)] if last is not None else []
    over = [*([a] if first is not None else []), *([b] if last is not None else [])]

    def whole(middle: Term) -> Term:
        product = middle
        for factor in reversed(around):
            product = factor * product
        for factor in behind:
            product = product * factor
        return bind.sum(product, *over)

    def outer(middle: Matrix) -> Matrix:
        value = middle if by is None else by @ middle
        return value if also_by is None else value @ also_by

    theorem = known.at(a, b)
    start = checker.rewrite(whole(left[a, b]), theorem)
    chosen: dict[Term, Term] = {}
    if first is not None and by is not None:
        chosen[first] = by.lam()
    if last is not None and also_by is not None:
        chosen[last] = also_by.lam()
    result = checker.instantiate(start, chosen)
    new_left, new_right = outer(left), outer(right)
    return Equation(new_left, new_right, i, j, checker.convert(result, eq(new_left[i, j], new_right[i, j])))


Used = (
    Equation | tuple[Matrix | None, Equation, Matrix | None] | tuple[TermLike, Matrix | None, Equation, Matrix | None]
)


def algebra(left: Matrix, right: Matrix, *used: Used, facts: Iterable[Theorem] = ()) -> Equation:
    """left = right, because left - right is a sum of multiples c P (l - r) Q of equations l = r.

    used: an equation, or (P, equation, Q), or (c, P, equation, Q); None for a factor that is the identity.
    """
    parts: list[tuple[TermLike, Equation]] = []
    for one in used:
        if isinstance(one, Equation):
            parts.append((ONE, one))
        elif len(one) == 3:
            parts.append((ONE, multiplied(one[0], one[1], one[2])))
        else:
            parts.append((one[0], multiplied(one[1], one[2], one[3])))
    return entrywise(left, right, lambda i, j: [(c, e.at(i, j)) for c, e in parts], facts)


# Brackets of triangles.


def by_order(claim: Proposition, *pairs: tuple[Term, Term]) -> Theorem:
    """An equation about brackets of indices, decided for each order of the pairs: i < j, i = j, or i > j."""
    # Derived once for indices of standard names, then put to those that are asked for.
    mine = list(dict.fromkeys(v for pair in pairs for v in pair if isinstance(v, Index)))
    named: dict[Term, Term] = {v: Index("o", v.size, -7_000_000 - k) for k, v in enumerate(mine)}
    standard = _by_order(substitute_in(claim, named), tuple((named.get(i, i), named.get(j, j)) for i, j in pairs))
    return checker.instantiate(standard, {name: v for v, name in named.items()})


@functools.lru_cache(maxsize=256)
def _by_order(claim: Proposition, pairs: tuple[tuple[Term, Term], ...]) -> Theorem:
    if not isinstance(claim, Eq):
        raise ProofError(f"{claim!r} is not an equation")

    def split(left: tuple[tuple[Term, Term], ...], facts: tuple[Theorem, ...]) -> Theorem:
        if not left:
            return _decided(claim, facts)
        (i, j), *others = left

        def case(fact: Theorem) -> Theorem:
            return split(tuple(others), (*facts, fact))

        return by_sign(j - i, case, case, case)

    return split(pairs, ())


def _decided(claim: Eq, facts: tuple[Theorem, ...]) -> Theorem:
    """An equation, its brackets put in that the facts decide."""
    gap = claim.left - claim.right
    steps = [checker.equation(gap, canonical(gap).term())]
    while True:
        value = right_side(steps[-1])
        for part in walk(value):
            if isinstance(part, Pos | Delta) and not loose(part):
                known = _value_of_bracket(part, facts)
                if known is not None:
                    steps.append(checker.rewrite(value, known))
                    after = right_side(steps[-1])
                    steps.append(checker.equation(after, canonical(after).term()))
                    break
        else:
            break
    zero = checker.transitive(*steps, checker.equation(right_side(steps[-1]), ZERO))
    return checker.combination(claim, (ONE,), (zero,))


def _value_of_bracket(bracket: Pos | Delta, facts: tuple[Theorem, ...]) -> Theorem | None:
    """A bracket's value where the facts, or the sum of two of them, tell the sign of its argument."""
    value = bracket.arg
    positive = _by_two(lt(0, value), facts)
    if isinstance(bracket, Pos):
        known = positive or _by_two(le(value, 0), facts)
        return known and checker.bracket(known)
    apart = positive or _by_two(lt(value, 0), facts)
    if apart is not None:
        return checker.bracket(checker.sign(ne(value, 0), (apart,)))
    try:
        return checker.bracket(checker.sign(eq(value, 0), facts))
    except ProofError:
        return None


def _by_two(claim: Proposition, facts: tuple[Theorem, ...]) -> Theorem | None:
    """An inequality that follows from one fact, or from the sum of two."""
    gaps = [t.conclusion.right - t.conclusion.left for t in facts if isinstance(t.conclusion, Lt | Eq)]
    zero = [-g for g, t in zip(gaps, facts, strict=True) if isinstance(t.conclusion, Eq)]
    for parts in [(), *itertools.combinations([*gaps, *zero], 2)]:
        try:
            return checker.certificate(claim, parts, facts) if parts else checker.sign(claim, facts)
        except ProofError:
            continue
    return None


def trichotomy(i: Term, j: Term) -> Theorem:
    """[i < j] + [j < i] + [i = j] = 1."""
    return by_order(eq(less(i, j) + less(j, i) + delta(i, j), 1), (i, j))


def never_both(i: Term, j: Term) -> Theorem:
    """[i < j] [j < i] = 0."""
    return by_order(eq(less(i, j) * less(j, i), 0), (i, j))


def between(i: Term, k: Term, j: Term) -> Theorem:
    """[i < j] (1 - [i < k]) (1 - [k < j]) = 0: what is not above k, with k not above j, is not above j."""
    return by_order(eq(less(i, j) * (1 - less(i, k)) * (1 - less(k, j)), 0), (i, k), (k, j))


def divided(value: Term) -> Theorem:
    """value / value = 1 - [value = 0]."""
    x = fresh_symbol("x")
    return checker.instantiate(checker.equation(x * power(x, -1), 1 - Delta(x)), {x: value})


# Derivatives.


def derivatives_agree(
    near_claim: Theorem,
    A: Array,
    radius: Theorem,
    facts: Sequence[Theorem],
    at: tuple[Index, ...],
    *entries: Index,
) -> Theorem:
    """From l(X) = r(X) for all X near A, or for all X: the derivative of l at A is that of r, in the entry `at`.

    near_claim: the hypothesis, as `near` writes it. entries: the indices of l and r. facts: derivatives at A.
    """
    X = fresh_array(A.shape, "X")
    holds = checker.specialise(near_claim, X, *entries)
    over = tuple(fresh_index(s, "a") for s in A.shape)
    inside: list[Theorem] = []
    if isinstance(holds.conclusion, Implies):
        condition = holds.conclusion.condition
        if not isinstance(condition, Lt):
            raise ProofError(f"{condition!r} does not say what holds in a ball")
        inside.append(checker.differentiate(condition.right, X, over))
        holds = checker.modus_ponens(holds, checker.assume(condition))
    sides = holds.conclusion
    if not isinstance(sides, Eq):
        raise ProofError(f"{sides!r} is not an equation")
    right = checker.differentiate(sides.right, X, over, tuple(facts))
    agree = checker.locally_equal(holds, right, tuple(inside))
    left = checker.differentiate(sides.left, X, over, tuple(facts))
    values = []
    for theorem in (left, agree):
        theorem = checker.instantiate(theorem, {X: A})
        for hypothesis in theorem.hypotheses:
            if isinstance(hypothesis, Lt) and hypothesis not in radius.hypotheses:
                theorem = checker.cut(theorem, checker.sign(hypothesis, (radius,)))
        values.append(checker.derivative_value(theorem, *at))
    return checker.transitive(checker.symmetric(values[0]), values[1])


def summed(theorem: Theorem, weight: Term, *over: Index) -> Theorem:
    """The sum of weight * l is the sum of weight * r, from l = r for every value of these indices."""
    claim = theorem.conclusion
    if not isinstance(claim, Eq):
        raise ProofError(f"{claim!r} is not an equation")
    if isinstance(claim.left, Num):
        return checker.symmetric(summed(checker.symmetric(theorem), weight, *over))
    return checker.rewrite(bind.sum(weight * claim.left, *over), theorem)


def differentiated(
    claim: Proposition,
    A: Array,
    radius: Theorem,
    facts: Sequence[Theorem],
    at: tuple[Index, ...],
    left: Matrix,
    right: Matrix,
) -> Equation:
    """What holds of every matrix near A, differentiated in one entry of it, as an equation between matrices.

    claim: as `near` writes it, about every entry. radius: that the ball about A is not empty. facts: derivatives at A of the
    functions that occur. at: the entry. left, right: the derivatives of the two sides.
    """
    i, j = left.indices()
    moved = derivatives_agree(checker.assume(claim), A, radius, facts, at, i, j)
    return Equation(left, right, i, j, checker.convert(moved, eq(left[i, j], right[i, j])))


def vanishing_part(
    claim: Proposition,
    A: Array,
    radius: Theorem,
    facts: Sequence[Theorem],
    at: tuple[Index, ...],
    of: Matrix,
    bracket: Bracket,
) -> Vanishing:
    """A part of a factor vanishes near A, so that part of its derivative does."""
    i, j = of.indices()
    moved = derivatives_agree(checker.assume(claim), A, radius, facts, at, i, j)
    return Vanishing(of, bracket, i, j, checker.convert(moved, eq(bracket(i, j) * of[i, j], 0)))


def at_centre(claim: Proposition, A: Array, radius: Theorem) -> Theorem:
    """What holds of every matrix near A holds of A, for every entry."""
    theorem = checker.specialise(checker.assume(claim), A)
    indices: list[Term] = []
    while isinstance(theorem.conclusion, ForAll):
        indices.append(fresh_for(theorem.conclusion))
        theorem = checker.specialise(theorem, indices[-1])
    condition = theorem.conclusion
    if not isinstance(condition, Implies):
        raise ProofError(f"{condition!r} does not say what holds in a ball")
    inside = checker.sign(condition.condition, (radius,))
    return checker.generalise(checker.modus_ponens(theorem, inside), *indices)


def unit(shape: Sequence[Term], at: Sequence[Index]) -> Matrix:
    """The matrix that is 1 in one entry and 0 elsewhere."""
    (rows, columns), (q, r) = shape, at
    return Matrix(rows, columns, lambda i, j: delta(i, q) * delta(j, r))


def part(array: Term, *at: Index) -> Matrix:
    """The first two axes of an array of more, at these indices of the others."""
    rows, columns = shape_of(array)[:2]
    return Matrix(rows, columns, lambda i, j: read(array, i, j, *at))


# Triangles.


def above(i: Term, j: Term) -> Term:
    """[i < j]: above the diagonal."""
    return less(i, j)


def below_diagonal(i: Term, j: Term) -> Term:
    """[j < i]: below the diagonal."""
    return less(j, i)


def not_below(i: Term, j: Term) -> Term:
    """1 - [j < i]: on the diagonal or above it."""
    return 1 - less(j, i)


@dataclass(frozen=True)
class Vanishing:
    """A part of a matrix is proven to be zero: where a bracket of the two indices is 1."""

    of: Matrix
    bracket: Bracket
    i: Index
    j: Index
    theorem: Theorem

    def at(self, i: Index, j: Index) -> Theorem:
        """bracket * entry = 0 at two indices."""
        return checker.instantiate(self.theorem, {self.i: i, self.j: j})

    @property
    def T(self) -> Vanishing:
        """The transposed part of the transpose."""
        return Vanishing(self.of.T, lambda i, j: self.bracket(j, i), self.j, self.i, self.theorem)


def vanishing(theorem: Theorem, of: Matrix, bracket: Bracket) -> Vanishing:
    """A universal theorem about the entries at two indices, as what it says of a part of the matrix."""
    i, j = of.indices()
    opened = opened_theorem(theorem, i, j)
    return Vanishing(of, bracket, i, j, checker.convert(opened, eq(bracket(i, j) * of[i, j], 0)))


def vanishing_product(left: Vanishing, right: Vanishing, bracket: Bracket) -> Vanishing:
    """A part of P Q vanishes, because parts of P and of Q do: a P = 0, b Q = 0, and [i, j] (1 - a[i, k]) (1 - b[k, j]) = 0."""
    i, k = left.of.indices()
    _, j = right.of.indices()
    P, Q, here = left.of[i, k], right.of[k, j], bracket(i, j)
    a, b = left.bracket(i, k), right.bracket(k, j)
    apart = by_order(eq(here * (1 - a) * (1 - b), 0), (i, k), (k, j))
    coefficients = (P * Q, here * (1 - b) * Q, here * P)
    each = checker.combination(eq(here * P * Q, 0), coefficients, (apart, left.at(i, k), right.at(k, j)))
    product = left.of @ right.of
    whole = checker.combination(eq(here * product[i, j], 0), (ONE,), (summed(each, ONE, k),))
    return Vanishing(product, bracket, i, j, whole)


def triangular_split(total: Equation, lower: Vanishing) -> Equation:
    """M = Phi(S) where S = M + M^T (sign 1) and M is lower triangular; the split is the only one.

    total: M + M^T = S. lower: [i < j] M[i, j] = 0.
    """
    M, S = lower.of, total.right

    def why(i: Index, j: Index) -> list[tuple[TermLike, Theorem]]:
        weight = less(j, i) + delta(i, j) / 2
        return [
            (-M[i, j], trichotomy(i, j)),
            (ONE, lower.at(i, j)),
            (-1, lower.at(j, i)),
            (weight, total.at(i, j)),
        ]

    return entrywise(M, phi(S), why)
