"""Links of a built site, read from its HTML files: each must lead to a file of the site and, where it names one, to an anchor."""

from __future__ import annotations

import html
import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote

__all__ = ["Links", "read", "stale"]

# Scripts and comments hold no links, and drawings and mathematics would only make the search slow.
LEFT_OUT: Final = re.compile(r"<!--.*?-->|<script\b[^>]*>.*?</script>|<style\b.*?</style>", re.DOTALL)
ATTRIBUTES: Final = re.compile(r"""<(?P<tag>[a-zA-Z][\w-]*)(?P<rest>(?:\s[^<>"']*|"[^"]*"|'[^']*')*)>""")
NAMED: Final = re.compile(r"""\s(?P<name>href|src|id|name|http-equiv|content)="(?P<value>[^"]*)\"""")
SCRIPT: Final = re.compile(r"""<script\b[^>]*\ssrc="(?P<src>[^"]*)\"""")


@dataclass(frozen=True)
class Links:
    """What a page links to, as written, and the anchors it has."""

    targets: frozenset[str]
    anchors: frozenset[str]


def read(page: str) -> Links:
    """The links and anchors of a page's text."""
    targets = {match["src"] for match in SCRIPT.finditer(page)}
    anchors = set()
    for tag in ATTRIBUTES.finditer(LEFT_OUT.sub("", page)):
        attributes = {match["name"]: html.unescape(match["value"]) for match in NAMED.finditer(tag["rest"])}
        anchors |= {attributes[key] for key in ("id",) if key in attributes}
        if tag["tag"] == "a" and "name" in attributes:
            anchors.add(attributes["name"])
        targets |= {attributes[key] for key in ("href", "src") if key in attributes}
        if attributes.get("http-equiv", "").lower() == "refresh":
            targets.add(attributes["content"].partition("url=")[2])
    return Links(frozenset(targets), frozenset(anchors))


def stale(site: Path, left_out: Iterable[str] = ()) -> tuple[list[str], int, int]:
    """Links that lead nowhere, how many were followed, and how many lead out of the site (these are not followed).

    left_out: folders of the site that are not looked into.
    """
    skipped = tuple(left_out)
    pages = {
        path.relative_to(site).as_posix(): read(path.read_text(encoding="utf-8"))
        for path in sorted(site.rglob("*.html"))
        if not path.relative_to(site).as_posix().startswith(skipped)
    }
    files = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    faults: list[str] = []
    followed = 0
    outside: set[str] = set()
    for name, links in pages.items():
        for target in sorted(links.targets):
            if re.match(r"[a-z][a-z0-9+.-]*:|//", target):
                outside.add(target)
                continue
            followed += 1
            path, _, anchor = target.partition("#")
            path = unquote(path.partition("?")[0])
            place = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
            if path.endswith("/"):
                place = f"{place}/index.html"
            place = place.removeprefix("./")
            if place not in files:
                faults.append(f"{name}: {target} is no file of the site")
            elif anchor and place in pages and unquote(anchor) not in pages[place].anchors:
                faults.append(f"{name}: {target} has no such anchor")
    return faults, followed, len(outside)
