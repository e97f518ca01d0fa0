"""What a page needs besides its text: KaTeX's and the typefaces' files, the search index."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.errors import ExtensionError
from sphinx.util import logging

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["gather", "index_for_search", "run_pagefind"]

logger = logging.getLogger(__name__)
# What repeats other pages would lead a search there instead of to the formula itself. Pagefind knows no :last-child.
NOT_SEARCHED = (
    ".katex, .headerlink, .badge, .step-number, .formula-card, .example-statement, ul.figures, .users, .map-list, "
    "table.formulas, table.index, table.api-index, table.digests, table.mutants"
)
OTHER_FORMATS = re.compile(r',url\(fonts/[^)]+\.(?:woff|ttf)\) format\("(?:woff|truetype)"\)')
TYPEFACES = {
    "source-serif-4": ("latin-wght-normal", "latin-wght-italic", "greek-wght-normal"),
    "inter": ("latin-wght-normal",),
    "jetbrains-mono": ("latin-wght-normal",),
}


def gather(app: Sphinx) -> None:
    """Lay KaTeX's stylesheet, fonts and copy-tex, and the typefaces, where Sphinx takes static files from."""
    if (
        app.builder.format != "html"
        or app.builder.name == "epub"
        or getattr(app.builder, "math_renderer_name", None) != "katex"
    ):
        return
    packages = Path(app.confdir) / app.config.gradatlas_node_modules
    static = Path(app.doctreedir) / "gradatlas_static"
    katex = packages / "katex" / "dist"
    shutil.rmtree(static, ignore_errors=True)
    (static / "katex" / "fonts").mkdir(parents=True)
    sheet = (katex / "katex.min.css").read_text(encoding="utf-8")
    (static / "katex" / "katex.css").write_text(OTHER_FORMATS.sub("", sheet), encoding="utf-8")
    for font in (katex / "fonts").glob("*.woff2"):
        shutil.copy(font, static / "katex" / "fonts")
    shutil.copy(katex / "contrib" / "copy-tex.min.js", static / "katex" / "copy-tex.js")
    if app.config.gradatlas_typefaces:
        (static / "typefaces").mkdir()
        for name, cuts in TYPEFACES.items():
            for cut in cuts:
                file = packages / "@fontsource-variable" / name / "files" / f"{name}-{cut}.woff2"
                shutil.copy(file, static / "typefaces")
            shutil.copy(packages / "@fontsource-variable" / name / "LICENSE", static / "typefaces" / f"{name}.LICENSE")
    app.config.html_static_path.append(str(static))
    app.add_css_file("katex/katex.css", priority=300)
    app.add_js_file("katex/copy-tex.js", loading_method="defer")


def index_for_search(app: Sphinx, exception: Exception | None) -> None:
    """Run Pagefind over the built pages, where conf.py asks for it. Raises ExtensionError where Pagefind fails.

    Languages in folders below the site's root are found there by the one at the root, which is to be built last.
    """
    if exception is not None or app.builder.format != "html" or not app.config.gradatlas_pagefind:
        return
    if not app.config.gradatlas_languages.get(app.config.language):
        run_pagefind(Path(app.outdir))


def run_pagefind(site: Path) -> None:
    """Index all pages under a folder, each under its language. Raises ExtensionError where Pagefind fails."""
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "pagefind",
            "--site",
            str(site),
            "--quiet",
            "--exclude-selectors",
            NOT_SEARCHED,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise ExtensionError(f"Pagefind ended with status {run.returncode}: {(run.stderr or run.stdout).strip()}")
    logger.info("Pagefind has indexed the pages: Ctrl-K searches them over http")
