"""Embedding: the rows looked up, what comes back to a row looked up several times, padding, and ids that name no row."""

import array_api_strict
import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.errors import DTypeError, ShapeError

TABLE = np.arange(12.0).reshape(4, 3)


def test_rows_are_those_of_the_ids():
    ids = np.asarray([[3, 0], [1, 1]])
    np.testing.assert_array_equal(xp.embedding(TABLE, ids), TABLE[ids])


def test_a_row_gets_the_cotangents_of_all_places_in_their_order():
    """In float32 the sum depends on the order: it is that of the ids, in every run."""
    rng = np.random.default_rng(0)
    ids = rng.integers(0, 4, 1000)
    g = (rng.normal(size=(1000, 3)) * 10.0 ** rng.integers(-4, 5, (1000, 1))).astype(np.float32)
    (found,) = ga.vjp(lambda table: xp.embedding(table, ids), TABLE.astype(np.float32))[1](g)
    wanted = np.zeros((4, 3), np.float32)
    for k, row in zip(ids, g, strict=True):
        wanted[k] += row
    np.testing.assert_array_equal(found, wanted)


def test_padding_gives_zeros_and_no_gradient():
    ids = np.asarray([1, 2, 1, 0])
    rows, pull = ga.vjp(lambda table: xp.embedding(table, ids, padding=1), TABLE)
    np.testing.assert_array_equal(rows, [[0, 0, 0], TABLE[2], [0, 0, 0], TABLE[0]])
    (gradient,) = pull(np.ones((4, 3)))
    np.testing.assert_array_equal(gradient, [[1, 1, 1], [0, 0, 0], [1, 1, 1], [0, 0, 0]])


def test_padding_hides_what_is_not_finite():
    table = TABLE.copy()
    table[1] = np.nan
    np.testing.assert_array_equal(xp.embedding(table, np.asarray([1, 0]), padding=1), [[0, 0, 0], TABLE[0]])


@pytest.mark.parametrize(("ids", "wrong"), [([0, 4], 4), ([-1, 2], -1), ([7, -2], -2)])
def test_an_id_that_names_no_row_is_refused_with_the_range(ids, wrong):
    says = rf"embedding: got the id {wrong} for a table of 4 rows: the ids allowed are from 0 to 3"
    with pytest.raises(ShapeError, match=says):
        xp.embedding(TABLE, np.asarray(ids))


def test_where_looking_would_wait_such_an_id_gives_nan_and_no_gradient():
    device = array_api_strict.Device("device1")
    table = array_api_strict.asarray(TABLE, device=device)
    ids = array_api_strict.asarray([0, 4, -1], device=device)
    rows, pull = ga.vjp(lambda table: xp.embedding(table, ids), table)
    on_host = np.asarray(rows.to_device(array_api_strict.Device("CPU_DEVICE")))
    np.testing.assert_array_equal(on_host, [TABLE[0], [np.nan] * 3, [np.nan] * 3])
    (gradient,) = pull(array_api_strict.ones((3, 3), device=device))
    found = np.asarray(gradient.to_device(array_api_strict.Device("CPU_DEVICE")))
    np.testing.assert_array_equal(found, [[1, 1, 1], [0, 0, 0], [0, 0, 0], [0, 0, 0]])


BAD = [
    (lambda: xp.embedding(np.ones(3), np.asarray([0])), ShapeError, r"embedding: got a table of shape \(3,\)"),
    (lambda: xp.embedding(TABLE, [0, 1]), DTypeError, r"embedding: got ids list"),
    (lambda: xp.embedding(TABLE, np.ones(2)), DTypeError, r"embedding: ids is float64 \(2,\), where integer"),
    (lambda: xp.embedding(TABLE, np.asarray([0]), padding=4), ShapeError, r"embedding: got padding=4 .* from 0 to 3"),
    (lambda: xp.embedding(np.ones((0, 2)), np.asarray([0])), ShapeError, r"embedding: got the id 0 .* table is empty"),
]


@pytest.mark.parametrize(("call", "error", "says"), BAD, ids=range(len(BAD)))
def test_bad_input_is_refused_with_the_mend(call, error, says):
    with pytest.raises(error, match=says):
        call()
