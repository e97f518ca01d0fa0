"""The site's own pages in headless Chromium: nothing overflows, nothing is fetched from elsewhere, all is readable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import browsing
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import NoReturn

    from conftest import Project
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

PAGES = [
    "index",
    "formulas/softmax.vjp",
    "formulas/attention.dq",
    "formulas/batch-gradient.faster",
    "formulas/index",
    "chapters/attention",
    "reference/rules",
    "reference/axioms",
    "reference/ledger",
    "reference/questions",
    "ledger/G4",
    "ledger/G9",
    "reference/notation",
    "reference/frameworks",
    "guide/start",
    "primer/softmax",
    "primer/order",
    "api/index",
    "api/nn",
    "formula-index",
    "search",
]


@pytest.fixture(scope="module")
def site(own_site: Project) -> Project:
    """The site's own pages over the sample records."""
    return own_site


@pytest.mark.parametrize("width", [1400, 400])
@pytest.mark.parametrize("name", PAGES)
def test_no_page_is_wider_than_the_window(open_page: Callable[..., Page], name: str, width: int) -> None:
    assert browsing.overflowing(open_page(f"{name}.html", width=width)) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(
    open_page: Callable[..., Page], node_modules: Path, absent: Callable[[str], NoReturn], name: str, scheme: str
) -> None:
    axe = node_modules / "axe-core" / "axe.min.js"
    if not axe.exists():
        absent("axe-core is not installed: python tools/npm_packages.py")
    page = open_page(f"{name}.html", scheme=scheme)
    for width in (1400, 400):
        page.set_viewport_size({"width": width, "height": 900})
        assert browsing.axe(page, axe) == [], width


@pytest.mark.parametrize("name", ["index", "formulas/softmax.vjp", "formulas/index", "search"])
def test_tab_reaches_everything_in_sight(open_page: Callable[..., Page], name: str) -> None:
    assert browsing.keyboard(open_page(f"{name}.html")) == []


def test_what_tab_misses_is_seen(open_page: Callable[..., Page]) -> None:
    page = open_page("guide/start.html")
    page.evaluate("""() => {
        const article = document.querySelector('article');
        // A link whose focus is not shown, and a field that sends the focus back.
        article.insertAdjacentHTML('afterbegin', '<a id="unseen" href="#" style="outline: none">here</a><input id="trap">');
        article.querySelector('#trap').addEventListener('focus', event => article.querySelector('#unseen').focus());
    }""")
    faults = browsing.keyboard(page)
    assert any("focus cannot be seen" in fault and "unseen" in fault for fault in faults)
    assert any("does not reach" in fault or "no further" in fault for fault in faults)


def test_what_overflows_and_what_shifts_is_seen(open_page: Callable[..., Page]) -> None:
    page = open_page("guide/start.html", width=400)
    assert browsing.timing(page)[1] < 0.05
    page.evaluate(
        "document.querySelector('article').insertAdjacentHTML('afterbegin', '<p style=\"width: 900px\">wide</p>')"
    )
    assert any("wide" in found for found in browsing.overflowing(page))
    page.wait_for_timeout(600)  # what moves within half a second of an action is not counted against a page
    page.evaluate(
        "document.querySelector('article').insertAdjacentHTML('afterbegin', '<p style=\"height: 500px\"></p>')"
    )
    page.wait_for_function("window.layoutShift > 0.05")


def test_the_dark_theme_is_dark_and_the_light_one_light(open_page: Callable[..., Page]) -> None:
    lightness = """() => {
        const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/[\\d.]+/g).map(Number);
        return (r + g + b) / 3;
    }"""
    assert open_page("index.html", scheme="light").evaluate(lightness) > 235
    assert open_page("index.html", scheme="dark").evaluate(lightness) < 40


@pytest.mark.parametrize("name", ["index", "formulas/attention.dq", "reference/axioms"])
def test_mathematics_is_drawn_in_its_own_fonts(open_page: Callable[..., Page], name: str) -> None:
    page = open_page(f"{name}.html")
    assert page.locator("article .katex-html").count() > 0
    assert page.evaluate("document.fonts.check('16px KaTeX_Math')")
    width, height = page.evaluate(
        "(() => { const b = document.querySelector('.katex-html').getBoundingClientRect(); return [b.width, b.height]; })()"
    )
    assert width > 5
    assert height > 5
    # Raw TeX left in a page shows as backslashes or dollars in its visible text.
    assert "\\" not in page.evaluate("[...document.querySelectorAll('.katex-html')].map(e => e.innerText).join('')")


def test_the_typefaces_come_with_the_site(open_page: Callable[..., Page]) -> None:
    page = open_page("index.html")
    for face in ("Source Serif 4", "Inter"):
        assert page.evaluate(f"[...document.fonts].some(f => f.family.includes('{face}') && f.status === 'loaded')")


