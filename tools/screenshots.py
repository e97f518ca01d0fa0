"""Makes the four pictures of the README in docs/_static/screenshots, each of a page of the built site. After make site.

python tools/screenshots.py [--site build/site] [--out docs/_static/screenshots]
"""

from __future__ import annotations

import argparse
import io
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import browsing

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT: Final = Path(__file__).resolve().parents[1]
# Nothing that differs from run to run: no bars, no cursor, nothing that moves.
STILL: Final = (
    ".back-to-top { display: none !important } ::-webkit-scrollbar { display: none } * { caret-color: transparent }"
)


@dataclass(frozen=True)
class Shot:
    """A picture: which page, scrolled to what, how wide, in which theme."""

    name: str
    page: str
    place: str = "body"
    width: int = 1200
    height: int = 800
    scheme: str = "light"


SHOTS: Final = (
    Shot("formula", "formulas/softmax.vjp.html"),
    Shot("derivation", "formulas/softmax.vjp.html", place="#derivation", scheme="dark"),
    Shot("map", "map.html"),
    Shot("phone", "zh/formulas/attention.dq.html", width=400, height=800),
)


def take(browser: Browser, address: str, shot: Shot) -> bytes:
    """One picture as PNG, of 128 colours, which text and drawings need no more than."""
    from PIL import Image

    opener = browsing.Opener(browser, address)
    with opener.page(shot.page, shot.width, shot.scheme) as page:
        page.set_viewport_size({"width": shot.width, "height": shot.height})
        page.reload()  # by then all typefaces are at hand
        page.evaluate(browsing.SETTLED)
        page.add_style_tag(content=STILL)
        if not page.locator(shot.place).count():
            raise SystemExit(f"screenshots: {shot.page} has no {shot.place}: prove the formulas first, make site")
        page.locator(shot.place).first.evaluate("place => place.scrollIntoView({behavior: 'instant'})")
        page.wait_for_timeout(300)
        taken = page.screenshot()
    if opener.faults:
        raise RuntimeError(f"{shot.page}: {'; '.join(opener.faults)}")
    small = io.BytesIO()
    Image.open(io.BytesIO(taken)).convert("RGB").quantize(128, dither=Image.Dither.NONE).save(
        small, "PNG", optimize=True
    )
    return small.getvalue()


def main(arguments: list[str] | None = None) -> int:
    """Make the pictures; returns an exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--site", type=Path, default=ROOT / "build" / "site", help="the built site")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "_static" / "screenshots", help="where they go")
    given = parser.parse_args(arguments)
    executable = browsing.chromium()
    missing = [shot.page for shot in SHOTS if not (given.site / shot.page).exists()]
    if executable is None or missing:
        what = f"{missing[0]} is not in {given.site}: run make site" if missing else "no Chromium: run make chromium"
        print(f"screenshots: {what}", file=sys.stderr)
        return 1
    given.out.mkdir(parents=True, exist_ok=True)
    with browsing.launched(executable) as browser, browsing.served(given.site) as address:
        for shot in SHOTS:
            file = given.out / f"{shot.name}.png"
            file.write_bytes(take(browser, address, shot))
            print(f"{file}: {file.stat().st_size / 1000:.0f} KB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
