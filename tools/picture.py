"""Makes docs/_static/page.png, the picture of the README: a formula's page as built, its top in light, its proof in dark.

Needs a built site (make site) and Chromium (make chromium).
"""

from __future__ import annotations

import argparse
import functools
import http.server
import io
import shutil
import sys
import threading
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
SIZE = {"width": 860, "height": 1040}


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A server that does not speak."""

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def take(address: str, formula: str, chromium: str) -> tuple[bytes, bytes]:
    """The top of a formula's page in light, and its derivation in dark, as PNG."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        shots = []
        for scheme, place in (("light", "body"), ("dark", "#derivation")):
            context = browser.new_context(viewport=SIZE, color_scheme=scheme)  # type: ignore[arg-type]
            page = context.new_page()
            page.goto(f"{address}/formulas/{formula}.html")
            page.evaluate("document.fonts.ready.then(() => true)")
            page.add_style_tag(
                content=".back-to-top { display: none !important } ::-webkit-scrollbar { display: none }"
            )
            page.evaluate(f"document.querySelector('{place}').scrollIntoView({{behavior: 'instant'}})")
            page.wait_for_timeout(300)
            shots.append(page.screenshot())
            context.close()
        browser.close()
    return shots[0], shots[1]


def main() -> int:
    """Take the picture. Returns an exit status."""
    from PIL import Image

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--site", type=Path, default=ROOT / "build" / "site", help="the built site")
    parser.add_argument("--formula", default="softmax.vjp", help="the formula whose page is shown")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "_static" / "page.png")
    chosen = parser.parse_args()
    if not (chosen.site / "formulas" / f"{chosen.formula}.html").exists():
        print(f"picture: {chosen.site} has no page of {chosen.formula}. Mend: make site")
        return 1
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        print("picture: there is no Chromium. Mend: make chromium")
        return 1
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(chosen.site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        halves = [
            Image.open(io.BytesIO(shot))
            for shot in take(f"http://127.0.0.1:{server.server_port}", chosen.formula, chromium)
        ]
    finally:
        server.shutdown()
        server.server_close()
    whole = Image.new("RGB", (sum(half.width for half in halves), halves[0].height))
    for place, half in enumerate(halves):
        whole.paste(half, (place * half.width, 0))
    whole.quantize(240).save(chosen.out, optimize=True)
    print(f"picture: {chosen.out}, {chosen.out.stat().st_size // 1024} KB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
