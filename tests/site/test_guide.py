"""What the hand-written pages say in code or in numbers is run."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize("page", sorted(p.relative_to(DOCS).as_posix() for p in DOCS.glob("guide/*.md")))
def test_sessions_on_a_page_run_as_printed(page: str) -> None:
    blocks = re.findall(r"^```pycon\n(.*?)^```", (DOCS / page).read_text(), flags=re.M | re.S)
    session = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, page, str(DOCS / page), 0)
    assert session.examples or page != "guide/start.md"
    said: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(session, out=said.append)
    assert result.failed == 0, "".join(said)


AT = {
    "relu(x)": (xp.relu, [0.0]),
    "abs(x)": (xp.abs, [0.0]),
    "maximum(x, y)": (lambda x, y: xp.maximum(x, y), [1.0, 1.0]),
    "max(x)": (xp.max, [[1.0, 1.0, 0.0]]),
    "clip(x, 0, 1)": (lambda x: xp.clip(x, 0.0, 1.0), [0.0]),
    "logsumexp(x)": (lambda x: xp.logsumexp(x), [[-np.inf, -np.inf]]),
    "sqrt(x)": (xp.sqrt, [0.0]),
}


def compared() -> dict[str, str]:
    """The first and third column of the table beside PyTorch and JAX."""
    text = (DOCS / "reference" / "conventions.md").read_text()
    table = text[text.index("(kinks-compared)=") :]
    return dict(re.findall(r"^\| `([^`]+)` \|[^|]*\| ([^|]*) \|", table, flags=re.M))


def test_the_table_beside_other_libraries_is_whole() -> None:
    assert set(compared()) == set(AT)


@pytest.mark.parametrize("name", AT)
def test_the_engine_returns_what_the_table_says(name: str) -> None:
    function, points = AT[name]
    arguments = [np.asarray(point) for point in points]
    found = ga.grad(function, argnums=tuple(range(len(arguments))))(*arguments)
    shown = [float(part.replace("∞", "inf")) for part in compared()[name].split(",")]
    np.testing.assert_array_equal(np.concatenate([np.ravel(part) for part in found]), shown)
