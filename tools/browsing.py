"""A built site in headless Chromium: served at a loopback address, opened, and judged page by page.

What `make site-check` and the tests of the site's pages share.
"""

from __future__ import annotations

import contextlib
import functools
import http.server
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

__all__ = [
    "AXE",
    "Opener",
    "axe",
    "chromium",
    "keyboard",
    "launched",
    "measured",
    "overflowing",
    "served",
    "timing",
]

AXE: Final = Path(__file__).resolve().parents[1] / "docs" / "node_modules" / "axe-core" / "axe.min.js"
NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
# A new window makes the address bar's list of suggestions at once, itself a page of 400 modules that shares the processor with
# the page being timed. The rest is of Playwright's own list, which Chromium forgets when it is given another.
OFF: Final = (
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup"),
    *("HttpsUpgrades", "MediaRouter", "NetworkTimeServiceQuerying", "OptimizationHints", "PaintHolding"),
)
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(OFF)}",
)
OF_COLOURS: Final = ("color-contrast", "link-in-text-block")  # axe's rules that a theme can break
SETTLED: Final = "document.fonts.ready.then(() => true)"
# The site's own script has said of every box whether it scrolls, folded parts that were just opened included.
MEASURED: Final = """async () => {
    const painted = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    do await painted(); while (document.documentElement.dataset.scrollers === 'measuring');
}"""
WATCH_SHIFTS: Final = """
    window.layoutShift = 0;
    new PerformanceObserver(list => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.layoutShift += entry.value;
    }).observe({type: 'layout-shift', buffered: true});
"""


def chromium() -> str | None:
    """Where the system's own Chromium is; None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextlib.contextmanager
def launched(executable: str) -> Iterator[Browser]:
    """Headless Chromium with a fresh profile, which asks nobody for anything by itself."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        yield browser
        browser.close()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address at which a folder is served while the context lasts."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Opener:
    """Opens pages below an address (or a file: address). faults: requests that left it, and errors that scripts logged."""

    browser: Browser
    address: str
    faults: list[str] = field(default_factory=list)
    requests: int = 0

    def _judge(self, request: Any) -> None:
        self.requests += 1
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.faults.append(f"asked for {request.url}")

    def context(self, width: int = 1400, scheme: str = "light", **options: Any) -> BrowserContext:
        """A fresh profile with a window of this width, which wants the light or the dark theme; options: Playwright's."""
        context = self.browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, **options)  # type: ignore[arg-type]
        context.add_init_script(WATCH_SHIFTS)
        return context

    def open(self, context: BrowserContext, path: str, scripts: bool = True) -> Page:
        """A page, loaded; where scripts run, with its typefaces too."""
        page = context.new_page()
        page.on("request", self._judge)
        page.on("pageerror", lambda error: self.faults.append(f"{path}: script error: {error}"))
        page.on("console", lambda said: self._hear(path, said.text) if said.type == "error" else None)
        page.goto(f"{self.address}/{path}")
        if not scripts:
            return page
        page.evaluate(SETTLED)
        if page.evaluate("[...document.fonts].some(face => face.status === 'error')"):
            self.faults.append(f"{path}: a typeface is missing")
        return page

    def _hear(self, path: str, said: str) -> None:
        # From disk a typeface may be used and not be fetched ahead of its use; that it is there is seen above.
        if not (self.address.startswith("file:") and ("Access to font at" in said or said.endswith("net::ERR_FAILED"))):
            self.faults.append(f"{path}: {said}")

    @contextlib.contextmanager
    def page(self, path: str, width: int = 1400, scheme: str = "light", **options: Any) -> Iterator[Page]:
        """A page in a profile of its own, closed at the end."""
        context = self.context(width, scheme, **options)
        try:
            yield self.open(context, path, options.get("java_script_enabled", True))
        finally:
            context.close()


def timing(page: Page) -> tuple[float, float]:
    """Seconds from the request until the page and its typefaces were there, and how far things have shifted by then."""
    ready, shifted = page.evaluate(
        """async () => {
            await document.fonts.ready;
            const painted = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
            const [entry] = performance.getEntriesByType('navigation');
            // A typeface that came after the load event counts.
            const fonts = performance.getEntriesByType('resource').filter(r => /woff2/.test(r.name)).map(r => r.responseEnd);
            await painted();
            return [Math.max(entry.loadEventEnd, ...fonts) / 1000, window.layoutShift];
        }"""
    )
    return float(ready), float(shifted)


