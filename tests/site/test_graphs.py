"""The pictures of what depends on what: all neighbours are there, every link leads somewhere, nothing lies on anything else."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from bs4 import BeautifulSoup, Tag

from gradatlas.sphinx_ext import graphs
from gradatlas.sphinx_ext.graphs import edges, map_picture, neighbourhood, regions, width_of, wrapped
from gradatlas.sphinx_ext.reader import Atlas, load

if TYPE_CHECKING:
    from conftest import Project

FIXTURES = Path(__file__).parent / "fixtures"


def atlas_of(uses: dict[str, list[str]], chapters: dict[str, str] | None = None) -> Atlas:
    """An atlas of formulas made after one of the sample's: each with its lemmas, all in one chapter unless told."""
    sample = load(FIXTURES)
    model = sample.formulas["attention.dq"]
    assert model.evidence is not None
    formulas = {
        name: dataclasses.replace(
            model,
            id=name,
            title=f"The title of {name}, long enough that it is broken into lines",
            chapter=(chapters or {}).get(name, "losses"),
            evidence=dataclasses.replace(model.evidence, lemmas=tuple(lemmas)),
        )
        for name, lemmas in uses.items()
    }
    return dataclasses.replace(sample, formulas=formulas)


def svg(picture: Any) -> str:
    """A picture with the names of its targets in place of addresses."""
    return "".join(part if isinstance(part, str) else ":".join(part) for part in picture["parts"])


def boxes(drawn: str) -> list[tuple[float, float, float, float]]:
    """Where the rectangles of an SVG are: x, y, width, height."""
    found = re.findall(r'<rect x="([-\d.]+)" y="([-\d.]+)" width="([\d.]+)" height="([\d.]+)" rx="7"', drawn)
    return [(float(x), float(y), float(w), float(h)) for x, y, w, h in found]


def apart(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] + a[2] <= b[0] or b[0] + b[2] <= a[0] or a[1] + a[3] <= b[1] or b[1] + b[3] <= a[1]


class TestNeighbourhood:
    def test_nothing_is_drawn_where_nothing_is_joined(self) -> None:
        assert neighbourhood(atlas_of({"a.b": [], "c.d": []}), "a.b") is None

    def test_lemmas_are_left_of_the_formula_and_users_right(self) -> None:
        atlas = atlas_of({"a.low": [], "b.here": ["a.low"], "c.high": ["b.here"], "d.far": ["c.high"]})
        wide = svg(neighbourhood(atlas, "b.here")).split("</svg>")[0]
        at = {
            name: float(x)
            for name, x in re.findall(r'href="formula:([a-z.]+)">(?:<title>.*?</title>)?<rect x="([\d.]+)"', wide)
        }
        (here,) = re.findall(r'class="here">(?:<title>.*?</title>)?<rect x="([\d.]+)"', wide)
        assert set(at) == {"a.low", "c.high"}
        assert at["a.low"] < float(here) < at["c.high"]

    def test_the_axioms_stand_with_the_lemmas(self) -> None:
        sample = load(FIXTURES)
        drawn = svg(neighbourhood(sample, "attention.dq"))
        evidence = sample.formulas["attention.dq"].evidence
        assert evidence is not None
        for name in evidence.axioms:
            assert f'class="axiom" href="axiom:{name}"' in drawn
        assert 'href="formula:softmax.vjp"' in drawn

    @pytest.mark.parametrize("count", [1, 2, 6, 7, 40])
    def test_at_most_six_on_a_side_and_the_number_of_the_rest(self, count: int) -> None:
        names = [f"u.{chr(97 + place // 26)}{chr(97 + place % 26)}" for place in range(count)]
        atlas = atlas_of({"a.b": [], **{name: ["a.b"] for name in names}})
        for part in svg(neighbourhood(atlas, "a.b")).split("</svg>")[:2]:
            shown = re.findall(r'href="formula:(u\.[a-z]+)"', part)
            rest = re.findall(r"and (\d+) more", part)
            assert shown == names[: len(shown)]
            assert len(shown) + (int(rest[0]) if rest else 0) == count
            assert len(shown) + len(rest) == min(count, 6)

    @pytest.mark.parametrize(("lemmas", "users"), [(1, 0), (0, 1), (6, 6), (9, 9), (1, 6)])
    def test_no_box_lies_on_another_or_outside(self, lemmas: int, users: int) -> None:
        low = [f"l.{chr(97 + place)}" for place in range(lemmas)]
        high = [f"u.{chr(97 + place)}" for place in range(users)]
        atlas = atlas_of({**{name: [] for name in low}, "a.b": low, **{name: ["a.b"] for name in high}})
        for part in svg(neighbourhood(atlas, "a.b")).split("</svg>")[:2]:
            found = boxes(part)
            x, y, width, height = map(float, re.search(r'viewBox="([^"]+)"', part)[1].split())  # type: ignore[index]
            assert len(found) >= 1 + min(lemmas, 5) + min(users, 5)
            assert all(apart(a, b) for place, a in enumerate(found) for b in found[:place])
            for box in found:
                assert x <= box[0]
                assert y <= box[1]
                assert box[0] + box[2] <= x + width
                assert box[1] + box[3] <= y + height

    def test_a_lemma_that_the_registry_does_not_have_is_left_out(self) -> None:
        assert neighbourhood(atlas_of({"a.b": ["gone.away"]}), "a.b") is None


