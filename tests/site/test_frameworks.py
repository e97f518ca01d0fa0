"""The table of conventions on a page: gradatlas's answers, PyTorch's record, Keras's pages, and bold for what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

from gradatlas.claims.frameworks import ROWS, ask, recorded, taken
from gradatlas.sphinx_ext.frameworks import differs, worded

if TYPE_CHECKING:
    from conftest import Project


def test_every_row_stands_there_with_what_differs_in_bold(project: Project) -> None:
    (project.source / "frameworks.md").write_text("---\norphan: true\n---\n# Elsewhere\n\n```{atlas-frameworks}\n```\n")
    status, said = project.build()
    assert status == 0, said
    page = BeautifulSoup(project.page("frameworks"), "html.parser")
    lines = [tr.select("td") for tr in page.select("table.frameworks tbody tr")]
    assert [cells[0].get_text(strip=True) for cells in lines] == [row.title for row in ROWS]
    for row, cells in zip(ROWS, lines, strict=True):
        own, peer = ask("gradatlas", row), recorded("torch", row)
        assert [cell.get_text(strip=True) for cell in cells[1:4]] == [worded(own), worded(peer), worded(row.keras)]
        assert [cell.select_one("strong") is not None for cell in cells[1:4]] == [
            False,
            peer is not None and peer != own,
            row.keras is not None and row.keras != own,
        ]
        assert [a["href"] for a in cells[3].select("a")] == ([] if row.keras is None else [row.address])
        assert [code.get_text() for code in cells[4].select("code")] == list(row.formulas)
    words = page.select_one("article").get_text(" ", strip=True)
    assert f"{len(ROWS)} conventions. PyTorch {taken()['torch'].partition('+')[0]}" in words
    assert f"Keras 3, as documented, in {len(page.select('td:nth-child(4) strong'))}." in words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "–"),
        (True, "yes"),
        (False, "no"),
        (1e-7, "1e−7"),
        (0.001, "0.001"),
        (-100, "−100"),
        (4.0, "4"),
        ("n", "n"),
    ],
)
def test_values_are_printed_for_reading(value: object, words: str) -> None:
    assert worded(value) == words


def test_what_a_library_has_not_does_not_differ() -> None:
    assert differs("z", "r")
    assert not differs("z", "z")
    assert not differs(None, "z")
