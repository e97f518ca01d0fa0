"""The parts of a formula's page that are computed from its statement, and those about the page itself."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import fastjsonschema
import pytest
from bs4 import BeautifulSoup, Tag

from gradatlas.evidence import conventions
from gradatlas.ops import all_operations
from gradatlas.sphinx_ext.formula_page.conventions import points_of
from gradatlas.sphinx_ext.records import SCHEMAS

if TYPE_CHECKING:
    from conftest import Project


def part(project: Project, formula: str, anchor: str) -> Tag:
    found = BeautifulSoup(project.page(f"formulas/{formula}"), "html.parser").select_one(f"#{anchor}")
    assert found is not None, anchor
    return found


def words(tag: Tag) -> str:
    return re.sub(r"\s+", " ", tag.get_text(" ")).strip()


def tex(tag: Tag) -> list[str]:
    return [a.get_text() for a in tag.select("annotation")]


def test_the_example_shows_what_goes_in_and_what_comes_out(built: Project) -> None:
    shown = part(built, "softmax.vjp", "example")
    found = tex(shown)
    assert {"n", "x", "g", "p"} <= {one.partition(" = ")[0] for one in found if " = " in one}
    assert any(r"\approx" in one and "0.196612" in one for one in found)
    assert "at every" in words(shown)
    assert r"\pi = \pi" not in found


def test_a_formula_without_an_example_has_no_section_of_it(built: Project) -> None:
    page = BeautifulSoup(built.page("formulas/batch-gradient.faster"), "html.parser")
    assert page.select_one("#example") is None


def test_derivations_can_be_folded_and_their_rules_say_what_they_state(built: Project) -> None:
    shown = part(built, "softmax.vjp", "derivation")
    folded = shown.select_one("details[open] > summary")
    assert folded is not None
    assert words(folded) == "5 steps"
    links = shown.select(".step-why a.reference.internal[title]")
    assert len(links) >= 4
    statement = json.loads((built.root / "fixtures" / "rules.json").read_text())["contract"]["statement"]
    plain = statement.replace("$", "").replace("`", "")
    assert plain in {link["title"] for link in links}


def test_a_formula_of_an_operation_shows_the_points_where_conventions_differ(built: Project) -> None:
    shown = part(built, "attention.dq", "beside")
    row = words(shown.select_one("tbody tr"))
    assert row.startswith("attention, a query without a key")
    for peer, version in conventions.versions().items():
        assert version in words(shown), peer
    assert shown.select_one('a[href="../reference/conventions.html"]') is not None


def test_every_point_belongs_to_an_operation_of_the_table() -> None:
    known = all_operations()
    placed = {point.title for name, points in points_of().items() if name in known for point in points}
    assert {point.title for point in conventions.POINTS} == placed


def test_the_entry_for_a_bibliography_has_the_title_and_the_record(built: Project) -> None:
    entry = part(built, "softmax.vjp", "this-page").select_one(".cite pre")
    assert entry is not None
    said = entry.get_text()
    assert said.startswith("@misc{gradatlas-softmax.vjp,")
    assert "Gradient of softmax" in said
    assert built.record("softmax.vjp")["digest"][:16] in said
    assert said.count("{") == said.count("}")


def test_without_a_repository_the_page_names_files_and_what_to_quote(built: Project) -> None:
    shown = part(built, "softmax.vjp", "this-page")
    assert "src/gradatlas/formulas/activations.py:12" in words(shown)
    assert "proofs/activations.py:34" in words(shown)
    assert built.record("softmax.vjp")["digest"][:16] in words(shown)
    assert not shown.select('a[href^="http"]')


def test_with_a_repository_statement_and_proof_are_links_at_the_records_commit(project: Project) -> None:
    (project.root / "fixtures" / "about.json").write_text(json.dumps({"repository": "https://example.org/atlas"}))
    status, said = project.build()
    assert status == 0, said
    shown = part(project, "softmax.vjp", "this-page")
    commit = project.record("softmax.vjp")["versions"]["commit"]
    links = [a["href"] for a in shown.select('a[href^="https://example.org"]')]
    assert f"https://example.org/atlas/blob/{commit}/proofs/activations.py#L34" in links
    assert any(link.startswith("https://example.org/atlas/issues/new?") and "softmax.vjp" in link for link in links)


def test_other_forms_are_shown_and_formulas_that_prove_another_are_linked(built: Project) -> None:
    shown = part(built, "softmax.vjp", "forms")
    assert any(r"\odot" in one for one in tex(shown))
    assert any(r"\sum_{j=0}^{n-1}" in one for one in tex(shown))
    assert "np.einsum" in shown.select_one("pre").get_text()
    assert shown.select_one('a[href^="attention.dq.html"]') is not None
    # It assumes less, so it is another form of that one; the reverse does not hold.
    assert BeautifulSoup(built.page("formulas/attention.dq"), "html.parser").select_one("#forms") is None


def test_the_code_is_shown_for_numpy_and_for_cupy(built: Project) -> None:
    shown = part(built, "softmax.vjp", "numpy")
    first, second = shown.select("pre")
    assert first.get_text().startswith("import numpy as np")
    assert second.get_text() == first.get_text().replace("numpy as np", "cupy as cp").replace("np.", "cp.")
    assert second.find_parent("details") is not None


@pytest.mark.parametrize("name", ["softmax.vjp", "attention.dq"])
def test_what_can_be_downloaded_is_there(built: Project, name: str) -> None:
    line = part(built, name, "this-page").select_one(".downloads")
    assert line is not None
    for link in line.select("a"):
        assert (built.out / "formulas" / str(link["href"])).resolve().exists(), link


def test_all_formulas_are_one_file_that_fits_its_schema(built: Project) -> None:
    schemas = {name: json.loads((built.out / "schemas" / f"{name}.schema.json").read_text()) for name in SCHEMAS}
    listed = json.loads((built.out / "formulas.json").read_text())
    valid = fastjsonschema.compile(schemas["formulas"])
    valid(listed)
    first = listed[0]
    assert first["claims"][0]["text"].startswith("Sum(g[k]")
    assert first["record"] == built.record("softmax.vjp")["digest"]
    for path in (entry[key] for entry in listed for key in ("page", "evidence", "vectors") if entry[key]):
        assert (built.out / path).exists()
    vectors = json.loads((built.out / "formulas" / "softmax.vjp.vectors.json").read_text())
    fastjsonschema.compile(schemas["vectors"])(vectors)
    fastjsonschema.compile(schemas["evidence"])(json.loads((built.out / "formulas" / "softmax.vjp.json").read_text()))
    with pytest.raises(fastjsonschema.JsonSchemaException):
        valid([{**first, "status": "looks right"}])


def test_numerical_notes_show_where_the_naive_form_fails(built: Project) -> None:
    shown = part(built, "softmax.vjp", "floating-point")
    rows = [[words(cell) for cell in row.select("td")] for row in shown.select("tbody tr")]
    assert rows[0][0] == "x = (1000, 1001)"
    assert rows[0][1] == "(nan, nan) ✗"
    assert rows[0][2] == "all digits lost"
    assert rows[0][3].startswith("(0.2689414214, 0.7310585786)")
    page = BeautifulSoup(built.page("formulas/batch-gradient.faster"), "html.parser")
    assert page.select_one("#floating-point") is None


def test_folded_mathematics_is_drawn_by_the_browser_alone(built: Project) -> None:
    page = BeautifulSoup(built.page("formulas/softmax.vjp"), "html.parser")
    assert page.select("#mutants math")
    assert not page.select("#mutants .katex-html")
    assert page.select("#derivation .katex-html")


def test_after_a_long_derivation_the_others_are_folded(project: Project) -> None:
    record = project.record("attention.dq")
    claim = next(claim for claim in record["claims"] if claim["steps"])
    long = {**claim["steps"][-1], "latex": r"x = \text{" + "y" * 2990 + "}"}
    record["claims"] = [
        {**claim, "name": "short"},
        {**claim, "name": "long", "steps": [*claim["steps"][:-1], long]},
        {**claim, "name": "short again"},
    ]
    project.write_record("attention.dq", record)
    status, said = project.build()
    assert status == 0, said
    derivations = part(project, "attention.dq", "derivation").select("details.claim-derivation")
    assert [found.has_attr("open") for found in derivations] == [True, False, False]


def test_of_many_claims_only_the_first_derivations_stand_open(project: Project) -> None:
    record = project.record("attention.dq")
    claim = next(claim for claim in record["claims"] if claim["steps"])
    record["claims"] = [{**claim, "name": f"claim {number}"} for number in range(1, 8)]
    project.write_record("attention.dq", record)
    status, said = project.build()
    assert status == 0, said
    derivations = part(project, "attention.dq", "derivation").select("details.claim-derivation")
    assert [found.has_attr("open") for found in derivations] == [True] * 4 + [False] * 3
    assert derivations[0].select(".katex-html")
    assert not derivations[-1].select(".katex-html")
    assert derivations[-1].select("math")
