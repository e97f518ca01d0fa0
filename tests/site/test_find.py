"""The page that finds by shape, in headless Chromium: over http, from a disk, by keyboard, and without scripts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import browsing
import pytest

from gradatlas.formulas.shapes.reading import vocabulary
from gradatlas.sphinx_ext import finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Project
    from playwright.sync_api import Page


@pytest.fixture(scope="module")
def site(own_site: Project) -> Project:
    """The page over the sample records, in the site's own look."""
    return own_site


@pytest.fixture(scope="module", params=["http", "file"])
def address(request: pytest.FixtureRequest, site: Project) -> Iterator[str]:
    """Where the site is: served on the loopback address, or on the disk."""
    if request.param == "file":
        yield site.out.as_uri()
        return
    with browsing.served(site.out) as address:
        yield address


@pytest.mark.browser
def test_one_types_and_sees_the_formula(open_page: Callable[..., Page]) -> None:
    page = open_page("find.html")
    page.get_by_label("Expression", exact=True).fill(r"p_i \left(g_i - \sum_j g_j p_j\right)")
    first = page.locator("ol.find-hits > li").first
    first.wait_for(timeout=20_000)
    assert "softmax.vjp" in first.inner_text()
    assert "states it" in first.inner_text()
    assert "found" in page.locator(".find-said").inner_text()
    first.get_by_role("link").click()
    assert page.locator("h1").inner_text().startswith("Gradient of softmax")


@pytest.mark.browser
def test_an_address_carries_a_question_and_an_example_asks_one(open_page: Callable[..., Page]) -> None:
    page = open_page("find.html?q=s*Sum(d_m*k_me%2C%20m)")
    page.locator("ol.find-hits > li").first.wait_for(timeout=20_000)
    assert "attention.dq" in page.locator("ol.find-hits > li").first.inner_text()
    page.get_by_role("button", name=r"exp(x_i)/Sum(exp(x_j), j)").click()
    page.get_by_text("softmax.vjp").first.wait_for(timeout=20_000)
    assert page.get_by_label("Expression", exact=True).input_value() == finding.EXAMPLES[0]


@pytest.mark.browser
def test_a_refusal_says_where_and_hostile_input_is_harmless(open_page: Callable[..., Page]) -> None:
    page = open_page("find.html")
    field, said = page.get_by_label("Expression", exact=True), page.locator(".find-said")
    field.fill("x + <img src=x onerror=alert(1)>")
    page.wait_for_function("document.querySelector('.find-refused') !== null")
    assert said.inner_text().startswith("src at character") or "is not understood there" in said.inner_text()
    assert field.get_attribute("aria-invalid") == "true"
    field.evaluate("field => { field.value = 'x+'.repeat(500000); }")
    field.press("Enter")
    page.wait_for_function(
        "document.querySelector('.find-said').textContent.includes('1000000 characters')", timeout=1000
    )
    assert page.locator("ol.find-hits > li").count() == 0


@pytest.mark.browser
def test_the_keyboard_reaches_all_of_it(open_page: Callable[..., Page]) -> None:
    page = open_page("find.html")
    page.get_by_label("Expression", exact=True).focus()
    page.keyboard.type("p_i*(g_i - Sum(p_j*g_j, j))")
    page.keyboard.press("Enter")
    page.locator("ol.find-hits > li").first.wait_for(timeout=20_000)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Find"
    page.keyboard.press("Tab")
    assert "softmax.vjp" in page.evaluate("document.activeElement.href")


@pytest.mark.browser
def test_without_scripts_the_page_says_how_to_ask_the_command(open_page: Callable[..., Page]) -> None:
    page = open_page("find.html", java_script_enabled=False)
    assert page.get_by_text("Without scripts this page cannot search").is_visible()
    assert page.get_by_text("gradatlas find 'exp(x_i)/Sum(exp(x_j), j)'").is_visible()
    assert not page.locator(".find-form").is_visible()
    assert page.get_by_role("cell", name="Sum(exp(x_j), j)", exact=False).first.is_visible()


def test_the_page_says_what_the_package_says() -> None:
    assert finding.messages() == vocabulary()["messages"]


def test_the_page_is_light_and_the_index_comes_later(site: Project) -> None:
    page = (site.out / "find.html").read_text()
    assert finding.TABLES in page
    assert finding.INDEX not in page
    text = (site.out / "_static" / finding.INDEX).read_text()
    data = json.loads(text.split(" = ", 1)[1].rstrip(";\n"))
    assert len(data["ids"]) == len(data["titles"]) == len(data["statements"]) == len(data["claims"])
    assert data["ids"] == [entry["id"] for entry in site.registry() if entry["id"] in data["ids"]]
