"""A page without current evidence says so and fails the build, at every build; and a page changes with its record."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

if TYPE_CHECKING:
    from conftest import Project


def text(html: str) -> str:
    return re.sub(r"\s+", " ", BeautifulSoup(html, "html.parser").find("article").get_text(" "))


def test_the_page_shows_every_figure_of_the_record(built: Project) -> None:
    shown = text(built.page("formulas/softmax.vjp"))
    for words in (
        "proven, any size",
        "Also known as: softmax backward; softmax VJP; normalised exponential.",
        "57.9 digits",
        "2.25 ulps",
        "array_api_strict",
        "The statement was made wrong in 3 ways. The checker refused 3 of them, and the oracle, for itself, refuted 3.",
        "Changes that left it true, and so do not count: 1.",
        "nan, as the value",
        "residual 2 p_i sum_j g_j p_j",
        "n=2, seed 1: 0.3 digits",
        "pytest proofs/ -k softmax.vjp --fresh",
        "softmax_vjp (p, g)",
        "1.14.0",
        "a1" * 32,
        "b2" * 32,
        "c3" * 32,
        "Derivative of exp",
        "doi:10.1007/978-3-642-76153-9_28",
        "Row L4 of the ledger: softmax",
        "the output, softmax of x",
    ):
        assert words in shown, words


def test_limits_and_unneeded_counterexamples_are_told_as_such(built: Project) -> None:
    shown = text(built.page("formulas/batch-gradient.faster"))
    assert "A trend is not a proof." in shown
    assert "the difference stays 0" in shown
    assert "The statement is not about an operation of the engine, so none was run." in shown
    dropped = text(built.page("formulas/attention.dq"))
    assert "though no sample contradicts what is left without them: 1." in dropped
    assert "without the hypothesis d >= 1" in dropped


def test_assumptions_are_listed_once_and_claims_show_their_own(built: Project) -> None:
    page = BeautifulSoup(built.page("formulas/attention.dq"), "html.parser")
    assert "All under the assumptions below" in text(str(page))
    listed = [a.get_text() for a in page.select("#assumptions annotation")]
    assert len(listed) == len(set(listed)) == 3
    frames = page.select(".statement")
    assert not frames[0].select_one(".hypotheses")
    own = [a.get_text() for a in frames[1].select(".hypotheses annotation")]
    assert own == [r"d \ge 1", r"m_{t,s} \in \{0, 1\}"]


def test_sizes_and_indices_without_more_to_say_share_a_line(project: Project) -> None:
    record = project.record("attention.dq")
    record["symbols"] += [
        {"name": "T", "latex": "T", "kind": "size", "shape": "", "description": ""},
        {"name": "t", "latex": "t", "kind": "index", "shape": "T", "description": ""},
    ]
    project.write_record("attention.dq", record)
    assert project.build()[0] == 0
    page = BeautifulSoup(project.page("formulas/attention.dq"), "html.parser").select_one("#symbols")
    assert len(page.select("tbody tr")) == 6
    assert [a.get_text() for a in page.select("p:not(td p) annotation")] == ["T", "t"]


def test_the_home_page_counts_from_the_evidence(built: Project, project: Project) -> None:
    figures = BeautifulSoup(built.page("index"), "html.parser").select_one("ul.figures").get_text(" ")
    assert re.search(r"\b2\s+formulas proven", figures)
    assert re.search(r"\b1\s+claims refuted", figures)
    assert re.search(r"\b11\s+steps", figures)
    assert re.search(r"\b4\s+axioms", figures)
    assert re.search(r"\b6\s+mutants refused", figures)
    record = project.record("attention.dq")
    record["status"] = "refuted"
    project.write_record("attention.dq", record)
    assert project.build()[0] == 0
    figures = BeautifulSoup(project.page("index"), "html.parser").select_one("ul.figures").get_text(" ")
    assert re.search(r"\b1\s+formulas proven", figures)
    assert re.search(r"\b2\s+claims refuted", figures)


def test_missing_evidence_fails_every_build_until_it_is_there(project: Project) -> None:
    record = project.record("softmax.vjp")
    project.remove_record("softmax.vjp")
    for _ in range(2):
        status, said = project.build()
        assert status == 1
        assert "softmax.vjp: not proven here: run pytest proofs/ -k softmax.vjp" in said
    shown = text(project.page("formulas/softmax.vjp"))
    assert "Not proven here: run pytest proofs/ -k softmax.vjp." in shown
    assert "proven, any size" not in shown
    assert "Derivation" not in shown
    assert BeautifulSoup(project.page("formulas/softmax.vjp"), "html.parser").select_one(".statement annotation")
    assert re.search(r"\b1\s+formulas proven", text(project.page("index")))
    project.write_record("softmax.vjp", record)
    status, said = project.build()
    assert status == 0, said
    assert "proven, any size" in text(project.page("formulas/softmax.vjp"))


def test_evidence_of_another_statement_is_stale_and_fails_the_build(project: Project) -> None:
    record = project.record("attention.dq")
    record["statement_digest"] = "0" * 64
    project.write_record("attention.dq", record)
    status, said = project.build()
    assert status == 1
    assert "attention.dq: not proven here: the evidence is out of date; run pytest proofs/ -k attention.dq" in said
    shown = text(project.page("formulas/attention.dq"))
    assert "not proven here" in shown
    assert "Derivation" not in shown


def test_only_what_shows_a_changed_record_is_read_again(project: Project) -> None:
    assert project.build()[0] == 0
    status, said = project.build("-v")
    assert status == 0
    assert "0 added, 0 changed, 0 removed" in said
    record = project.record("attention.dq")
    record["seconds"] = 7.5
    project.write_record("attention.dq", record)
    status, said = project.build()
    assert status == 0, said
    assert "7.5" in text(project.page("formulas/attention.dq"))
    read = set(re.findall(r"reading sources\.\.\. \[[ \d]+%\] (\S+)", said))
    assert "formulas/attention.dq" in read
    assert not read & {"formulas/softmax.vjp", "formulas/batch-gradient.faster"}


def test_the_record_can_be_downloaded_as_it_was_written(built: Project) -> None:
    page = BeautifulSoup(built.page("formulas/softmax.vjp"), "html.parser")
    link = page.find("a", string="The whole record as JSON")
    assert json.loads((built.out / "formulas" / link["href"]).read_text()) == built.record("softmax.vjp")
    listed = json.loads((built.out / "formulas.json").read_text())
    assert [entry["id"] for entry in listed] == ["softmax.vjp", "attention.dq", "batch-gradient.faster"]
    assert all((built.out / entry["page"]).exists() for entry in listed)


def test_a_record_of_another_schema_is_refused(project: Project) -> None:
    record = project.record("softmax.vjp")
    record["schema"] = 2
    project.write_record("softmax.vjp", record)
    status, said = project.build()
    assert status != 0
    assert "evidence of schema 2 for softmax.vjp; this site reads schema 1" in said


def test_a_formula_proven_at_a_fixed_size_says_which_and_why(project: Project) -> None:
    record = project.record("attention.dq")
    record["status"] = "proven, fixed size"
    record["fixed_size"] = {"sizes": {"T": 2, "d": 3}, "why": "the general case is open."}
    project.write_record("attention.dq", record)
    assert project.build()[0] == 0
    assert "Proven at a fixed size only: T = 2, d = 3. the general case is open." in text(
        project.page("formulas/attention.dq")
    )


def test_chapters_and_the_table_list_the_formulas_by_status(built: Project) -> None:
    table = text(built.page("formulas/index"))
    assert re.search(r"Gradient of softmax\s+softmax.vjp\s+proven, any size\s+5\s+57.9\s+2.25", table)
    assert re.search(r"batch-gradient.faster\s+refuted\s+1", table)
    assert table.index("Activations") < table.index("Attention") < table.index("Optimization")
    chapter = BeautifulSoup(built.page("chapters/activations"), "html.parser")
    assert [card.find("a").get_text() for card in chapter.select(".formula-card")] == ["Gradient of softmax"]


def test_formulas_stay_out_of_the_navigation_and_chapters_are_in_it(built: Project) -> None:
    tree = BeautifulSoup(built.page("index"), "html.parser").select_one(".sidebar-tree")
    shown = [a.get_text() for a in tree.find_all("a")]
    assert {"Activations", "Attention", "Optimization", "All formulas"} <= set(shown)
    assert "Gradient of softmax" not in shown


@pytest.mark.parametrize("number", range(1, 6))
def test_steps_are_numbered_and_can_be_linked_to(built: Project, number: int) -> None:
    page = BeautifulSoup(built.page("formulas/softmax.vjp"), "html.parser")
    assert page.select_one(f"#step-{number} a.step-number").get_text() == str(number)
