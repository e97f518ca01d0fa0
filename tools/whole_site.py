"""The site as one file: a zip that works from disk, or an EPUB.

    python tools/whole_site.py zip [--site build/site]      build/gradatlas-site-VERSION.zip
    python tools/whole_site.py epub                         build/gradatlas-VERSION.epub

The zip has the same bytes whenever the site has: names in order, one date for all. The book holds what one reads from the
beginning to the end: the guide, the primer, the chapters with every statement, the reference. It does not hold the page of each
formula with its derivation and evidence, which would make it a hundred times as long.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import zipfile
from pathlib import Path
from typing import Final

import gradatlas

ROOT: Final = Path(__file__).resolve().parents[1]
BUILD: Final = ROOT / "build"
NOT_CARRIED: Final = (".buildinfo", "_sources", ".doctrees")
# What the book leaves out: a page each, or only of use where it can be searched and clicked.
NOT_IN_THE_BOOK: Final = ("formulas", "ledger", "programs", "api", "indexes", "playing", "map.md", "find.md")


def stamp() -> tuple[int, int, int, int, int, int]:
    """The date of every file in the zip: SOURCE_DATE_EPOCH, or the earliest that the format knows."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    return (1980, 1, 1, 0, 0, 0) if epoch is None else time.gmtime(max(int(epoch), 315532800))[:6]


def zipped(site: Path, target: Path) -> int:
    """Write a folder into a zip file, in a folder named like the file; returns how many files."""
    date = stamp()
    files = [
        path
        for path in sorted(site.rglob("*"), key=lambda p: p.relative_to(site).as_posix())
        if path.is_file() and not any(part in NOT_CARRIED for part in path.relative_to(site).parts)
    ]
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as whole:
        for path in files:
            entry = zipfile.ZipInfo(f"{target.stem}/{path.relative_to(site).as_posix()}", date)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            whole.writestr(entry, path.read_bytes())
    return len(files)


def epub(source: Path, doctrees: Path, out: Path) -> int:
    """Build the book with Sphinx; returns its exit status."""
    from sphinx.cmd.build import main as sphinx

    left_out = [
        *(f"{each}/**" if "." not in each else each for each in NOT_IN_THE_BOOK),
        "node_modules",
        "_templates",
        "locale",
    ]
    settings = {
        "exclude_patterns": ",".join(left_out),
        "gradatlas_pagefind": "0",
        "gradatlas_book": "1",
        "epub_basename": f"gradatlas-{gradatlas.__version__}",
        "epub_tocdup": "0",
        "epub_show_urls": "no",
    }
    options = [f"-D{name}={value}" for name, value in settings.items()]
    return sphinx(["-q", "-b", "epub", *options, "-d", str(doctrees), str(source), str(out)])


def main(arguments: list[str] | None = None) -> int:
    """Make what is asked for; returns an exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("form", choices=["zip", "epub"])
    parser.add_argument("--site", type=Path, default=BUILD / "site", help="the built site")
    given = parser.parse_args(arguments)
    if given.form == "zip":
        if not (given.site / "index.html").exists():
            print(f"site-zip: there is no site in {given.site}: run make site first", file=sys.stderr)
            return 1
        target = BUILD / f"gradatlas-site-{gradatlas.__version__}.zip"
        count = zipped(given.site, target)
        print(f"{target}: {count} files, {target.stat().st_size / 1e6:.1f} MB")
        return 0
    status = epub(ROOT / "docs", BUILD / "doctrees" / "epub", BUILD / "epub")
    if status == 0:
        (book,) = (BUILD / "epub").glob("*.epub")
        print(f"{book}: {book.stat().st_size / 1e6:.1f} MB")
    return status


if __name__ == "__main__":
    sys.exit(main())
