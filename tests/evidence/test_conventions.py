"""gradatlas returns what is right at every point of the page of conventions, and the record of other libraries is whole."""

import importlib.util

import numpy as np
import pytest

from gradatlas.evidence import conventions
from gradatlas.evidence.conventions import PEERS, POINTS, agrees, measured, own, recorded, versions


def named(point):
    return f"{point.title} at {point.at}"


@pytest.mark.parametrize("point", POINTS, ids=named)
def test_gradatlas_is_right(point):
    found = own(point)
    assert agrees(found, point.right), f"{found} where {point.right} is right"


def test_no_point_stands_twice():
    assert len({named(point) for point in POINTS}) == len(POINTS)


@pytest.mark.parametrize("peer", PEERS)
def test_every_point_is_recorded(peer):
    assert versions()[peer]
    for point in POINTS:
        found = recorded(peer, point)
        if getattr(point, peer) is None:
            assert found is None
        else:
            assert len(found) == len(point.right)
    known = {named(point) for point in POINTS}
    assert set(conventions._record()[peer]["values"]) <= known, "measure again: the record holds points that are gone"


@pytest.mark.parametrize("peer", PEERS)
def test_the_record_is_what_the_library_returns(peer):
    """Where the very version that was measured is installed."""
    if importlib.util.find_spec(peer) is None:
        pytest.skip(f"{peer} is not installed")
    now = measured(peer)
    if now["version"] != versions()[peer]:
        pytest.skip(f"{peer} {now['version']} is installed, {versions()[peer]} was measured")
    for point in POINTS:
        np.testing.assert_array_equal([float(v) for v in now["values"][named(point)]], recorded(peer, point))


def test_a_wrong_value_is_told_from_a_right_one():
    assert agrees([0.5, np.nan], (0.5, np.nan))
    assert agrees([np.inf], (np.inf,))
    assert not agrees([-np.inf], (np.inf,))
    assert not agrees([0.5 + 1e-12], (0.5,))
    assert not agrees([0.5, 0.5], (0.5,))
    assert not agrees([np.nan], (0.0,))
    assert not agrees([0.0], (1e-300,))
