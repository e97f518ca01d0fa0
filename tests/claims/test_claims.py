"""A claim's verdict follows from its run; a run that does not bear it out leaves no record; a changed one is out of date."""

import json
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from gradatlas.claims import records, statement
from gradatlas.claims.registry import all_claims
from gradatlas.claims.statement import Claim, Run, claim, compared
from gradatlas.evidence import digests, store

SENTENCE = "Two and two make four."


def made(shown_by, verdict="holds", by="exact computation", rests_on=()):
    return Claim("T5.made", "T5", SENTENCE, verdict, by, tuple(rests_on), shown_by, "nowhere")


def agrees(run):
    run.expect("2 + 2", 2 + 2, "=", 4)


def fails(run):
    run.expect("2 + 2", 2 + 2, "=", 4)
    run.expect("2 + 2", 2 + 2, "=", 5)


class TestComparisons:
    @pytest.mark.parametrize(
        ("left", "relation", "right", "holds"),
        [
            (1, "=", 1, True),
            (0.1 + 0.2, "=", 0.3, False),
            (Fraction(1, 3), "=", Fraction(2, 6), True),
            ([[1, 2]], "=", [1, 2], False),
            (np.array([1, 2]), "=", [1, 2], True),
            (np.array([1, 2]), "!=", [1, 3], True),
            ([1, 2], "<", 3, True),
            ([1, 3], "<", 3, False),
            (3, ">=", 3, True),
            (2, ">", 3, False),
            ("yes", "=", "no", False),
        ],
    )
    def test_relations(self, left, relation, right, holds):
        assert compared("x", left, relation, right).holds is holds

    def test_nearness_needs_a_distance_and_nothing_else_has_one(self):
        assert compared("x", [1.0, 2.0], "~", [1.05, 1.95], 0.1).holds
        assert not compared("x", 1.0, "~", 1.2, 0.1).holds
        for relation, within in (("~", None), ("<", 0.1)):
            with pytest.raises(ValueError, match="say within="):
                compared("x", 1.0, relation, 1.0, within)

    def test_lengths_that_differ_are_refused(self):
        with pytest.raises(ValueError, match="3 values against 2"):
            compared("x", [1, 2, 3], "<", [1, 2])

    def test_nan_agrees_with_nothing(self):
        assert not compared("x", float("nan"), "~", 1.0, 1e9).holds

    def test_values_are_kept_as_json_has_them(self):
        kept = compared("x", [Fraction(1, 3), Fraction(4, 2), np.float64(0.5)], "!=", [np.int64(3), True, "a"])
        assert kept.left == ["1/3", 2, 0.5]
        assert json.loads(json.dumps(kept.right)) == [3, True, "a"]
        with pytest.raises(TypeError, match="a run shows numbers"):
            compared("x", object(), "=", 1)

    def test_a_table_has_a_cell_under_each_heading(self):
        with pytest.raises(ValueError, match="give rows of 2 cells"):
            Run().table("t", ["a", "b"], [[1, 2], [3]])


class TestVerdict:
    def test_it_holds(self):
        record = records.examine(made(agrees))
        assert record["verdict"] == "holds"
        assert [c["holds"] for c in record["foretold"]] == [True]

    def test_it_is_refuted(self):
        assert records.examine(made(fails, "refuted"))["foretold"][1]["right"] == 5

    @pytest.mark.parametrize(
        ("shown_by", "verdict", "said"),
        [
            (fails, "holds", "the run says that it is refuted, not holds:\n"),
            (agrees, "refuted", "the run says that it holds, not refuted:\n"),
            (lambda run: None, "holds", "the run compares nothing"),
        ],
    )
    def test_a_verdict_that_does_not_follow_is_refused(self, shown_by, verdict, said):
        with pytest.raises(records.Unshown, match=re.escape(said)):
            records.examine(made(shown_by, verdict))

    def test_a_premise_that_fails_is_no_example(self):
        def shown_by(run):
            run.given("a positive number", -1, ">", 0)
            run.expect("x", 1, "=", 2)

        with pytest.raises(records.Unshown, match="the example is none of the sentence: a positive number: -1 > 0"):
            records.examine(made(shown_by, "refuted"))

    def test_an_exact_computation_rounds_nothing(self):
        with pytest.raises(records.Unshown, match="compares no rounded numbers"):
            records.examine(made(lambda run: run.expect("x", [[0.5]], "=", [[0.5]])))

    def test_what_it_rests_on_must_be_there(self):
        with pytest.raises(records.Unshown, match=r"rests on formulas that there are not: no\.formula"):
            records.examine(made(agrees, by="proof and example", rests_on=["no.formula"]))


class TestRegister:
    @pytest.fixture(autouse=True)
    def _apart(self, monkeypatch):
        monkeypatch.setattr(statement, "_registered", {})

    @pytest.mark.parametrize(
        ("id", "sentence", "options", "said"),
        [
            ("T99.x", SENTENCE, {"verdict": "holds", "by": "measurement"}, "call it by a row"),
            ("T6", SENTENCE, {"verdict": "holds", "by": "measurement"}, "call it by a row"),
            ("T6.x", SENTENCE, {"verdict": "holds", "by": "counterexample"}, "a counterexample refutes"),
            ("T6.x", SENTENCE, {"verdict": "holds", "by": "proof and example"}, "names the formulas it rests on"),
            ("T6.x", SENTENCE, {"verdict": "holds", "by": "guess"}, "choose one of"),
            ("T6.x", "No stop", {"verdict": "holds", "by": "measurement"}, "full stop"),
        ],
    )
    def test_what_does_not_fit_is_refused(self, id, sentence, options, said):
        with pytest.raises(ValueError, match=said):
            claim(id, sentence, **options)

    def test_an_id_is_used_once(self):
        claim("T6.x", SENTENCE, verdict="holds", by="measurement")(agrees)
        with pytest.raises(ValueError, match="is there already"):
            claim("T6.x", SENTENCE, verdict="holds", by="measurement")


