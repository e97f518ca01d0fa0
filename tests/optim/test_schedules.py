"""Schedules at steps where their value is known, and what they refuse."""

import math

import pytest

from gradatlas import errors
from gradatlas.optim import schedules

VALUES = [
    (schedules.Constant(0.3), {1: 0.3, 1000: 0.3}),
    (schedules.InverseTime(0.5, 0.25), {1: 0.5, 2: 0.4, 5: 0.25}),
    (schedules.InverseTime(0.5, 0.0), {1: 0.5, 9: 0.5}),
    (schedules.Step(0.8, 10, 0.5), {1: 0.8, 10: 0.8, 11: 0.4, 21: 0.2}),
    (schedules.Exponential(0.8, 10, 0.25), {1: 0.8, 6: 0.4, 11: 0.2}),
    (schedules.Cosine(1.0, 8, 0.2), {1: 1.0, 5: 0.6, 9: 0.2, 50: 0.2, 3: 0.6 + 0.4 * math.sqrt(0.5)}),
    (schedules.Polynomial(1.0, 4), {1: 1.0, 3: 0.5, 5: 0.0, 9: 0.0}),
    (schedules.Polynomial(1.0, 4, 0.5, 2.0), {3: 0.625, 5: 0.5}),
    (schedules.Piecewise([3, 5], [1.0, 0.5, 0.1]), {1: 1.0, 3: 1.0, 4: 0.5, 5: 0.5, 6: 0.1}),
    (schedules.Warmup(4, 0.8), {1: 0.2, 2: 0.4, 4: 0.8, 5: 0.8}),
    (schedules.Warmup(2, schedules.InverseTime(1.0, 1.0)), {1: 0.5, 2: 0.5, 4: 0.25}),
]


@pytest.mark.parametrize(("schedule", "expected"), VALUES, ids=repr)
def test_values(schedule, expected):
    assert {step: schedule(step) for step in expected} == pytest.approx(expected, abs=1e-15)


def test_the_reciprocal_of_inverse_time_grows_by_the_same_each_step():
    """Formula learning-rate.decay: 1/alpha_(t+1) = 1/alpha_t + beta/alpha."""
    rate = schedules.InverseTime(0.5, 0.25)
    assert [1 / rate(t + 1) - 1 / rate(t) for t in range(1, 6)] == pytest.approx([0.5] * 5)


@pytest.mark.parametrize(
    "make",
    [
        lambda: schedules.Constant(-1.0),
        lambda: schedules.Constant(math.inf),
        lambda: schedules.InverseTime(1.0, -0.1),
        lambda: schedules.Step(1.0, 0),
        lambda: schedules.Step(1.0, 1.5),
        lambda: schedules.Exponential(1.0, 5, 0.0),
        lambda: schedules.Cosine(1.0, 0),
        lambda: schedules.Polynomial(1.0, 3, power=0.0),
        lambda: schedules.Piecewise([3, 2], [1.0, 1.0, 1.0]),
        lambda: schedules.Piecewise([3], [1.0]),
        lambda: schedules.Warmup(0, 1.0),
        lambda: schedules.Warmup(3, -1.0),
    ],
)
def test_bad_input(make):
    with pytest.raises(errors.ArgumentError, match=r".+: got .+: give .+"):
        make()
