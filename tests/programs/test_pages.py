"""The pages of the programs, built by Sphinx from measured.json, in a small project of their own."""

import os
import re
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from gradatlas import programs

ROOT = Path(__file__).parents[2]
NODE_MODULES = ROOT / "docs" / "node_modules"
CONF = f"""
extensions = ["gradatlas.sphinx_ext"]
gradatlas_registry = "records"
gradatlas_node_modules = {str(NODE_MODULES)!r}
html_theme = "basic"
"""
NO_RECORDS = {"registry": "[]", "ledger": "[]", "rules": "{}", "axioms": "{}", "operations": "[]"}

pytestmark = pytest.mark.skipif(
    not (NODE_MODULES / "katex").exists() and not os.environ.get("CI"),
    reason="KaTeX is not installed: python tools/npm_packages.py",
)


def begun(root):
    """A project without formulas, whose pages are the test's."""
    (root / "source" / "records").mkdir(parents=True)
    for name, text in NO_RECORDS.items():
        (root / "source" / "records" / f"{name}.json").write_text(text)
    (root / "source" / "conf.py").write_text(CONF)
    return root / "source"


def build(source, out):
    return subprocess.run(
        [sys.executable, "-m", "sphinx", "-n", "-W", "--keep-going", "--no-color", "-b", "html", source, out],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The built pages."""
    root = tmp_path_factory.mktemp("programs")
    source = begun(root)
    (source / "programs").mkdir()
    (source / "index.rst").write_text("Home\n====\n\n.. toctree::\n\n   programs/index\n")
    (source / "programs" / "index.rst").write_text(
        "Programs\n========\n\n.. atlas-programs::\n\n.. atlas-programs:: demonstrations\n"
    )
    (source / "programs" / "P99.rst").write_text(".. Written from the list of programs; edits are lost.\n\nOld\n===\n")
    done = build(source, root / "out")
    assert done.returncode == 0, done.stdout + done.stderr
    return root


def page(site, name):
    return (site / "out" / "programs" / f"{name}.html").read_text()


def words(html):
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html))).replace("’", "'")


class Balanced(HTMLParser):
    """Fails where a tag is closed that was not opened."""

    VOID = frozenset({"meta", "link", "br", "input", "img", "hr"})

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_every_program_has_a_page_and_what_is_gone_has_none(site):
    pages = {path.stem for path in (site / "out" / "programs").glob("*.html")}
    assert pages == {"index", *programs.all_programs()}
    assert not (site / "source" / "programs" / "P99.rst").exists()


@pytest.mark.parametrize("row", programs.all_programs())
def test_a_page_shows_the_program_its_faults_its_figures_and_its_curves(site, row):
    each, found, html = programs.all_programs()[row], programs.measured(row), page(site, row)
    text = words(html)
    assert "']" not in text
    assert f"{row}: {each.title}" in text
    assert f"gradatlas run {row}" in text
    assert html.count("<li><p>") >= len(each.faults)
    for layer, result, _count in found["network"]:
        assert all(word in text for word in re.findall(r"\w+", layer))
        assert result in text
    assert f"± {found['deviation']:.1g}"[:4] in text
    curves = re.findall(r'<svg class="drawn"[^>]* role="img" aria-label="([^"]+)"', html)
    assert curves
    assert "goes from" in curves[0]
    assert all(len(alt) > 20 for alt in curves)
    assert html.count("<figcaption>") == len(curves)
    Balanced().feed(html)


@pytest.mark.parametrize("row", programs.all_programs())
def test_no_two_things_of_a_page_have_one_id(site, row):
    ids = re.findall(r'\bid="([^"]+)"', page(site, row))
    assert len(ids) == len(set(ids))


def test_both_curves_of_p4_are_in_one_picture(site):
    picture = re.search(r'<svg class="drawn".*?</svg>', page(site, "P4"), re.DOTALL)[0]
    assert {"corrected", "as written", "held-out loss", "held-out accuracy", "epoch"} <= set(
        re.findall(r">([^<>]+)</text>", picture)
    )


def test_the_kernels_stand_beside_what_they_were_and_what_the_score_gains_is_counted(site):
    html, shown = page(site, "P1"), programs.measured("P1")["shown"]
    pictures = re.findall(r'<svg class="drawn".*?</svg>', html, re.DOTALL)
    assert [">before training</text>" in picture for picture in pictures].count(True) == 1
    assert [">integrated gradients</text>" in picture for picture in pictures].count(True) == 1
    text = words(html)
    for each in shown["attribution"]["pictures"]:
        assert all(f"{missed:.2g}".replace("-", "−") in text for missed in each["residuals"])
        assert f"{each['gain']:.3f} {each['sum']:.3f}" in text
    assert "Training moved the 32 kernels by" in text
    before, after = (np.array(shown[name]) for name in ("kernels before", "kernels"))
    assert f"by {np.sqrt(((after - before) ** 2).sum() / (before**2).sum()):.0%} of their norm" in text
    still = sum(a == b for a, b in zip(shown["kernels"], shown["kernels before"], strict=True))
    assert f"norm, taken together. {still} did not move at all" in text


def test_the_closed_form_stands_beside_the_ten_epochs(site):
    text = words(page(site, "P6"))
    slope = programs.measured("P6")["figures"]["slope of the closed form"]
    assert "slope of the closed form" in text
    assert f"{slope:.4g}" in text
    assert "ten epochs of SGD" in text


def test_the_table_lists_all(site):
    text = words(page(site, "index"))
    for row, each in programs.all_programs().items():
        assert f"{row} {each.name} {each.title}" in text


def test_a_page_without_measurements_fails_the_build(tmp_path):
    source = begun(tmp_path)
    (source / "conf.py").write_text(
        CONF
        + "import gradatlas.sphinx_ext.programs as pages\n"
        + "known = pages.measured\n"
        + "pages.measured = lambda row: None if row == 'P6' else known(row)\n"
    )
    (source / "index.rst").write_text(".. atlas-program:: P6\n")
    done = build(source, tmp_path / "out")
    assert done.returncode != 0
    assert "nothing is measured of P6: run tools/measure_programs.py P6" in done.stderr
