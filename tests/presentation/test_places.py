"""Where statements and proofs are written: the lines named are those that hold them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gradatlas.evidence.digests import proof_name
from gradatlas.formulas.registry import all_formulas, get
from gradatlas.presentation.places import places, repository

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["softmax.vjp", "matmul.vjp", "tanh.derivative"])
def test_the_lines_named_hold_the_statement_and_the_proof(name: str) -> None:
    statement, proof = places(get(name))
    assert statement is not None
    assert proof is not None
    lines = (ROOT / statement[0]).read_text().splitlines()
    assert name.partition(".")[0] in " ".join(lines[statement[1] - 1 : statement[1] + 2])
    assert f"def {proof_name(name)}(" in (ROOT / proof[0]).read_text().splitlines()[proof[1] - 1]


def test_every_statement_and_every_proof_has_its_line() -> None:
    for formula in all_formulas().values():
        statement, proof = places(formula)
        assert statement is not None
        assert proof is not None
        assert proof[1] > 0, formula.id
        lines = (ROOT / statement[0]).read_text().splitlines()
        assert statement[1] > 0, formula.id
        # A statement is a call: of `statement`, of a helper of the chapter, or of what they are made in.
        assert re.match(r"\s*[a-z_]+\(", lines[statement[1] - 1]), formula.id


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("conv2d.dx", 'f"{name}.dx",'),  # a helper puts the id together
        ("conv2d.dx-divisible", 'f"{name}.dx-divisible",'),
        ("argmax.derivative", 'f"arg{name}.derivative",'),
        ("max.derivative", 'f"{name}.derivative",'),
        ("segment-min.derivative", 'f"segment-{name}.derivative",'),
        ("log-sigmoid.derivative", 'id="log-sigmoid.derivative",'),
        ("permute-dims.derivative", '"permute_dims",'),  # a call of a helper
        ("softmax.vjp", '"softmax.vjp",'),
    ],
)
def test_the_line_is_that_of_the_call_that_states_the_formula(name: str, written: str) -> None:
    statement, _proof = places(get(name))
    assert statement is not None
    lines = (ROOT / statement[0]).read_text().splitlines()
    assert written in " ".join(lines[statement[1] - 1 : statement[1] + 3])


def test_the_repository_is_what_the_metadata_name_or_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Metadata:
        def get_all(self, name: str) -> list[str]:
            return ["Documentation, https://example.org/docs", "Source, https://example.org/atlas/"]

    monkeypatch.setattr("importlib.metadata.metadata", lambda name: Metadata())
    assert repository() == "https://example.org/atlas"
    monkeypatch.setattr(Metadata, "get_all", lambda self, name: None)
    assert repository() == ""
