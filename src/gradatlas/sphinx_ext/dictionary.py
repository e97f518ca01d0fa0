"""The atlas in the language being built: every name and sentence of registry and evidence that a page shows, translated.

`localized` makes another `Atlas` of the same shape, so that no page knows in which language it prints. Ids, mathematics, code,
the checker's texts and the record to download stay as they are.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from gradatlas.sphinx_ext.languages import CONTEXT
from gradatlas.sphinx_ext.reader import Atlas, Axiom, Claim, Evidence, Formula, Mutant, Operation, Rule, Step

__all__ = [
    "CHANGES",
    "FAULTS",
    "PLACES",
    "REFUSALS",
    "SEED",
    "SEEN",
    "WITHIN",
    "Dictionary",
    "is_said",
    "localized",
    "templates",
]

# What evidence/mutants.py says of a change, in the order of trying: what has a name in it comes after what has none.
CHANGES: Final = (
    *("the sign turned", "one in place of zero", "read transposed", "the inequality turned round"),
    *("the right side halved", "the right side doubled", "the left side halved", "the left side doubled"),
    *("one added to the limit", "the limit's sign turned", "the sequence's sign turned", "the sequence's reciprocal"),
    *("a jump added at one third", "the condition dropped", "the delta shifted by one"),
    *("the delta shifted back by one", "the delta made a step", "the bracket turned round"),
    *("equality let into the bracket", "the bracket made stricter by one", "the bracket made a delta"),
    *("the bracket's threshold moved by one half", "differentiated at another index", "another index in its place"),
    *("one added to the exponent", "the sum's last term left out"),
    *("without the hypothesis {hypothesis}", "the sum taken to {size}", "read at another index on axis {axis}"),
    *("axes {first} and {second} of a read exchanged", "the sign of term {n} turned", "term {n} dropped"),
    *("factor {n} dropped", "the power {old} made {new}", "the sign of {number} turned", "one added to {name}"),
    *("{new} in place of {old}", "{name} left out", "{old} made {new}"),
)
# Where in the statement the change is, before a colon.
PLACES: Final = ("in an argument of {function}", "in the position read", "right side", "left side", "limit")
# How the checker refuses; what is not among these stays as the checker says it.
REFUSALS: Final = (
    "residual {term}",
    "restate: {term} is not {other}",
    "rewrite: {part} does not occur in {term}",
    "the theorem needs hypotheses that the claim does not state: {hypotheses}",
    "there is no sum in {term}",
    "{term} is not a sum over an index",
    "restate: {term} stands under a binder and must agree as it stands with {other}",
    "split: {term} is not t + 1 with an integer t >= 0",
    "induction: the base proves {base}, not the claim at {place}",
)
# Words within mathematics, as symbolic/latex.py prints them.
WITHIN: Final = ("for all", "is continuous on")
QUANTIFIED: Final = re.compile(r"for all (?P<ranges>[^:]+): ")  # as symbolic/text.py prints it
TEXT: Final = re.compile(r"\\text\{( *)([^{}]*?)( *)\}")
WORD: Final = re.compile(r"[A-Za-z]{3,}|\b(?:as|at|by|in|is|it|no|of|on|or|to)\b")
# What the oracle saw: of a whole sample, of its first numbers, and, after a colon, of what is claimed.
SEEN: Final = ("holds", "by the trend up to t = {t}", "needed by the proof; no counterexample found")
SEED: Final = ("seed {n}",)
FAULTS: Final = (
    "left {left}, right {right}",
    "does not grow: {value} at t = {t}",
    "settles {distance} away from the limit",
    "the derivative is {left} from the left and {right} from the right at {point}, entry {entry}",
)


def templates() -> Iterator[str]:
    """Every template of this module."""
    yield from (*CHANGES, *PLACES, *REFUSALS, *SEEN, *SEED, *FAULTS, *WITHIN)


def is_said(words: str) -> bool:
    """Whether a text has words in it, and not just letters and signs: `x != 0` is the same in every language."""
    return WORD.search(re.sub(r"\$[^$]*\$|`[^`]*`", "", words)) is not None


@functools.cache
def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    return re.compile("".join(f"(?P<{p}>.+?)" if n % 2 else re.escape(p) for n, p in enumerate(parts)), re.DOTALL)


@dataclass
class Dictionary:
    """The translations into one language. missing: what was asked for and is not there, in the order of asking.

    formula: the id of the formula whose words these are, where it is one's: its own meaning of a word comes first.
    """

    known: Mapping[str, str]
    missing: dict[str, None] = field(default_factory=dict)
    formula: str = ""

    def of(self, formula: str) -> Dictionary:
        """The same dictionary for the words of one formula."""
        return replace(self, formula=formula)

    def __call__(self, words: str) -> str:
        """The translation of a whole string, or the string where there is none."""
        found = self.known.get(f"{self.formula}{CONTEXT}{words}") or self.known.get(words)
        if not found and is_said(words):
            self.missing[words] = None
        return found or words

    def latex(self, latex: str) -> str:
        """Mathematics with the words in it translated."""
        return TEXT.sub(lambda match: rf"\text{{{match[1]}{self(match[2])}{match[3]}}}", latex)

    def by_template(self, words: str, among: Iterable[str]) -> str | None:
        """The translation by the first template that the whole of words fits; None where none does."""
        for template in among:
            match = _pattern(template).fullmatch(words)
            if match is not None:
                return self(template).format(
                    **{name: self._quantified(said) for name, said in match.groupdict().items()}
                )
        return None

    def _quantified(self, said: str) -> str:
        """A proposition as the checker's texts have it, `for all i < n: x[i] = 0`, with these words translated."""
        quantified = QUANTIFIED.match(said)
        if quantified is None:
            return said
        ranges = quantified["ranges"].replace(" in ", " ∈ ")
        return f"{self('for all')} {ranges}：{said[quantified.end() :]}"

    def change(self, words: str, claims: Iterable[str]) -> str:
        """What was changed in a mutant: the claim and the place, before colons, and the change."""
        for name in claims:
            if words.startswith(f"{name}: "):
                return f"{self(name)}：{self.change(words[len(name) + 2 :], ())}"
        place, colon, rest = words.partition(": ")
        if colon and not words.startswith("without the hypothesis "):
            where = self.by_template(place, PLACES)
            if where is not None:
                return f"{where}：{self.change(rest, ())}"
        found = self.by_template(words, CHANGES)
        return self(words) if found is None else found

    def refusal(self, words: str) -> str:
        """How the checker turned a mutant down."""
        return self.by_template(words, REFUSALS) or words

    def counterexample(self, words: str) -> str:
        """How the oracle turned a mutant down."""
        whole = self.by_template(words, SEEN)
        if whole is not None:
            return whole
        *parts, last = words.split("; ")
        ending = ""
        for colon in re.finditer(": ", last):
            fault = self.by_template(last[colon.end() :], FAULTS)
            if fault is not None:
                last, ending = last[: colon.start()], f"：{fault}"
                break
        return "；".join(self.by_template(part, SEED) or part for part in (*parts, last)) + ending


