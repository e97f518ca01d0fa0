"""The site's own pages in headless Chromium: nothing overflows, nothing is fetched from elsewhere, all is readable."""

from __future__ import annotations

import functools
import http.server
import shutil
import threading
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import NoReturn

    from conftest import Project
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
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
    "formula-index",
    "search",
]


@pytest.fixture(scope="module")
def browser(absent: Callable[[str], NoReturn]) -> Iterator[Browser]:
    """Headless Chromium, the system's own."""
    found = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )
    if found is None:
        absent("there is no Chromium: make chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield launched
        launched.close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site(make_project: Callable[[], Project], node_modules: Path) -> Project:
    """The site's own pages over the sample records. They name formulas that the sample lacks, so warnings may be."""
    project = make_project()
    conf = (project.source / "conf.py").read_text()
    shutil.rmtree(project.source)
    ignored = shutil.ignore_patterns("node_modules", "*.rst", "__pycache__")
    shutil.copytree(node_modules.parent, project.source, ignore=ignored)
    (project.source / "conf.py").write_text(conf)
    _, said = project.build("-j", "2")
    assert (project.out / "index.html").exists(), said
    return project


@pytest.fixture(scope="module")
def address(site: Project) -> Iterator[str]:
    """Where the site is served, on the loopback address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site.out)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """open_page(name, width=, scheme=): the page, ready; at the end, no request has left and no error was logged."""
    pages, contexts = [], []
    faults: list[str] = []

    def judge(request: Any) -> None:
        if not request.url.startswith((address, "data:", "blob:")):
            faults.append(f"asked for {request.url}")

    def opened(name: str, width: int = 1400, scheme: str = "light") -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("request", judge)
        page.on("pageerror", lambda error: faults.append(f"script error: {error}"))
        page.on("console", lambda said: faults.append(f"console: {said.text}") if said.type == "error" else None)
        page.goto(f"{address}/{name}.html")
        page.evaluate("document.fonts.ready.then(() => true)")
        pages.append(page)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not faults


@pytest.mark.parametrize("width", [1400, 400])
@pytest.mark.parametrize("name", PAGES)
def test_no_page_is_wider_than_the_window(open_page: Callable[..., Page], name: str, width: int) -> None:
    page = open_page(name, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # What sticks out of the window must do so inside a box that scrolls.
    out = page.evaluate(
        """() => [...document.querySelectorAll('article *')].filter(e => {
            // MathML is there for screen readers only; an svg, and the bar of a root, show no more than their own box.
            if (e.closest('.katex-mathml, .hide-tail') || e.ownerSVGElement) return false;
            const box = e.getBoundingClientRect();
            if (!box.width || box.right <= innerWidth + 1) return false;
            const box_of_its_own = e.closest('.math-wrapper, .table-wrapper, pre');
            if (box_of_its_own && ['auto', 'scroll'].includes(getComputedStyle(box_of_its_own).overflowX)) return false;
            return true;
        }).map(e => e.outerHTML.slice(0, 120))"""
    )
    assert out == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(
    open_page: Callable[..., Page], node_modules: Path, absent: Callable[[str], NoReturn], name: str, scheme: str
) -> None:
    axe = node_modules / "axe-core" / "axe.min.js"
    if not axe.exists():
        absent("axe-core is not installed: python tools/npm_packages.py")
    page = open_page(name, scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    page.add_script_tag(path=str(axe))
    for width in (1400, 400):
        page.set_viewport_size({"width": width, "height": 900})
        found = page.evaluate("axe.run({exclude: ['.katex']})")["violations"]
        shown = [
            f"{v['id']}: {n['target']} {[check['message'] for check in n['any']]}" for v in found for n in v["nodes"]
        ]
        assert shown == [], width


def test_the_dark_theme_is_dark_and_the_light_one_light(open_page: Callable[..., Page]) -> None:
    lightness = """() => {
        const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/[\\d.]+/g).map(Number);
        return (r + g + b) / 3;
    }"""
    assert open_page("index", scheme="light").evaluate(lightness) > 235
    assert open_page("index", scheme="dark").evaluate(lightness) < 40


@pytest.mark.parametrize("name", ["index", "formulas/attention.dq", "reference/axioms"])
def test_mathematics_is_drawn_in_its_own_fonts(open_page: Callable[..., Page], name: str) -> None:
    page = open_page(name)
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
    page = open_page("index")
    for face in ("Source Serif 4", "Inter"):
        assert page.evaluate(f"[...document.fonts].some(f => f.family.includes('{face}') && f.status === 'loaded')")


def test_a_long_formula_scrolls_in_its_box_and_the_keyboard_reaches_it(open_page: Callable[..., Page]) -> None:
    page = open_page("formulas/attention.dq", width=400)
    boxes = page.locator(".math-wrapper.scrolls")
    assert boxes.count() > 0
    assert boxes.first.get_attribute("tabindex") == "0"
    boxes.first.focus()
    page.keyboard.press("End")
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('.math-wrapper.scrolls').scrollLeft > 20")


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("softmax backward", "Gradient of softmax"),
        ("normalised exponential", "Gradient of softmax"),
        ("dQ", "attention"),
    ],
)
def test_control_k_finds_a_formula(open_page: Callable[..., Page], words: str, first: str) -> None:
    page = open_page("index")
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
    page = open_page("formulas/softmax.vjp")
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
    page = open_page("formulas/index")
    assert page.locator("table.formulas tbody tr:visible").count() == 3
    page.locator(".table-filter").fill("refuted")
    assert page.locator("table.formulas tbody tr:visible").count() == 1
    assert page.locator("table.formulas tbody tr:visible").inner_text().startswith("Batch gradient descent")


def test_a_folded_derivation_opens_for_a_link_to_its_step(open_page: Callable[..., Page], address: str) -> None:
    page = open_page("formulas/attention.dq")
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = false)")
    page.goto(f"{address}/formulas/attention.dq.html#step-2-3")
    page.wait_for_function("document.querySelector('#step-2-3').checkVisibility()")


def test_copying_a_formula_copies_its_tex(open_page: Callable[..., Page]) -> None:
    page = open_page("formulas/softmax.vjp")
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
