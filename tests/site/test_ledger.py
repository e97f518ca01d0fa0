"""The rows' pages: a table that leads to them, what is said and what was seen, and a warning where a row is open."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from bs4 import BeautifulSoup

from gradatlas.sphinx_ext.ledger import shown

if TYPE_CHECKING:
    from conftest import Project


def text(html: str) -> str:
    return re.sub(r"\s+", " ", BeautifulSoup(html, "html.parser").find("article").get_text(" "))


def rows(project: Project) -> list[dict[str, Any]]:
    return json.loads((project.root / "fixtures" / "ledger.json").read_text())


def write(project: Project, entries: list[dict[str, Any]]) -> None:
    (project.root / "fixtures" / "ledger.json").write_text(json.dumps(entries))


def test_the_table_leads_to_every_row(built: Project) -> None:
    page = BeautifulSoup(built.page("reference"), "html.parser")
    lines = [tr for table in page.select("table.ledger") for tr in table.select("tbody tr")]
    assert [tr.select("td")[1].get_text(strip=True) for tr in lines] == ["L4", "M6", "G4", "G9", "Q2"]
    assert [tr.select_one(".badge").get_text() for tr in lines] == [
        "proven",
        "proven",
        "refuted",
        "runs after correction",
        "answered",
    ]
    assert lines[2].select("td")[0].get_text(strip=True) == "001"
    assert lines[2].select_one("a[href='ledger/G4.html#row-g4']")
    assert lines[3].select("td")[4].get_text(strip=True) == "P7"


def test_a_page_shows_sentence_numbers_and_evidence(built: Project) -> None:
    seen = text(built.page("ledger/G4"))
    for words in (
        "Row G4: whether batch gradient descent is the faster",
        "Document 001, the algorithms of training, with a program for colour images, section 3.3.",
        "The batch form converges faster.",
        "They are one iteration.",
        "Batch gradient descent reaches a loss in fewer steps than gradient descent.",
        "By a counterexample.",
        "steps to a loss below 1e-6 17 < 17 no",
        "last loss 0.333333 ≈ 0.3333, to within 0.001 yes",
        "0 1/3 1 −0.125",
        "pytest proofs/claims.py -k G4.same --fresh",
        "2026-11-22 10:00",
        "d4" * 32,
        "gradatlas ledger G4",
    ):
        assert words in seen, words
    badges = [b.get_text() for b in BeautifulSoup(built.page("ledger/G4"), "html.parser").select(".badge")]
    assert badges == ["refuted", "refuted", "refuted"]


def test_formula_program_and_answer_are_shown(built: Project) -> None:
    page = BeautifulSoup(built.page("ledger/L4"), "html.parser")
    assert r"p_i = e^{x_i} / \sum_j e^{x_j}" in [a.get_text() for a in page.select("#says annotation")]
    assert [a.get_text() for a in page.select("#ruling annotation")] == ["p_i > 0"]
    assert page.select_one("#formulas a[href='../formulas/softmax.vjp.html#formula-softmax-vjp']")
    seen = text(built.page("ledger/G9"))
    assert "The images are not flattened." in seen
    assert "validation_accuracy 0.95 0.93 0.97 0.9 10 407" in seen
    assert "G4 : whether batch gradient descent is the faster refuted" in text(built.page("ledger/Q2"))
    assert "Why is gradient descent used?" in text(built.page("reference"))


def test_counts_are_of_the_verdicts(built: Project) -> None:
    figures = BeautifulSoup(built.page("reference"), "html.parser").select_one("ul.figures").get_text(" ")
    assert re.sub(r"\s+", " ", figures).strip() == "2 proven 1 refuted 1 runs after correction 1 answered"


def test_the_rows_stand_beside_the_pages_as_json(built: Project) -> None:
    assert json.loads((built.out / "ledger.json").read_text()) == rows(built)


def test_an_open_row_says_so_and_fails_the_build(project: Project) -> None:
    entries = rows(project)
    entries[0] |= {"verdict": "open", "missing": ["softmax.vjp: not proven here"]}
    write(project, entries)
    for _ in range(2):
        status, said = project.build()
        assert status == 1
        assert "row L4 is open: softmax.vjp: not proven here" in said
    seen = text(project.page("ledger/L4"))
    assert "This row is open. What is missing: softmax.vjp: not proven here" in seen
    assert "1 open" in text(project.page("reference"))


def test_a_page_changes_with_its_row_and_with_those_that_answer_it(project: Project) -> None:
    assert project.build()[0] == 0
    entries = rows(project)
    entries[2]["about"] = "a race between equals"
    write(project, entries)
    assert project.build()[0] == 0
    assert "Row G4: a race between equals" in text(project.page("ledger/G4"))
    assert "G4 : a race between equals" in text(project.page("ledger/Q2"))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "–"),
        (True, "yes"),
        (-0.5, "−0.5"),
        (1 / 3, "0.333333"),
        (407050, "407\u202f050"),
        (-3, "−3"),
        (["1/3", 2], "[1/3, 2]"),
    ],
)
def test_values_are_printed_for_reading(value: Any, words: str) -> None:
    assert shown(value) == words
