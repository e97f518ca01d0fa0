"""The indexes: nothing is left out, everything leads to its formula, and the order is that of letters."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

from gradatlas.sphinx_ext.indexes import meanings, operations_by_letter, symbols_by_letter
from gradatlas.sphinx_ext.reader import Atlas, Symbol, load

if TYPE_CHECKING:
    from conftest import Project

FIXTURES = Path(__file__).parent / "fixtures"
NAMES = ("operations", "symbols", "status")


@pytest.fixture
def atlas() -> Atlas:
    return load(FIXTURES)


def with_symbols(atlas: Atlas, *symbols: Symbol) -> Atlas:
    """The sample with these symbols in one formula, and none in the others."""
    formulas = {}
    for name, formula in atlas.formulas.items():
        if formula.evidence is not None:
            shown = symbols if name == "softmax.vjp" else ()
            formula = dataclasses.replace(formula, evidence=dataclasses.replace(formula.evidence, symbols=shown))
        formulas[name] = formula
    return dataclasses.replace(atlas, formulas=formulas)


def symbol(name: str, latex: str = "", kind: str = "real", description: str = "a number") -> Symbol:
    return Symbol(name=name, latex=latex or name, kind=kind, shape="", description=description)


def test_operations_stand_under_their_first_letters_in_order(atlas: Atlas) -> None:
    found = operations_by_letter(atlas)
    assert sorted(name for names in found.values() for name in names) == sorted(atlas.operations)
    assert list(found) == sorted(found)
    assert all(name.upper().startswith(letter) for letter, names in found.items() for name in names)


def test_symbols_stand_under_latin_letters_then_greek_ones(atlas: Atlas) -> None:
    names = ["theta_0", "x", "sigma'", "grad J", "W_o", "b", "beta", "'"]
    found = symbols_by_letter(with_symbols(atlas, *map(symbol, names)))
    assert {letter: [name for name, _ in of] for letter, of in found.items()} == {
        "B": ["b"],
        "J": ["grad J"],
        "W": ["W_o"],
        "X": ["x"],
        "β": ["beta"],
        "θ": ["theta_0"],
        "σ": ["sigma'"],
        "·": ["'"],
    }
    assert list(found) == ["B", "J", "W", "X", "β", "θ", "σ", "·"]


def test_a_symbol_has_each_of_its_meanings_once(atlas: Atlas) -> None:
    found = meanings(atlas)
    for (name, latex), of in found.items():
        for (kind, _shape, description), ids in of.items():
            for id in ids:
                evidence = atlas.formulas[id].evidence
                assert evidence is not None
                assert any(
                    (s.name, s.latex, s.kind, s.description) == (name, latex, kind, description)
                    for s in evidence.symbols
                )
    said = sum(
        bool(s.description) or s.kind not in ("size", "index")
        for f in atlas.formulas.values()
        if f.evidence is not None
        for s in f.evidence.symbols
    )
    assert sum(len(ids) for of in found.values() for ids in of.values()) == said > 3


def test_the_meaning_of_most_formulas_comes_first_then_the_alphabet(atlas: Atlas) -> None:
    rare, frequent, other = symbol("x", description="a"), symbol("x", description="z"), symbol("x", description="b")
    shown = {"softmax.vjp": (other, rare, frequent), "attention.dq": (frequent,)}
    formulas = {
        name: dataclasses.replace(formula, evidence=dataclasses.replace(formula.evidence, symbols=shown[name]))
        for name, formula in atlas.formulas.items()
        if formula.evidence is not None and name in shown
    }
    (of,) = meanings(dataclasses.replace(atlas, formulas=formulas)).values()
    assert [(description, list(ids)) for (_, _, description), ids in of.items()] == [
        ("z", ["softmax.vjp", "attention.dq"]),
        ("a", ["softmax.vjp"]),
        ("b", ["softmax.vjp"]),
    ]


def test_a_size_of_which_nothing_is_said_is_left_out(atlas: Atlas) -> None:
    made = with_symbols(
        atlas,
        symbol("n", kind="size", description=""),
        symbol("m", kind="size"),
        symbol("g", kind="array", description=""),
    )
    assert sorted(name for name, _ in meanings(made)) == ["g", "m"]


@pytest.fixture(scope="module")
def site(make_project: Callable[[], Project], once: Callable[..., Project]) -> Project:
    """The sample project with the indexes."""

    def make() -> Project:
        project = make_project()
        for name in NAMES:
            (project.source / f"by-{name}.md").write_text(
                f"---\norphan: true\n---\n\n# {name}\n\n```{{atlas-index-{name}}}\n```\n"
            )
        status, said = project.build()
        assert status == 0, said
        return project

    return once("indexes", make)


def links(site: Project, page: str) -> set[str]:
    html = BeautifulSoup(site.page(page), "html.parser")
    return {
        match[1]
        for link in html.select("article a[href]")
        if (match := re.match(r"formulas/([\w.-]+)\.html", str(link["href"])))
    }


def test_every_formula_of_an_operation_is_under_it(site: Project, atlas: Atlas) -> None:
    html = BeautifulSoup(site.page("by-operations"), "html.parser")
    for row in html.select("table.index tbody tr"):
        name, kind, formulas = (re.sub(r"\s+", " ", cell.get_text()).strip() for cell in row.select("td"))
        assert atlas.operations[name].kind == kind
        assert set(filter(None, formulas.split(", "))) == {f.id for f in atlas.formulas.values() if name in f.of}
    assert len(html.select("table.index tbody tr")) == len(atlas.operations)


def test_every_formula_stands_under_its_status(site: Project, atlas: Atlas) -> None:
    html = BeautifulSoup(site.page("by-status"), "html.parser")
    assert links(site, "by-status") == set(atlas.formulas)
    for status in {formula.status for formula in atlas.formulas.values()}:
        (part,) = (
            s for s in html.select("article section section") if s.select_one(".badge") and status in s.get_text()
        )
        expected = {f.id for f in atlas.formulas.values() if f.status == status}
        assert f"{len(expected)} of {len(atlas.formulas)} formulas." in part.get_text()
        assert len(part.select("li a")) == len(expected)
    assert all(row in html.get_text() for row in atlas.rows)


def test_every_formula_with_symbols_is_in_the_index_of_symbols(site: Project, atlas: Atlas) -> None:
    expected = {id for of in meanings(atlas).values() for ids in of.values() for id in ids}
    assert links(site, "by-symbols") == expected
    assert len(expected) > 1
