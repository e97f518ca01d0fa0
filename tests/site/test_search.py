"""Search: Sphinx's own index and Pagefind's both know a formula's names, symbols and words."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from bs4 import BeautifulSoup

from gradatlas.sphinx_ext import domain
from gradatlas.sphinx_ext.katex import node_program
from gradatlas.sphinx_ext.searching import pieces, without_mathematics

if TYPE_CHECKING:
    from conftest import Project

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def index(built: Project) -> dict[str, Any]:
    text = (built.out / "searchindex.js").read_text()
    return json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))


def places(index: dict[str, Any], word: str) -> set[str]:
    """The documents that have a word, in their titles or elsewhere."""
    found = [index[kind].get(word, []) for kind in ("terms", "titleterms")]
    return {index["docnames"][place] for some in found for place in (some if isinstance(some, list) else [some])}


@pytest.mark.parametrize(
    ("word", "document"),
    [
        ("softmax", "formulas/softmax.vjp"),
        ("normalis", "formulas/softmax.vjp"),  # an alias, stemmed
        ("backward", "formulas/attention.dq"),
        ("sigma", "formulas/attention.dq"),  # a symbol
        ("logit", "formulas/softmax.vjp"),  # what a symbol is
        ("bridl", "formulas/softmax.vjp"),  # an author
    ],
)
def test_words_of_a_page_are_in_the_index(index: dict[str, Any], word: str, document: str) -> None:
    assert document in places(index, word)


def test_titles_objects_and_index_entries_are_searchable(index: dict[str, Any]) -> None:
    assert "Gradient of softmax" in index["titles"]
    assert {"normalised exponential", "softmax vjp", "sigma (symbol)"} <= set(index["indexentries"])
    anchors = {entry[3] for entries in index["objects"].values() for entry in entries}
    assert {"formula-softmax-vjp", "axiom-exp-positive", "row-l4"} <= anchors


def test_pagefind_has_indexed_every_formula(built: Project) -> None:
    entry = json.loads((built.out / "pagefind" / "pagefind-entry.json").read_text())
    assert entry["languages"]["en"]["page_count"] >= 9
    assert (built.out / "pagefind" / "pagefind-component-ui.js").exists()


def test_what_names_a_formula_weighs_more(built: Project) -> None:
    page = BeautifulSoup(built.page("formulas/softmax.vjp"), "html.parser")
    assert page.select_one("p.aliases")["data-pagefind-weight"] == "8"
    assert page.select_one("p.formula-line")["data-pagefind-weight"] == "5"


def test_the_names_by_which_a_page_comes_first_stand_beside_the_index(built: Project) -> None:
    pages = {names[0]: names[1:] for names in json.loads((built.out / "pagefind" / "pages.json").read_text()).values()}
    known = {entry["title"]: entry["aliases"] for entry in built.registry()}
    assert set(known) <= set(pages)
    for title, aliases in known.items():
        own, shared = pages[title]
        assert sorted([*own, *shared]) == sorted(aliases)
    # What two formulas are called is the own name of the first alone.
    owned = [name for own, _ in pages.values() for name in own]
    assert len(owned) == len(set(owned))
    assert {name for _, shared in pages.values() for name in shared} <= set(owned)


SEARCH = """
globalThis.document = {{ querySelector: () => ({{ content: "./" }}), baseURI: {base} }};
const {{ createInstance, debouncedSearch, search }} = await import({script});
globalThis.fetch = async () => ({{ json: async () => ({pages}) }});
for (const words of {queries}) console.log((await search(words)).results.map(result => result.id).join(" "));
console.log((await createInstance({{}}).search("dq")).results[0].id, await debouncedSearch("dq"));
"""


def test_a_page_that_is_called_so_comes_before_one_that_says_it_more_often(tmp_path: Path) -> None:
    results = [
        {"id": "often", "score": 9},
        {"id": "shared", "score": 8},
        {"id": "own", "score": 7},
        {"id": "title", "score": 1},
    ]
    (tmp_path / "pagefind.js").write_text(
        f"export const search = async () => ({{results: {json.dumps(results)}, unfilteredResultCount: 4}});"
        "export const createInstance = () => ({ search }), debouncedSearch = async () => null;"
    )
    (tmp_path / "package.json").write_text('{"type": "module"}')
    shutil.copy(DOCS / "_static" / "search" / "pagefind.js", tmp_path / "names.js")
    pages = {
        "own": ["Another", ["dQ"], []],
        "shared": ["One more", [], ["dQ"]],
        "title": ["The chain-rule", [], []],
        "often": ["Tangents, a chain of them", ["rule"], []],
    }
    base, script = tmp_path.as_uri() + "/", (tmp_path / "names.js").as_uri()
    given = {"base": base, "script": script, "pages": pages, "queries": ["DQ ", "chain rule", "no name", "  "]}
    (tmp_path / "run.js").write_text(SEARCH.format(**{key: json.dumps(value) for key, value in given.items()}))
    run = subprocess.run([node_program(), "run.js"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert run.stdout.split("\n")[:5] == [
        "own shared often title",
        "title often shared own",
        "often shared own title",
        "often shared own title",
        "own null",
    ], run.stderr


def test_a_chinese_index_leaves_english_words_to_the_english_one() -> None:
    names = ["softmax 的梯度", "dQ", "the gradient of softmax"]
    assert list(domain.indexed(names, chinese=False)) == names
    assert list(domain.indexed(names, chinese=True)) == names[:1]


def test_every_division_of_a_chinese_name_into_short_words_is_among_its_pieces() -> None:
    found = pieces(["长短期记忆", "LSTM 单元"]).split()
    assert {"长", "短期", "长短", "期", "记忆", "短期记忆", "单元"} <= set(found)
    assert not {"忆单", "LSTM", "长短期记忆"} & set(found)
    assert len(found) == len(set(found))


def test_what_is_drawn_is_not_searched() -> None:
    drawn = (
        '<span class="katex"><span class="katex-mathml"><math xmlns="x"><mi>a</mi></math></span><span>b</span></span>'
    )
    alone = '<math display="block"><mi>c</mi></math>'
    page = f"<p>before {drawn} between</p>{alone}<span>after <span>all</span></span>"
    assert without_mathematics(page) == "<p>before  between</p><span>after <span>all</span></span>"
    assert without_mathematics("<p>none</p>") == "<p>none</p>"


def test_nothing_but_mathematics_is_taken_from_pages(built: Project) -> None:
    """What is left of every page, and what was taken, add up to its text."""
    for path in built.out.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        plain = without_mathematics(page)
        assert "<math" not in plain
        assert plain.count("<span") == plain.count("</span>")
        soup = BeautifulSoup(page, "html.parser")
        for mathematics in soup.select("span.katex, math"):
            mathematics.decompose()
        assert BeautifulSoup(plain, "html.parser").get_text() == soup.get_text()
