"""The site's search: what Pagefind indexes of a page, with which weight, and the names by which a page comes first.

Chinese has no spaces. The search index and the reader's browser each divide it into words by a dictionary of their own, and
where the two disagree a page is not found: 长短期记忆 is 长短 期 记忆 to one and 长 短期 记忆 to the other. With every piece of a
name indexed, both find it.
"""

from __future__ import annotations

import functools
import gzip
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sphinx.errors import ExtensionError
from sphinx.util import logging

from gradatlas.processes import each
from gradatlas.sphinx_ext.markup import signs
from gradatlas.sphinx_ext.punctuation import CHINESE

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from gradatlas.sphinx_ext.reader import Atlas, Formula

__all__ = ["LONGEST", "index_for_search", "marked", "pieces", "run_pagefind", "without_mathematics"]

logger = logging.getLogger(__name__)
# What repeats other pages would lead a search there instead of to the formula itself. Pagefind knows no :last-child.
NOT_SEARCHED: Final = (
    ".katex, .headerlink, .badge, .step-number, .formula-card, .example-statement, ul.figures, .users, .map-list, "
    "table.formulas, table.index, table.api-index, table.digests, table.mutants"
)
WEIGHTS: Final = {"aliases": 8, "formula-line": 5}
FRAGMENT: Final = b"pagefind_dcd"  # what each of Pagefind's files about a page begins with
BETWEEN: Final = " | "  # names, in the attribute that Pagefind reads

MATHML: Final = "<math "
DRAWN: Final = re.compile(f'<span class="katex">|{MATHML}')
SPAN: Final = re.compile("<span|</span>")
LONGEST: Final = 4  # characters of a word
RUN: Final = re.compile(f"[{CHINESE}]+")


def pieces(names: Iterable[str]) -> str:
    """Every piece of one to LONGEST characters of the Chinese in some names, once each, with spaces between."""
    runs = [run for name in names for run in RUN.findall(name)]
    found = (
        run[start : start + length]
        for run in runs
        for length in range(1, LONGEST + 1)
        for start in range(len(run) - length + 1)
    )
    return " ".join(dict.fromkeys(found))


def marked(body: str, atlas: Atlas, formula: Formula) -> str:
    """A formula's page with what Pagefind is to know: how much its names weigh, their pieces, and which are its own."""
    own = [name for name in formula.aliases if atlas.first_called[name] == formula.id]
    shared = [name for name in formula.aliases if name not in own]
    names = {key: BETWEEN.join(map(signs, found)) for key, found in (("own", own), ("shared", shared)) if found}
    told = {f"data-{key}": said for key, said in names.items()}
    if names:
        told["data-pagefind-meta"] = ", ".join(f"{key}[data-{key}]" for key in names)
    if parts := pieces((formula.title, *formula.aliases)):
        told |= {"data-pagefind-index-attrs": "data-pieces", "data-pieces": parts}
    attributes = "".join(f'{key}="{escape(said)}" ' for key, said in told.items())
    body = body.replace('<p class="formula-line"', f'<p {attributes}class="formula-line"', 1)
    for line, weight in WEIGHTS.items():
        body = body.replace(f'class="{line}"', f'data-pagefind-weight="{weight}" class="{line}"', 1)
    return body


def index_for_search(app: Sphinx, exception: Exception | None) -> None:
    """Run Pagefind over the built pages, where conf.py asks for it. Raises ExtensionError where Pagefind fails.

    Languages in folders below the site's root are found there by the one at the root, which is to be built last.
    """
    if exception is not None or app.builder.format != "html" or not app.config.gradatlas_pagefind:
        return
    if not app.config.gradatlas_languages.get(app.config.language):
        run_pagefind(Path(app.outdir))


def run_pagefind(site: Path) -> None:
    """Index all pages under a folder, each under its language, and write their names beside the index.

    Raises ExtensionError where Pagefind fails.
    """
    folder = site / "pagefind"
    shutil.rmtree(folder, ignore_errors=True)  # the files of earlier indexes would stay
    with tempfile.TemporaryDirectory() as drafts:
        # Most of a page is drawn mathematics, which is not searched, and takes Pagefind longer than all else.
        each(functools.partial(_put_plain, site, Path(drafts)), list(site.rglob("*.html")))
        asked = ["--site", drafts, "--output-path", str(folder), "--quiet", "--exclude-selectors", NOT_SEARCHED]
        run = subprocess.run([sys.executable, "-m", "pagefind", *asked], capture_output=True, text=True, check=False)
    if run.returncode:
        raise ExtensionError(f"Pagefind ended with status {run.returncode}: {(run.stderr or run.stdout).strip()}")
    pages = {path.stem: _names(path) for path in sorted((folder / "fragment").iterdir())}
    text = json.dumps(pages, ensure_ascii=False, separators=(",", ":"))
    (folder / "pages.json").write_text(text, encoding="utf-8")
    logger.info("Pagefind has indexed the pages: Ctrl-K searches them over http")


def _put_plain(site: Path, drafts: Path, page: Path) -> None:
    draft = drafts / page.relative_to(site)
    draft.parent.mkdir(parents=True, exist_ok=True)
    draft.write_text(without_mathematics(page.read_text(encoding="utf-8")), encoding="utf-8")


def without_mathematics(page: str) -> str:
    """A page without what KaTeX drew: from each span of the class katex to where it ends, and the MathML that stands alone."""
    kept, at = [], 0
    while drawn := DRAWN.search(page, at):
        kept.append(page[at : drawn.start()])
        if drawn[0] == MATHML:
            at = page.index("</math>", drawn.end()) + len("</math>")
            continue
        depth, at = 1, drawn.end()
        for tag in SPAN.finditer(page, at):
            depth += -1 if tag[0] == "</span>" else 1
            if not depth:
                at = tag.end()
                break
    return "".join((*kept, page[at:]))


def _names(fragment: Path) -> list[Any]:
    """A page's title, the other names that it has before all other pages, and those that it shares."""
    meta = json.loads(gzip.decompress(fragment.read_bytes()).removeprefix(FRAGMENT))["meta"]
    return [meta.get("title", ""), *(meta[key].split(BETWEEN) if key in meta else [] for key in ("own", "shared"))]
