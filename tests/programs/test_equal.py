"""Each program against the same network in PyTorch: from the same parameters and batches, in float64, the same losses."""

import math

import numpy as np
import pytest

from gradatlas import programs
from gradatlas.programs.comparison import STEPS

DOCUMENTS = {row: each for row, each in programs.all_programs().items() if row.startswith("P")}
"""Those of the documents: the demonstrations beside them are not compared."""

ROWS = [
    *DOCUMENTS,
    *(f"{row} {name}" for row, each in DOCUMENTS.items() for name in each.variants),
]
TOLERANCE = 1e-9


@pytest.fixture(scope="module")
def steps(record):
    """The first steps of each program; made once."""
    found = {}

    def of(row):
        if row not in found:
            found[row] = record.ours(row)
        return found[row]

    return of


def agree(ours, theirs):
    return len(ours) == len(theirs) == STEPS and all(
        math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=0.0) for a, b in zip(ours, theirs, strict=True)
    )


def test_every_program_has_a_twin(record):
    assert set(record.twins()) == set(ROWS)


@pytest.mark.parametrize("row", ROWS)
def test_the_losses_are_those_that_torch_gave(row, record, steps):
    found = record.recorded(row)
    assert found["library"].startswith("torch 2")
    assert agree(steps(row).losses, found["losses"])


@pytest.mark.parametrize("row", ROWS)
def test_torch_gives_these_losses_here(row, record, steps):
    pytest.importorskip("torch", reason="PyTorch is not installed: make peers")
    ours = steps(row)
    assert agree(record.losses_in_torch(record.twins()[row], ours.params, ours.batches), ours.losses)


@pytest.mark.parametrize("row", ROWS)
def test_the_first_steps_move_the_loss(row, steps):
    """Losses that stood still would agree with anything that stands still."""
    losses = steps(row).losses
    assert np.ptp(losses) > 1e-4 * abs(np.mean(losses))
