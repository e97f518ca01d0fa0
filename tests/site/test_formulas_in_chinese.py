"""What the formulas, the operations, the checker and the derivations say is said in Chinese too, all of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gradatlas.evidence import mutants
from gradatlas.formulas.registry import all_formulas
from gradatlas.ops import all_operations
from gradatlas.sphinx_ext.dictionary import Dictionary, is_said, localized, templates
from gradatlas.sphinx_ext.exercise import claim_names
from gradatlas.sphinx_ext.languages import OF_FORMULAS, formula_words, read
from gradatlas.sphinx_ext.reader import UNFOLDING, Atlas, load
from gradatlas.symbolic.checker import RULES

if TYPE_CHECKING:
    from gradatlas.formulas.statement import Formula

LANGUAGE = "zh_CN"
CHINESE = "[\u4e00-\u9fff]"


def of_formula(formula: Formula) -> Iterator[str]:
    yield from (formula.title, formula.summary, *formula.aliases)
    yield from (claim.name for claim in formula.claims)
    yield from (symbol.description for symbol in formula.symbols)
    if formula.fixed_size is not None:
        yield formula.fixed_size.why


@pytest.fixture(scope="module")
def said() -> set[str]:
    """Everything that registry, operations and checker say in words; the derivations' reasons are known from evidence alone."""
    found = {words for formula in all_formulas().values() for words in of_formula(formula)}
    for operation in all_operations().values():
        domain = operation.domain if isinstance(operation.domain, str) else ", ".join(operation.domain)
        found.update((domain, *operation.kinks, *operation.kinks.values()))
    found.update((UNFOLDING.statement, *(" ".join(rule.statement.split()) for rule in RULES.values())))
    return found


@pytest.fixture(scope="module")
def atlas() -> Atlas:
    return load(None)


@pytest.fixture(scope="module")
def pairs() -> list[tuple[str, str]]:
    """Originals and translations of both catalogues."""
    return [(str(m.id), str(m.string)) for name in OF_FORMULAS for m in read(name, LANGUAGE) if m.id]


def test_every_word_of_the_registry_and_the_operations_is_translated(said: set[str]) -> None:
    known = formula_words(LANGUAGE)
    assert sorted(words for words in said if is_said(words) and not known.get(words)) == []


def test_every_template_is_translated() -> None:
    known = formula_words(LANGUAGE)
    assert [template for template in templates() if not known.get(template)] == []


def test_the_whole_atlas_is_translated(atlas: Atlas) -> None:
    """With the reasons of the steps, as far as there is evidence, and whatever else `localized` looks up."""
    words = Dictionary(formula_words(LANGUAGE))
    localized(atlas, words)
    assert list(words.missing) == []


def test_nothing_is_translated_that_nobody_says(said: set[str], atlas: Atlas) -> None:
    if any(formula.evidence is None for formula in atlas.formulas.values()):
        pytest.skip("some formulas have no evidence here, so it is not known which reasons are given")
    asked = Dictionary({})
    localized(atlas, asked)
    known = {*said, *asked.missing, *templates()}
    left = [original for name in OF_FORMULAS for original in (str(m.id) for m in read(name, LANGUAGE) if m.id)]
    assert sorted(set(left) - known) == []


def test_a_missing_translation_is_noticed(atlas: Atlas) -> None:
    formula = atlas.formulas["softmax.vjp"]
    changed = replace(atlas, formulas={formula.id: replace(formula, title="A title that nobody has translated")})
    words = Dictionary(formula_words(LANGUAGE))
    shown = localized(changed, words)
    assert list(words.missing) == ["A title that nobody has translated"]
    assert shown.formulas[formula.id].title == "A title that nobody has translated"


def test_a_localized_formula_keeps_what_is_no_language(atlas: Atlas) -> None:
    shown = localized(atlas, Dictionary(formula_words(LANGUAGE)))
    before, after = atlas.formulas["softmax.vjp"], shown.formulas["softmax.vjp"]
    assert after.title == "softmax 的向量-雅可比积"
    assert (after.id, after.chapter, after.of, after.source) == (before.id, before.chapter, before.of, before.source)
    assert [claim.latex for claim in after.claims] == [claim.latex for claim in before.claims]
    assert [claim.text for claim in after.claims] == [claim.text for claim in before.claims]
    assert {before.title, *before.aliases} <= set(after.aliases)
    if before.evidence is not None and after.evidence is not None:
        assert after.evidence.raw == before.evidence.raw
        assert [s.rule for c in after.evidence.claims for s in c.steps] == [
            s.rule for c in before.evidence.claims for s in c.steps
        ]


