"""Where the index comes from: what a release carries answers at once, what is made is told of, and kept for the next time."""

import json
import lzma

import pytest
from click.testing import CliRunner

from gradatlas import cli
from gradatlas.formulas import registry
from gradatlas.formulas.shapes import keeping
from gradatlas.formulas.shapes.index import build

FEW = ("softmax.forward", "sigmoid.derivative", "matmul.vjp")
ASKED = "1/(1 + exp(-x))"


@pytest.fixture(autouse=True)
def few(monkeypatch, tmp_path):
    """An atlas of a few formulas, an empty cache, and nothing remembered."""
    found = {id: registry.get(id) for id in FEW}
    monkeypatch.setattr(keeping.registry, "all_formulas", lambda: found)
    monkeypatch.setattr(keeping, "_whole", [])
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return found


def test_a_release_carries_the_index_whole(few, tmp_path):
    file = tmp_path / "release" / "shapes.json.xz"
    assert keeping.write_release(file) == file.stat().st_size
    found, made = keeping.released(file), build(few.values())
    assert found is not None
    assert (list(found.ids), found.claims) == (list(made.ids), made.claims)
    assert {key: list(places) for key, places in found.keys.items()} == made.keys
    assert found.find(ASKED) == made.find(ASKED)


def test_what_a_release_carries_answers_without_making_any(monkeypatch, tmp_path):
    file = tmp_path / "shapes.json.xz"
    keeping.write_release(file)
    carried = keeping.released(file)
    monkeypatch.setattr(keeping, "released", lambda: carried)
    monkeypatch.setattr(keeping, "postings_of", None)  # which nobody may call
    assert keeping.whole_index(pytest.fail).find(ASKED)[0].id == "sigmoid.derivative"


def test_an_index_of_other_code_or_other_formulas_is_not_taken(few, monkeypatch, tmp_path):
    file = tmp_path / "shapes.json.xz"
    assert keeping.released(file) is None
    keeping.write_release(file)
    data = json.loads(lzma.decompress(file.read_bytes()))
    file.write_bytes(lzma.compress(json.dumps({**data, "code": "0" * 64}).encode()))
    assert keeping.released(file) is None
    file.write_bytes(lzma.compress(json.dumps(data).encode()))
    assert keeping.released(file) is not None
    del few["matmul.vjp"]
    assert keeping.released(file) is None


def test_an_index_is_made_once_and_told_of_once(monkeypatch, tmp_path):
    run = CliRunner().invoke
    first = run(cli.main, ["find", ASKED])
    assert "sigmoid.derivative" in first.stdout
    assert f"making the index of shapes, of 3 formulas: it is kept in {tmp_path / 'cache'}" in first.stderr
    monkeypatch.setattr(keeping, "_whole", [])
    second = run(cli.main, ["find", ASKED])
    assert second.stdout == first.stdout
    assert "making" not in second.stderr
