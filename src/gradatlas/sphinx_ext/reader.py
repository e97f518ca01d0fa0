"""The one place where the site reads the registry, the checker's rules and axioms, and the evidence.

Everything else in this package works on the `Atlas` made here, so a change of the record's shape ends in this file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from gradatlas.files import by_lines
from gradatlas.formulas.chapters import CHAPTERS
from gradatlas.sphinx_ext.views import Views

__all__ = [
    "Atlas",
    "Axiom",
    "Claim",
    "Evidence",
    "Formula",
    "Mutant",
    "Operation",
    "Place",
    "Row",
    "Rule",
    "Source",
    "Statement",
    "Step",
    "chapter_summary",
    "chapter_title",
    "command",
    "load",
]

SCHEMA = 1


@dataclass(frozen=True)
class Statement:
    """A proposition as LaTeX and as the checker's own text."""

    latex: str
    text: str


@dataclass(frozen=True)
class Step:
    """One line of a derivation: the expression reached, the rule that reached it, why, and the lemma used if any."""

    number: int
    rule: str
    why: str
    latex: str
    text: str
    lemma: str | None


@dataclass(frozen=True)
class Claim:
    """What is claimed: hypotheses, conclusion, and, where there is evidence, its derivation."""

    name: str
    latex: str
    text: str
    hypotheses: tuple[Statement, ...]
    axioms: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Symbol:
    """What a letter of the statement stands for."""

    name: str
    latex: str
    kind: str
    shape: str
    description: str


@dataclass(frozen=True)
class Source:
    """Where a formula comes from: a row of the documents' ledger, or the literature."""

    kind: str
    key: str
    text: str = ""
    doi: str = ""


@dataclass(frozen=True)
class Mutant:
    """A statement changed on purpose, and how the checker and the oracle each turned it down."""

    kind: str
    description: str
    latex: str
    checker: str
    oracle: str


@dataclass(frozen=True)
class Evidence:
    """The record that one run of `pytest proofs/` wrote about one formula."""

    status: str
    fixed_size: Mapping[str, Any] | None
    claims: tuple[Claim, ...]
    symbols: tuple[Symbol, ...]
    axioms: tuple[str, ...]
    lemmas: tuple[str, ...]
    hypotheses: tuple[str, ...]
    numpy_code: str
    definition: Mapping[str, Any]
    oracle: tuple[Mapping[str, Any], ...]
    trends: tuple[Mapping[str, Any], ...]
    steps_checked: Mapping[str, Any]
    engine: tuple[Mapping[str, Any], ...]
    adjoint_identity: tuple[Mapping[str, Any], ...]
    second_order: tuple[Mapping[str, Any], ...]
    mutants_made: int
    mutants_equivalent: int
    mutants_refused: int
    mutants_refuted: int
    mutants_unwitnessed: int
    mutants: tuple[Mutant, ...]
    versions: Mapping[str, str]
    statement_digest: str
    proof_digest: str
    digest: str
    seconds: float
    timing: Mapping[str, float]
    raw: str = field(repr=False, compare=False, default="")

    @property
    def digits(self) -> float | None:
        """The least agreement with the oracle in decimal digits; None where no sample was taken."""
        return min((float(sample["digits"]) for sample in self.oracle), default=None)

    @property
    def ulps(self) -> float | None:
        """The engine's largest error in ulps over every library, dtype, mode and order; None where it was not run."""
        return max((float(record["max_ulps"]) for record in self.runs), default=None)

    @property
    def runs(self) -> tuple[Mapping[str, Any], ...]:
        """What the engine was run for: its values, its two derivatives, the identity between them, the second order."""
        return (*self.definition["samples"], *self.engine, *self.adjoint_identity, *self.second_order)

    @property
    def steps(self) -> int:
        """How many steps the derivations of all claims take together."""
        return sum(len(claim.steps) for claim in self.claims)


@dataclass(frozen=True)
class Place:
    """Where something is written: a path from the repository's root, and the line it begins at, 0 where not known."""

    path: str
    line: int = 0