def overflowing(page: Page) -> list[str]:
    """What sticks out of the window, other than inside a box that scrolls."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('article *')].filter(e => {
            // MathML is there for screen readers only; an svg, and the bar of a root, show no more than their own box.
            if (e.closest('.katex-mathml, .hide-tail') || e.ownerSVGElement) return false;
            const box = e.getBoundingClientRect();
            if (!box.width || box.right <= innerWidth + 1) return false;
            for (let around = e.parentElement; around && around.localName !== 'article'; around = around.parentElement) {
                if (['auto', 'scroll'].includes(getComputedStyle(around).overflowX)) return false;
            }
            return true;
        }).map(e => e.outerHTML.slice(0, 120))"""
    )
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("the page is wider than the window")
    return found


def measured(page: Page) -> None:
    """Wait until the site's script has measured every box."""
    page.evaluate(MEASURED)


def axe(page: Page, script: Path = AXE, *, colours: bool = False) -> list[str]:
    """What axe finds against a page, all its folded parts open. KaTeX's boxes are left out: they are hidden from readers.

    colours: look at colours alone.
    """
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    measured(page)
    if not page.evaluate("'axe' in window"):
        page.add_script_tag(path=str(script))
    # Of what is right, a page has thousands of nodes: they need not be told one by one.
    asked: dict[str, Any] = {"resultTypes": ["violations"]}
    if colours:
        asked["runOnly"] = {"type": "rule", "values": list(OF_COLOURS)}
    found = page.evaluate("asked => axe.run({exclude: ['.katex']}, asked).then(({violations}) => violations)", asked)
    return [f"{v['id']}: {n['target']} {[check['message'] for check in n['any']]}" for v in found for n in v["nodes"]]


FOCUSABLE: Final = "a[href], button, input, select, textarea, summary, [tabindex]"
MARK_STOPS: Final = """focusable => {
    const stops = [...document.querySelectorAll(focusable)].filter(e => {
        if (e.disabled || e.tabIndex < 0 || e.type === 'hidden' || e.closest('[inert]')) return false;
        if (e.localName === 'summary' && e !== e.parentElement.querySelector('summary')) return false;
        // In a drawer that is closed on a narrow window, off the screen.
        const box = e.getBoundingClientRect();
        return e.checkVisibility({visibilityProperty: true}) && (box.width > 0 || box.height > 0);
    });
    stops.forEach((e, n) => { e.dataset.stop = n; });
    const plain = new Map(stops.slice(0, 400).map(e => [e, look(e)]));
    // In a drawing it is what a link holds that changes.
    function look(e) {
        return [e, ...(e.ownerSVGElement ? e.children : [])].map(part => {
            const s = getComputedStyle(part);
            return [s.outlineStyle, s.outlineWidth, s.boxShadow, s.borderColor, s.backgroundColor, s.textDecoration,
                    s.stroke, s.strokeWidth, s.fill].join();
        }).join();
    }
    window.focused = [];
    document.addEventListener('focusin', event => {
        const e = event.target;
        const style = getComputedStyle(e);
        const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
        focused.push([Number(e.dataset.stop ?? -1), outlined || (plain.has(e) && plain.get(e) !== look(e))]);
    }, true);
    return stops.length;
}"""
ROOM: Final = 400


def keyboard(page: Page) -> list[str]:
    """What Tab alone does not reach, or reaches without showing it; the first 400 stops of a page, in their order."""
    measured(page)
    stops: int = page.evaluate(MARK_STOPS, FOCUSABLE)
    wanted = min(stops, ROOM)
    # A box that scrolls is a stop of its own in Chromium, so that there may be more than were counted.
    for pressed in range(1, wanted + 41):
        page.keyboard.press("Tab")
        if pressed >= wanted and page.evaluate("last => focused.some(([n]) => n >= last)", wanted - 1):
            break
    focused: list[tuple[int, bool]] = page.evaluate("window.focused")
    faults = [f"focus cannot be seen on {_tag(page, stop)}" for stop, seen in focused if not seen][:5]
    missed = sorted(set(range(wanted)) - {stop for stop, _ in focused})
    faults += [f"Tab does not reach {_tag(page, stop)}" for stop in missed[:5]]
    if len(focused) < wanted:
        last = _tag(page, focused[-1][0]) if focused else "the page"
        faults.append(f"Tab goes no further than {last}")
    return faults


def _tag(page: Page, stop: int) -> str:
    found: str = page.evaluate(
        "n => document.querySelector(`[data-stop='${n}']`)?.outerHTML.slice(0, 140) ?? '?'", stop
    )
    return found