class TestWords:
    def test_lines_are_no_wider_than_told_and_nothing_is_lost(self) -> None:
        words = "Integrated gradients add up to what the output gains from the baseline"
        lines = wrapped(words, 150, 13, 9)
        assert " ".join(lines) == words
        assert all(width_of(line, 13) <= 150 for line in lines)

    def test_chinese_breaks_between_signs_and_latin_does_not(self) -> None:
        words = "积分梯度之和等于输出从基线起的增量（softmax 之前）"
        lines = wrapped(words, 80, 13, 9)
        assert "".join(lines).replace(" ", "") == words.replace(" ", "")
        assert any("softmax" in line for line in lines)
        assert all(width_of(line, 13) <= 80 for line in lines)

    def test_what_does_not_fit_ends_in_an_ellipsis(self) -> None:
        lines = wrapped("one two three four five six seven", 40, 13, 2)
        assert len(lines) == 2
        assert lines[1].endswith("…")
        assert width_of(lines[1], 13) <= 40
        full = width_of("ghijkl", 13) + 0.1
        assert wrapped("abc ghijkl mnopqr", full, 13, 2)[1] == "ghij…"

    def test_a_chinese_sign_is_as_wide_as_it_is_high_and_a_latin_letter_is_not(self) -> None:
        assert width_of("积分", 10) == 20
        assert width_of("il", 10) < width_of("ab", 10) < width_of("MW", 10) < 20