class TestRecord:
    def test_it_is_current_until_something_changes(self, tmp_path, monkeypatch):
        one = made(agrees)
        records.write(records.examine(one), tmp_path)
        assert records.is_current(one, tmp_path)
        assert not records.is_current(made(fails), tmp_path)
        assert not records.is_current(made(agrees, by="measurement"), tmp_path)
        with monkeypatch.context() as patch:
            patch.setattr(store, "versions", lambda: {"numpy": "1.0"})
            assert not records.is_current(one, tmp_path)
        with monkeypatch.context() as patch:
            patch.setattr(records, "_code", lambda: "changed")
            assert not records.is_current(one, tmp_path)
        store.remove(tmp_path, one.id)
        assert not records.is_current(one, tmp_path)

    def test_the_file_of_a_claim_counts(self):
        one = next(iter(all_claims().values()))
        other = Claim(**{**vars(one), "module": "registry"})
        assert records.digest(one) != records.digest(other)

    def test_all_code_that_counts_is_there(self):
        assert [name for name in records.CODE if not (digests.PACKAGE / name).exists()] == []

    def test_found_says_what_to_run(self, tmp_path, monkeypatch):
        one = made(agrees)
        monkeypatch.setattr(records, "folder", lambda: tmp_path)
        assert records.found(one).problem == "not shown here: run pytest proofs/claims.py -k T5.made --fresh"
        record = records.examine(one)
        records.write(record, tmp_path)
        assert records.found(one).record == record
        records.write({**record, "digest": "0" * 64}, tmp_path)
        assert records.found(one).problem.startswith("not shown here: the record is out of date; run pytest")

    def test_all_prose_is_listed_once(self, monkeypatch):
        one = all_claims()["T8.quotient"]
        monkeypatch.setattr(records, "all_claims", lambda: {one.id: one})
        monkeypatch.setattr(records, "found", lambda claim: records.Found(records.examine(claim), ""))
        listed = list(records.sentences())
        assert listed[0] == one.sentence
        assert {"Each entry", "computed as", "A / B"} <= set(listed)
        assert "0.4" not in listed
        assert len(listed) == len(set(listed))
        monkeypatch.setattr(records, "found", lambda claim: records.Found(None, "not shown"))
        assert list(records.sentences()) == [one.sentence]

    def test_outside_a_checkout_the_release_counts(self, monkeypatch):
        one = made(agrees)
        record = records.examine(one)
        bundle = {"claims": {one.id: record}, "code": records._package(), "version": "1", "commit": ""}
        monkeypatch.setattr(records, "folder", lambda: None)
        monkeypatch.setattr(store, "bundle", lambda: bundle)
        assert records.found(one) == records.Found(record, "", "release 1, commit unknown")
        bundle["code"] = "other"
        assert "the package is not as it was released" in records.found(one).problem
        monkeypatch.setattr(store, "bundle", lambda: None)
        assert "the package carries no record of it" in records.found(one).problem


CONFTEST = """
from gradatlas.claims import collecting, records, statement
from gradatlas.claims.statement import Claim

def agrees(run):
    run.expect("2 + 2", 2 + 2, "=", 4)

def fails(run):
    run.expect("2 + 2", 2 + 2, "=", 5)

collecting.all_claims = lambda: {
    "T5.good": Claim("T5.good", "T5", "It is so.", "holds", "exact computation", (), agrees, "nowhere"),
    "T6.bad": Claim("T6.bad", "T6", "It is so.", "holds", "exact computation", (), fails, "nowhere"),
}
"""


class TestCollecting:
    @pytest.fixture
    def folder(self, tmp_path):
        root = Path(__file__).parents[2]
        (tmp_path / "pytest.ini").write_text("[pytest]\n")
        (tmp_path / "conftest.py").write_text(CONFTEST)
        (tmp_path / "proofs").mkdir()
        for name in ("conftest.py", "claims.py"):
            (tmp_path / "proofs" / name).write_text((root / "proofs" / name).read_text())
        return tmp_path

    def run(self, folder, *options):
        command = [sys.executable, "-m", "pytest", "proofs/claims.py", "-p", "no:cacheprovider", *options]
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)

    def test_one_item_for_each_and_a_record_for_what_is_shown(self, folder):
        done = self.run(folder)
        assert "1 failed, 1 passed" in done.stdout
        assert "FAILED proofs/claims.py::T6.bad" in done.stdout
        assert "not so: 2 + 2: 4 = 5" in done.stdout
        assert "claims          1 hold, 0 refuted; 1 not shown; 0 records kept" in done.stdout
        kept = [path.name for path in (folder / "build" / "evidence" / "claims").iterdir()]
        assert kept == ["T5.good.json"]
        again = self.run(folder, "-k", "T5.good")
        assert "0 not shown; 1 records kept" in again.stdout
        fresh = self.run(folder, "-k", "T5.good", "--fresh")
        assert "0 not shown; 0 records kept" in fresh.stdout
