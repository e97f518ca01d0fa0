"""How each row of the ledger stands: its verdict where all the evidence that it needs is there, else open, and why.

A verdict is never just typed. It needs the formulas that name the row and those that the row names, proven; the row's claims,
shown by current records, and the formulas under them; the programs, measured. Each verdict has its own least evidence:

    proven                  a proven formula, or a claim that holds
    corrected               a claim refuted (what is written), and a proven formula or a claim that holds (what is meant)
    refuted                 a claim refuted, or a refuted formula
    runs                    a program that was measured and reached what it must
    runs after correction   the same, and its faults named
    answered                rows, each with its own verdict earned, or claims
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gradatlas.claims import records
from gradatlas.claims.registry import claims_of
from gradatlas.claims.statement import Claim
from gradatlas.evidence import reader
from gradatlas.formulas import registry
from gradatlas.formulas.ledger import KINDS, ROWS, Row
from gradatlas.programs import all_programs, measured

__all__ = ["OPEN", "Standing", "as_json", "standing", "standings"]

OPEN = "open"
PROVEN = ("proven, any size", "proven, fixed size")


@dataclass(frozen=True)
class FormulaAt:
    """A formula and what its evidence here says: a status, or the problem."""

    id: str
    title: str
    status: str
    problem: str

    @property
    def proven(self) -> bool:
        """Whether there is current evidence of a proof."""
        return self.status in PROVEN


@dataclass(frozen=True)
class ClaimAt:
    """A claim, the formulas it rests on, and its record where that is current."""

    claim: Claim
    rests_on: tuple[FormulaAt, ...]
    found: records.Found

    @property
    def shown(self) -> bool:
        """Whether the record is current, and all that the claim rests on is proven."""
        return self.found.record is not None and all(f.proven for f in self.rests_on)


@dataclass(frozen=True)
class ProgramAt:
    """A program by its row, with what was measured of it; None where nothing was."""

    row: str
    name: str
    title: str
    faults: tuple[str, ...]
    measured: Mapping[str, Any] | None
    reached: bool


@dataclass(frozen=True)
class Standing:
    """A row with the evidence there is, and what is missing."""

    row: Row
    formulas: tuple[FormulaAt, ...]
    claims: tuple[ClaimAt, ...]
    programs: tuple[ProgramAt, ...]
    missing: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """The row's verdict where it is earned, else open."""
        return OPEN if self.missing else self.row.verdict


def standings() -> dict[str, Standing]:
    """Every row, by id, in the order of the ledger."""
    known = _Known()
    return {id: known.standing(id) for id in ROWS}


def standing(id: str) -> Standing:
    """One row. Raises KeyError where there is none of this id."""
    return _Known().standing(id)


class _Known:
    """What was already looked up."""

    def __init__(self) -> None:
        self._formulas: dict[str, FormulaAt] = {}
        self._rows: dict[str, Standing] = {}

    def formula(self, id: str) -> FormulaAt:
        if id not in self._formulas:
            formula = registry.all_formulas().get(id)
            if formula is None:
                self._formulas[id] = FormulaAt(id, "", "not there", f"there is no formula {id}")
            else:
                evidence = reader.evidence(id)
                status = "not proven here" if evidence.record is None else str(evidence.record["status"])
                self._formulas[id] = FormulaAt(id, formula.title, status, evidence.problem)
        return self._formulas[id]

    def standing(self, id: str) -> Standing:
        if id not in self._rows:
            row = ROWS[id]
            ids = dict.fromkeys([*row.formulas, *(f.id for f in registry.formulas_of(id))])
            found = Standing(
                row=row,
                formulas=tuple(self.formula(name) for name in ids),
                claims=tuple(
                    ClaimAt(claim, tuple(self.formula(name) for name in claim.rests_on), records.found(claim))
                    for claim in claims_of(id)
                ),
                programs=tuple(_programs(row)),
                missing=(),
            )
            self._rows[id] = dataclasses.replace(found, missing=tuple(self.missing(found)))
        return self._rows[id]

    def missing(self, at: Standing) -> Iterator[str]:
        """What a row still needs for its verdict."""
        row = at.row
        if not (row.where and row.says and row.ruling):
            yield "what the documents say, and what becomes of it, is not written"
        for formula in at.formulas:
            if formula.problem:
                yield f"{formula.id}: {formula.problem}"
        for id in row.claims:
            if id not in {c.claim.id for c in at.claims}:
                yield f"{id}: there is no such claim"
        for claim in at.claims:
            if claim.found.problem:
                yield f"{claim.claim.id}: {claim.found.problem}"
            for formula in claim.rests_on:
                if not formula.proven:
                    yield f"{claim.claim.id} rests on {formula.id}: {formula.problem or formula.status}"
        for id in row.programs:
            if id not in {p.row for p in at.programs}:
                yield f"{id}: there is no such program"
        for program in at.programs:
            if program.measured is None:
                yield f"{program.row}: nothing was measured of the program"
            elif not program.reached:
                yield f"{program.row}: the program did not reach what it must"
        for id in row.rows:
            if self.standing(id).missing:
                yield f"row {id}, by which it is answered, is open"
        lacking = _least(at)
        if lacking:
            yield lacking