def localized(atlas: Atlas, words: Dictionary) -> Atlas:
    """The same atlas with everything translated; words.missing then has what could not be. The ledger's rows say theirs late."""
    return replace(
        atlas,
        formulas={id: _formula(formula, words.of(id)) for id, formula in atlas.formulas.items()},
        rules={name: _rule(rule, words) for name, rule in atlas.rules.items()},
        axioms={id: _axiom(axiom, atlas.rules, words) for id, axiom in atlas.axioms.items()},
        operations={name: _operation(operation, words) for name, operation in atlas.operations.items()},
    )


def _formula(formula: Formula, words: Dictionary) -> Formula:
    title = words(formula.title)
    names = [name for alias in formula.aliases for name in words(alias).split("；")]
    # Readers search in both languages.
    both = dict.fromkeys((*names, formula.title, *formula.aliases))
    return replace(
        formula,
        title=title,
        aliases=tuple(name for name in both if name != title),
        summary=words(formula.summary),
        claims=tuple(_claim(claim, words) for claim in formula.claims),
        facts=_facts(formula.facts, words),
        evidence=None if formula.evidence is None else _evidence(formula.evidence, words),
    )


def _facts(facts: Mapping[str, Any], words: Dictionary) -> Mapping[str, Any]:
    """What was computed for the page, the claims that it is of named as the page names them."""
    changed: dict[str, Any] = {}
    if example := facts.get("example"):
        statement = words.latex(example["statement"])
        changed["example"] = {**example, "claim": words(example["claim"]), "statement": statement}
    if forms := facts.get("forms"):
        changed["forms"] = [{**form, "claim": words(form["claim"])} for form in forms]
    return {**facts, **changed}


