"""All that is said in Chinese is printed by the same rules, and says the same numbers, formulas and code as its original."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from babel.messages.pofile import read_po

from gradatlas.formulas.registry import all_formulas
from gradatlas.sphinx_ext.languages import LOCALE

LANGUAGE: Final = "zh_CN"
PAGES: Final = Path(__file__).parents[2] / "docs" / "locale" / LANGUAGE / "LC_MESSAGES"
OWN: Final = LOCALE / LANGUAGE / "LC_MESSAGES"
CATALOGUES: Final = {
    **{path.stem: path for path in sorted(OWN.glob("*.po"))},
    **{path.relative_to(PAGES).with_suffix("").as_posix(): path for path in sorted(PAGES.rglob("*.po"))},
}
WHOLE: Final = ("gradatlas-documents", "gradatlas-formulas", "gradatlas-derivations")  # what mathematics is said in

CHINESE: Final = "[\u4e00-\u9fff]"
WIDE: Final = "[，。；：？！、（）“”]"
ATOM: Final = re.compile(r"\$[^$]*\$|(?P<role>\{[\w:-]+\})?(?P<ticks>`+)(?P<said>.+?)(?P=ticks)|<a href=\"[^>]*>|</a>")
TITLE: Final = "\ufffc"  # what a reference shows of its own accord: it may begin with a letter or with Chinese
FORMULAS: Final = "±√(6/(输入 + 单元))"  # has words for letters


def pairs(name: str) -> list[tuple[str, str]]:
    """Originals and translations of a catalogue; its head, whose original is empty, is left out."""
    with CATALOGUES[name].open("rb") as file:
        catalogue = read_po(file, locale=LANGUAGE, abort_invalid=True)
    return [(str(message.id), str(message.string)) for message in catalogue if message.id]


def outside(text: str) -> str:
    """A text as a reader sees it, with $ for each formula and piece of code."""

    def seen(match: re.Match[str]) -> str:
        if match["role"] in (None, "{math}"):
            return "" if match[0].startswith("<") else "$"
        words = re.sub(r"\s*<[^<>]*>$", "", match["said"])
        return words if re.search(CHINESE, words) else TITLE

    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", ATOM.sub(seen, text.replace(FORMULAS, "$")))


RULES: Final = {
    "Chinese beside a letter, a digit or a formula without a space": (
        f"{CHINESE}[A-Za-z0-9$±∇α-ω]|[A-Za-z0-9$%α-ω²]{CHINESE}"
    ),
    "narrow punctuation after Chinese": f"{CHINESE} ?[,.;:?!]",
    "narrow brackets or quotation marks around Chinese": f"[('\"]{CHINESE}|{CHINESE}[)'\"]",
    "quotation marks of another kind": "[「」『』‘’]",
    "a space beside wide punctuation": f"{WIDE} | {WIDE}",
    "a space too many": rf"  |{CHINESE} {CHINESE}",
}


def unprinted(fault: str, text: str) -> bool:
    """Whether a text has a fault of RULES."""
    return re.search(RULES[fault], outside(text)) is not None


def ended_otherwise(original: str, translation: str) -> bool:
    """Whether only one of two texts ends a sentence, or asks, or has spaces at its ends."""
    if original.lstrip() == original and translation.lstrip() != translation:
        return True
    if original.rstrip() == original and translation.rstrip() != translation:
        return True
    if " " not in original or original.endswith("...") or not re.search(CHINESE, translation):
        return False
    return any(
        original.rstrip().endswith((narrow, f"{narrow})")) != translation.rstrip().endswith((wide, f"{wide}）"))
        for narrow, wide in ((".", "。"), ("?", "？"))
    )


def left_open(original: str, translation: str) -> bool:
    """Whether brackets and quotation marks of a translation do not come in pairs where those of the original do."""
    wide = any(translation.count(opened) != translation.count(closed) for opened, closed in ("“”", "（）"))
    return wide or any(
        translation.count(opened) - translation.count(closed) != original.count(opened) - original.count(closed)
        for opened, closed in ("()", "[]", "{}")
    )


def kept(text: str) -> dict[str, Counter[str]]:
    """What a translation must not change, by kind."""
    ids = re.findall(r"[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+", outside(text))
    return {
        "formulas": Counter(re.findall(r"\$[^$]*\$", text)),
        "code": Counter(re.findall(r"`[^`]*`", text)),
        "ids": Counter(id for id in ids if id in all_formulas()),
        "numbers": Counter(re.findall(r"\d+(?:[.,]\d+)*|[⁰¹²³⁴-⁹]", outside(text))),
        "emphasis": Counter(re.findall(r"(?<!\S)\*(?=\S)", outside(text))),
        "names in braces": Counter(re.findall(r"\{\w+\}", text)),
        "greater and less": Counter(re.findall(r"[<>]=?|!=", outside(text))),
    }


def changed(original: str, translation: str) -> list[str]:
    """What a translation did change, by kind."""
    there, here = kept(original), kept(translation)
    return [kind for kind in there if there[kind] != here[kind]]


def test_the_pages_written_by_hand_are_among_them() -> None:
    assert {"index", "guide/start", "gradatlas", *WHOLE} <= set(CATALOGUES)


@pytest.mark.parametrize("name", CATALOGUES)
def test_punctuation_and_spaces_follow_one_rule(name: str) -> None:
    assert [(fault, said) for _, said in pairs(name) for fault in RULES if unprinted(fault, said)] == []


@pytest.mark.parametrize("name", CATALOGUES)
def test_sentences_end_as_their_originals_do(name: str) -> None:
    assert [said for original, said in pairs(name) if ended_otherwise(original, said)] == []


@pytest.mark.parametrize("name", CATALOGUES)
def test_brackets_and_quotation_marks_come_in_pairs(name: str) -> None:
    assert [said for original, said in pairs(name) if left_open(original, said)] == []


@pytest.mark.parametrize("name", WHOLE)
def test_formulas_code_ids_and_numbers_are_those_of_the_original(name: str) -> None:
    unlike = [(kinds, original, said) for original, said in pairs(name) if (kinds := changed(original, said))]
    assert unlike == []


@pytest.mark.parametrize(
    ("fault", "wrong", "right"),
    [
        ("Chinese beside a letter, a digit or a formula without a space", "求$x$的导数", "求 $x$ 的导数"),
        (
            "Chinese beside a letter, a digit or a formula without a space",
            "{math}`x`的导数",
            "{term}`伴随 <adjoint>`的导数",
        ),
        ("narrow punctuation after Chinese", "见[记号](notation.md).", "见[记号](notation.md)。"),
        ("narrow brackets or quotation marks around Chinese", "损失(均值)", "损失（均值），即 `f(x)`"),
        ("quotation marks of another kind", "「损失」", "“损失”"),
        ("a space beside wide punctuation", "损失 ，即 {term}`均值 <mean>`", "损失，即{term}`均值 <mean>`"),
        ("a space too many", "损失 函数", "损失函数 {formula}`mse.vjp`"),
    ],
)
def test_a_fault_of_print_is_seen(fault: str, wrong: str, right: str) -> None:
    assert unprinted(fault, wrong)
    assert not any(unprinted(each, right) for each in RULES)


@pytest.mark.parametrize(
    ("check", "wrong", "right"),
    [
        (ended_otherwise, "它趋于 2", "它趋于 2。"),
        (ended_otherwise, " 它趋于 2。", "它趋于 2。"),
        (left_open, "它趋于 2（两倍。", "它趋于 2（两倍）。"),
        (left_open, "它趋于 2 (", "它趋于 2"),
        (changed, "它趋于 3。", "它趋于 2。"),
    ],
)
def test_a_translation_that_is_unlike_its_original_is_seen(
    check: Callable[[str, str], object], wrong: str, right: str
) -> None:
    assert check("It tends to 2.", wrong)
    assert not check("It tends to 2.", right)