@dataclass(frozen=True)
class Formula:
    """A formula as the registry knows it, with its evidence where that is there and current.

    problem: empty where there is evidence; else what is wrong, and the mend. facts: what was computed from the statement
    for its page, as `gradatlas.presentation` gives it. written, derived: where the statement and its proof stand.
    """

    id: str
    title: str
    chapter: str
    aliases: tuple[str, ...]
    summary: str
    of: tuple[str, ...]
    claims: tuple[Claim, ...]
    source: tuple[Source, ...]
    evidence: Evidence | None
    problem: str
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False)
    written: Place | None = None
    derived: Place | None = None

    @property
    def status(self) -> str:
        """The status of the evidence, or `not proven here` where it is missing or out of date."""
        return self.evidence.status if self.evidence is not None else "not proven here"

    @property
    def shown_claims(self) -> tuple[Claim, ...]:
        """The claims to print: with derivations from current evidence, else bare from the registry."""
        return self.evidence.claims if self.evidence is not None else self.claims

    @property
    def anchor(self) -> str:
        """The page's anchor, and its std label in the inventory."""
        return f"formula-{self.id}"


@dataclass(frozen=True)
class Rule:
    """A rule of the checker."""

    name: str
    title: str
    statement: str


@dataclass(frozen=True)
class Axiom:
    """An axiom of the checker, with its exact hypotheses and where it is found in the literature."""

    id: str
    title: str
    statement: str
    hypotheses: tuple[str, ...]
    citation: str


