"""The pages that teach: the order in which to read, what a reader has to trust, the pictures, claims and steps by name."""

from __future__ import annotations

import itertools
import math
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup, Tag
from click.testing import CliRunner

from gradatlas.cli import main
from gradatlas.evidence.reader import evidence
from gradatlas.formulas.registry import all_formulas
from gradatlas.sphinx_ext import trust
from gradatlas.sphinx_ext.primer_pictures import PICTURES, difference_errors
from gradatlas.sphinx_ext.reading import FIRST, ReadingOrder, named

if TYPE_CHECKING:
    from conftest import Project

DOCS = Path(__file__).parents[2] / "docs"
PRIMER = sorted(path for path in (DOCS / "primer").glob("*.md"))
LESSONS = [path for path in PRIMER if path.stem not in ("index", "order")]


def order(needs: dict[str, tuple[str, ...]], **counts: dict[str, int]) -> ReadingOrder:
    return ReadingOrder(
        needs=needs,
        rows=counts.get("rows", {}),
        cases=counts.get("cases", {}),
        lessons=counts.get("lessons", {}),
        work=counts.get("work", {}),
        chapters={id: id.partition(".")[0] for id in needs},
    )


# ------------------------------------------------------------------------------------------------ the reading order


def test_every_lemma_comes_before_what_uses_it_and_depth_counts_the_longest_chain() -> None:
    found = order({"b.end": ("a.mid", "a.base"), "a.mid": ("a.base",), "b.alone": (), "a.base": ()})
    assert found.depth == {"a.base": 0, "b.alone": 0, "a.mid": 1, "b.end": 2}
    assert found.everything == ["b.alone", "a.base", "a.mid", "b.end"]  # b's shelf stands before a's
    assert found.users["a.base"] == {"a.mid", "b.end"}
    assert found.users["b.end"] == frozenset()


def test_formulas_that_need_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="needs itself"):
        _ = order({"a.one": ("a.two",), "a.two": ("a.one",)}).depth


def test_the_short_list_takes_what_most_rests_on_and_its_lemmas() -> None:
    needs: dict[str, tuple[str, ...]] = {"a.base": (), "a.used": ("a.base",), "a.rows": (), "a.kind": (), "a.idle": ()}
    needs |= {f"b.{k}": ("a.used",) for k in range(3)}
    found = order(needs, rows={"a.rows": 3}, cases={"a.kind": 9}, lessons={"a.idle": 1}, work={"a.idle": 1})
    assert [found.weight(id) for id in ("a.base", "a.used", "a.rows", "a.kind", "a.idle")] == [4, 3, 3, 9, 1]
    assert found.first(2) == ["a.base", "a.kind"]
    # Of two on which as much rests the shorter derivation goes first, and a lemma never comes without room for it.
    assert set(found.first(3)) == {"a.base", "a.kind", "a.rows"}
    found = order({"a.lemma": (), "a.one": ("a.lemma",), "a.two": ()}, rows={"a.one": 5, "a.two": 1})
    assert found.first(1) == ["a.lemma"] or found.first(1) == ["a.two"]
    assert found.first(2) == ["a.lemma", "a.one"]


def test_the_order_of_the_atlas_has_every_formula_once_after_its_lemmas() -> None:
    known = {id: evidence(id).record for id in all_formulas()}
    needs = {id: tuple(x for x in (record or {"lemmas": ()})["lemmas"] if x in known) for id, record in known.items()}
    found = order(needs)
    place = {id: k for k, id in enumerate(found.everything)}
    assert set(place) == set(all_formulas())
    assert all(place[lemma] < place[id] for id, lemmas in needs.items() for lemma in lemmas)
    assert len(found.first()) == FIRST


def test_a_lesson_counts_once_for_each_formula_it_names(tmp_path: Path) -> None:
    one, two = tmp_path / "one.md", tmp_path / "two.md"
    one.write_text("{formula}`a.b` and {formula}`the same <a.b>`\n\n```{atlas-claims} c.d\n:claims: vjp\n```\n")
    two.write_text("See {formula}`the same <a.b>`, {formula}`x.y` and `c.d`.\n")
    assert named([one, two], ["a.b", "c.d", "e.f"]) == {"a.b": 2, "c.d": 1}


# ------------------------------------------------------------------------------------------------ what is trusted


def test_the_checker_imports_nothing_but_python_and_none_of_the_engine() -> None:
    own, libraries = trust.closure(trust.CHECKER)
    assert libraries == frozenset()
    assert {name.split(".")[1] for name in own} == {"symbolic"}
    assert not {"gradatlas.symbolic.sympy_bridge", "gradatlas.symbolic.evaluate"} & set(own)
    # and what is loaded is what was counted
    import subprocess

    code = f"import sys, {trust.CHECKER}; print(*(m for m in sys.modules if m.startswith('gradatlas.symbolic')))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(run.stdout.split()) - {"gradatlas.symbolic"} <= set(own)


