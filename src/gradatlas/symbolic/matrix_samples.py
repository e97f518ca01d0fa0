"""Matrices and factors for samples: random matrices far from singular, and their inverses and factors to any precision.

A hypothesis such as "Q R is A near A" speaks of abstract functions; in a sample these have to be the true factors, as functions
of the matrix, computed to as many digits as are asked for. Each function here takes and returns nested lists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any, Final

import mpmath

__all__ = [
    "Powers",
    "Remembered",
    "at_many",
    "block",
    "cofactors",
    "determinant_of",
    "eig",
    "eigh",
    "exponential",
    "gradient",
    "inverse",
    "lu",
    "matrix_power",
    "numbers",
    "pivots",
    "product",
    "pseudo_inverse",
    "qr",
    "solve_sylvester",
    "spd_root",
    "svd",
    "symmetric",
    "transposed",
    "upper_right",
    "well_conditioned",
]

GUARD: Final = 15  # digits beyond those asked for, in which a factor is computed
MANY: Final = 200  # digits at which a gradient is taken by differences

Rows = list[list[Any]]


class Remembered:
    """A function of matrices whose last values are remembered: each entry that is read asks for the whole again.

    It computes with a few digits more than the working precision, and returns numbers of that many.
    """

    def __init__(self, compute: Callable[..., Any]) -> None:
        self.compute = compute
        self._values: dict[Any, Any] = {}

    def __call__(self, *args: Any) -> Any:
        key = (mpmath.mp.prec, _frozen(args))
        if key not in self._values:
            if len(self._values) > 2000:
                self._values.clear()
            with mpmath.extradps(GUARD):
                self._values[key] = self.compute(*(numbers(a) for a in args))
        return self._values[key]


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list | tuple) else value


def numbers(value: Any) -> Any:
    """The numbers in nested lists in mpmath's, at the working precision."""
    if isinstance(value, list | tuple):
        return [numbers(v) for v in value]
    if isinstance(value, Fraction):
        return mpmath.mpf(value.numerator) / value.denominator
    return value if isinstance(value, int) else mpmath.mpf(value)


def at_many(function: Callable[..., Any], *args: Any, digits: int = MANY) -> Any:
    """A function's value to many digits."""
    with mpmath.workdps(digits):
        return function(*(numbers(a) for a in args))


def transposed(rows: Sequence[Sequence[Any]]) -> Rows:
    """The transpose of nested lists; of no rows, no rows."""
    return [list(column) for column in zip(*rows, strict=True)]


def product(a: Rows, b: Rows) -> Rows:
    """The product of two matrices."""
    return [[mpmath.fdot(row, column) for column in transposed(b)] for row in a] if b else [[] for _ in a]


def inverse(rows: Rows) -> Rows:
    """The inverse of a square matrix, by elimination with the largest pivot."""
    n = len(rows)
    work = [[*row, *(mpmath.mpf(i == j) for j in range(n))] for i, row in enumerate(rows)]
    for k in range(n):
        pivot = max(range(k, n), key=lambda i: abs(work[i][k]))
        if not work[pivot][k]:
            return [[mpmath.mpf(0)] * n for _ in range(n)]
        work[k], work[pivot] = work[pivot], work[k]
        work[k] = [v / work[k][k] for v in work[k]]
        for i in range(n):
            if i != k and work[i][k]:
                work[i] = [a - work[i][k] * b for a, b in zip(work[i], work[k], strict=True)]
    return [row[n:] for row in work]


def determinant_of(rows: Rows) -> Any:
    """The determinant, by expansion along the first row."""
    if not rows:
        return mpmath.mpf(1)
    return mpmath.fdot(rows[0], [(-1) ** j * determinant_of(_struck(rows, 0, j)) for j in range(len(rows))])


def cofactors(rows: Rows) -> Rows:
    """The matrix of cofactors."""
    n = range(len(rows))
    return [[(-1) ** (i + j) * determinant_of(_struck(rows, i, j)) for j in n] for i in n]