def test_an_exercise_names_claims_as_the_page_does(atlas: Atlas) -> None:
    shown = localized(atlas, Dictionary(formula_words(LANGUAGE))).formulas["matmul.vjp"]
    names = claim_names(shown)
    assert (names["in A"], names["in B"]) == ("对 A", "对 B")


def test_words_within_mathematics_are_translated_and_nothing_else_of_it() -> None:
    words = Dictionary(formula_words(LANGUAGE))
    assert words.latex(r"x_{i} = 0 \quad \text{for all } i < n") == r"x_{i} = 0 \quad \text{对所有 } i < n"
    assert words.latex(r"\frac{x}{2} = \mathrm{sign}(t)") == r"\frac{x}{2} = \mathrm{sign}(t)"
    assert list(words.missing) == []


def test_a_formula_may_mean_by_a_word_what_others_do_not() -> None:
    words = Dictionary(formula_words(LANGUAGE))
    assert (words("bias"), words.of("adam.bias-correction")("bias")) == ("偏置", "偏差")
    in_contexts = [(str(m.context), str(m.id)) for m in read(OF_FORMULAS[0], LANGUAGE) if m.context]
    assert in_contexts
    for id, said in in_contexts:
        assert said in of_formula(all_formulas()[id])


def test_claims_of_one_formula_have_different_names() -> None:
    words = Dictionary(formula_words(LANGUAGE))
    for formula in all_formulas().values():
        names = [words.of(formula.id)(claim.name) for claim in formula.claims]
        assert len(set(names)) == len(names), formula.id


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("the sign turned", "整体变号"),
        ("factor 12 dropped", "去掉第 12 个因子"),
        ("the power -1 made -2", "幂次 -1 换成 -2"),
        ("in an argument of log: in the position read: one added to n", "在 log 的自变量中：在读取的位置中：n 加一"),
        ("left side: 1/2 made 2", "左边：1/2 换成 2"),
        ("third, entry by entry: alpha in place of mu", "三阶，逐元素：mu 换成 alpha"),
        ("without the hypothesis for all i < n: 0 < x[i]", "去掉假设：对所有 i < n：0 < x[i]"),
        (
            "without the hypothesis for all t in N, X in R^n: s(t) = 0",
            "去掉假设：对所有 t ∈ N, X ∈ R^n：s(t) = 0",
        ),
    ],
)
def test_what_was_changed_in_a_mutant_is_said_by_templates(english: str, chinese: str) -> None:
    assert Dictionary(formula_words(LANGUAGE)).change(english, ["third, entry by entry"]) == chinese


def test_every_change_that_is_made_has_a_template() -> None:
    words = Dictionary(formula_words(LANGUAGE))
    several = [id for id in all_formulas() if id.endswith((".vjp", ".forward", ".quadratic", ".descent-lemma"))]
    assert len(several) > 20
    for id in several:
        formula = all_formulas()[id]
        for mutant in mutants.of_formula(formula):
            words.change(mutant.description, [claim.name for claim in formula.claims])
    assert list(words.missing) == []


def test_counterexamples_and_refusals_are_said_by_templates() -> None:
    words = Dictionary(formula_words(LANGUAGE))
    seen = words.counterexample("n=5; seed 4; i=0: left -1.65, right -1.87")
    assert seen == "n=5；种子 4；i=0：左边 -1.65，右边 -1.87"
    assert words.counterexample("seed 1: left 1.05, right -1.05") == "种子 1：左边 1.05，右边 -1.05"
    seen = words.counterexample("n=1; seed 3; entry: [0]: does not grow: -0.5 at t = 512")
    assert seen == "n=1；种子 3；entry: [0]：不增长：在 t = 512 处为 -0.5"
    assert words.counterexample("holds") == "成立"
    assert words.refusal("residual -2*x[i]") == "余项 -2*x[i]"
    assert words.refusal("what no template knows") == "what no template knows"


def test_translations_are_chinese(pairs: list[tuple[str, str]]) -> None:
    """Or a name, a formula or a program's word, which stays as it is."""
    for original, translation in pairs:
        if not re.search(CHINESE, translation):
            words = re.findall(r"[A-Za-z]{2,}", translation)
            assert len(words) <= 1 or any(sign in translation for sign in "=^/(-._|"), original
            assert not re.search(r"\b(?:the|of|and|is|are|by|with|for|its?|which)\b", translation), original
