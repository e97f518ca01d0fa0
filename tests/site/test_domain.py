"""The domain `formula`: links, inventory, index, and what happens when documents or formulas come and go."""

from __future__ import annotations

import re
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from bs4 import BeautifulSoup
from sphinx.util.inventory import InventoryFile

from gradatlas.sphinx_ext.domain import Entry, FormulaDomain

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Project


def links(html: str) -> dict[str, str]:
    """Text -> address of the links in a page's article."""
    article = BeautifulSoup(html, "html.parser").find("article")
    return {a.get_text(): a["href"] for a in article.find_all("a")}


def test_roles_link_to_what_they_name(built: Project) -> None:
    found = links(built.page("index"))
    assert found["Gradient of softmax"] == "formulas/softmax.vjp.html#formula-softmax-vjp"
    assert found["its use in attention"] == "formulas/attention.dq.html#formula-attention-dq"
    assert found["Contract a bracket"] == "reference.html#rule-contract"
    assert found["exp is positive"] == "reference.html#axiom-exp-positive"
    assert found["L4"] == "ledger/L4.html#row-l4"


def test_every_anchor_that_is_linked_to_is_there(built: Project) -> None:
    pages = {p.relative_to(built.out).as_posix(): p.read_text() for p in built.out.rglob("*.html")}
    ids = {
        name: {t["id"] for t in BeautifulSoup(html, "html.parser").find_all(id=True)} for name, html in pages.items()
    }
    checked = 0
    for name, html in pages.items():
        for href in links(html).values() if "<article" in html else ():
            if re.match(r"[a-z]+:", href):
                continue
            address, _, anchor = href.partition("#")
            target = (built.out / name).parent.joinpath(address).resolve() if address else built.out / name
            assert target.exists(), f"{name} links to {href}"
            if anchor and target.suffix == ".html":
                assert anchor in ids[target.relative_to(built.out).as_posix()], f"{name} links to {href}"
                checked += 1
    assert checked > 60


def test_each_step_links_to_its_rule_and_its_lemma(built: Project) -> None:
    page = BeautifulSoup(built.page("formulas/softmax.vjp"), "html.parser")
    steps = page.select("ol.derivation > li")
    record = built.record("softmax.vjp")["claims"][0]["steps"]
    assert [step["id"] for step in steps] == [f"step-{s['n']}" for s in record]
    for step, told in zip(steps, record, strict=True):
        rule = step.select_one("a.reference.internal:not(.step-number)")
        assert rule["href"].endswith(f"reference.html#rule-{told['rule']}")
        assert rule["title"], "the rule's statement shows on hover"
        assert step.select_one(".math-wrapper annotation").get_text() == told["latex"]
    lemma = BeautifulSoup(built.page("formulas/attention.dq"), "html.parser").select_one("#step-1-1")
    assert "softmax.vjp.html#formula-softmax-vjp" in {a["href"] for a in lemma.find_all("a")}


def test_a_chain_reads_as_equations_from_where_it_begins(built: Project) -> None:
    page = BeautifulSoup(built.page("formulas/attention.dq"), "html.parser")
    first, second, third = (page.select_one(f"#step-2-{n}") for n in (1, 2, 3))
    assert first.select_one(".step-why").get_text() == "1What is to be computed"
    assert not first.select("a:not(.step-number)"), "to begin takes no rule"
    tex = [step.select_one(".math-wrapper annotation").get_text() for step in (first, second, third)]
    assert [t.startswith("{} = ") for t in tex] == [False, True, True]


def test_an_id_in_prose_is_a_link(built: Project) -> None:
    summary = BeautifulSoup(built.page("formulas/attention.dq"), "html.parser").select_one("p.summary")
    assert summary.find("a")["href"] == "softmax.vjp.html#formula-softmax-vjp"
    assert summary.find("a").get_text() == "softmax.vjp"


def test_lemmas_are_shown_in_both_directions(built: Project) -> None:
    uses = BeautifulSoup(built.page("formulas/attention.dq"), "html.parser").select_one("#lemmas").get_text()
    used = BeautifulSoup(built.page("formulas/softmax.vjp"), "html.parser").select_one("#lemmas").get_text()
    assert re.search(r"This proof uses:\s+Gradient of softmax", uses)
    assert re.search(r"Used in the proof of:\s+Gradient of attention in its queries", used)


def test_the_inventory_holds_the_domain_and_the_labels(built: Project) -> None:
    with (built.out / "objects.inv").open("rb") as file:
        inventory = InventoryFile.load(file, "https://atlas.example", lambda base, path: f"{base}/{path}")
    formulas = inventory["formula:formula"]
    assert set(formulas) == {"softmax.vjp", "attention.dq", "batch-gradient.faster"}
    assert formulas["softmax.vjp"].uri == "https://atlas.example/formulas/softmax.vjp.html#formula-softmax-vjp"
    assert formulas["softmax.vjp"].display_name == "Gradient of softmax"
    assert set(inventory["formula:rule"]) == {"definition", "differentiate", "contract", "collect", "lemma"}
    assert "exp.positive" in inventory["formula:axiom"]
    assert inventory["std:label"]["formula-softmax.vjp"].display_name == "Gradient of softmax"
    assert "axiom-exp.positive" in inventory["std:label"]