def _struck(rows: Rows, i: int, j: int) -> Rows:
    """The matrix without a row and a column."""
    return [row[:j] + row[j + 1 :] for k, row in enumerate(rows) if k != i]


def pseudo_inverse(rows: Rows, m: int, n: int) -> Rows:
    """The pseudo-inverse of a matrix of full rank."""
    if m < n:
        return transposed(pseudo_inverse(transposed(rows), n, m)) if m else [[] for _ in range(n)]
    if not n:
        return []
    turned = transposed(rows)
    return product(inverse(product(turned, rows)), turned)


def solve_sylvester(a: Rows, b: Rows, c: Rows) -> Rows:
    """The solution of A X + X B = C, as one linear system for all entries."""
    rows, cols = len(a), len(b)
    if not rows or not cols:
        return [[] for _ in range(rows)]
    at = [(i, j) for i in range(rows) for j in range(cols)]
    system = [[a[i][k] * (j == l) + b[l][j] * (i == k) for k, l in at] for i, j in at]
    found = product(inverse(system), [[c[i][j]] for i, j in at])
    return [[found[i * cols + j][0] for j in range(cols)] for i in range(rows)]


def matrix_power(rows: Rows, times: int) -> Rows:
    """The matrix multiplied with itself, times factors; the identity for none."""
    n = len(rows)
    found = [[mpmath.mpf(i == j) for j in range(n)] for i in range(n)]
    for _ in range(times):
        found = product(found, rows)
    return found


class Powers:
    """P(t, X), the powers of matrices, each found from the one before and remembered."""

    def __init__(self) -> None:
        self._found: dict[Any, list[Rows]] = {}

    def __call__(self, times: Any, X: Rows) -> Rows:
        key = (mpmath.mp.prec, _frozen(X))
        found = self._found.setdefault(key, [matrix_power(numbers(X), 0)])
        while len(found) <= times:
            found.append(product(found[-1], numbers(X)))
        return found[int(times)]


def exponential(rows: Rows) -> Rows:
    """The exponential, by its power series at a fraction of the matrix, squared again and again."""
    n = len(rows)
    size = max((sum(map(abs, row)) for row in rows), default=0)
    halvings = max(0, int(mpmath.ceil(mpmath.log(size, 2))) + 8) if size else 0
    small = [[v / mpmath.mpf(2) ** halvings for v in row] for row in rows]
    with mpmath.extradps(halvings):
        term = found = matrix_power(rows, 0)
        k = 0
        while k < 3 or any(abs(v) > mpmath.eps for row in term for v in row):
            k += 1
            term = [[v / k for v in row] for row in product(term, small)]
            found = [[a + b for a, b in zip(one, two, strict=True)] for one, two in zip(found, term, strict=True)]
        for _ in range(halvings):
            found = product(found, found)
    return found if n else []


def block(X: Rows, E: Rows) -> Rows:
    """The matrix [[X, E], [0, X]]."""
    n = len(X)
    zero = [mpmath.mpf(0)] * n
    return [[*a, *b] for a, b in zip(X, E, strict=True)] + [[*zero, *a] for a in X]


def upper_right(rows: Rows) -> Rows:
    """The upper right quarter."""
    n = len(rows) // 2
    return [row[n:] for row in rows[:n]]


