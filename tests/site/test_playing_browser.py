"""The pages that play, in headless Chromium: sliders by keyboard, pointer and touch, without scripts, read aloud, and quick."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import NoReturn

    from conftest import Project
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

PAGES = ("activations", "losses", "schedules", "descent")
TOPS = "all => all.map((bar) => [bar.y.baseVal.value, bar.height.baseVal.value].map((v) => Math.round(v)))"
REDRAW = 5.0  # milliseconds


@pytest.fixture(scope="module")
def site(own_site: Project) -> Project:
    """The pages over the sample records, in the site's own look."""
    return own_site


def curve(page: Page, key: str, name: str = "value") -> str:
    """The path that is drawn now."""
    return page.locator(f"#play-{key} svg.field path.{name}").first.get_attribute("d") or ""


@pytest.mark.parametrize("name", PAGES)
def test_every_picture_answers_every_slider(open_page: Callable[..., Page], name: str) -> None:
    """Each slider at another place changes the picture or what is said; at both its ends all stays a number."""
    page = open_page(f"playing/{name}.html")
    found = page.evaluate(
        """() => [...document.querySelectorAll("figure.play input[type=range]")].map((input) => {
            const figure = input.closest("figure"), said = figure.querySelector("output");
            const shown = () => figure.querySelector("svg.field").innerHTML + said.textContent;
            const put = (value) => {
                input.value = value;
                input.dispatchEvent(new Event("input"));
                return shown();
            };
            const step = Number(input.step), start = Number(input.value), before = shown();
            const other = put(start + step > Number(input.max) ? start - step : start + step);
            const ends = put(input.min) + put(input.max);
            figure.querySelector("button").click();
            return [input.ariaLabel, other !== before, /NaN|undefined|Infinity/.test(other + ends), shown() === before];
        })"""
    )
    assert len(found) > 10
    assert [label for label, changed, _strange, _back in found if not changed] == []
    assert [label for label, _changed, strange, _back in found if strange] == []
    assert [label for label, _changed, _strange, back in found if not back] == []
    assert len({label for label, *_ in found}) == len(found), "two sliders have one name"


@pytest.mark.parametrize("name", PAGES)
def test_the_keyboard_alone_reaches_and_moves_the_sliders(open_page: Callable[..., Page], name: str) -> None:
    page = open_page(f"playing/{name}.html")
    figure = page.locator("figure.play").first
    figure.locator("figcaption").scroll_into_view_if_needed()
    sliders = figure.locator("input[type=range]").all()
    sliders[0].focus()
    for slider in sliders:
        assert slider.evaluate("(input) => input === document.activeElement")
        at, said = slider.input_value(), figure.inner_html()
        page.keyboard.press("ArrowLeft")
        assert slider.input_value() != at
        assert figure.inner_html() != said
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # on the button that puts all back
    for slider in sliders:
        assert slider.input_value() == slider.get_attribute("value")


def test_the_values_under_the_cursor_are_said_and_right(open_page: Callable[..., Page]) -> None:
    page = open_page("playing/activations.html")
    figure = page.locator("#play-leaky-relu")
    figure.locator("input[data-name=slope]").fill("0.2")
    figure.locator("input[data-name=cursor]").fill("-2")
    assert figure.locator("output").inner_text() == "t = −2   f(t) = −0.4   f′(t) = 0.2"
    figure.locator("input[data-name=cursor]").fill("0")
    assert figure.locator("output").inner_text() == "t = 0   f(t) = 0   f′(t) = 0.2"
    # The cursors of the shelf move together, where they can.
    assert page.locator("#play-relu output").inner_text() == "t = 0   f(t) = 0   f′(t) = 0"
    assert page.locator("#play-gelu input[data-name=cursor]").input_value() == "0"


def test_a_pointer_over_a_picture_moves_its_cursor(open_page: Callable[..., Page]) -> None:
    page = open_page("playing/losses.html")
    field = page.locator("#play-huber svg.field path.grid").bounding_box()
    assert field is not None
    page.mouse.move(field["x"] + field["width"] / 2, field["y"] + field["height"] / 2)
    assert page.locator("#play-huber output").inner_text() == "x = 0   f(x) = 0   f′(x) = 0"


def test_the_start_is_dragged_by_mouse_and_by_touch(open_page: Callable[..., Page]) -> None:
    page = open_page("playing/descent.html", has_touch=True)
    figure = page.locator("#play-two-wells")
    figure.scroll_into_view_if_needed()
    handle = figure.locator("circle.handle").bounding_box()
    assert handle is not None
    before = curve(page, "two-wells", "curve")
    x, y = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 30, steps=3)
    page.mouse.up()
    moved = [float(figure.locator(f"input[data-name={name}]").input_value()) for name in "xy"]
    assert moved[0] > -3.0
    assert moved[1] < 1.4
    assert curve(page, "two-wells", "curve") != before
    page.mouse.move(x, y)
    assert [float(figure.locator(f"input[data-name={name}]").input_value()) for name in "xy"] == moved
    # A touch takes hold of the start alone: elsewhere it scrolls the page.
    page.touchscreen.tap(x, y + 80)
    assert [float(figure.locator(f"input[data-name={name}]").input_value()) for name in "xy"] == moved


