"""Work shared out among processes returns what work in one does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gradatlas import processes
from gradatlas.processes import each, meanwhile


def test_results_are_in_order_and_come_from_other_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    things = list(range(processes.FEWEST))
    found = each(lambda n: (n * n, os.getpid()), things)
    assert [square for square, _ in found] == [n * n for n in things]
    assert os.getpid() not in {process for _, process in found}


@pytest.mark.parametrize(("count", "cores"), [(processes.FEWEST - 1, 2), (processes.FEWEST, 1)])
def test_little_work_and_a_single_core_stay_here(count: int, cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert set(each(lambda n: os.getpid(), range(count))) == {os.getpid()}


def test_an_error_is_raised_here_and_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    with pytest.raises(ZeroDivisionError):
        each(lambda n: 1 // (n - 5), range(processes.FEWEST))
    assert each(str, range(processes.FEWEST)) == [str(n) for n in range(processes.FEWEST)]


def test_what_is_shared_out_may_share_out_in_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    count = processes.FEWEST
    assert each(lambda n: sum(each(abs, range(count))) + n, range(count)) == [
        sum(range(count)) + n for n in range(count)
    ]


def test_what_is_done_meanwhile_is_done_when_the_statement_ends(tmp_path: Path) -> None:
    told = tmp_path / "process"
    with meanwhile(lambda: told.write_text(str(os.getpid()))):
        here = os.getpid()
    assert told.read_text() != str(here)


def test_what_fails_meanwhile_is_nobody_s_error_but_the_body_s_own_are(tmp_path: Path) -> None:
    with meanwhile(lambda: 1 // 0):
        pass
    with pytest.raises(KeyError), meanwhile(lambda: (tmp_path / "done").touch()):
        raise KeyError
    assert (tmp_path / "done").exists()
