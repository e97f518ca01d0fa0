"""The exercise on a formula's page, in headless Chromium: what gives the answer away is hidden, and answers are judged."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from gradatlas.formulas.shapes.reading import vocabulary
from gradatlas.sphinx_ext.exercise import data

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import NoReturn

    from conftest import Project
    from playwright.sync_api import Browser, Page

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
]


@pytest.fixture(scope="module")
def browser(absent: Callable[[str], NoReturn]) -> Iterator[Browser]:
    """Headless Chromium, the system's own."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        absent("there is no Chromium: make chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def site(make_project: Callable[[], Project], node_modules: Path) -> Project:
    """The sample's formulas in the site's own look."""
    project = make_project()
    docs = node_modules.parent
    settings = (project.source / "conf.py").read_text().split("# What follows", 1)[0]
    shutil.rmtree(project.source)
    kept = ("conf.py", "_static", "_templates")
    everything = [path.name for path in docs.iterdir() if path.name not in kept]
    shutil.copytree(docs, project.source, ignore=lambda folder, names: everything if folder == str(docs) else [])
    own = [line for line in settings.splitlines() if line.startswith(("DOCS", "gradatlas_"))]
    conf = (
        (docs / "conf.py").read_text().replace("HERE = Path(__file__).resolve().parent", f"HERE = Path({str(docs)!r})")
    )
    (project.source / "conf.py").write_text("\n".join([conf, *own, "gradatlas_pagefind = False", ""]))
    (project.source / "index.md").write_text("# Home\n")
    _, said = project.build()
    assert (project.out / "formulas" / "softmax.vjp.html").exists(), said
    return project


@pytest.fixture
def open_page(browser: Browser, site: Project) -> Iterator[Callable[..., Page]]:
    """open_page(): the softmax's page, from the disk; at the end no script failed and nothing was asked for elsewhere."""
    contexts, faults = [], []
    address = site.out.as_uri()

    def opened(**options: bool) -> Page:
        context = browser.new_context(viewport={"width": 1400, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda asked: None if asked.url.startswith((address, "data:")) else faults.append(asked.url))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(f"{address}/formulas/softmax.vjp.html")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not faults


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
    page = open_page()
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
    page = open_page()
    loaded = "[...document.scripts].map(s => s.src.replace(/.*[/]|[?].*/g, ''))"
    assert "exercise.js" in page.evaluate(loaded)
    assert not {"shapes.js", "shape-tables.js", "softmax.vjp.exercise.js"} & set(page.evaluate(loaded))
    page.get_by_role("button", name="Hide the answer and try").click()
    page.locator(".exercise-letters", has_text="Letters: ").wait_for()
    assert {"shapes.js", "shape-tables.js", "softmax.vjp.exercise.js"} <= set(page.evaluate(loaded))


@pytest.mark.browser
def test_without_scripts_the_page_names_the_command(open_page: Callable[..., Page]) -> None:
    page = open_page(java_script_enabled=False)
    assert page.get_by_text('gradatlas check softmax.vjp "..."').is_visible()
    assert not page.get_by_role("button", name="Hide the answer and try").is_visible()
    assert not page.locator(".exercise-asked").first.is_visible()
    assert page.locator("#derivation").is_visible()


def test_the_right_side_is_not_in_the_data_as_text(site: Project) -> None:
    text = (site.out / "formulas" / "softmax.vjp.exercise.js").read_text()
    assert len(text) < 20_000
    made = data("softmax.vjp")
    assert made is not None
    claim = made["claims"][0]
    assert all(isinstance(right, int) for right in claim["rights"])
    assert [point["sizes"]["N"] for point in claim["points"]][:3] == [1, 2, 3]
    assert vocabulary()["messages"]["early"] in (site.out / "formulas" / "softmax.vjp.html").read_text()