def test_the_bound_is_said_as_it_is_crossed(open_page: Callable[..., Page]) -> None:
    page = open_page("playing/descent.html")
    figure = page.locator("#play-rate-good")
    rate = figure.locator("input[data-name=rate]")
    for value, sign in (("0.39", "<"), ("0.4", "="), ("0.41", ">")):
        rate.fill(value)
        assert f"α = {value} {sign} 2/L = 0.4" in figure.locator("output").inner_text()


@pytest.mark.parametrize("name", PAGES)
def test_the_first_drawing_by_script_is_the_still_picture(open_page: Callable[..., Page], name: str) -> None:
    """Within a pixel: the script's curves lie on the engine's."""
    still, live = open_page(f"playing/{name}.html", java_script_enabled=False), open_page(f"playing/{name}.html")
    assert still.locator(".play-controls:visible").count() == 0
    assert still.locator("figure.play svg.plot:visible").count() == live.locator("figure.play svg.plot:visible").count()
    for key in live.locator("figure.play").evaluate_all("all => all.map((figure) => figure.id)"):
        if key == "play-softmax":
            bars = [page.locator("#play-softmax rect.bar").evaluate_all(TOPS) for page in (still, live)]
            assert bars[0] == bars[1]
            continue
        paths = "path.curve.value, path.curve.slope, .way .curve"
        old = still.locator(f"#{key} svg.field").locator(paths)
        drawn = [path.get_attribute("d") for path in old.all()]
        far = live.locator(f"#{key} svg.field").evaluate(
            """(field, [paths, drawn]) => [...field.querySelectorAll(paths)].map((path, k) => {
                const still = path.cloneNode();
                still.setAttribute("d", drawn[k]);
                // Every corner of the still line lies near the drawn one, inside the picture.
                const height = field.viewBox.baseVal.height, steps = Math.floor(path.getTotalLength() / 3);
                const on = Array.from({ length: steps + 1 }, (_, s) => path.getPointAtLength(3 * s));
                let worst = 0;
                for (let s = 0; s < still.getTotalLength(); s += 11) {
                    const at = still.getPointAtLength(s);
                    if (at.y < 4 || at.y > height - 4) continue;
                    worst = Math.max(worst, Math.min(...on.map((p) => Math.hypot(p.x - at.x, p.y - at.y))));
                }
                return worst;
            })""",
            [paths, drawn],
        )
        assert far, key
        assert max(far) < 2.5, (key, far)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_overflows(
    open_page: Callable[..., Page], node_modules: Path, absent: Callable[[str], NoReturn], name: str, scheme: str
) -> None:
    axe = node_modules / "axe-core" / "axe.min.js"
    if not axe.exists():
        absent("axe-core is not installed: python tools/npm_packages.py")
    page = open_page(f"playing/{name}.html", scheme=scheme)
    page.add_script_tag(path=str(axe))
    for width in (1400, 400):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = page.evaluate("axe.run({exclude: ['.katex']})")["violations"]
        assert [f"{v['id']}: {n['target']}" for v in found for n in v["nodes"]] == [], width


@pytest.mark.parametrize("name", PAGES)
def test_a_redraw_takes_less_than_five_milliseconds(open_page: Callable[..., Page], name: str) -> None:
    page = open_page(f"playing/{name}.html", reduced_motion="reduce")
    times = page.evaluate(
        """() => [...document.querySelectorAll("figure.play input[type=range]")].map((input) => {
            const taken = [];
            for (let k = 0; k < 9; k++) {
                const from = performance.now();
                input.dispatchEvent(new Event("input"));
                taken.push(performance.now() - from);
            }
            return taken.sort((a, b) => a - b)[4];
        })"""
    )
    assert len(times) > 10
    assert sorted(times)[len(times) // 2] < REDRAW
    assert max(times) < 3 * REDRAW  # one slow moment of a busy machine


@pytest.mark.parametrize("width", [1400, 400])
@pytest.mark.parametrize("name", PAGES)
def test_no_figure_changes_its_height_when_the_sliders_appear(
    browser: Browser, address: str, name: str, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    heights = "[...document.querySelectorAll('figure.play')].map((figure) => Math.round(figure.offsetHeight))"
    # With the page's fonts there, what stands in the file against what the script makes of it.
    page.goto(f"{address}/playing/{name}.html")
    page.evaluate("document.fonts.ready.then(() => true)")
    after = page.evaluate(heights)
    page.route("**/playing-functions.js*", lambda route: route.fulfill(body="", content_type="text/javascript"))
    page.reload()
    page.evaluate("document.fonts.ready.then(() => true)")
    before = page.evaluate(heights)
    assert page.locator(".play-controls[hidden]").count() == len(before)
    context.close()
    assert before == after
