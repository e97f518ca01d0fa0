"""What keeps addresses alive: redirects from where pages have been, a sitemap of both languages, the switch between versions.

The site's address is not known to the repository: the setting gradatlas_base_url names it, and without it there are no
canonical links and no sitemap, which may only hold whole addresses.
"""

from __future__ import annotations

import html
import json
import posixpath
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape, quoteattr

from gradatlas.sphinx_ext.markup import translated as _

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.config import Config

__all__ = ["moved", "note_version", "redirect_page", "setup_lasting", "write_sitemap"]

PLACEHOLDERS: Final = ("genindex", "search")  # made for a reader who is there already
PAGE: Final = """\
<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url={address}">
<meta name="robots" content="noindex">
<link rel="canonical" href="{canonical}">
<title>{title}</title>
</head>
<body><p>{said} <a href="{address}">{new}</a></p></body>
</html>
"""


def moved(source: Path) -> dict[str, str]:
    """What redirects.toml says has moved; nothing where the project has no such file."""
    file = source / "redirects.toml"
    found: dict[str, str] = tomllib.loads(file.read_text(encoding="utf-8"))["moved"] if file.exists() else {}
    return found


def redirect_page(old: str, new: str, lang: str, base: str = "") -> str:
    """The page that stands where `old` was. base: the address of the language's pages, empty where it is not known."""
    page, hash, anchor = new.partition("#")
    here = posixpath.relpath(f"{page}.html", posixpath.dirname(old) or ".") + hash + anchor
    return PAGE.format(
        lang=html.escape(lang),
        address=html.escape(here),
        canonical=html.escape(f"{base}{page}.html" if base else here),
        title=html.escape(_("This page has moved")),
        said=html.escape(_("This page has moved to")),
        new=html.escape(new),
    )


def write_sitemap(site: Path, base: str, folders: Mapping[str, str]) -> int:
    """Write sitemap.xml, each page with its addresses in every language; returns how many addresses it holds.

    base: the address of the site, with https:// in front. folders: the languages, and the folder of each. Raises ValueError
    for a base that is no whole address.
    """
    if not re.match(r"https?://[^/]+/(.*/)?$", base):
        raise ValueError(f"sitemap: {base!r} is no whole address: write it with https:// and a / at the end")
    root = next(folder for folder in folders.values() if not folder)
    below = tuple(folder for folder in folders.values() if folder)
    lines = []
    for path in sorted((site / root).rglob("*.html")):
        name = path.relative_to(site).as_posix()
        if name.startswith(("_", "pagefind/", *below)) or path.stem in PLACEHOLDERS or _only_redirects(path):
            continue
        there = {tag: f"{folder}{name}" for tag, folder in folders.items() if (site / folder / name).exists()}
        others = "".join(
            f"<xhtml:link rel={quoteattr('alternate')} hreflang={quoteattr(tag.replace('_', '-'))} href={quoteattr(base + at)}/>"
            for tag, at in there.items()
        )
        lines += [f"<url><loc>{escape(base + at)}</loc>{others}</url>" for at in there.values()]
    (site / "sitemap.xml").write_text(
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">\n'
        + "\n".join(lines)
        + "\n</urlset>\n",
        encoding="utf-8",
    )
    return len(lines)


def note_version(site: Path, version: str) -> list[str]:
    """Write versions.json and versions.html beside the versions that stand in a folder, and send its index to the newest.

    site: holds one folder for each version. Returns the versions, the newest first.
    """
    found = sorted(
        {version, *(p.name for p in site.iterdir() if (p / "objects.inv").exists())}, key=_by_number, reverse=True
    )
    (site / "versions.json").write_text(json.dumps(found) + "\n", encoding="utf-8")
    links = "\n".join(f'<li><a href="{html.escape(each)}/index.html">{html.escape(each)}</a></li>' for each in found)
    (site / "versions.html").write_text(
        '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        "<title>gradatlas: versions</title></head>\n<body><main><h1>Versions</h1>\n"
        f"<ul>\n{links}\n</ul></main></body>\n</html>\n",
        encoding="utf-8",
    )
    (site / "index.html").write_text(redirect_page("index", f"{found[0]}/index", "en"), encoding="utf-8")
    return found


def setup_lasting(app: Sphinx) -> None:
    """Register the settings and the build's steps."""
    app.add_config_value("gradatlas_base_url", "", "html", types=frozenset({str}))
    app.add_config_value("gradatlas_versioned", False, "html", types=frozenset({bool}))
    app.connect("config-inited", _name_pages)
    app.connect("builder-inited", _bring_switch)
    app.connect("html-page-context", _keep_anchors, priority=420)
    app.connect("html-page-context", _offer_versions, priority=420)
    app.connect("build-finished", _write_redirects)


def _name_pages(app: Sphinx, config: Config) -> None:
    """Give Sphinx the address of this language's pages, for canonical links."""
    if config.gradatlas_base_url:
        config.html_baseurl = config.gradatlas_base_url + config.gradatlas_languages.get(config.language, "")


def _keep_anchors(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """An anchor that was renamed stays in front of the one it became."""
    for old, new in moved(Path(app.srcdir)).items():
        page, _hash, anchor = old.partition("#")
        if anchor and page == pagename and "body" in context:
            target = re.escape(html.escape(new.partition("#")[2]))
            kept = rf'<span id="{html.escape(anchor)}"></span>\g<0>'
            context["body"] = re.sub(rf'<\w+[^<>]*\sid="{target}"', kept, context["body"], count=1)


def _bring_switch(app: Sphinx) -> None:
    """The script that makes the link to the other versions a choice among them."""
    if app.config.gradatlas_versioned:
        app.add_js_file("versions.js", loading_method="defer")


def _offer_versions(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Tell the template where the list of versions is, in a build that is one of several."""
    if app.config.gradatlas_versioned:
        depth = app.config.gradatlas_languages.get(app.config.language, "").count("/")
        context["versions"] = context["content_root"] + "../" * (depth + 1)


def _write_redirects(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "html" or app.builder.name == "epub":
        return
    for old, new in _whole_pages(moved(Path(app.srcdir)).items()):
        place = Path(app.outdir) / f"{old}.html"
        place.parent.mkdir(parents=True, exist_ok=True)
        lang = str(app.config.language).replace("_", "-")
        place.write_text(redirect_page(old, new, lang, app.config.html_baseurl), encoding="utf-8")


def _whole_pages(found: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(old, new) for old, new in found if "#" not in old]


def _only_redirects(path: Path) -> bool:
    with path.open(encoding="utf-8") as file:
        return 'http-equiv="refresh"' in file.read(600)


def _by_number(version: str) -> tuple[int | str, ...]:
    """1.10 is newer than 1.9, and a release newer than what leads to it."""
    numbers = re.match(r"\d+(?:\.\d+)*", version)
    parts = [int(part) for part in numbers[0].split(".")] if numbers else []
    rest = version[numbers.end() :] if numbers else version
    return (*parts, *[0] * (6 - len(parts)), rest or "~")
