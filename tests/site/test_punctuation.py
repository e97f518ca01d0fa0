"""What the pages' code puts between Chinese words is printed as Chinese prints it, and nothing else is changed."""

from __future__ import annotations

import pytest

from gradatlas.sphinx_ext.punctuation import ATOM, widened


@pytest.mark.parametrize(
    ("line", "printed"),
    [
        ("二阶: 3 步", "二阶：3 步"),
        ("digamma: 4 步", "digamma：4 步"),
        ("全部样本 (40)", "全部样本（40）"),
        ("下载： 证据记录, 所有公式（单个文件）.", "下载：证据记录，所有公式（单个文件）。"),
        ("按求导法则求导: 每个元素处的导数", "按求导法则求导：每个元素处的导数"),
        ("使用一个已证明的公式 (双曲正切及其导数)", "使用一个已证明的公式（双曲正切及其导数）"),
        (
            f"从 0 到相应尺寸减 1： {ATOM} (小于 {ATOM}), {ATOM}.",
            f"从 0 到相应尺寸减 1：{ATOM}（小于 {ATOM}），{ATOM}。",
        ),
        ("x = 0: 对 y 为 0", "x = 0：对 y 为 0"),
        ("Sigmoid及其导数, 又名logistic函数", "Sigmoid 及其导数，又名 logistic 函数"),
        ("以上均基于 下文的假设.", "以上均基于下文的假设。"),
        (f"其中 {ATOM}; {ATOM}; {ATOM}", f"其中 {ATOM}；{ATOM}；{ATOM}"),
    ],
)
def test_lines_of_chinese_get_its_punctuation(line: str, printed: str) -> None:
    assert widened(line) == printed


@pytest.mark.parametrize(
    "line",
    [
        "斜率 (s, 1 - s) 从下方界定 f(x, y) 与 g(x; t)",
        "取值于 [0, 1] 中的数",
        "the words 中文, and some more (of them: all) here.",
        "Adam: a method for stochastic optimization (2015).",
        f"改写：({ATOM} -> x, y) 不等于 {ATOM}",
    ],
)
def test_mathematics_and_other_languages_keep_theirs(line: str) -> None:
    assert widened(line) == line
