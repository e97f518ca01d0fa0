"""What the ledger, the claims and the programs say is said in Chinese too, all of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from babel.messages.pofile import read_po

import gradatlas.sphinx_ext
from gradatlas.claims import records
from gradatlas.formulas import ledger
from gradatlas.programs import Program, all_programs, measured
from gradatlas.programs.drawing import NAMES
from gradatlas.programs.pictures import PICTURES

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

    from gradatlas.claims.statement import Claim

PATH = Path(gradatlas.sphinx_ext.__file__).parent / "locale" / "zh_CN" / "LC_MESSAGES" / "gradatlas-documents.po"

CHINESE = "[\u4e00-\u9fff]"
KEPT = {
    "Adam",
    "ReLU",
    "dropout",
    "logit",
    "relu",
    "sigmoid",
    "softmax",
    "tanh",
}  # names that Chinese writes as they are


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with PATH.open("rb") as file:
        return read_po(file, locale="zh_CN", abort_invalid=True)


@pytest.fixture(scope="module")
def originals() -> set[str]:
    """Every string that there is to translate; a claim without a current record is run here."""

    def found(claim: Claim) -> records.Found:
        known = stored(claim)
        return known if known.record is not None else records.Found(records.examine(claim), "")

    stored = records.found
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "found", found)
        of_claims = list(records.sentences())
    return {*ledger.sentences(), *of_claims, *of_programs()}


def of_programs() -> Iterator[str]:
    """Every piece of prose that a program's page shows of it and of what was measured of it."""
    for row, program in all_programs().items():
        yield from said(program)
        for name, variant in program.variants.items():
            yield name
            yield from said(variant)
        found = measured(row)
        assert found is not None, f"nothing is measured of {row}: run tools/measure_programs.py {row}"
        yield found["about"]
        for each in (found, *found["variants"].values()):
            for name in (each["metric"], *each["history"], *each["seeds"][0]["figures"]):
                yield NAMES.get(name, name.removeprefix("validation_").replace("_", " "))
    for picture in PICTURES.values():
        yield from (picture.alt, picture.caption, *picture.words)


def said(program: Program) -> Iterator[str]:
    yield from (program.title, program.summary, *program.faults, *program.remarks)


def pairs(catalogue: Catalog) -> list[tuple[str, str]]:
    """Originals and translations; the catalogue's head, whose original is empty, is left out."""
    return [(str(message.id), str(message.string)) for message in catalogue if message.id]


def is_name(text: str) -> bool:
    """Whether a text is a formula or a name and has no word to translate."""
    return set(re.findall("[A-Za-z]{3,}", text)) <= KEPT


def test_every_string_is_translated(catalogue: Catalog, originals: set[str]) -> None:
    unsure = {str(message.id) for message in catalogue if message.fuzzy}
    translated = {original for original, translation in pairs(catalogue) if translation.strip()}
    assert sorted(originals - (translated - unsure)) == []


def test_nothing_is_translated_that_nobody_says(catalogue: Catalog, originals: set[str]) -> None:
    assert sorted({original for original, _ in pairs(catalogue)} - originals) == []
    assert list(catalogue.obsolete) == []


def test_translations_are_chinese(catalogue: Catalog) -> None:
    for original, translation in pairs(catalogue):
        if not re.search(CHINESE, translation):
            assert is_name(original), original
            assert translation == original