def test_a_library_that_is_imported_is_named() -> None:
    own, libraries = trust.closure("gradatlas.symbolic.tactics")
    assert {"gradatlas.symbolic.checker", "gradatlas.symbolic.sympy_bridge"} <= set(own)
    assert {"sympy", "mpmath"} <= libraries


def test_sympy_is_asked_by_code_that_decides_nothing() -> None:
    asking = trust.users_of("sympy")
    assert {path.stem for path in asking} == {"sympy_bridge", "tactics"}
    assert not set(asking) & set(trust.closure(trust.CHECKER)[0].values())


def test_lines_of_code_are_counted_without_words_and_blanks(tmp_path: Path) -> None:
    path = tmp_path / "some.py"
    path.write_text(
        '"""Words.\n\nMore words."""\n\n# a comment\nx = (\n    1,  # one\n)\n\n\ndef f():\n    """Words."""\n    return x\n'
    )
    assert trust.lines_of_code(path) == 5


# ------------------------------------------------------------------------------------------------ pictures


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_drawn_inside_its_frame_and_says_what_it_shows(name: str) -> None:
    root = ET.fromstring(PICTURES[name]())
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    assert len(root.attrib["aria-label"]) > 20
    places = [
        tuple(map(float, pair.split(",")))
        for found in root.iter()
        if found.tag == "polyline"
        for pair in found.attrib["points"].split()
    ]
    places += [(float(t.attrib["x"]), float(t.attrib["y"])) for t in root.iter() if t.tag == "text"]
    assert places
    assert all(0 <= x <= width and 0 <= y <= height for x, y in places)


def test_the_errors_of_differences_are_those_of_the_differences() -> None:
    """One-sided near h/2 times the second derivative, central near h^2/6 times the third, and rounding below."""
    for h, forward, central in difference_errors():
        if h > 1e-5:
            assert math.isclose(forward, h / 2 * math.sin(1), rel_tol=0.05)
        if h > 1e-3:
            assert math.isclose(central, h * h / 6 * math.cos(1), rel_tol=0.05)
        if h < 1e-13:
            assert min(forward, central) > 1e-6 or max(forward, central) > 1e-5


# ------------------------------------------------------------------------------------------------ the pages


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_is_short_and_ends_with_exercises_and_the_next_page(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.split()) < 720
    exercises = text.partition("## Exercises\n")[2]
    assert len(re.findall(r"^\d\. ", exercises, flags=re.M)) in (2, 3)
    assert re.search(r"^Next: \[[^]]+\]\(([\w-]+)\.md\)$", exercises.rstrip().rsplit("\n", 1)[-1])
    assert "{atlas-claims}" in text or "{atlas-statement}" in text


def test_the_lessons_lead_from_the_first_to_the_last() -> None:
    index = (DOCS / "primer" / "index.md").read_text(encoding="utf-8")
    listed = re.findall(r"^[a-z-]+$", index.partition("```{toctree}")[2].partition("```")[0], flags=re.M)
    assert set(listed) == {path.stem for path in PRIMER} - {"index"}
    assert len(LESSONS) == 13
    for page in ("primer/index", "guide/start", "index"):
        assert "thirteen short pages" in " ".join((DOCS / f"{page}.md").read_text(encoding="utf-8").lower().split())
    for here, there in itertools.pairwise(listed):
        text = (DOCS / "primer" / f"{here}.md").read_text(encoding="utf-8")
        assert re.findall(r"^Next: .*\(([\w-]+)\.md\)$", text, flags=re.M) == [there]


def test_every_formula_claim_and_exercise_that_the_pages_name_is_there() -> None:
    known = all_formulas()
    for path in [*PRIMER, *(DOCS / "guide").glob("*.md"), *(DOCS / "reference").glob("*.md")]:
        text = path.read_text(encoding="utf-8")
        for id, options in re.findall(r"^```\{atlas-(?:claims|steps)\} (\S+)\n((?::.*\n)*)", text, flags=re.M):
            assert id in known, f"{path.name}: {id}"
            claims = re.search(r"^:claims?: (.*)$", options, flags=re.M)
            for name in claims[1].split("; ") if claims else ():
                assert name in [claim.name for claim in known[id].claims], f"{path.name}: {id} has no claim {name}"
        for id in re.findall(r'gradatlas check (\S+) "', text):
            assert id in known, f"{path.name}: {id}"


ANSWERS = {
    ("softmax.vjp", ""): "p_i*(g_i - Sum(g_j*p_j, j))",
    ("softmax.jvp", ""): "p_i*(v_i - Sum(p_j*v_j, j))",
    ("matmul.vjp", ""): "Sum(G[a, j]*B[i, j], j)",
    ("matmul.vjp", "in B"): "Sum(A_ji*G_jk, j)",
    ("softplus.derivative", ""): "1/(1 + exp(-t))",
    ("dense.vjp", ""): "Sum(g_rk*W_jk, k)",
    ("dense.vjp", "weights"): "Sum(x_kj*g_ki, k)",
    ("add.derivative", "add, in y"): "Sum(g_ji, j)",
    ("relu.derivative", ""): "[t > 0]",
    ("sigmoid.derivative", "without cancellation"): "sigmoid(t)*sigmoid(-t)",
    ("mean-squared-error.vjp", ""): "2*gamma*(x_ri - y_ri)/(N*n)",
}


