"""The index: what people look for comes among the first three, plainer matches come first, and no two shapes share a key."""

import importlib.util
from pathlib import Path

import pytest

from gradatlas.formulas import registry, shapes
from gradatlas.formulas.shapes.index import build
from gradatlas.formulas.shapes.reading import read

_spec = importlib.util.spec_from_file_location("shape_queries", Path(__file__).parent / "queries.py")
queries = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(queries)


@pytest.fixture(scope="module")
def index():
    return shapes.whole_index()


@pytest.mark.parametrize("name", queries.QUERIES)
def test_what_people_look_for_is_among_the_first_three(name, index):
    text, wanted = queries.QUERIES[name]
    found = [hit.id for hit in index.find(text)[:3]]
    assert wanted & set(found), found


def test_whole_before_part_before_shared():
    one = build(
        [registry.get(id) for id in ("softmax.forward", "attention.ds", "exp.derivative", "sigmoid.derivative")]
    )
    hits = one.find("exp(x_i)/Sum(exp(x_j), j)")
    assert hits[0].id == "softmax.forward"
    assert hits[0].how == "whole"
    assert hits[0].claim == "definition"
    assert [hit.cost for hit in hits] == sorted(hit.cost for hit in hits)
    assert [hit.how for hit in hits if hit.id == "exp.derivative"] == ["shared"]
    part = one.find("1 + exp(-x)")
    assert (part[0].id, part[0].how) == ("sigmoid.derivative", "part")
    shared = one.find("cos(z) + 3/(1 + exp(-x))")
    assert (shared[0].id, shared[0].how) == ("sigmoid.derivative", "shared")


def test_which_letters_are_alike_matters():
    one = build([registry.get("softmax.forward")])
    assert one.find("exp(x_i)/Sum(exp(x_j), j)")[0].cost < one.find("exp(x_i)/Sum(exp(y_j), j)")[0].cost


def test_every_formula_is_found_by_what_it_states(index):
    """Its own statement, printed and typed in again, leads to it."""
    from gradatlas.formulas.shapes.normal import normal
    from gradatlas.formulas.shapes.statements import expression
    from gradatlas.symbolic.propositions import Eq

    lost = []
    for formula in list(registry.all_formulas().values())[::7]:
        conclusion = formula.claims[0].conclusion
        if isinstance(conclusion, Eq):
            asked = normal(expression(conclusion.left))
            if sum(1 for _ in str(asked)) < 1500 and formula.id not in [hit.id for hit in index.rank(asked)]:
                lost.append(formula.id)
    assert not lost


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("exp(x_i)/Sum(exp(x_j), j)", True),
        ("p - y", True),
        ("x*W + b", True),
        (r"\frac{a}{b}", True),
        ("softmax gradient", False),
        ("log-softmax", False),
        ("conv1d", False),
        ("L4", False),
        ("exp(", False),
        ("adam.step", False),
    ],
)
def test_words_are_told_from_expressions(text, expression):
    assert shapes.is_expression(text) is expression


def test_reading_is_shared_with_the_package():
    assert shapes.read("x") == read("x")
