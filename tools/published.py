"""What the site has promised to keep: every page and every anchor that others may link to, in docs/published.txt.

    python tools/published.py            add what is new to docs/published.txt
    python tools/published.py --check    say what has vanished without a redirect, and what is new

A line is a page, such as `formulas/softmax.vjp`, or an anchor in a page, such as `reference/rules#rule-rewrite`. A line never
goes away: where a page moves, docs/redirects.toml says whereto.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from pathlib import Path
from typing import Final

from docutils.nodes import make_id

from gradatlas.formulas.chapters import CHAPTERS
from gradatlas.formulas.ledger import ROWS
from gradatlas.formulas.registry import all_formulas
from gradatlas.programs.registry import all_programs
from gradatlas.sphinx_ext.api import PAGES, named
from gradatlas.sphinx_ext.reader import UNFOLDING
from gradatlas.symbolic.axioms import AXIOMS
from gradatlas.symbolic.checker import RULES

DOCS: Final = Path(__file__).resolve().parents[1] / "docs"
PUBLISHED: Final = DOCS / "published.txt"
REDIRECTS: Final = DOCS / "redirects.toml"
NOT_PAGES: Final = ("node_modules", "_templates", "locale")
HEAD: Final = """\
# Every page and anchor of the site that others may link to, written by tools/published.py. A line stays for good:
# what moves is named in redirects.toml.
"""


def present() -> set[str]:
    """What the site has now, from the registry and the files of docs/; nothing is built."""
    formulas = all_formulas()
    pages = {
        path.relative_to(DOCS).with_suffix("").as_posix()
        for path in DOCS.rglob("*.md")
        if path.relative_to(DOCS).parts[0] not in NOT_PAGES
    }
    pages |= {f"formulas/{id}" for id in formulas} | {f"ledger/{row}" for row in ROWS}
    pages |= {f"chapters/{chapter}" for chapter in CHAPTERS if any(f.chapter == chapter for f in formulas.values())}
    pages |= {f"programs/{name}" for name in all_programs()}
    pages |= {"genindex", "formula-index", "search"}
    anchors = {f"reference/rules#{make_id(f'rule-{name}')}" for name in {*RULES, UNFOLDING.name}}
    anchors |= {f"reference/axioms#{make_id(f'axiom-{name}')}" for name in AXIOMS}
    anchors |= {f"formulas/{id}#{make_id(f'formula-{id}')}" for id in formulas}
    anchors |= {f"ledger/{row}#{make_id(f'row-{row}')}" for row in ROWS}
    anchors |= {f"{PAGES[item.module]}#{path}" for path, item in named().items()}
    return pages | anchors


def published() -> list[str]:
    """The lines of docs/published.txt."""
    if not PUBLISHED.exists():
        return []
    return [line for line in PUBLISHED.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]


def redirected() -> dict[str, str]:
    """What has moved, and whereto."""
    return tomllib.loads(REDIRECTS.read_text(encoding="utf-8"))["moved"] if REDIRECTS.exists() else {}


def faults(known: list[str], now: set[str], moved: dict[str, str]) -> list[str]:
    """What has vanished without a redirect, and redirects that lead nowhere or hide a page."""
    found = [
        f"{id} has vanished: name its new place in docs/redirects.toml" for id in known if id not in now | {*moved}
    ]
    found += [f"{old} is redirected to {new}, which is not there" for old, new in moved.items() if new not in now]
    found += [f"{old} is redirected and is there too" for old in moved if old in now]
    found += [f"{old} cannot be redirected to another page: only whole pages can" for old, new in moved.items()
              if "#" in old and old.partition("#")[0] != new.partition("#")[0]]  # fmt: skip
    return found


def _sorted(ids: set[str]) -> list[str]:
    return sorted(ids, key=lambda id: [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", id)])


def main(arguments: list[str] | None = None) -> int:
    """Add to the list, or check it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing")
    given = parser.parse_args(arguments)
    known, now = published(), present()
    new = now - set(known)
    for fault in (wrong := faults(known, now, redirected())):
        print(fault, file=sys.stderr)
    print(f"{len(known)} published, {len(new)} new" + ("" if given.check or not new else ": written down"))
    if new and not given.check:
        PUBLISHED.write_text(HEAD + "\n".join(_sorted({*known, *now})) + "\n", encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
