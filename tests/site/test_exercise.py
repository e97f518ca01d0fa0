"""The exercise on a formula's page, in headless Chromium: what gives the answer away is hidden, and answers are judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gradatlas.formulas import registry
from gradatlas.formulas.shapes.reading import vocabulary
from gradatlas.presentation.exercises import exercises_of
from gradatlas.sphinx_ext.finding import SCRIPTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Project
    from playwright.sync_api import Page

PAGE = "formulas/softmax.vjp.html"


@pytest.fixture(scope="module")
def site(own_site: Project) -> Project:
    """The sample's formulas in the site's own look."""
    return own_site


@pytest.fixture(scope="module")
def address(site: Project) -> str:
    """The site on the disk: what an exercise loads, it loads without a server."""
    return site.out.as_uri()


VERDICTS = {
    "p_i*(g_i - Sum(p_j*g_j, j))": "Right.",
    r"p_i \left(g_i - \sum_k g_k p_k\right)": "Right.",
    "p_i*g_i - p_i*Sum(p_j*g_j, j)": "Right, in another form",
    "p_i*(g_i + Sum(p_j*g_j, j))": "Wrong at C = 1, N = 1, R = 1",
    "p_i*z_i": "This cannot be judged: there is no z here; the letters are C, N, R, c, g, i, p, r, x.",
    "p_i*(g_i - ": "the expression ends too early",
}


@pytest.mark.browser
def test_answers_are_judged_and_what_gives_them_away_is_hidden(open_page: Callable[..., Page]) -> None:
    page = open_page(PAGE)
    assert page.locator("#derivation").is_visible()
    assert page.locator("#statement").is_visible()
    page.get_by_role("button", name="Hide the answer and try").press("Enter")
    field = page.get_by_label("Your right side")
    page.locator(".exercise-letters", has_text="Letters: ").wait_for()
    for hidden in ("#derivation", "#statement", "#numpy", "p.summary"):
        assert not page.locator(hidden).first.is_visible(), hidden
    assert page.locator("#symbols").is_visible()
    assert page.locator(".exercise-asked .katex").first.is_visible()
    assert "The indices c, r go along everywhere" in page.locator(".exercise-letters").inner_text()
    for answer, verdict in VERDICTS.items():
        field.fill(answer)
        field.press("Enter")
        assert page.locator(".exercise-said").inner_text().startswith(verdict)
    page.get_by_role("button", name="Show the page again").click()
    assert page.locator("#derivation").is_visible()


@pytest.mark.browser
def test_nothing_heavy_is_loaded_before_somebody_begins(open_page: Callable[..., Page]) -> None:
    page = open_page(PAGE)
    loaded = "[...document.scripts].map(s => s.src.replace(/.*[/]|[?].*/g, ''))"
    assert "exercise.js" in page.evaluate(loaded)
    later = {*(name.rpartition("/")[2] for name in SCRIPTS), "softmax.vjp.exercise.js"}
    assert not later & set(page.evaluate(loaded))
    page.get_by_role("button", name="Hide the answer and try").click()
    page.locator(".exercise-letters", has_text="Letters: ").wait_for()
    assert later <= set(page.evaluate(loaded))


@pytest.mark.browser
def test_without_scripts_the_page_names_the_command(open_page: Callable[..., Page]) -> None:
    page = open_page(PAGE, java_script_enabled=False)
    assert page.get_by_text('gradatlas check softmax.vjp "..."').is_visible()
    assert not page.get_by_role("button", name="Hide the answer and try").is_visible()
    assert not page.locator(".exercise-asked").first.is_visible()
    assert page.locator("#derivation").is_visible()


def test_the_right_side_is_not_in_the_data_as_text(site: Project) -> None:
    text = (site.out / "formulas" / "softmax.vjp.exercise.js").read_text()
    assert len(text) < 20_000
    claim = exercises_of(registry.get("softmax.vjp"))[0]["data"]
    assert all(isinstance(right, int) for right in claim["rights"])
    assert [point["sizes"]["N"] for point in claim["points"]][:3] == [1, 2, 3]
    assert vocabulary()["messages"]["early"] in (site.out / "formulas" / "softmax.vjp.html").read_text()