def exercises() -> list[tuple[str, str]]:
    """Formula and claim of each exercise that the command judges."""
    text = "".join(path.read_text(encoding="utf-8") for path in LESSONS)
    found = re.findall(r'gradatlas check (\S+) "\.\.\."(?: --claim (?:"([^"]+)"|(\w+)))?`', text)
    return list(dict.fromkeys((id, quoted or bare) for id, quoted, bare in found))


@pytest.mark.parametrize(("id", "claim"), exercises())
def test_an_exercise_takes_the_right_answer_and_no_other(id: str, claim: str) -> None:
    options = ["--claim", claim] if claim else []
    for answer, code in ((ANSWERS[id, claim], 0), (f"{ANSWERS[id, claim]} + 1", 1)):
        judged = CliRunner().invoke(main, ["check", id, answer, *options])
        assert judged.exit_code == code, judged.output
        assert ("right" if code == 0 else "wrong") in judged.output


def test_terms_are_in_the_glossary() -> None:
    glossary = (DOCS / "reference" / "glossary.md").read_text(encoding="utf-8").partition("```{glossary}")[2]
    terms = [line for line in glossary.splitlines() if line and not line.startswith((" ", "`"))]
    assert terms == sorted(terms, key=str.lower)
    for path in DOCS.rglob("*.md"):
        if "node_modules" not in path.parts:
            for said in re.findall(r"\{term\}`([^`]+)`", path.read_text(encoding="utf-8")):
                term = said.rpartition("<")[2].rstrip(">") if "<" in said else said
                assert term.lower() in map(str.lower, terms), f"{path}: {term}"


def put(project: Project, text: str) -> None:
    """Add to the sample's first page."""
    path = project.source / "index.md"
    path.write_text(path.read_text(encoding="utf-8") + f"\n{text}\n", encoding="utf-8")


def test_claims_and_steps_are_shown_by_name(project: Project) -> None:
    names = [claim["name"] for claim in project.record("attention.dq")["claims"]]
    assert len(names) > 1
    put(project, f"```{{atlas-claims}} attention.dq\n:claims: {names[1]}; {names[0]}\n```")
    put(project, f"```{{atlas-claims}} attention.dq\n:claims: {names[1]}\n```")
    put(project, "```{atlas-steps} softmax.vjp\n:steps: 1 2\n```")
    status, said = project.build()
    assert status == 0, said
    page = BeautifulSoup(project.page("index"), "html.parser")
    _, both, one = page.select(".example-statement")
    assert [name.get_text() for name in both.select(".claim-name")] == [names[1], names[0]]
    assert len(one.select(".statement")) == 1
    assert not one.select(".claim-name")
    assert one.select_one(".statement .katex") == both.select_one(".statement .katex")
    steps = page.select("ol.derivation > li")
    assert [step.select_one(".step-number").get_text() for step in steps] == ["1", "2"]  # type: ignore[union-attr]
    record = project.record("softmax.vjp")["claims"][0]["steps"]
    rule = next(step["rule"] for step in record[:2] if step["rule"] != "start")
    link = page.select_one("ol.derivation a.reference[href*='rule-']")
    assert isinstance(link, Tag), rule


@pytest.mark.parametrize(
    ("directive", "complaint"),
    [
        ("```{atlas-claims} no.such\n```", "has no formula no.such"),
        ("```{atlas-claims} softmax.vjp\n:claims: of the moon\n```", "has no claim 'of the moon'"),
        ("```{atlas-steps} softmax.vjp\n:steps: 99\n```", "none of the number 99"),
        ("```{primer-picture} nothing\n```", "there is no picture nothing"),
    ],
)
def test_what_is_not_there_fails_the_build(project: Project, directive: str, complaint: str) -> None:
    (project.source / "index.md").write_text(
        f"# Claims\n\n{directive}\n\n```{{toctree}}\nreference\nformulas/index\n```\n"
    )
    status, said = project.build()
    assert status != 0
    assert complaint in said


def test_the_order_is_a_page(project: Project) -> None:
    put(project, "```{atlas-reading-order}\n```\n\n```{atlas-trusted}\n```")
    status, said = project.build()
    assert status == 0, said
    page = BeautifulSoup(project.page("index"), "html.parser")
    rows = page.select("table.reading-order tbody tr")
    assert len(rows) == len(project.registry())
    assert len(page.select("#all details li, #all li")) == len(project.registry())
    lines = sum(map(trust.lines_of_code, trust.closure(trust.CHECKER)[0].values()))
    assert f"{lines:,} lines" in page.select("table.trusted")[0].get_text()
