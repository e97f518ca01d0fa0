"""trace: a call as text, one line an operation, as a graph, and what a backward pass would hold."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.errors import MissingProgramError


def loss(params: Any, x: Any, *, y: Any) -> Any:
    h = xp.tanh(x @ params["W"] + params["b"])
    return xp.mean((h[:, 0] - y) ** 2), {"h": h}


ARGUMENTS = {"W": np.ones((3, 2)), "b": np.zeros(2)}, np.ones((5, 3))


def drawing() -> Any:
    return ga.trace(loss)(*ARGUMENTS, y=np.ones(5))


def test_the_text_has_a_line_for_each_operation() -> None:
    text = str(drawing())
    names = [line.name for line in drawing().lines]
    assert names == ["matmul", "add", "tanh", "getitem", "subtract", "square", "mean"]
    rows = text.splitlines()
    assert rows[0] == "loss:"
    assert rows[1].split() == ["%0", "=", "argument", "0['W']", "float64", "(3,", "2)"]
    assert rows[4].split()[:4] == ["%3", "=", "argument", "y"]
    assert "%4  = matmul(%2, %0)" in rows[5]
    assert rows[7].split() == ["%6", "=", "tanh(%5)", "float64", "(5,", "2)", "saves", "80", "B"]
    assert "getitem(%6, key=[:, 0])" in rows[8]
    assert rows[12] == "  return [0]=%10, [1]['h']=%6"
    assert repr(drawing()) == text


def test_what_a_backward_pass_holds_is_counted_once_and_without_the_arguments() -> None:
    saved = {line.name: line.saved for line in drawing().lines}
    assert saved == {"matmul": 0, "add": 0, "tanh": 80, "getitem": 0, "subtract": 0, "square": 40, "mean": 0}
    assert drawing().saved_bytes == 120
    assert "saved for the backward pass: 120 B" in str(drawing())
    twice = ga.trace(lambda x: xp.sin(y := x + 1.0) * xp.cos(y))(np.ones(10))
    assert [(line.name, line.saved) for line in twice.lines][1:] == [("sin", 80), ("cos", 0), ("multiply", 160)]
    assert "saved for the backward pass: 240 B" in str(twice)
    assert ga.trace(lambda n: n * n)(np.arange(4)).saved_bytes == 0
    assert "8 kB" in str(ga.trace(lambda x: xp.exp(x + 1.0))(np.ones(1000)))


def test_numbers_and_constants_and_keywords() -> None:
    text = str(ga.trace(lambda x: xp.sum(x * 2.0 + np.ones(3), axis=0, keepdims=True))(np.ones((2, 3))))
    assert "multiply(%0, 2.0)" in text
    assert "add(%1, float64 (3,))" in text
    assert "sum(%2, axis=0, keepdims=True)" in text
    assert "argument 0" in str(ga.trace(lambda x, k: x * k)(2.0, 3))


def test_derivatives_and_maps_show_what_they_come_down_to() -> None:
    names = [line.name for line in ga.trace(ga.grad(lambda x: xp.sum(xp.sin(x))))(np.ones(3)).lines]
    assert names[:2] == ["sin", "sum"]
    assert "cos" in names[2:]
    (line,) = ga.trace(ga.vmap(xp.softmax))(np.ones((5, 3))).lines
    assert (line.name, line.results[0][1]) == ("softmax", "float64 (5, 3)")


def test_custom_functions_are_one_line() -> None:
    f = ga.custom_jvp(lambda x: xp.sin(x) * 2.0)
    f.defjvp(lambda p, t: (f(p[0]), t[0]))
    assert [line.name for line in ga.trace(f)(np.ones(3)).lines] == ["<lambda>"]


def test_branches_on_values_see_what_is_stopped() -> None:
    assert [line.name for line in ga.trace(lambda x: ga.cond(x > 0, xp.sin, xp.cos, x))(-1.0).lines][-1] == "cos"
    assert "sqrt" in str(ga.trace(lambda x: xp.sqrt(x) if float(ga.stop_gradient(x)) > 0 else x)(4.0))


def test_libraries(home: Any) -> None:
    text = str(ga.trace(lambda x: xp.sum(xp.exp(x)))(home.normal(3)))
    assert f"{home.widest} (3,)" in text
    assert f"saves {24 if home.widest == 'float64' else 12} B" in text


def test_the_graph_in_graphviz_language() -> None:
    text = drawing().dot()
    assert text.startswith("digraph {")
    assert text.endswith("}")
    assert text.count("->") == 12
    assert """label="argument 0['W']\\nfloat64 (3, 2)\"""" in text
    assert 'op2 [shape=box, style=rounded, label="tanh\\nsaves 80 B"];' in text
    assert 'v2 -> op0 [label="float64 (5, 3)"];' in text
    quoted = ga.trace(lambda d: d['a"b'] * 2)({'a"b': np.ones(2)}).dot()
    assert '\\"' in quoted


def test_the_picture_needs_graphviz(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingProgramError, match="install Graphviz"):
        drawing().svg()
    assert drawing()._repr_svg_() is None
    program = tmp_path / "dot"
    program.write_text('#!/bin/sh\n[ "$1" = -Tsvg ] || exit 1\nread first\necho "<svg>$first</svg>"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    assert drawing().svg() == "<svg>digraph {</svg>\n"
    assert drawing()._repr_svg_() == "<svg>digraph {</svg>\n"


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_graphviz_draws_it() -> None:
    picture = drawing().svg()
    assert "<svg" in picture
    assert "tanh" in picture
