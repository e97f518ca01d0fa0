"""Addresses that last: nothing published vanishes, redirects lead on, sitemap and versions know what stands there."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import TYPE_CHECKING

import published
import pytest
import yaml

import gradatlas
from gradatlas.sphinx_ext.lasting import moved, note_version, redirect_page, write_sitemap

if TYPE_CHECKING:
    from conftest import Project

ROOT = Path(__file__).resolve().parents[2]


def test_what_was_published_is_there_or_says_where_it_went() -> None:
    assert published.faults(published.published(), published.present(), published.redirected()) == []


def test_what_is_there_is_published() -> None:
    new = published.present() - set(published.published())
    assert not new, f"not in docs/published.txt, run tools/published.py: {sorted(new)[:5]}"


def test_what_vanishes_is_missed() -> None:
    def said(known: list[str], now: set[str], moved: dict[str, str]) -> str:
        return "; ".join(published.faults(known, now, moved))

    assert said(["a", "b"], {"a"}, {}) == "b has vanished: name its new place in docs/redirects.toml"
    assert said(["a", "b"], {"a"}, {"b": "a"}) == ""
    assert "not there" in said(["a", "b"], {"a"}, {"b": "c"})
    assert "is there too" in said(["a"], {"a", "b"}, {"a": "b"})
    assert "only whole pages" in said(["a#x"], {"a", "b", "b#x"}, {"a#x": "b#x"})
    assert said(["a#x"], {"a", "a#y"}, {"a#x": "a#y"}) == ""


def test_a_redirect_leads_on_without_a_script() -> None:
    page = redirect_page("old/name", "new/name#place", "en", "https://example.org/")
    assert '<meta http-equiv="refresh" content="0; url=../new/name.html#place">' in page
    assert '<a href="../new/name.html#place">' in page
    assert '<link rel="canonical" href="https://example.org/new/name.html">' in page
    assert 'url=b.html"' in redirect_page("a", "b", "en")


def test_pages_and_anchors_that_moved_are_found_at_their_old_address(project: Project) -> None:
    (project.source / "redirects.toml").write_text(
        '[moved]\n"guide/old" = "formulas/softmax.vjp"\n"formulas/softmax.vjp#old" = "formulas/softmax.vjp#statement"\n'
    )
    status, said = project.build("-D", "gradatlas_base_url=https://example.org/atlas/")
    assert status == 0, said
    assert "url=../formulas/softmax.vjp.html" in project.page("guide/old")
    page = project.page("formulas/softmax.vjp")
    assert re.search(r'<span id="old"></span><section id="statement"', page)
    assert '<link rel="canonical" href="https://example.org/atlas/formulas/softmax.vjp.html"' in page
    assert moved(project.source)["guide/old"] == "formulas/softmax.vjp"


def test_the_sitemap_has_every_page_in_every_language(tmp_path: Path) -> None:
    for name in (
        "index",
        "zh/index",
        "guide/start",
        "zh/guide/start",
        "only-english",
        "search",
        "_static/no",
        "pagefind/no",
    ):
        (tmp_path / f"{name}.html").parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"{name}.html").write_text("<!doctype html>")
    (tmp_path / "old.html").write_text(redirect_page("old", "index", "en"))
    assert write_sitemap(tmp_path, "https://example.org/a&b/", {"en": "", "zh_CN": "zh/"}) == 5
    tree = ElementTree.parse(tmp_path / "sitemap.xml")
    spaces = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}
    found = {
        url.findtext("s:loc", namespaces=spaces): {
            a.get("hreflang"): a.get("href") for a in url.findall("x:link", spaces)
        }
        for url in tree.findall("s:url", spaces)
    }
    home = "https://example.org/a&b/"
    both = {"en": f"{home}guide/start.html", "zh-CN": f"{home}zh/guide/start.html"}
    assert found[both["en"]] == found[both["zh-CN"]] == both
    assert found[f"{home}only-english.html"] == {"en": f"{home}only-english.html"}
    assert len(found) == 5


@pytest.mark.parametrize("base", ["", "atlas/", "example.org/", "https://example.org/atlas"])
def test_a_sitemap_needs_a_whole_address(tmp_path: Path, base: str) -> None:
    with pytest.raises(ValueError, match="no whole address"):
        write_sitemap(tmp_path, base, {"en": ""})


def test_versions_stand_side_by_side_the_newest_first(tmp_path: Path) -> None:
    for version in ("0.9", "0.10", "0.10rc1"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "objects.inv").touch()
    (tmp_path / "notes").mkdir()
    assert note_version(tmp_path, "0.10") == ["0.10", "0.10rc1", "0.9"]
    assert 'url=0.10/index.html"' in (tmp_path / "index.html").read_text()
    assert '<a href="0.9/index.html">0.9</a>' in (tmp_path / "versions.html").read_text()
    assert (tmp_path / "versions.json").read_text() == '["0.10", "0.10rc1", "0.9"]\n'


def test_a_versioned_build_links_to_the_others(project: Project) -> None:
    status, said = project.build("-D", "gradatlas_versioned=1", "-D", "release=0.9")
    assert status == 0, said
    switch = '<a href="../../versions.html" data-versions="../../versions.json">0.9</a>'
    assert switch in project.page("formulas/softmax.vjp")
    assert 'src="../_static/versions.js' in project.page("formulas/softmax.vjp")


def test_the_citation_file_says_what_the_format_asks_for() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(cited)
    assert cited["cff-version"] == "1.2.0"
    assert str(cited["version"]) == gradatlas.__version__
    assert cited["type"] in ("software", "dataset")
    assert all(author.get("name") or author.get("family-names") for author in cited["authors"])
    assert cited["license"] == "BSD-3-Clause"
    assert len(set(cited["keywords"])) == len(cited["keywords"]) > 0
    assert set(cited) <= {
        *("abstract", "authors", "cff-version", "commit", "contact", "date-released", "doi", "identifiers", "keywords"),
        *("license", "license-url", "message", "preferred-citation", "references", "repository", "repository-artifact"),
        *("repository-code", "title", "type", "url", "version"),
    }


def test_the_builder_keeps_versions_writes_the_sitemap_and_times_a_change(project: Project) -> None:
    tool = ROOT / "tools" / "build_site.py"

    def run(*options: str) -> str:
        done = project.run(tool, project.source, project.out, project.root / "doctrees", *options)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    said = run("--version", "0.9", "--base-url", "https://example.org/")
    assert "The versions here: 0.9" in said
    sitemap = (project.out / "0.9" / "sitemap.xml").read_text()
    assert "<loc>https://example.org/0.9/zh/formulas/softmax.vjp.html</loc>" in sitemap
    page = (project.out / "0.9" / "zh" / "index.html").read_text()
    assert '<link rel="canonical" href="https://example.org/0.9/zh/index.html"' in page
    assert 'data-versions="./../../versions.json"' in page
    figures = json.loads((project.root / "site-build.json").read_text())
    assert figures["formulas"] == 3
    assert figures["languages"] == 2
    assert not (project.out / "sitemap.xml").exists()

    assert "sitemap" not in run()  # without an address there is none
    assert float(run("--measure-change").split()[0]) > 0