def test_a_long_formula_scrolls_in_its_box_and_the_keyboard_reaches_it(open_page: Callable[..., Page]) -> None:
    page = open_page("formulas/attention.dq.html", width=400)
    browsing.measured(page)
    boxes = page.locator(".math-wrapper.scrolls")
    assert boxes.count() > 0
    assert boxes.first.get_attribute("tabindex") == "0"
    boxes.first.focus()
    page.keyboard.press("End")
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('.math-wrapper.scrolls').scrollLeft > 20")


def test_a_box_far_below_the_window_is_measured_before_it_is_drawn(open_page: Callable[..., Page]) -> None:
    page = open_page("formulas/attention.dq.html", width=400)
    browsing.measured(page)
    unmarked = """() => {
        document.head.append(Object.assign(document.createElement('style'), {
            textContent: '.math-wrapper { content-visibility: visible !important }'}));
        return [...document.querySelectorAll('.math-wrapper')].map(
            box => [box.scrollWidth > box.clientWidth + 1, box.classList.contains('scrolls')]);
    }"""
    found = page.evaluate(unmarked)
    assert any(scrolls for scrolls, _ in found)
    assert [marked for _, marked in found] == [scrolls for scrolls, _ in found]


def test_an_address_of_a_step_leads_to_it(open_page: Callable[..., Page]) -> None:
    """Though what stands above it is not laid out yet."""
    page = open_page("formulas/attention.dq.html")
    last = page.evaluate("[...document.querySelectorAll('details[open] li[id^=step-]')].at(-1).id")
    page = open_page(f"formulas/attention.dq.html#{last}")
    # The page scrolls smoothly; it ends with the step at its top, or as near as the page's end lets it.
    page.wait_for_function(
        """id => {
            const top = document.getElementById(id).getBoundingClientRect().top;
            const room = document.documentElement.scrollHeight - innerHeight - scrollY;
            return top > -60 && (top < 60 || (room < 1 && top < innerHeight));
        }""",
        arg=last,
    )


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("softmax backward", "Gradient of softmax"),
        ("normalised exponential", "Gradient of softmax"),
        ("dQ", "attention"),
    ],
)
def test_control_k_finds_a_formula(open_page: Callable[..., Page], words: str, first: str) -> None:
    page = open_page("index.html")
    page.keyboard.press("Control+k")
    field = page.locator("pagefind-modal input[type=search], pagefind-modal input").first
    field.wait_for()
    field.fill(words)
    result = page.locator("pagefind-modal a[href*='.html']").first
    result.wait_for()
    assert first in result.inner_text()
    page.keyboard.press("Escape")
    page.wait_for_function("!document.querySelector('pagefind-modal dialog[open]')")


def test_a_click_on_search_opens_it_too(open_page: Callable[..., Page]) -> None:
    page = open_page("formulas/softmax.vjp.html")
    page.locator(".search-button").click()
    page.locator("pagefind-modal input").first.wait_for()


def test_from_disk_sphinx_search_stands_in(browser: Browser, site: Project) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto((site.out / "index.html").as_uri())
    page.keyboard.press("Control+k")
    page.keyboard.type("softmax")
    page.keyboard.press("Enter")
    page.wait_for_selector("#search-results li a")
    results = page.locator("#search-results li a").all_inner_texts()
    assert any("Gradient of softmax" in text for text in results)
    context.close()


def test_the_table_of_formulas_can_be_narrowed(open_page: Callable[..., Page]) -> None:
    page = open_page("formulas/index.html")
    assert page.locator("table.formulas tbody tr:visible").count() == 3
    page.locator(".table-filter").fill("refuted")
    assert page.locator("table.formulas tbody tr:visible").count() == 1
    assert page.locator("table.formulas tbody tr:visible").inner_text().startswith("Batch gradient descent")


def test_a_folded_derivation_opens_for_a_link_to_its_step(open_page: Callable[..., Page], address: str) -> None:
    page = open_page("formulas/attention.dq.html")
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = false)")
    page.goto(f"{address}/formulas/attention.dq.html#step-2-3")
    page.wait_for_function("document.querySelector('#step-2-3').checkVisibility()")


def test_copying_a_formula_copies_its_tex(open_page: Callable[..., Page]) -> None:
    page = open_page("formulas/softmax.vjp.html")
    copied = page.evaluate(
        """() => new Promise(done => {
            document.addEventListener('copy', e => setTimeout(() => done(e.clipboardData.getData('text/plain'))), {once: true});
            const range = document.createRange();
            range.selectNode(document.querySelector('.statement .katex'));
            getSelection().removeAllRanges();
            getSelection().addRange(range);
            const data = new DataTransfer();
            document.dispatchEvent(new ClipboardEvent('copy', {clipboardData: data, bubbles: true, cancelable: true}));
            setTimeout(() => done(data.getData('text/plain')), 200);
        })"""
    )
    assert r"\sum_{k} g_{k}" in copied
