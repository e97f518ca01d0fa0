"""Every rule of the checker is fuzzed: random theorems it makes are true at random values, sizes 0 to 3."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from gradatlas.symbolic.checker.theorem import RULES, Derived, Theorem, is_theorem, replay, rule
from gradatlas.symbolic.errors import ProofError
from gradatlas.symbolic.propositions import Proposition, eq, le
from gradatlas.symbolic.terms import Term

from .rule_fuzz import GENERATORS, Rng, a, counterexample, scalar, theorem

WANTED = 12  # theorems made by each rule
ATTEMPTS = 40  # for each of them


def made_by(name: str, rng: Rng) -> Iterator[Theorem]:
    """Random theorems whose last step is the rule."""
    for _ in range(WANTED):
        for _ in range(ATTEMPTS):
            try:
                found = GENERATORS[name](rng)
            except (ProofError, ValueError):
                continue
            yield found
            break


def test_every_rule_is_fuzzed() -> None:
    assert set(GENERATORS) == set(RULES)


@pytest.mark.parametrize("name", sorted(GENERATORS))
def test_a_rule_makes_true_theorems(name: str) -> None:
    rng = random.Random(f"rule {name}")
    count = met = 0
    for found in made_by(name, rng):
        assert is_theorem(found)
        assert found.rule == name
        assert replay(found).conclusion == found.conclusion
        refuted, satisfied = counterexample(found, rng)
        assert refuted is None, f"{found!r} is false at {refuted!r}"
        count += 1
        met += satisfied > 0
    assert count >= WANTED // 2, f"only {count} theorems were made"
    if name == "contradiction":
        assert met == 0, "the hypotheses of a contradiction were met"
    else:
        assert met >= 3, f"the hypotheses of only {met} of {count} theorems could be met"


def planted(name: str, claim: Proposition) -> Theorem:
    """A theorem made by a false rule, added for the occasion."""

    def wish() -> Derived:
        """A wish.
        It holds because one would like it to.
        """
        return Derived(frozenset(), claim)

    grant = rule(name)(wish)
    try:
        return grant()
    finally:
        del RULES[name]


def test_a_false_rule_would_be_found() -> None:
    rng = random.Random(1)
    x = scalar(rng, 2)
    for claim in (eq(a, a + 1), le(a, 0), eq(x * a / a, x), eq((a + 1) ** 2, a**2 + 1)):
        refuted, met = counterexample(planted("wish", claim), rng, tries=40)
        assert met
        assert refuted is not None


def test_an_unsound_rule_would_be_found() -> None:
    """Symmetry of an inequality, the sort of slip that a checker must not survive."""
    rng = random.Random(2)

    def flipped(value: Term, other: Term) -> Derived:
        """A slip.
        From a <= b to b <= a.
        """
        return Derived(frozenset({le(value, other)}), le(other, value))

    slip = rule("slip")(flipped)
    try:
        assert any(counterexample(slip(scalar(rng, 1), scalar(rng, 1)), rng)[0] for _ in range(20))
    finally:
        del RULES["slip"]


def test_random_theorems_of_mixed_origin_are_true() -> None:
    rng = random.Random(3)
    for _ in range(60):
        found = theorem(rng)
        refuted, _met = counterexample(found, rng, tries=6)
        assert refuted is None, f"{found!r} is false at {refuted!r}"
