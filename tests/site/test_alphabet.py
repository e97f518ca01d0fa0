"""Indexes are in the order of letters, and in Chinese of pinyin."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup
from sphinx.errors import ExtensionError

from gradatlas.sphinx_ext import alphabet
from gradatlas.sphinx_ext.alphabet import initial, regrouped, sorted_as

if TYPE_CHECKING:
    from conftest import Project


@pytest.mark.parametrize(
    ("name", "letter"),
    [
        ("Gradient of softmax", "G"),
        ("the chain rule", "C"),
        ("-log D", "-"),
        ("熵的导数", "S"),
        ("长短期记忆", "C"),
        ("行列式", "H"),
        ("行向量", "H"),
        ("重置门", "C"),
        ("重球法", "Z"),
        ("重参数化", "C"),
        ("Adam 的第一步", "A"),
        ("2-范数", "2"),
    ],
)
def test_the_letter_under_which_a_name_stands(name: str, letter: str) -> None:
    assert initial(name) == letter


def test_chinese_names_follow_the_latin_ones_by_syllables() -> None:
    names = ["范数", "按元素", "a norm", "反向传播", "安全", "Adam", "鞍点"]
    assert sorted(names, key=sorted_as) == ["Adam", "a norm", "鞍点", "安全", "按元素", "反向传播", "范数"]


def test_the_general_index_has_its_chinese_names_under_letters() -> None:
    index = [("符号", ["2"]), ("A", ["Adam"]), ("熵", ["熵", "熵的导数"]), ("随", ["随机"]), ("安", ["安全"])]
    found = regrouped([(heading, [(name, ()) for name in names]) for heading, names in index])
    assert [(heading, [name for name, _ in entries]) for heading, entries in found] == [
        ("符号", ["2"]),
        ("A", ["Adam", "安全"]),
        ("S", ["熵", "熵的导数", "随机"]),
    ]


def test_a_heading_that_comes_twice_keeps_all_its_entries() -> None:
    assert regrouped([("M", [("a", ())]), ("N", [("b", ())]), ("M", [("c", ())])]) == [
        ("M", [("a", ()), ("c", ())]),
        ("N", [("b", ())]),
    ]


def test_without_pypinyin_the_mend_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypinyin", None)
    alphabet._reader.cache_clear()
    try:
        with pytest.raises(ExtensionError, match="pip install 'gradatlas\\[docs\\]' brings it"):
            initial("此名未读")
    finally:
        alphabet._reader.cache_clear()


def test_chinese_pages_have_them_so(project: Project) -> None:
    titles = ["长短期记忆", "行向量与 softmax", "熵的导数", "Adam 的第一步"]
    entries = [
        {**entry, "title": title, "aliases": ["重置门", "2-范数"]}
        for entry, title in zip(project.registry(), titles, strict=False)
    ]
    project.write_registry(entries)
    status, said = project.build("-D", "language=zh_CN", "-D", "locale_dirs=none")
    assert status == 0, said
    for page, headings in (("formula-index", ".cap strong, .domainindex-letter h2"), ("genindex", "section > h2")):
        found = [one.get_text() for one in BeautifulSoup(project.page(page), "html.parser").select(headings)]
        assert {"C", "H", "S"} <= set(found)
        assert [heading for heading in found if re.search("[\u4e00-\u9fff]", heading)] in ([], ["符号"])
