"""Mathematics at build time: KaTeX behind one Node process, a cache on disk, and errors that name the page."""

from __future__ import annotations

import multiprocessing
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

from gradatlas.sphinx_ext.book import mathml
from gradatlas.sphinx_ext.katex import Katex, KatexError, unbroken

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Project


@pytest.fixture
def katex(node_modules: Path, tmp_path: Path) -> Iterator[Katex]:
    renderer = Katex(node_modules / "katex", tmp_path / "cache")
    yield renderer
    renderer.close()


def test_inline_and_display_differ_and_both_carry_their_tex(katex: Katex) -> None:
    inline = katex.html(r"\frac{a}{b}", display=False)
    display = katex.html(r"\frac{a}{b}", display=True)
    assert "katex-display" in display
    assert "katex-display" not in inline
    for html in (inline, display):
        assert r'<annotation encoding="application/x-tex">\frac{a}{b}</annotation>' in html


@pytest.mark.parametrize("display", [False, True])
def test_mathml_alone_is_the_mathml_of_both(katex: Katex, display: bool) -> None:
    both, alone = (katex.html(r"\sum_i x_i", display=display, mathml=alone) for alone in (False, True))
    assert mathml(alone) == mathml(both)
    assert "katex-html" not in alone
    assert len(alone) < len(both) / 2


def test_an_answer_is_kept_and_asked_for_once(
    katex: Katex, node_modules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = katex.html(r"x_{i}", display=False)
    katex.kept.write()
    again = Katex(node_modules / "katex", katex.cache)
    monkeypatch.setattr(again, "_ask", lambda request: pytest.fail(f"asked again: {request}"))
    assert again.html(r"x_{i}", display=False) == first


@pytest.mark.parametrize("change", ["tex", "display", "mathml", "macros", "version"])
def test_the_cache_tells_apart_whatever_changes_the_answer(katex: Katex, node_modules: Path, change: str) -> None:
    katex.html(r"\R", display=False) if change != "macros" else None
    other = Katex(node_modules / "katex", katex.cache, {r"\R": r"\mathbf{R}"} if change == "macros" else None)
    if change == "version":
        other.version = "0.0.0"
    katex.kept.write()
    asked = []
    ask = other._ask
    other._ask = lambda request: asked.append(request) or ask(request)
    other.html(r"\Z" if change == "tex" else r"\R", display=change == "display", mathml=change == "mathml")
    assert len(asked) == 1
    other.close()


def test_a_refused_formula_raises_with_katex_words_and_the_worker_lives_on(katex: Katex) -> None:
    with pytest.raises(KatexError, match=r"(?s)Undefined control sequence: \\nonsense.*in: \\nonsense"):
        katex.html(r"\nonsense", display=False)
    assert "katex" in katex.html("x", display=False)


def _in_child(katex: Katex, tex: str, pipe: multiprocessing.connection.Connection) -> None:
    html = katex.html(tex, display=False)
    pipe.send((html, katex._process.pid if katex._process else None))
    katex.close()


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_starts_a_worker_of_its_own(katex: Katex) -> None:
    katex.html("a", display=False)
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()
    child = context.Process(target=_in_child, args=(katex, "b", there))
    child.start()
    assert here.poll(60)
    html, worker = here.recv()
    assert ">b</annotation>" in html
    assert katex._process is not None
    assert worker not in (None, katex._process.pid)
    child.join()
    assert ">c</annotation>" in katex.html("c", display=False)


def test_absent_katex_says_the_mend(tmp_path: Path) -> None:
    with pytest.raises(KatexError, match=r"python tools/npm_packages\.py"):
        Katex(tmp_path / "katex", tmp_path)


def test_bad_mathematics_on_a_page_fails_the_build_and_names_the_page(project: Project) -> None:
    (project.source / "bad.md").write_text("---\norphan: true\n---\n# Bad\n\n$\\nonsense$\n")
    status, said = project.build()
    assert status != 0
    assert "bad" in said
    assert r"Undefined control sequence: \nonsense" in said


def test_a_comma_stays_on_the_line_of_the_mathematics_before_it(project: Project) -> None:
    words = "Sizes $R$, then ($x_{i,j}$) and long: $a + b = c$, which may break, $N$"
    (project.source / "comma.md").write_text(f"---\norphan: true\n---\n\n# C\n\n{words}.\n", encoding="utf-8")
    status, said = project.build()
    assert status == 0, said
    page = BeautifulSoup(project.page("comma"), "html.parser")
    for hidden in page.select(".katex"):
        hidden.string = hidden.find("annotation").text
    assert [kept.text for kept in page.select("article .kept-together")] == ["R,", "(x_{i,j})", "N."]
    assert page.select_one("article p").text == words.replace("$", "") + "."


@pytest.mark.parametrize(
    ("tex", "kept"),
    [
        (r"\sum_{i} [i = s o - p] [j < n] x_{i}", r"\sum_{i} {[i = s o - p]} \allowbreak {[j < n]} x_{i}"),
        (
            r"[(i - p) \bmod s = 0] \left[0 \le \left\lfloor \frac{i}{s} \right\rfloor\right]",
            r"{[(i - p) \bmod s = 0]} \allowbreak \left[0 \le \left\lfloor \frac{i}{s} \right\rfloor\right]",
        ),
        (r"t \in [0, 1] \text{ and } \sqrt[3]{x} = y \\[2pt]", None),
        (r"\left[0 \le x\right] \left[x < n\right]", None),
        (r"[a = [b, c]]", None),
    ],
)
def test_a_line_does_not_end_within_the_bracket_of_a_condition(katex: Katex, tex: str, kept: str | None) -> None:
    assert unbroken(tex) == (kept or tex)
    if kept:
        boxes = [katex.html(one, display=False).count('class="katex-base"') for one in (tex, kept)]
        assert boxes[1] < boxes[0]


def test_numbered_equations_keep_number_and_anchor(built: Project) -> None:
    page = BeautifulSoup(built.page("index"), "html.parser")
    assert page.select_one("#equation-euler .eqno").get_text().startswith("(1)")
    assert page.find("a", href="#equation-euler")


def test_the_site_carries_katex_and_asks_nobody(built: Project) -> None:
    static = built.out / "_static"
    assert (static / "katex" / "copy-tex.js").exists()
    sheet = (static / "katex" / "katex.css").read_text()
    assert "http" not in sheet
    fonts = {part.split(")")[0] for part in sheet.split("url(")[1:]}
    assert len(fonts) > 10
    assert all((static / "katex" / font).exists() for font in fonts)
    assert not (static / "mathjax").exists()
    for page in built.out.rglob("*.html"):
        html = BeautifulSoup(page.read_text(), "html.parser")
        for tag, name in (("script", "src"), ("link", "href"), ("img", "src")):
            for found in html.find_all(tag, attrs={name: True}):
                assert not found[name].startswith(("http:", "https:", "//")), f"{page.name} loads {found[name]}"


def test_other_builders_get_the_tex_as_text(project: Project) -> None:
    status, said = project.build("-b", "text")
    assert status == 0, said
    page = (project.out / "formulas" / "softmax.vjp.txt").read_text()
    assert "p_{i}\\left(g_{i} - \\sum_{j} g_{j}\\,p_{j}\\right)" in page
