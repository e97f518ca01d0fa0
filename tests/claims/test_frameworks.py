"""The table of conventions says what gradatlas does; what PyTorch does where it is installed; and the record holds both."""

import importlib.util
import itertools
import re
from types import SimpleNamespace

import numpy as np
import pytest

from gradatlas.claims import frameworks
from gradatlas.claims.framework_questions import (
    axes,
    begins,
    default,
    gru_order,
    gru_resets,
    lstm_order,
    named,
    within,
)
from gradatlas.claims.frameworks import LIBRARIES, ROWS, ask, measured, recorded, taken
from gradatlas.formulas.registry import all_formulas
from gradatlas.nn import initializers


def titled(row):
    return row.title


def row_of(title):
    return next(row for row in ROWS if row.title == title)


@pytest.mark.parametrize("row", ROWS, ids=titled)
def test_gradatlas_is_as_recorded(row):
    assert ask("gradatlas", row) == recorded("gradatlas", row)


def test_pytorch_is_as_recorded():
    """Where the very version that was asked is installed."""
    if importlib.util.find_spec("torch") is None:
        pytest.skip("torch is not installed")
    now = measured("torch")
    if now["version"] != taken()["torch"]:
        pytest.skip(f"torch {now['version']} is installed, {taken()['torch']} was asked")
    assert now["values"] == {row.title: recorded("torch", row) for row in ROWS}


@pytest.mark.parametrize("library", LIBRARIES)
def test_every_row_is_recorded_and_nothing_else(library):
    assert list(frameworks._record()[library]["values"]) == [row.title for row in ROWS]
    for row in ROWS:
        assert (recorded(library, row) is None) == (getattr(row, library) is None)


def test_no_row_stands_twice():
    assert len({row.title for row in ROWS}) == len(ROWS)


def test_the_record_says_when_and_with_what():
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", taken()["date"])
    assert all(re.match(r"\d+\.\d+", taken()[library]) for library in LIBRARIES)


def test_every_row_leads_to_formulas_that_there_are():
    known = set(all_formulas())
    assert {row.title: set(row.formulas) - known for row in ROWS if not row.formulas or set(row.formulas) - known} == {}


def test_every_value_of_keras_has_a_page():
    place = re.compile(r"https://(keras\.io/api/[\w/]+/|github\.com/keras-team/keras/blob/master/keras/src/[\w/]+\.py)")
    assert [row.title for row in ROWS if not place.fullmatch(row.address)] == []


def test_a_value_is_asked_and_not_typed():
    """Another library with other defaults, and another dense kernel, gives other answers."""
    other = SimpleNamespace(
        nn=SimpleNamespace(
            LayerNorm=lambda eps=0.25: None,
            Dense=lambda units: SimpleNamespace(init=lambda key, shape: {"w": np.zeros((units, *shape))}),
        )
    )
    assert row_of("Layer norm: ε of the layer").gradatlas(other) == 0.25
    assert row_of("Dense kernel").gradatlas(other) == "(units, inputs)"


class TestQuestions:
    @pytest.mark.parametrize("order", list(itertools.permutations("ifgo")), ids="".join)
    def test_the_lstm_s_gates_are_told_apart_in_any_order(self, order):
        def step(bias, h, c):
            z = dict(zip(order, bias, strict=True))
            i, f, o = (1 / (1 + np.exp(-z[gate])) for gate in "ifo")
            new = f * c + i * np.tanh(z["g"])
            return o * np.tanh(new), new

        assert lstm_order(step) == ", ".join(order)

    @pytest.mark.parametrize("keeps", [True, False])
    @pytest.mark.parametrize("order", list(itertools.permutations("zrn")), ids="".join)
    def test_the_gru_s_gates_are_told_apart_in_any_order(self, order, keeps):
        def step(bias, h):
            z = dict(zip(order, bias, strict=True))
            share = 1 / (1 + np.exp(-z["z"] if keeps else z["z"]))
            return share * h + (1 - share) * np.tanh(z["n"])

        assert gru_order(step) == ", ".join(order)

    def test_what_the_gru_resets(self):
        assert gru_resets(0.0) == "after the product"
        assert gru_resets(np.tanh(1.0)) == "before the product"

    @pytest.mark.parametrize(
        ("initializer", "said"),
        [
            ("glorot_uniform", "uniform to ±√(6/(inputs + units))"),
            ("uniform", "uniform to ±0.05"),
            ("orthogonal", "orthogonal"),
            ("zeros", "zeros"),
            ("ones", "ones"),
            (initializers.VarianceScaling(1 / 3, "fan_in", "uniform"), "uniform to ±1/√inputs"),
            (initializers.Normal(1.0), "normal, of deviation 1"),
        ],
    )
    def test_an_initializer_is_known_by_what_it_draws(self, initializer, said):
        assert begins(initializers.initializer(initializer)(0, (200, 300)), 200, 300) == said

    def test_an_unknown_initializer_is_refused(self):
        with pytest.raises(ValueError, match="no known kind"):
            begins(initializers.he_uniform(0, (200, 300)), 200, 300)

    def test_a_cut_is_seen(self):
        assert within(initializers.he_normal(0, (100, 100))) == "normal, cut off at two deviations"
        assert within(initializers.Normal(0.1)(0, (100, 100))) == "normal"

    def test_a_value_has_exactly_one_name(self):
        assert named(1.0, {"a": 1.0, "b": 2.0}) == "a"
        for x in (3.0, 1.0):
            with pytest.raises(ValueError, match="choose a point"):
                named(x, {"a": 1.0, "b": 1.0, "c": 2.0})

    def test_lengths_have_names(self):
        assert axes((2, 3), {3: "inputs", 2: "units"}) == "(units, inputs)"
        with pytest.raises(KeyError):
            axes((4, 3), {3: "inputs", 2: "units"})

    def test_defaults(self):
        def function(a, b=None, c=0.5):
            pass

        assert [default(function, name) for name in "abc"] == ["must be given", "none", 0.5]