def test_a_project_that_never_heard_of_gradatlas_links_to_a_formula(built: Project, tmp_path: Path) -> None:
    (tmp_path / "conf.py").write_text(
        "extensions = ['sphinx.ext.intersphinx']\n"
        f"intersphinx_mapping = {{'atlas': ('https://atlas.example/', {str(built.out / 'objects.inv')!r})}}\n"
    )
    (tmp_path / "index.rst").write_text(
        "Outside\n=======\n\nSee :ref:`formula-softmax.vjp` and :ref:`rule-contract`.\n"
    )
    run = subprocess.run(
        [sys.executable, "-m", "sphinx", "-n", "-W", "-b", "html", str(tmp_path), str(tmp_path / "out")],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    page = BeautifulSoup((tmp_path / "out" / "index.html").read_text(), "html.parser")
    found = {a.get_text(): a["href"] for a in page.select("a.reference.external")}
    assert found["Gradient of softmax"] == "https://atlas.example/formulas/softmax.vjp.html#formula-softmax-vjp"
    assert found["Contract a bracket"] == "https://atlas.example/reference.html#rule-contract"


def test_a_wrong_id_is_a_warning_that_names_the_nearest(project: Project) -> None:
    index = project.source / "index.md"
    index.write_text(index.read_text().replace("{formula}`softmax.vjp`", "{formula}`softmax.vpj`"))
    status, said = project.build()
    assert status == 1
    assert "no formula has the id softmax.vpj; the nearest ids are softmax.vjp" in said


def test_the_index_of_formulas_lists_titles_and_aliases(built: Project) -> None:
    text = BeautifulSoup(built.page("formula-index"), "html.parser").find("article").get_text()
    for name in ("Gradient of softmax", "softmax backward", "normalised exponential", "dQ"):
        assert name in text
    assert "refuted" in text
    assert "proven, any size" not in text
    index = BeautifulSoup(built.page("formula-index"), "html.parser")
    letters = [letter.get_text() for letter in index.select(".domainindex-jumpbox strong")]
    assert {"B", "D", "G", "N", "S"} <= set(letters)
    assert letters == sorted(letters)
    assert "T" not in letters, "articles do not count"
    general = BeautifulSoup(built.page("genindex"), "html.parser").find("article").get_text()
    assert "attention (operation)" in general
    assert "sigma (symbol)" in general


def test_a_formula_that_leaves_the_registry_leaves_the_site(project: Project) -> None:
    assert project.build()[0] == 0
    stub = project.source / "formulas" / "batch-gradient.faster.rst"
    assert stub.exists()
    project.write_registry([entry for entry in project.registry() if entry["id"] != "batch-gradient.faster"])
    status, said = project.build()
    assert status == 0, said
    assert not stub.exists()
    with (project.out / "objects.inv").open("rb") as file:
        inventory = InventoryFile.load(file, "", lambda base, path: path)
    assert "batch-gradient.faster" not in inventory["formula:formula"]
    assert "batch-gradient.faster" not in project.page("formulas/index")


def domain() -> FormulaDomain:
    environment: Any = SimpleNamespace(domaindata={})
    return FormulaDomain(environment)


def test_clear_doc_forgets_one_document_only() -> None:
    some = domain()
    some.note("formula", "a", Entry("one", "formula-a", "A"))
    some.note("rule", "r", Entry("two", "rule-r", "R"))
    some.note_view("one", "formula:a", "0")
    some.clear_doc("one")
    assert set(some.objects) == {("rule", "r")}
    assert some.views == {}


def test_merge_takes_the_documents_it_is_told_and_no_other() -> None:
    some, other = domain(), domain()
    other.note("formula", "a", Entry("one", "formula-a", "A"))
    other.note("formula", "b", Entry("two", "formula-b", "B"))
    other.note_view("one", "formula:a", "0")
    other.note_view("two", "formula:b", "0")
    some.merge_domaindata({"one"}, other.data)
    assert set(some.objects) == {("formula", "a")}
    assert some.views == {"one": {"formula:a": "0"}}


def test_a_formula_described_twice_is_a_warning(project: Project) -> None:
    (project.source / "again.rst").write_text(":orphan:\n\n.. formula:: softmax.vjp\n")
    status, said = project.build()
    assert status == 1
    assert re.search(
        r"formula softmax.vjp is described twice, in (again and in formulas/|formulas/softmax.vjp and in again)", said
    )


@pytest.mark.parametrize("directive", ["formula", "atlas-statement"])
def test_a_directive_for_an_unknown_formula_is_an_error(project: Project, directive: str) -> None:
    (project.source / "bad.rst").write_text(f":orphan:\n\nBad\n===\n\n.. {directive}:: nope\n")
    status, said = project.build()
    assert status == 1
    assert "the registry has no formula nope" in said
