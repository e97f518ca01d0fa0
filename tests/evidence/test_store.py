"""Records are written whole, read from the checkout or the release, and said to be missing where they are not current."""

import json
import lzma

import pytest

from gradatlas.evidence import digests, reader, release, store
from gradatlas.formulas import registry

_package_digest = reader._package_digest


@pytest.fixture
def atlas(small, monkeypatch):
    """The three small formulas as the registry, a checkout around them, and no release."""
    root = small.folder.parent
    (root / "pyproject.toml").touch()
    monkeypatch.setattr(registry, "all_formulas", lambda: small.formulas)
    monkeypatch.setattr(store, "checkout", lambda: root)
    monkeypatch.setattr(store, "BUNDLE", root / "_release" / "atlas.json.xz")
    monkeypatch.setattr(store, "PACKAGE", root)
    monkeypatch.setattr(store, "commit", lambda: "f" * 40)
    clear()
    yield small
    clear()


def clear():
    for cached in (store.bundle, reader._currency, _package_digest):
        cached.cache_clear()


def prove(atlas, *ids):
    judge = atlas.judge()
    for id in ids or atlas.formulas:
        store.write(store.folder(), judge.examine(id))


class TestWriting:
    def test_what_is_written_is_read(self, tmp_path):
        record = {"schema": 1, "id": "a.b", "summary": "größer"}
        assert store.write(tmp_path / "new", record) == tmp_path / "new" / "a.b.json"
        assert store.read(tmp_path / "new", "a.b") == record

    def test_nothing_half_written_is_left(self, tmp_path):
        with pytest.raises(ValueError, match="Out of range float"):
            store.write(tmp_path, {"schema": 1, "id": "a", "digits": float("inf")})
        assert [p for p in tmp_path.iterdir() if p.suffix == ".json"] == []
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("content", ["", "{", "[]", '{"schema": 2, "id": "a"}', '{"id": "a"}'])
    def test_what_is_no_record_is_none(self, tmp_path, content):
        (tmp_path / "a.json").write_text(content)
        assert store.read(tmp_path, "a") is None
        assert store.read(tmp_path, "b") is None


class TestReader:
    def test_in_a_checkout(self, atlas):
        prove(atlas, "sums")
        found = reader.evidence("sums")
        assert found.record["id"] == "sums"
        assert (found.problem, found.taken) == ("", "build/evidence")

    def test_missing(self, atlas):
        found = reader.evidence("sums")
        assert found.record is None
        assert found.problem == "not proven here: run pytest proofs/ -k sums"

    def test_stale(self, atlas):
        prove(atlas, "sums")
        file = atlas.folder / "activations.py"
        file.write_text(file.read_text().replace("def prove_sums(proof): pass", "def prove_sums(proof): return 1"))
        found = reader.evidence("sums")
        assert found.record is None
        assert found.problem == "not proven here: the evidence is out of date; run pytest proofs/ -k sums"

    def test_an_installation_without_a_release(self, atlas, monkeypatch):
        monkeypatch.setattr(store, "checkout", lambda: None)
        assert reader.evidence("sums").problem.startswith("not proven here: this installation carries no evidence")


class TestRelease:
    def test_round_trip(self, atlas, monkeypatch, capsys):
        prove(atlas)
        assert release.main() == 0
        assert capsys.readouterr().out.startswith("3 formulas, ")
        bundle = json.loads(lzma.decompress(store.BUNDLE.read_bytes()))
        assert bundle["commit"] == "f" * 40
        assert bundle["code"] == digests.code_digest(".")
        assert {"exp.derivative", "exp.positive"} <= set(bundle["axioms"])
        assert bundle["rules"]["differentiate"]["title"]
        taken = reader.evidence("sums").record
        monkeypatch.setattr(store, "checkout", lambda: None)
        clear()
        found = reader.evidence("sums")
        assert found.record == taken
        assert found.taken == f"release {bundle['version']}, commit {'f' * 40}"

    def test_current_evidence_of_a_checkout_comes_first(self, atlas):
        prove(atlas)
        release.main()
        clear()
        assert reader.evidence("sums").taken == "build/evidence"
        (store.folder() / "sums.json").unlink()
        assert reader.evidence("sums").taken.startswith("release")

    def test_in_a_checkout_an_old_release_says_nothing(self, atlas, monkeypatch):
        prove(atlas)
        release.main()
        (store.folder() / "sums.json").unlink()
        monkeypatch.setattr(reader, "_package_digest", lambda: "changed since")
        store.bundle.cache_clear()
        assert reader.evidence("sums").problem == "not proven here: run pytest proofs/ -k sums"

    def test_nothing_is_released_without_all_evidence(self, atlas, capsys):
        prove(atlas, "sums")
        assert release.main() == 1
        assert "no current evidence of softmax.vjp, order.product" in capsys.readouterr().err
        assert not store.BUNDLE.exists()

    def test_outside_a_checkout_nothing_is_released(self, atlas, monkeypatch, capsys):
        monkeypatch.setattr(store, "checkout", lambda: None)
        assert release.main() == 2
        assert "run it in a checkout" in capsys.readouterr().err

    @pytest.mark.parametrize("change", ["code", "statement"])
    def test_a_release_of_something_else_does_not_hold(self, atlas, monkeypatch, change):
        prove(atlas)
        release.main()
        monkeypatch.setattr(store, "checkout", lambda: None)
        clear()
        if change == "code":
            monkeypatch.setattr(digests, "code_digest", lambda *folders: "other")
        else:
            monkeypatch.setattr(digests, "statement_digest", lambda formula: "other")
        found = reader.evidence("sums")
        assert found.record is None
        assert found.problem.startswith("not proven here: the package is not as it was released")


class TestCode:
    def test_every_change_of_a_file_is_seen(self, tmp_path, monkeypatch):
        monkeypatch.setattr(digests, "PACKAGE", tmp_path)
        seen = set()
        for name, text in [("a.py", "1"), ("a.py", "2"), ("b/c.py", "1"), ("b/c.py", "1\n")]:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text)
            seen.add(digests.code_digest.__wrapped__())
        assert len(seen) == 4

    def test_line_endings_do_not_count(self, tmp_path, monkeypatch):
        monkeypatch.setattr(digests, "PACKAGE", tmp_path)
        (tmp_path / "a.py").write_bytes(b"x\ny\n")
        one = digests.code_digest.__wrapped__()
        (tmp_path / "a.py").write_bytes(b"x\r\ny\r\n")
        assert digests.code_digest.__wrapped__() == one

    def test_the_judges_are_all_there_is_below_the_faces(self):
        """Whatever evidence depends on counts: a new floor must be added to the list."""
        floors = {p.name for p in digests.PACKAGE.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()}
        known = {part.split("/")[0] for part in digests.JUDGES}
        assert floors - known <= {
            "__init__.py",
            "files.py",  # puts a record where it is read, whatever is in it
            "processes.py",  # for the index of shapes and the facts of pages
            "cli.py",
            "pytest_plugin.py",
            "sphinx_ext",
            "nn",
            "optim",
            "programs",
            "claims",
            "presentation",
        }


def test_statement_digests_are_the_same_in_every_process(small):
    import subprocess
    import sys

    program = (
        "from gradatlas.formulas import registry; from gradatlas.evidence.digests import statement_digest\n"
        "for id, formula in registry.all_formulas().items(): print(id, statement_digest(formula))"
    )
    runs = {
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True,
                       env={"PYTHONHASHSEED": seed, "PATH": ""}).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(runs) == 1
