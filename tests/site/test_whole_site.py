"""The site as one file: the zip has the same bytes for the same site, and the book holds what its readers can show."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import whole_site

if TYPE_CHECKING:
    from conftest import Project

XHTML = "{http://www.w3.org/1999/xhtml}"
MATHML = "{http://www.w3.org/1998/Math/MathML}"


def test_the_zip_has_the_same_bytes_whenever_the_site_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    site = tmp_path / "site"
    for name in ("index.html", "zh/index.html", "_static/a.css", "_sources/index.md.txt", ".buildinfo"):
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(name)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert whole_site.zipped(site, tmp_path / "a" / "whole.zip") == 3
    for path in site.rglob("*.html"):
        os.utime(path, (2e9, 2e9))
    whole_site.zipped(site, tmp_path / "b" / "whole.zip")
    first = (tmp_path / "a" / "whole.zip").read_bytes()
    assert first == (tmp_path / "b" / "whole.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a" / "whole.zip") as whole:
        assert whole.namelist() == ["whole/_static/a.css", "whole/index.html", "whole/zh/index.html"]
        assert whole.read("whole/zh/index.html") == b"zh/index.html"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    whole_site.zipped(site, tmp_path / "b" / "whole.zip")
    with zipfile.ZipFile(tmp_path / "b" / "whole.zip") as whole:
        assert whole.infolist()[0].date_time[:3] == (2023, 11, 14)


def test_the_book_holds_the_statements_as_mathml_and_no_page_of_a_formula(project: Project) -> None:
    out = project.root / "book"
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import whole_site; from pathlib import Path;"
        "sys.exit(whole_site.epub(*map(Path, sys.argv[2:])))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, Path(whole_site.__file__).parent, project.source, project.root / "dt", out],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    assert "Traceback" not in run.stderr
    (book,) = out.glob("*.epub")
    with zipfile.ZipFile(book) as whole:
        pages = {name: whole.read(name) for name in whole.namelist() if name.endswith(".xhtml")}
    trees = {name: ElementTree.fromstring(text) for name, text in pages.items()}
    assert not any(name.startswith("formulas/") for name in trees)
    chapter = trees["chapters/attention.xhtml"]
    assert len(list(chapter.iter(f"{MATHML}math"))) > 0
    assert "katex" not in pages["chapters/attention.xhtml"].decode()
    # Links to a formula's page are words here.
    assert any("attention.dq" in (span.text or "") for span in chapter.iter(f"{XHTML}span"))
