"""ga.Array beside plain arrays: which of the two comes out, operators from either side, conversions, copies."""

import copy
import operator
import pickle
from collections.abc import Callable
from typing import Any

import array_api_compat
import array_api_strict
import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.engine.array import install_operators

X = np.array([1.0, 2.0, 3.0])


def test_an_array_comes_out_if_one_goes_in(home: Any) -> None:
    x = home.normal(3)
    assert home.owns(xp.sin(x))
    assert home.owns(xp.add(x, 1.0))
    wrapped = ga.Array(x)
    for out in (xp.sin(wrapped), xp.add(x, wrapped), wrapped + x, 2.0 * wrapped, wrapped > 0, wrapped[0]):
        assert isinstance(out, ga.Array)
        assert home.owns(out.plain)


BINARY = ["add", "sub", "mul", "truediv", "pow", "lt", "le", "gt", "ge", "eq", "ne"]


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("other", [2.0, X + 1, np.float64(2.5), np.float32(1.5)], ids=["float", "array", "f64", "f32"])
def test_operators_work_from_either_side(name: str, other: Any) -> None:
    function: Callable[[Any, Any], Any] = getattr(operator, name)
    x = ga.Array(X)
    for out, expected in ((function(x, other), function(X, other)), (function(other, x), function(other, X))):
        assert isinstance(out, ga.Array)
        np.testing.assert_allclose(out.plain, expected, rtol=1e-15)


def test_operators_under_a_transform_work_from_either_side() -> None:
    f = lambda x: xp.sum(X * x + x * X + 2.0 / x + x / 2 + X**x + (X - x) @ X + X @ x)  # noqa: E731
    expected = 2 * X - 2 / X**2 + 0.5 + X**X * np.log(X)
    np.testing.assert_allclose(ga.grad(f)(X), expected, rtol=1e-14)


def test_a_strict_array_on_the_left_refuses_aloud() -> None:
    x = array_api_strict.ones(3)
    with pytest.raises(TypeError, match="Expected Array or Python scalar"):
        x * ga.Array(x)
    assert isinstance(ga.Array(x) * x, ga.Array)


def test_what_is_no_operand_is_left_to_the_other_side() -> None:
    class Other:
        def __radd__(self, left: Any) -> str:
            return "its own"

    assert ga.Array(X) + Other() == "its own"
    with pytest.raises(TypeError, match="unsupported operand"):
        ga.Array(X) + "word"
    with pytest.raises(TypeError, match="unsupported operand"):
        {} / ga.Array(X)


def test_conversions_of_an_array_that_nothing_traces() -> None:
    x = ga.Array(np.float64(2.0))
    assert (float(x), int(x), complex(x), bool(x)) == (2.0, 2, 2.0 + 0j, True)
    assert [1, 2, 3][ga.Array(np.int64(1))] == 2
    y = ga.Array(X)
    assert len(y) == 3
    assert [float(each) for each in y] == [1.0, 2.0, 3.0]
    assert y.plain is X
    np.testing.assert_array_equal(np.asarray(y), X)
    assert np.asarray(y, dtype=np.float32).dtype == np.float32
    assert float(np.sum(y)) == 6.0
    np.testing.assert_array_equal(np.concatenate([y, X]), [1, 2, 3, 1, 2, 3])


def test_the_outcome_of_a_comparison_may_be_branched_on_under_a_transform() -> None:
    f = lambda x: x * x if x > 0 else -x  # noqa: E731
    assert float(ga.grad(f)(3.0)) == 6.0
    assert float(ga.grad(f)(-3.0)) == -1.0


def test_what_an_array_says_of_itself(home: Any) -> None:
    x = ga.Array(home.normal(2, 3))
    assert (x.shape, x.ndim, x.size) == ((2, 3), 2, 6)
    assert x.dtype == home.normal(1).dtype
    assert home.device is None or x.device == home.device
    assert x.mT.shape == (3, 2)
    assert ga.Array(home.array(1.0)).size == 1


def test_the_face_of_a_traced_array() -> None:
    seen: list[str] = []
    ga.grad(lambda x: (seen.append(repr(x)), xp.sum(x))[1])(X)
    assert seen == ["gradatlas.Array(float64 (3,), traced by grad)"]
    assert repr(ga.Array(X)) == "gradatlas.array([1., 2., 3.])"


def test_arrays_are_immutable_and_unhashable() -> None:
    x = ga.Array(X.copy())
    with pytest.raises(TypeError, match="immutable"):
        x[0] = 1.0
    y = x
    y += 1.0
    np.testing.assert_array_equal(x.plain, X)
    np.testing.assert_array_equal(y.plain, X + 1)
    with pytest.raises(TypeError, match="unhashable"):
        hash(x)


def test_copies_and_pickles() -> None:
    x = ga.Array(X)
    assert copy.copy(x).plain is x.plain
    deep = copy.deepcopy(x)
    assert deep.plain is not X
    np.testing.assert_array_equal(deep.plain, X)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(x)).plain, X)
    np.testing.assert_array_equal(ga.grad(lambda x: xp.sum(copy.deepcopy(x) ** 2))(X), 2 * X)
    with pytest.raises(ga.errors.TracerConversionError, match=r"pickle: .*stop_gradient"):
        ga.grad(lambda x: pickle.dumps(x))(X)


def test_only_arrays_can_be_wrapped() -> None:
    for thing in ([1.0], 1.0, None, "word", np.ma.masked_array([1.0])):
        with pytest.raises(ga.errors.DTypeError, match=r"Array: got .* xp.asarray"):
            ga.Array(thing)
    assert ga.Array(np.float32(1.0)).shape == ()


def test_operators_are_installed_by_name() -> None:
    with pytest.raises(ValueError, match="'__hash__' is no operator of an array: choose from"):
        install_operators({"__hash__": hash})


def test_the_array_api_finds_the_namespace(home: Any) -> None:
    x, y = ga.Array(home.normal(2)), ga.Array(home.normal(2, seed=1))
    found = array_api_compat.array_namespace(x, y)
    assert found is ga.namespace(x)
    assert home.owns(found.add(x, found.ones(2)).plain)