def spd_root(rows: Rows) -> Rows:
    """The Cholesky factor of the symmetric part of a matrix: lower triangular, with a positive diagonal."""
    n = len(rows)
    found = [[mpmath.mpf(0)] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            left = (rows[i][j] + rows[j][i]) / 2 - mpmath.fdot(found[i][:j], found[j][:j])
            found[i][j] = mpmath.sqrt(left) if i == j else left / found[j][j]
    return found


def gradient(function: Callable[..., Any], *at: Any, in_argument: int = 0) -> Any:
    """The partial derivatives of an array-valued function in the entries of an argument: the value's axes come first.

    By central differences at several hundred digits, so that what is left of the error is far below a hundred.
    """
    with mpmath.workdps(MANY):
        args = [numbers(a) for a in at]
        step = mpmath.mpf(10) ** (-MANY // 3)
        moved = {
            place: (
                function(*_moved(args, in_argument, place, step)),
                function(*_moved(args, in_argument, place, -step)),
            )
            for place in _places(args[in_argument])
        }

        def slope(high: Any, low: Any) -> Any:
            if isinstance(high, list):
                return [slope(a, b) for a, b in zip(high, low, strict=True)]
            return (high - low) / (2 * step)

        slopes = {place: slope(*pair) for place, pair in moved.items()}
        value = function(*args)
        return _turned(value, slopes, args[in_argument])


def _places(value: Any, at: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    if isinstance(value, list):
        for k, part in enumerate(value):
            yield from _places(part, (*at, k))
    else:
        yield at


def _moved(args: Sequence[Any], number: int, place: tuple[int, ...], by: Any) -> list[Any]:
    def go(value: Any, at: tuple[int, ...]) -> Any:
        if not at:
            return value + by
        return [go(part, at[1:]) if k == at[0] else part for k, part in enumerate(value)]

    return [go(a, place) if k == number else a for k, a in enumerate(args)]


def _turned(value: Any, slopes: dict[tuple[int, ...], Any], like: Any, at: tuple[int, ...] = ()) -> Any:
    """For each entry of the value, the array of its slopes."""
    if isinstance(value, list):
        return [_turned(part, slopes, like, (*at, k)) for k, part in enumerate(value)]

    def build(part: Any, place: tuple[int, ...]) -> Any:
        if isinstance(part, list):
            return [build(p, (*place, k)) for k, p in enumerate(part)]
        entry = slopes[place]
        for k in at:
            entry = entry[k]
        return entry

    return build(like, ())


def well_conditioned(draw: Callable[[], Any], n: int, m: int | None = None, weight: int = 3) -> Rows:
    """A random matrix with a heavy diagonal."""
    m = n if m is None else m
    return [[draw() + (weight if i == j else 0) for j in range(m)] for i in range(n)]


def symmetric(rows: Iterable[Iterable[Any]]) -> Rows:
    """The lower triangle, mirrored."""
    given = [list(row) for row in rows]
    return [[given[max(i, j)][min(i, j)] for j in range(len(given))] for i in range(len(given))]


def eigh(rows: Rows) -> tuple[list[Any], Rows]:
    """The eigenvalues of the symmetric part, in order, and unit eigenvectors as columns, their first entries not negative."""
    n = len(rows)
    if not n:
        return [], []
    values, vectors = mpmath.eigsy(mpmath.matrix([[(rows[i][j] + rows[j][i]) / 2 for j in range(n)] for i in range(n)]))
    order = sorted(range(n), key=lambda k: values[k])
    found = [[vectors[i, k] for i in range(n)] for k in order]
    return [values[k] for k in order], transposed([_turned_up(v) for v in found])


def _turned_up(vector: Sequence[Any]) -> list[Any]:
    """The vector or its opposite, the first entry not negative."""
    sign = -1 if vector and vector[0] < 0 else 1
    return [sign * v for v in vector]


def svd(rows: Rows, m: int, n: int) -> tuple[Rows, list[Any], Rows]:
    """U, s and V of the thin decomposition U diag(s) V^T, s falling, the first row of V not negative."""
    k = min(m, n)
    if not k:
        return [[] for _ in range(m)], [], [[] for _ in range(n)]
    if m < n:
        v, s, u = svd(transposed(rows), n, m)
        signs = [-1 if entry < 0 else 1 for entry in v[0]]
        return _signed(u, signs), s, _signed(v, signs)
    squares, found = eigh(product(transposed(rows), rows))
    right = [list(reversed(row)) for row in found]
    s = [mpmath.sqrt(value) for value in reversed(squares)]
    left = [[entry / value for entry, value in zip(row, s, strict=True)] for row in product(rows, right)]
    return left, s, right


def _signed(rows: Rows, signs: Sequence[int]) -> Rows:
    return [[entry * sign for entry, sign in zip(row, signs, strict=True)] for row in rows]


def qr(rows: Rows, m: int, n: int) -> tuple[Rows, Rows]:
    """Q and R of a tall matrix, by orthogonalising its columns: the diagonal of R is positive."""
    basis: list[list[Any]] = []
    r = [[mpmath.mpf(0)] * n for _ in range(n)]
    for j, column in enumerate(transposed(rows) if m else []):
        for i, unit in enumerate(basis):
            r[i][j] = mpmath.fdot(unit, column)
            column = [c - r[i][j] * u for c, u in zip(column, unit, strict=True)]
        r[j][j] = mpmath.sqrt(mpmath.fdot(column, column))
        basis.append([c / r[j][j] for c in column])
    return transposed(basis) if basis else [[] for _ in range(m)], r


def lu(rows: Rows) -> tuple[Rows, Rows]:
    """L and U without exchange of rows, L with ones on the diagonal."""
    n = len(rows)
    lower = [[mpmath.mpf(i == j) for j in range(n)] for i in range(n)]
    upper = [list(row) for row in rows]
    for k in range(n):
        for i in range(k + 1, n):
            lower[i][k] = upper[i][k] / upper[k][k]
            upper[i] = [a - lower[i][k] * b for a, b in zip(upper[i], upper[k], strict=True)]
            upper[i][k] = mpmath.mpf(0)
    return lower, upper


def pivots(rows: Rows) -> list[int]:
    """The order in which elimination with the largest pivot takes the rows."""
    work = [list(map(mpmath.mpf, row)) for row in rows]
    order = list(range(len(rows)))
    for k in range(len(rows)):
        best = max(range(k, len(rows)), key=lambda i: abs(work[i][k]))
        work[k], work[best], order[k], order[best] = work[best], work[k], order[best], order[k]
        for i in range(k + 1, len(rows)):
            ratio = work[i][k] / work[k][k]
            work[i] = [a - ratio * b for a, b in zip(work[i], work[k], strict=True)]
    return order


def eig(rows: Rows) -> tuple[list[Any], Rows]:
    """Real eigenvalues, in order, and unit eigenvectors as columns, their first entries not negative.

    For matrices near symmetrisable ones, all of whose eigenvalues are real.
    """
    n = len(rows)
    if not n:
        return [], []
    with mpmath.workdps(20):
        values, vectors = mpmath.eig(mpmath.matrix(rows))
    order = sorted(range(n), key=lambda k: mpmath.re(values[k]))
    pairs = [_refined(rows, mpmath.re(values[k]), [mpmath.re(vectors[i, k]) for i in range(n)]) for k in order]
    return [value for value, _ in pairs], transposed([_turned_up(vector) for _, vector in pairs])


def _refined(rows: Rows, value: Any, vector: list[Any]) -> tuple[Any, list[Any]]:
    """An eigenvalue and its unit eigenvector to the working precision, by inverse iteration: the digits double each time."""
    for _ in range(40):
        length = mpmath.sqrt(mpmath.fdot(vector, vector))
        vector = [v / length for v in vector]
        image = [mpmath.fdot(row, vector) for row in rows]
        value = mpmath.fdot(vector, image)
        if all(abs(a - value * v) <= 10**4 * mpmath.eps for a, v in zip(image, vector, strict=True)):
            break
        back = inverse([[v - (value if i == j else 0) for j, v in enumerate(row)] for i, row in enumerate(rows)])
        moved = [mpmath.fdot(row, vector) for row in back]
        if not any(moved):
            break
        vector = moved
    return value, vector