def _least(at: Standing) -> str:
    """What the row's verdict needs at least and lacks; empty where it has it."""
    proven = any(f.proven for f in at.formulas)
    holds = any(c.shown and c.claim.verdict == "holds" for c in at.claims)
    refuted = any(c.shown and c.claim.verdict == "refuted" for c in at.claims)
    disproven = any(f.status == "refuted" for f in at.formulas)
    match at.row.verdict:
        case "proven" if not (proven or holds):
            return "no formula of it is proven, and no claim is shown to hold"
        case "corrected" if not (refuted and (proven or holds)):
            return "a correction needs what is written refuted, and what is meant proven or shown"
        case "refuted" if not (refuted or disproven):
            return "no claim of it is refuted by a run"
        case "runs" | "runs after correction" if not at.programs:
            return "there is no program of it"
        case "runs after correction" if not any(p.faults for p in at.programs):
            return "no fault of the program is named"
        case "answered" if not (at.row.rows or at.claims):
            return "no row and no claim answers it"
    return ""


def _programs(row: Row) -> Iterator[ProgramAt]:
    """The programs of a row, P8-gan of P8 too, and those that it names."""
    for id, program in all_programs().items():
        if id in row.programs or id == row.id or id.startswith(f"{row.id}-"):
            seen = measured(id)
            worst = None if seen is None else seen["least" if program.larger_is_better else "most"]
            reached = worst is not None and program.reached(worst)
            yield ProgramAt(id, program.name, program.title, tuple(program.faults), seen, reached)


def as_json(at: Standing) -> dict[str, Any]:
    """A row as `gradatlas ledger --json` prints it, and as the site reads it; see schema.json beside this file."""
    row = at.row
    return {
        "id": row.id,
        "kind": KINDS[row.kind],
        "part": row.part,
        "about": row.about,
        "where": list(row.where),
        "says": row.says,
        "latex": row.latex,
        "stated": row.verdict,
        "verdict": at.verdict,
        "ruling": row.ruling,
        "holds": row.holds,
        "missing": list(at.missing),
        "formulas": [_formula(f) for f in at.formulas],
        "claims": [
            {
                "id": c.claim.id,
                "sentence": c.claim.sentence,
                "verdict": c.claim.verdict if c.shown else OPEN,
                "by": c.claim.by,
                "rests_on": [_formula(f) for f in c.rests_on],
                "command": records.command(c.claim.id),
                "record": None if c.found.record is None else dict(c.found.record),
            }
            for c in at.claims
        ],
        "programs": [
            {
                "row": p.row,
                "name": p.name,
                "title": p.title,
                "faults": list(p.faults),
                "measured": None
                if p.measured is None
                else {key: p.measured[key] for key in MEASURED if key in p.measured},
            }
            for p in at.programs
        ],
        "rows": list(row.rows),
    }


MEASURED: Sequence[str] = ("metric", "threshold", "mean", "least", "most", "seconds", "epochs", "parameters", "about")


def _formula(formula: FormulaAt) -> dict[str, str]:
    return {"id": formula.id, "title": formula.title, "status": formula.status}
