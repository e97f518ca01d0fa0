"""Derivations about integers: each proves what it says, for whole numbers alone, and refuses what does not follow."""

from __future__ import annotations

import pytest

from gradatlas.symbolic import checker
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.errors import ProofError
from gradatlas.symbolic.language import (
    Sum,
    array,
    at_most,
    delta,
    floordiv,
    index_map,
    indices,
    integers,
    less,
    mod,
    reals,
    sizes,
)
from gradatlas.symbolic.propositions import Proposition, eq, le, lt
from gradatlas.symbolic.whole_numbers import (
    at_least_one,
    below_size,
    divided,
    in_range,
    less_by_form,
    only_zero,
    picked,
    row_major,
    solved_bracket,
)

A, B, n = sizes("A B n")
a, s, t, c = integers("a s t c")
(r,) = reals("r")
(i, j) = indices("i j", n)
x = array("x", n, A)


def proves(theorem: Theorem, conclusion: Proposition, *hypotheses: Proposition) -> bool:
    return theorem.conclusion == conclusion and theorem.hypotheses == set(hypotheses)


def test_a_positive_integer_is_at_least_one() -> None:
    assert proves(at_least_one(a - 2 * s, checker.assume(lt(0, a - 2 * s))), le(1, a - 2 * s), lt(0, a - 2 * s))


def test_a_positive_number_need_not_be() -> None:
    with pytest.raises(ProofError, match="not an integer by its type"):
        at_least_one(r, checker.assume(lt(0, r)))


def test_an_integer_that_is_not_known_to_be_positive_need_not_be() -> None:
    with pytest.raises(ProofError):
        at_least_one(a, checker.assume(le(0, a)))


def test_an_index_lies_below_its_size() -> None:
    assert proves(below_size(i), lt(i, n))
    image = index_map("phi", n, a)
    assert proves(below_size(image), lt(image, n))
    with pytest.raises(ProofError, match="no range"):
        below_size(a)


def test_what_the_canonical_form_decides_is_less() -> None:
    assert proves(less_by_form(i + j, 2 * n), lt(i + j, 2 * n))
    with pytest.raises(ProofError):
        less_by_form(i + j, n)


def test_an_axis_of_length_one_has_one_index() -> None:
    (only,), (other,) = indices("i", 1), indices("i", 2)
    assert proves(only_zero(only), eq(delta(only), 1))
    with pytest.raises(ProofError):
        only_zero(other)


def test_an_entry_outside_is_zero() -> None:
    (k,) = indices("k", A)
    entry = x[s * a - 1, k] * r
    brackets = at_most(0, s * a - 1) * less(s * a - 1, n)
    assert proves(in_range(s * a - 1, n, entry), eq(brackets * entry, entry))
    with pytest.raises(ProofError):
        in_range(s * a - 1, n + 1, entry)
    with pytest.raises(ProofError):
        in_range(s * a - 1, n, r)


def test_a_bracket_picks_an_entry() -> None:
    (k,) = indices("k", A)
    assert proves(picked(i, a, x[i, k]), eq(Sum(delta(i - a) * x[i, k], i), x[a, k]))
    with pytest.raises(ProofError):
        picked(i, a, x[j, k])


def test_division_with_remainder_has_one_outcome() -> None:
    given = [checker.assume(p) for p in (le(0, c), lt(c, s))]
    multiple = checker.assume(eq(a, s * t + c))
    quotient, rest = divided(multiple, s, t, c, given)
    hypotheses = (eq(a, s * t + c), le(0, c), lt(c, s))
    assert proves(quotient, eq(floordiv(a, s), t), *hypotheses)
    assert proves(rest, eq(mod(a, s), c), *hypotheses)
    with pytest.raises(ProofError):
        divided(multiple, s, t, c, given[:1])


@pytest.mark.parametrize("bracket", [delta(a - s * i), delta(s * i - a), delta(2 * a, 2 * s * i)])
def test_a_bracket_is_solved_by_division(bracket: object) -> None:
    positive = checker.assume(lt(0, s))
    solved = solved_bracket(bracket, s, a, i, positive)  # type: ignore[arg-type]
    assert proves(solved, eq(bracket, delta(mod(a, s)) * delta(i, floordiv(a, s))), lt(0, s))  # type: ignore[arg-type]


def test_a_bracket_that_says_something_else_is_not() -> None:
    with pytest.raises(ProofError):
        solved_bracket(delta(a - s * i - 1), s, a, i, checker.assume(lt(0, s)))
    with pytest.raises(ProofError):
        solved_bracket(delta(a - s * i), s, a, i, checker.assume(le(0, s)))


def test_rows_and_columns_number_the_entries() -> None:
    (k,), (row,), (column,) = indices("k", A * B), indices("a", A), indices("b", B)
    facts = {fact.conclusion for fact in row_major(k, row, column)}
    assert not any(fact.hypotheses for fact in row_major(k, row, column))
    place, quotient, rest = row * B + column, floordiv(k, B), mod(k, B)
    assert facts == {
        eq(floordiv(place, B), row),
        eq(mod(place, B), column),
        eq(quotient * B + rest, k),
        le(0, place),
        lt(place, A * B),
        le(0, quotient),
        lt(quotient, A),
        le(0, rest),
        lt(rest, B),
    }
    with pytest.raises(ProofError):
        row_major(k, column, row)
