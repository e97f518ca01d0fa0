"""`gradatlas ledger`: the table of the documents' rows, one of them whole, JSON of a stated shape, and what is missing."""

import json
from pathlib import Path

import fastjsonschema
import pytest
from click.testing import CliRunner

import gradatlas.claims
from gradatlas import cli
from gradatlas.claims import records, standing
from gradatlas.claims.registry import all_claims
from gradatlas.claims.standing import FormulaAt, Standing
from gradatlas.formulas.ledger import ROWS

SCHEMA = json.loads((Path(gradatlas.claims.__file__).parent / "schema.json").read_text())


def run(*arguments):
    return CliRunner().invoke(cli.main, ["ledger", *arguments])


@pytest.fixture
def ledger(monkeypatch):
    """Three rows: one earned by a formula, one by a claim that is run now, and one open."""
    claim = all_claims()["T6.difference"]
    found = records.Found(records.examine(claim), "", "here")
    proven = FormulaAt("add.derivative", "Derivative of addition", "proven, any size", "")
    rows = {
        "T2": Standing(ROWS["T2"], (proven,), (), (), ()),
        "T6": Standing(ROWS["T6"], (), (standing.ClaimAt(claim, (), found),), (), ()),
        "P7": Standing(ROWS["P7"], (), (), (), ("P7: nothing was measured of the program", "and more")),
    }
    monkeypatch.setattr(standing, "standings", lambda: rows)
    monkeypatch.setattr(standing, "standing", rows.__getitem__)
    return rows


def test_the_table(ledger):
    done = run()
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "Tensors"
    assert lines[1].split() == ["T2", "004", "proven", *ROWS["T2"].about.split()]
    assert lines[2].split() == ["formulas", "add.derivative"]
    assert lines[3].split() == ["T6", "004", "refuted", *ROWS["T6"].about.split()]
    assert lines[4].split() == ["claims", "T6.difference"]
    assert lines[5] == "Programs"
    assert lines[6].split() == ["P7", "004", "open", *ROWS["P7"].about.split()]
    assert done.stderr == "1 proven, 1 refuted, 1 open; 3 rows\n"


def test_one_row(ledger):
    done = run("T6")
    assert done.stdout.splitlines()[0] == f"T6: {ROWS['T6'].about}  refuted  printed number"
    assert "foretold: A - B: [[-4, -4], [-2, -2]] = [[4, 6], [2, 4]]: not so" in done.stdout
    assert ROWS["T6"].ruling in done.stdout
    assert "What is missing" in run("P7").stdout


def test_json_has_the_stated_shape(ledger):
    check = fastjsonschema.compile(SCHEMA)
    listed = json.loads(run("--json").stdout)
    check(listed)
    assert [row["verdict"] for row in listed] == ["proven", "refuted", "open"]
    assert listed[1]["claims"][0]["record"]["foretold"][0]["holds"] is False
    assert json.loads(run("T6", "--json").stdout) == listed[1]
    for spoil in ({"verdict": "true"}, {"kind": "guess"}, {"claims": [{}]}):
        with pytest.raises(fastjsonschema.JsonSchemaValueException):
            check([{**listed[1], **spoil}])


def test_every_row_has_the_stated_shape():
    fastjsonschema.compile(SCHEMA)([standing.as_json(at) for at in standing.standings().values()])


def test_check_fails_on_an_open_row(ledger):
    done = run("--check")
    assert done.exit_code == 1
    assert done.stdout == "P7   P7: nothing was measured of the program; and more\n"
    del ledger["P7"]
    assert run("--check").exit_code == 0


def test_an_unknown_row(ledger):
    done = run("Z9")
    assert done.exit_code == 2
    assert "the ledger has no row 'Z9': its rows are T1, T2, " in done.stderr