def _evidence(evidence: Evidence, words: Dictionary) -> Evidence:
    fixed = evidence.fixed_size
    names = sorted((claim.name for claim in evidence.claims), key=len, reverse=True)
    return replace(
        evidence,
        fixed_size=None if fixed is None else {**fixed, "why": words(str(fixed["why"]))},
        claims=tuple(_claim(claim, words) for claim in evidence.claims),
        symbols=tuple(replace(symbol, description=words(symbol.description)) for symbol in evidence.symbols),
        oracle=_samples(evidence.oracle, words),
        trends=_samples(evidence.trends, words),
        engine=_samples(evidence.engine, words),
        adjoint_identity=_samples(evidence.adjoint_identity, words),
        second_order=_samples(evidence.second_order, words),
        mutants=tuple(_mutant(mutant, names, words) for mutant in evidence.mutants),
    )


def _samples(samples: Sequence[Mapping[str, Any]], words: Dictionary) -> tuple[Mapping[str, Any], ...]:
    """Samples, the claim that each is of named as the page names it, and what was seen of it said."""
    return tuple(
        {
            **sample,
            **({"claim": words(sample["claim"])} if sample.get("claim") else {}),
            **({"seen": words.counterexample(sample["seen"])} if sample.get("seen") else {}),
        }
        for sample in samples
    )


def _claim(claim: Claim, words: Dictionary) -> Claim:
    return replace(
        claim,
        name=words(claim.name),
        latex=words.latex(claim.latex),
        hypotheses=tuple(replace(one, latex=words.latex(one.latex)) for one in claim.hypotheses),
        steps=tuple(_step(step, words) for step in claim.steps),
    )


def _step(step: Step, words: Dictionary) -> Step:
    # A lemma that is all of the reason is named by its link alone.
    why = step.why if step.lemma and step.why == f"proven as {step.lemma}" else words(step.why)
    return replace(step, why=why, latex=words.latex(step.latex))


def _mutant(mutant: Mutant, claims: Iterable[str], words: Dictionary) -> Mutant:
    return replace(
        mutant,
        description=words.change(mutant.description, claims),
        latex=words.latex(mutant.latex),
        checker=words.refusal(mutant.checker),
        oracle=words.counterexample(mutant.oracle),
    )


def _rule(rule: Rule, words: Dictionary) -> Rule:
    return replace(rule, statement=words(rule.statement))


def _axiom(axiom: Axiom, rules: Mapping[str, Rule], words: Dictionary) -> Axiom:
    """An axiom that a rule uses has the rule's statement; another's is mathematics."""
    said = any(axiom.statement == rule.statement for rule in rules.values())
    statement = words(axiom.statement) if said else words.latex(axiom.statement)
    return replace(axiom, statement=statement, hypotheses=tuple(map(words.latex, axiom.hypotheses)))


def _operation(operation: Operation, words: Dictionary) -> Operation:
    kinks = {words(where): words(taken) for where, taken in operation.kinks.items()}
    return replace(operation, domain=words(operation.domain), kinks=kinks)
