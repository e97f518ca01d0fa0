"""What a page needs besides its text: KaTeX's and the typefaces' files."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.util import logging

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["gather"]

logger = logging.getLogger(__name__)
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
