"""The registry finds formulas by id and by text, in the order of the shelves; the ledger and the bibliography are sound."""

import re
from collections import Counter

import pytest

from gradatlas.errors import UnknownFormulaError
from gradatlas.formulas import registry
from gradatlas.formulas import statement as statements
from gradatlas.formulas.chapters import CHAPTERS
from gradatlas.formulas.ledger import KINDS, ROWS
from gradatlas.formulas.sources import BIBLIOGRAPHY, Entry, _by_key
from gradatlas.formulas.statement import document, statement
from gradatlas.symbolic.language import arrays, indices, size

(x,) = arrays("x", size("n"))
(i,) = indices("i", size("n"))
HEART = ["G1", "G3", "G5", "G7", "B3", "B4", "B5", "B8", "L1", "L3", "L4", "M1", "M6"]


@pytest.fixture
def shelf(monkeypatch):
    """A registry of three formulas, in an order that is not the shelves'."""
    monkeypatch.setattr(statements, "_registered", {})
    monkeypatch.setattr(registry, "_registered", statements._registered)
    monkeypatch.setattr(registry, "_load", lambda: None)
    statement("conv1d.dx", "Gradient of convolution in its input", chapter="convolution", lhs=x[i], rhs=x[i],
              aliases=["transposed convolution"], of="conv1d", source=[document("M1")])  # fmt: skip
    statement("softmax.vjp", "Gradient of softmax", chapter="activations", lhs=x[i], rhs=x[i], of="softmax",
              symbols={"x": "the logits"}, source=[document("L4")])  # fmt: skip
    statement("softmax.shift", "Softmax does not see a shift", chapter="activations", lhs=x[i], rhs=x[i],
              summary="Adding one number to all logits changes nothing.", source=[document("L4")])  # fmt: skip
    return registry


class TestRegistry:
    def test_order_is_the_shelves_then_the_file(self, shelf):
        assert list(shelf.all_formulas()) == ["softmax.vjp", "softmax.shift", "conv1d.dx"]

    def test_get(self, shelf):
        assert shelf.get("softmax.vjp").title == "Gradient of softmax"

    @pytest.mark.parametrize(
        ("wrong", "right"),
        [("softmax.vpj", "softmax.vjp"), ("sofmax", "softmax.vjp"), ("softmax", "softmax.vjp"), ("dx", "conv1d.dx")],
    )
    def test_an_unknown_id_names_the_nearest(self, shelf, wrong, right):
        with pytest.raises(UnknownFormulaError) as raised:
            shelf.get(wrong)
        assert right in raised.value.nearest
        assert right in str(raised.value)

    def test_however_far_three_ids_are_named(self, shelf):
        with pytest.raises(UnknownFormulaError, match="the nearest ids are ") as raised:
            shelf.get("zzzzzzzz")
        assert sorted(raised.value.nearest) == sorted(shelf.all_formulas())

    def test_a_taken_id_is_refused(self, shelf):
        with pytest.raises(ValueError, match=r"the id is taken by 'Gradient of softmax' \(chapter activations\)"):
            statement("softmax.vjp", "Another", chapter="losses", lhs=0, rhs=0)

    @pytest.mark.parametrize(
        ("text", "ids"),
        [
            ("softmax.vjp", ["softmax.vjp"]),
            ("SOFTMAX", ["softmax.vjp", "softmax.shift"]),
            ("transposed", ["conv1d.dx"]),
            ("convolution gradient", ["conv1d.dx"]),
            ("logits", ["softmax.shift", "softmax.vjp"]),
            ("M1", ["conv1d.dx"]),
            ("x", ["softmax.vjp", "softmax.shift", "conv1d.dx"]),
            ("gradient", ["softmax.vjp", "conv1d.dx"]),
            ("gradient nowhere", []),
            ("  ", []),
        ],
    )
    def test_search(self, shelf, text, ids):
        assert [f.id for f in shelf.search(text)] == ids

    def test_rows_lead_back_to_formulas(self, shelf):
        assert [f.id for f in shelf.formulas_of("L4")] == ["softmax.vjp", "softmax.shift"]
        assert shelf.formulas_of("G1") == ()

    def test_the_real_registry_loads(self):
        found = registry.all_formulas()
        assert [f.chapter for f in found.values()] == sorted(
            (f.chapter for f in found.values()), key=list(CHAPTERS).index
        )


class TestLedger:
    def test_every_group_of_rows_is_whole(self):
        counted = Counter(re.match("[A-Z]+", row).group() for row in ROWS)
        assert counted == {"T": 9, "B": 14, "G": 15, "L": 7, "M": 12, "P": 8, "Q": 24}

    def test_ids_and_kinds(self):
        for id, row in ROWS.items():
            assert row.id == id
            assert re.fullmatch(r"[TBGLMPQ][1-9]\d?[ab]?", id)
            assert row.kind in KINDS
            assert row.about

    def test_the_rows_of_the_five_groups(self):
        kinds = {id: ROWS[id].kind for id in HEART}
        assert "".join(kinds.values()) == "FFFFFFAAFFFAA"


class TestBibliography:
    @pytest.mark.parametrize("entry", BIBLIOGRAPHY.values(), ids=lambda e: e.key)
    def test_shape(self, entry):
        assert re.fullmatch(r"[a-z]+\d{4}[a-z]?", entry.key)
        year = re.search(r"\d{4}", entry.key).group()
        assert year in entry.text
        assert entry.key[: entry.key.index(year)] in entry.text.lower()
        assert not entry.text.endswith(".")
        assert entry.doi == "" or re.fullmatch(r"10\.\d{4,9}/\S+", entry.doi)

    def test_in_alphabetical_order(self):
        assert list(BIBLIOGRAPHY) == sorted(BIBLIOGRAPHY)

    def test_a_key_given_twice_is_refused(self):
        with pytest.raises(ValueError, match="holds a1900 twice"):
            _by_key([Entry("a1900", "A, 1900"), Entry("a1900", "B, 1900")])