@dataclass(frozen=True)
class Row:
    """A row of the documents' ledger: a formula, a claim, a program or a question that the atlas answers.

    entry: the row as `gradatlas ledger --json` prints it, with its verdict and its evidence.
    """

    id: str
    kind: str
    part: str
    about: str
    entry: Mapping[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """What becomes of the row, or `open` where evidence is missing."""
        return str(self.entry.get("verdict", "open"))

    @property
    def missing(self) -> tuple[str, ...]:
        """What the verdict lacks."""
        return tuple(self.entry.get("missing", ()))


@dataclass(frozen=True)
class Operation:
    """A record of the engine's table. kinks: where it has no derivative -> what is taken there, and why."""

    name: str
    kind: str
    signature: str
    domain: str
    kinks: Mapping[str, str]


@dataclass(frozen=True)
class Atlas:
    """All that the site shows, each kind in the order it is shown in. repository: its address, where it has one."""

    formulas: Mapping[str, Formula]
    rules: Mapping[str, Rule]
    axioms: Mapping[str, Axiom]
    rows: Mapping[str, Row]
    operations: Mapping[str, Operation]
    repository: str = ""

    @cached_property
    def chapters(self) -> Mapping[str, tuple[Formula, ...]]:
        """The formulas of each chapter that has any, in the order of the shelves."""
        found: dict[str, list[Formula]] = {}
        for formula in self.formulas.values():
            found.setdefault(formula.chapter, []).append(formula)
        order = [*CHAPTERS, *sorted(set(found) - set(CHAPTERS))]
        return {chapter: tuple(found[chapter]) for chapter in order if chapter in found}

    @cached_property
    def first_called(self) -> Mapping[str, str]:
        """Another name of formulas -> the id of the first that has it."""
        found: dict[str, str] = {}
        for formula in self.formulas.values():
            for name in formula.aliases:
                found.setdefault(name, formula.id)
        return found

    @cached_property
    def used_by(self) -> Mapping[str, tuple[str, ...]]:
        """The ids of the formulas whose proof uses a formula as a lemma."""
        return self._inverse(lambda evidence: evidence.lemmas)

    @cached_property
    def resting_on(self) -> Mapping[str, tuple[str, ...]]:
        """The ids of the formulas that rest on an axiom."""
        return self._inverse(lambda evidence: evidence.axioms)

    @cached_property
    def stepping_by(self) -> Mapping[str, tuple[str, ...]]:
        """The ids of the formulas whose derivation takes a step by a rule."""
        return self._inverse(lambda evidence: [step.rule for claim in evidence.claims for step in claim.steps])

    @cached_property
    def answering(self) -> Mapping[str, tuple[str, ...]]:
        """The ids of the formulas that name a row of the ledger as their source."""
        found: dict[str, list[str]] = {}
        for formula in self.formulas.values():
            for source in formula.source:
                if source.kind == "document":
                    found.setdefault(source.key, []).append(formula.id)
        return {row: tuple(ids) for row, ids in found.items()}

    @cached_property
    def proving(self) -> Mapping[str, tuple[Formula, ...]]:
        """The formulas that have an equality with a left side, by the digest of that side."""
        found: dict[str, list[Formula]] = {}
        for formula in self.formulas.values():
            for left in dict.fromkeys(side["left"] for side in formula.facts.get("sides", ())):
                found.setdefault(left, []).append(formula)
        return {left: tuple(formulas) for left, formulas in found.items()}

    def count(self, *statuses: str) -> int:
        """How many formulas have one of these statuses, by current evidence."""
        return sum(formula.status in statuses for formula in self.formulas.values())

    def beside(self, id: str) -> tuple[Formula | None, Formula | None]:
        """The formulas before and after one in its chapter; None at the ends."""
        shelf = self.chapters[self.formulas[id].chapter]
        place = shelf.index(self.formulas[id])
        return shelf[place - 1] if place else None, shelf[place + 1] if place + 1 < len(shelf) else None

    @cached_property
    def views(self) -> Views:
        """The digests of what documents show of it."""
        return Views(self)

    def _inverse(self, names: Callable[[Evidence], Iterable[str]]) -> dict[str, tuple[str, ...]]:
        users: dict[str, list[str]] = {}
        for formula in self.formulas.values():
            if formula.evidence is not None:
                for name in dict.fromkeys(names(formula.evidence)):
                    users.setdefault(name, []).append(formula.id)
        return {name: tuple(ids) for name, ids in users.items()}


def chapter_title(chapter: str) -> str:
    """How a chapter is called in headings."""
    return CHAPTERS[chapter].title if chapter in CHAPTERS else chapter.capitalize()


def chapter_summary(chapter: str) -> str:
    """One sentence about a chapter; empty where none is known."""
    return CHAPTERS[chapter].summary if chapter in CHAPTERS else ""


def load(folder: Path | None) -> Atlas:
    """The atlas of the installed package and its evidence, or, where folder is given, one kept as JSON files.

    folder: None, or where `registry.json`, `rules.json`, `axioms.json`, `ledger.json` and `operations.json` are, with one
    `evidence/<id>.json` for each formula. Raises ValueError for a record of another schema.
    """
    return _from_package() if folder is None else _from_files(folder)


def _from_files(folder: Path) -> Atlas:
    known, rules, axioms, rows, operations = (
        json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("registry", "rules", "axioms", "ledger", "operations")
    )
    formulas = {}
    for entry in known:
        record, problem = _kept(folder / "evidence" / f"{entry['id']}.json", entry)
        formulas[entry["id"]] = Formula(
            id=entry["id"],
            title=entry["title"],
            chapter=entry["chapter"],
            aliases=tuple(entry["aliases"]),
            summary=entry["summary"],
            of=tuple(entry["of"]),
            claims=tuple(_claim(claim) for claim in entry["claims"]),
            source=tuple(_source(source) for source in entry["source"]),
            evidence=record,
            problem=problem,
            facts=_facts_kept(folder / "facts" / f"{entry['id']}.json"),
            written=_place(entry.get("written")),
            derived=_place(entry.get("derived")),
        )
    about = folder / "about.json"
    return Atlas(
        formulas=formulas,
        rules={name: Rule(name, **rule) for name, rule in rules.items()},
        axioms={
            key: Axiom(key, axiom["title"], axiom["statement"], tuple(axiom["hypotheses"]), axiom["citation"])
            for key, axiom in axioms.items()
        },
        rows={row["id"]: _row(row) for row in rows},
        operations={o["name"]: Operation(**o) for o in operations},
        repository=json.loads(about.read_text(encoding="utf-8"))["repository"] if about.exists() else "",
    )


def _facts_kept(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def _place(data: Mapping[str, Any] | None) -> Place | None:
    return None if data is None else Place(data["path"], data["line"])


def _from_package() -> Atlas:
    """Everything that the installed package states. Imported here, so that files alone need neither SymPy nor an engine."""
    from gradatlas.claims.standing import as_json, standings
    from gradatlas.evidence.reader import evidence
    from gradatlas.formulas.registry import all_formulas
    from gradatlas.formulas.sources import BIBLIOGRAPHY
    from gradatlas.ops import all_operations
    from gradatlas.presentation.facts import facts_of_all
    from gradatlas.presentation.places import places, repository
    from gradatlas.symbolic.axioms import AXIOMS
    from gradatlas.symbolic.checker import RULES
    from gradatlas.symbolic.latex import latex

    formulas = {}
    facts = facts_of_all(all_formulas().values())
    for formula in all_formulas().values():
        known = evidence(formula.id)
        written, derived = places(formula)
        record = None if known.record is None else _record(known.record)
        formulas[formula.id] = Formula(
            id=formula.id,
            title=formula.title,
            chapter=formula.chapter,
            aliases=formula.aliases,
            summary=formula.summary,
            of=formula.of,
            claims=tuple(map(_claim, facts[formula.id]["claims"])),
            source=tuple(
                Source("document", source.key)
                if source.kind == "document"
                else Source("citation", source.key, BIBLIOGRAPHY[source.key].text, BIBLIOGRAPHY[source.key].doi)
                for source in formula.source
            ),
            evidence=record,
            problem=known.problem,
            facts=facts[formula.id],
            written=written if written is None else Place(*written),
            derived=derived if derived is None else Place(*derived),
        )
    rules = {name: Rule(name, rule.title, " ".join(rule.statement.split())) for name, rule in RULES.items()}
    rules.setdefault("definition", UNFOLDING)
    return Atlas(
        formulas=formulas,
        rules=rules,
        axioms={
            key: Axiom(
                id=key,
                title=axiom.title,
                statement=rules[axiom.rule or ""].statement
                if axiom.conclusion is None
                else rf"$\displaystyle {latex(axiom.conclusion)}$",
                hypotheses=tuple(f"${latex(hypothesis)}$" for hypothesis in axiom.hypotheses),
                citation=axiom.citation,
            )
            for key, axiom in AXIOMS.items()
        },
        rows={id: _row(as_json(at)) for id, at in standings().items()},
        operations={
            name: Operation(
                name=name,
                kind=record.kind,
                signature=record.signature,
                domain=record.domain if isinstance(record.domain, str) else ", ".join(record.domain),
                kinks=dict(record.kinks),
            )
            for name, record in all_operations().items()
        },
        repository=repository(),
    )


# A step that unfolds a definition is the rule `rearrange` told which definition to look into.
UNFOLDING = Rule(
    "definition",
    "A definition is unfolded or folded",
    "What a name stands for is put for it, or it for what it stands for; both sides then have one canonical form.",
)


def command(formula_id: str) -> str:
    """The one command that reproduces a formula's evidence."""
    return f"pytest proofs/ -k {formula_id} --fresh"


def _kept(path: Path, entry: Mapping[str, Any]) -> tuple[Evidence | None, str]:
    """A record kept as a file, and what is wrong where it is missing or is of another statement."""
    if not path.exists():
        return None, f"not proven here: run pytest proofs/ -k {entry['id']}"
    record = _record(json.loads(path.read_text(encoding="utf-8")))
    if record.statement_digest != entry["statement_digest"]:
        return None, f"not proven here: the evidence is out of date; run pytest proofs/ -k {entry['id']}"
    return record, ""


def _record(data: Mapping[str, Any]) -> Evidence:
    if data.get("schema") != SCHEMA:
        raise ValueError(
            f"evidence of schema {data.get('schema')!r} for {data.get('id')}; this site reads schema {SCHEMA}"
        )
    mutants = data["mutants"]
    return Evidence(
        status=data["status"],
        fixed_size=data["fixed_size"],
        claims=tuple(_claim(claim) for claim in data["claims"]),
        symbols=tuple(Symbol(**symbol) for symbol in data["symbols"]),
        axioms=tuple(axiom["id"] for axiom in data["axioms"]),
        lemmas=tuple(data["lemmas"]),
        hypotheses=tuple(data["hypotheses"]),
        numpy_code=data["numpy_code"],
        definition=data["definition"],
        oracle=tuple(data["oracle"]),
        trends=tuple(data["trends"]),
        steps_checked=data["steps_checked"],
        engine=tuple(data["engine"]),
        adjoint_identity=tuple(data["adjoint_identity"]),
        second_order=tuple(data["second_order"]),
        mutants_made=mutants["made"],
        mutants_equivalent=mutants["equivalent"],
        mutants_refused=mutants["refused_by_checker"],
        mutants_refuted=mutants["refuted_by_oracle"],
        mutants_unwitnessed=mutants["without_counterexample"],
        mutants=tuple(Mutant(**item) for item in mutants["items"]),
        versions=data["versions"],
        statement_digest=data["statement_digest"],
        proof_digest=data["proof_digest"],
        digest=data["digest"],
        seconds=data["seconds"],
        timing=data["timing"],
        raw=by_lines(data) + "\n",
    )


def _claim(data: Mapping[str, Any]) -> Claim:
    return Claim(
        name=data["name"],
        latex=data["latex"],
        text=data["text"],
        hypotheses=tuple(Statement(h["latex"], h["text"]) for h in data["hypotheses"]),
        axioms=tuple(data.get("axioms", ())),
        steps=tuple(
            Step(s["n"], s["rule"], s["why"], s["latex"], s["text"], s["lemma"]) for s in data.get("steps", ())
        ),
    )


def _row(entry: Mapping[str, Any]) -> Row:
    return Row(entry["id"], entry["kind"], entry["part"], entry["about"], entry)


def _source(data: Mapping[str, Any]) -> Source:
    if data["kind"] == "document":
        return Source("document", data["row"])
    return Source("citation", data["key"], data["text"], data.get("doi") or "")
