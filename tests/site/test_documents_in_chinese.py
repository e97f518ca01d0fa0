"""What the ledger, the claims and the programs say is said in Chinese too: all of it, with the same formulas and numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from babel.messages.pofile import read_po

import gradatlas.sphinx_ext
from gradatlas.claims import records
from gradatlas.formulas import ledger
from gradatlas.formulas.registry import all_formulas
from gradatlas.programs import Program, all_programs, measured
from gradatlas.programs.drawing import NAMES
from gradatlas.programs.pictures import PICTURES

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

    from gradatlas.claims.statement import Claim

PATH = Path(gradatlas.sphinx_ext.__file__).parent / "locale" / "zh_CN" / "LC_MESSAGES" / "gradatlas-documents.po"

CHINESE = "[\u4e00-\u9fff]"
WIDE = "[，。；：？！、（）“”]"
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


def outside(text: str) -> str:
    """A text without its formulas and code."""
    return re.sub(r"\$[^$]*\$|`[^`]*`", "$", text)


def kept(text: str) -> dict[str, Counter[str]]:
    """What a translation must not change, by kind."""
    ids = re.findall(r"[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+", outside(text))
    return {
        "formulas": Counter(re.findall(r"\$[^$]*\$", text)),
        "code": Counter(re.findall(r"`[^`]*`", text)),
        "ids": Counter(id for id in ids if id in all_formulas()),
        "numbers": Counter(re.findall(r"\d+(?:[.,]\d+)*|[⁰¹²³⁴-⁹]", outside(text))),
        "emphasis": Counter(re.findall(r"(?<!\S)\*(?=\S)", outside(text))),
    }


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


def test_formulas_code_ids_and_numbers_are_those_of_the_original(catalogue: Catalog) -> None:
    unlike = [
        f"{kind}: {original!r} → {translation!r}"
        for original, translation in pairs(catalogue)
        for kind, there in kept(original).items()
        if kept(translation)[kind] != there
    ]
    assert unlike == []


RULES = {
    "Chinese beside a letter, a digit or a formula without a space": (
        f"{CHINESE}[A-Za-z0-9$±∇α-ω]|[A-Za-z0-9$%α-ω²]{CHINESE}"
    ),
    "narrow punctuation after Chinese": f"{CHINESE} ?[,.;:?!]",
    "narrow brackets or quotation marks around Chinese": f"[('\"]{CHINESE}|{CHINESE}[)'\"]",
    "quotation marks of another kind": "[「」『』‘’]",
    "a space beside wide punctuation": f"{WIDE} | {WIDE}",
    "a space too many": rf"  |\A |{CHINESE} {CHINESE}",
}


@pytest.mark.parametrize("fault", RULES)
def test_punctuation_and_spaces_follow_one_rule(catalogue: Catalog, fault: str) -> None:
    assert [said for _, said in pairs(catalogue) if re.search(RULES[fault], outside(said))] == []


def test_sentences_end_as_their_originals_do(catalogue: Catalog) -> None:
    for original, translation in pairs(catalogue):
        for narrow, wide in ((".", "。"), ("?", "？")):
            ended = original.rstrip().endswith((narrow, f"{narrow})"))
            assert ended == translation.rstrip().endswith((wide, f"{wide}）")), translation


def test_brackets_and_quotation_marks_come_in_pairs(catalogue: Catalog) -> None:
    for _, translation in pairs(catalogue):
        assert translation.count("“") == translation.count("”"), translation
        assert translation.count("（") == translation.count("）"), translation
