"""Notes on floating point: at each point the naive form is off, the stable one is not, and both are about known operations."""

from __future__ import annotations

import dataclasses

import pytest

from gradatlas.ops import all_operations
from gradatlas.presentation.numerics import NOTES, Note, measured, notes_of

ROUNDINGS = 8 * 2.0**-52


@pytest.mark.parametrize("note", NOTES, ids=[note.about for note in NOTES])
def test_the_naive_form_fails_where_the_stable_one_does_not(note: Note) -> None:
    for found in measured(note):
        assert found.stable_error <= ROUNDINGS, found
        assert found.naive_error > 1e-9, found


@pytest.mark.parametrize("note", NOTES, ids=[note.about for note in NOTES])
def test_a_note_is_about_operations_of_the_table(note: Note) -> None:
    assert set(note.of) <= set(all_operations())
    assert note in list(notes_of(note.of[:1]))


def test_forms_that_are_exchanged_are_found_out() -> None:
    note = NOTES[0]
    wrong = dataclasses.replace(note, naive=note.stable, stable=note.naive)
    assert all(found.stable_error > ROUNDINGS for found in measured(wrong))
    other = dataclasses.replace(note, stable=note.stable.replace("np.exp", "np.exp2"))
    assert all(found.stable_error > 1e-3 for found in measured(other))
