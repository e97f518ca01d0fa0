"""Search: Sphinx's own index and Pagefind's both know a formula's names, symbols and words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gradatlas.sphinx_ext import domain
from gradatlas.sphinx_ext.pieces import pieces

if TYPE_CHECKING:
    from conftest import Project


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
    page = built.page("formulas/softmax.vjp")
    assert '<p data-pagefind-weight="8" class="aliases">' in page
    assert '<p data-pagefind-weight="5" class="formula-line">' in page


def test_a_chinese_index_leaves_english_words_to_the_english_one() -> None:
    names = ["softmax 的梯度", "dQ", "the gradient of softmax"]
    assert list(domain.indexed(names, chinese=False)) == names
    assert list(domain.indexed(names, chinese=True)) == names[:1]


def test_every_division_of_a_chinese_name_into_short_words_is_among_its_pieces() -> None:
    found = pieces(["长短期记忆", "LSTM 单元"]).split()
    assert {"长", "短期", "长短", "期", "记忆", "短期记忆", "单元"} <= set(found)
    assert not {"忆单", "LSTM", "长短期记忆"} & set(found)
    assert len(found) == len(set(found))
