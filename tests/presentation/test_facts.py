"""What is computed for pages is kept, and counts while the statement and the code that computes are what they were."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gradatlas.formulas import registry
from gradatlas.presentation import facts
from gradatlas.presentation.facts import CODE, digest_of, facts_of_all


def test_a_digest_changes_with_the_statement_and_with_the_code() -> None:
    formula = registry.get("softmax.vjp")
    own = digest_of(formula, *CODE)
    renamed = replace(formula.claims[0], name="another name")
    assert digest_of(formula, *CODE) == own
    assert digest_of(replace(formula, claims=(renamed, *formula.claims[1:])), *CODE) != own
    for part in CODE:
        assert digest_of(formula, *(other for other in CODE if other != part)) != own
    assert digest_of(registry.get("softmax.forward"), *CODE) != own


def test_facts_are_computed_once_and_again_when_a_statement_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed: list[str] = []

    def counted(formula: Any) -> dict[str, Any]:
        computed.append(formula.id)
        return {"id": formula.id, "digest": digest_of(formula, *CODE), "title": formula.title}

    monkeypatch.setattr(facts, "checkout", lambda: tmp_path)
    monkeypatch.setattr(facts, "facts_of", counted)
    formulas = [registry.get(id) for id in ("softmax.vjp", "matmul.vjp")]
    first = facts_of_all(formulas)
    assert computed == ["softmax.vjp", "matmul.vjp"]
    assert facts_of_all(formulas) == first
    assert len(computed) == 2
    changed = replace(formulas[0], title="another title")
    assert facts_of_all([changed, formulas[1]])["softmax.vjp"]["title"] == "another title"
    assert computed == ["softmax.vjp", "matmul.vjp", "softmax.vjp"]


def test_an_exercise_is_among_the_facts() -> None:
    known = facts.facts_of(registry.get("matmul.vjp"))
    assert [one["claim"] for one in known["exercises"]][:2] == ["in A", "in B"]
    assert all(one["left"] and one["data"]["points"] for one in known["exercises"])