class TestMap:
    def test_every_formula_is_a_dot_in_its_chapter(self) -> None:
        chapters = ["losses", "attention", "linalg", "activations", "reductions", "shaping"]
        names = {f"f.{chr(97 + k // 26)}{chr(97 + k % 26)}": chapters[k % 5 if k % 7 else 5] for k in range(60)}
        atlas = atlas_of({name: [] for name in names}, names)
        found = regions(atlas)
        assert sorted(region.chapter for region in found) == sorted(chapters)
        assert [region.chapter for region in sorted(found, key=lambda region: (region.x, region.y))] == list(
            atlas.chapters
        )
        assert len({region.x for region in found}) == graphs.ACROSS
        frames = [(region.x, region.y, graphs.REGION, region.height) for region in found]
        assert all(apart(a, b) for place, a in enumerate(frames) for b in frames[:place])
        dots = {name: dot for region in found for name, dot in region.dots.items()}
        assert set(dots) == set(names)
        for region in found:
            for name, (x, y, radius) in region.dots.items():
                assert names[name] == region.chapter
                assert region.x < x - radius
                assert x + radius < region.x + graphs.REGION
                assert region.y < y - radius
                assert y + radius < region.y + region.height
        places = list(dots.values())
        for place, (x, y, radius) in enumerate(places):
            assert all((x - a) ** 2 + (y - b) ** 2 > (radius + r) ** 2 for a, b, r in places[:place])

    def test_the_longer_the_derivation_the_larger_the_dot(self) -> None:
        atlas = load(FIXTURES)
        steps = {f.id: f.evidence.steps if f.evidence else 0 for f in atlas.formulas.values()}
        radii = {name: dot[2] for region in regions(atlas) for name, dot in region.dots.items()}
        assert [name for name, _ in sorted(radii.items(), key=lambda item: item[1])] == sorted(
            steps, key=steps.__getitem__
        )
        assert len(set(radii.values())) == len(set(steps.values())) > 1

    def test_a_line_goes_from_each_lemma_to_each_user(self) -> None:
        atlas = load(FIXTURES)
        assert edges(atlas) == [("softmax.vjp", "attention.dq")]
        places = {name: dot for region in regions(atlas) for name, dot in region.dots.items()}
        (line,) = re.findall(r'class="edges" d="([^"]+)"', svg(map_picture(atlas)))
        start, end = places["softmax.vjp"], places["attention.dq"]
        assert line.startswith(f"M{start[0]} {start[1]}Q")
        assert line.endswith(f" {end[0]} {end[1]}")
        assert line.count("M") == 1

    def test_each_dot_has_its_own_lines(self) -> None:
        atlas = atlas_of({"a.b": [], "c.d": ["a.b"], "e.f": ["a.b", "c.d"], "g.h": []})
        drawn = svg(map_picture(atlas))
        found = dict(
            re.findall(r'href="formula:([a-z.]+)">[^/]*</title><path [^>]*/><path class="own" d="([^"]+)"', drawn)
        )
        whole = re.findall(r'class="edges" d="([^"]+)"', drawn)[0]
        assert {name: line.count("M") for name, line in found.items()} == {"a.b": 2, "c.d": 2, "e.f": 2}
        lines = whole.split("M")[1:]
        for name, own in found.items():
            assert own.split("M")[1:] == [
                line for line, joined in zip(lines, edges(atlas), strict=True) if name in joined
            ]

    def test_it_does_not_depend_on_the_order_of_hashes(self) -> None:
        code = (
            "from pathlib import Path; from gradatlas.sphinx_ext.graphs import *; from gradatlas.sphinx_ext.reader import load;"
            f"a = load(Path({str(FIXTURES)!r})); from gradatlas.sphinx_ext.graphs import map_picture;"
            "print(map_picture(a)['parts'], neighbourhood(a, 'softmax.vjp')['parts'])"
        )
        said = [
            subprocess.run(
                [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
            ).stdout
            for seed in ("1", "2")
        ]
        assert said[0] == said[1]
        assert len(said[0]) > 1000


@pytest.fixture(scope="module")
def site(make_project: Callable[[], Project], once: Callable[..., Project]) -> Project:
    """The sample project with the map, and the chapters and formulas that it leads to."""

    def make() -> Project:
        project = make_project()
        (project.source / "map.md").write_text("---\norphan: true\n---\n\n# Map\n\n```{atlas-map}\n```\n")
        status, said = project.build()
        assert status == 0, said
        return project

    return once("map", make)


def soup(project: Project, page: str) -> BeautifulSoup:
    return BeautifulSoup(project.page(page), "html.parser")


@pytest.mark.parametrize("page", ["map", "formulas/softmax.vjp", "formulas/attention.dq"])
def test_every_link_of_a_picture_leads_to_a_page_and_has_a_name(site: Project, page: str) -> None:
    links = soup(site, page).select("svg.graph a, .map a")
    assert len(links) >= 4
    for link in links:
        address, _, anchor = str(link["href"]).partition("#")
        target = (site.out / page).parent / address
        assert target.is_file(), address
        if anchor:
            assert f'id="{anchor}"' in target.read_text()
        assert link.get_text().strip()


def test_the_map_has_its_formulas_as_a_list_too(site: Project) -> None:
    page = soup(site, "map")
    dots = {str(link["href"]) for link in page.select(".map a.dot")}
    listed = {str(link["href"]).partition("#")[0] for link in page.select("ul.map-list a")}
    assert dots == listed == {f"formulas/{f['id']}.html" for f in site.registry()}
    (line,) = (item for item in page.select("ul.map-list li") if item.get_text().startswith("Gradient of attention"))
    assert "uses softmax.vjp" in re.sub(r"\s+", " ", line.get_text())


def test_a_picture_is_said_in_words_and_its_links_are_open_to_the_keyboard(site: Project) -> None:
    for page in ("map", "formulas/softmax.vjp"):
        for picture in soup(site, page).select("svg.graph, .map svg"):
            assert picture["role"] == "group", "what is within an img is hidden from a screen reader"
            assert len(str(picture["aria-label"])) > 30
            assert not picture.select("[tabindex]")


def test_a_title_that_changes_changes_the_picture(make_project: Callable[[], Project]) -> None:
    project = make_project()
    assert project.build()[0] == 0
    entries = project.registry()
    for entry in entries:
        if entry["id"] == "softmax.vjp":
            entry["title"] = "Quite another name"
    project.write_registry(entries)
    assert project.build()[0] == 0
    picture = soup(project, "formulas/attention.dq").select_one("svg.graph")
    assert isinstance(picture, Tag)
    assert "Quite another name" in picture.get_text(" ")


def test_in_chinese_the_pictures_are_said_in_chinese(make_project: Callable[[], Project]) -> None:
    project = make_project()
    (project.source / "map.md").write_text("---\norphan: true\n---\n\n# Map\n\n```{atlas-map}\n```\n")
    status, said = project.build("-D", "language=zh_CN")
    assert status == 0, said
    for page, words in (
        ("map", "个公式的地图"),
        ("formulas/softmax.vjp", "被用于"),
        ("formulas/attention.dq", "虚线：公理"),
    ):
        (picture,) = soup(project, page).select(".map svg, svg.graph-wide")
        assert words in f"{picture['aria-label']} {picture.get_text()}"
        assert re.search("[\u4e00-\u9fff]", str(picture["aria-label"]))


def test_other_writers_leave_the_picture_out(make_project: Callable[[], Project]) -> None:
    project = make_project()
    (project.source / "map.md").write_text("---\norphan: true\n---\n\n# Map\n\n```{atlas-map}\n```\n")
    run = project.run("sphinx", "-q", "-W", "-b", "text", project.source, project.out)
    assert run.returncode == 0, run.stdout + run.stderr
    text = (project.out / "map.txt").read_text()
    assert "svg" not in text
    assert all(
        entry["title"] in text for entry in json.loads((project.root / "fixtures" / "registry.json").read_text())
    )
