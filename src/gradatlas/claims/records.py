"""What a claim's run leaves behind: it is run and judged here, written as JSON, and read where it is current.

A record is current while the claim's own file, the helpers of this package, the engine and what is built on it, and the
versions of the libraries are those it was taken with.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import inspect
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gradatlas.claims.registry import all_claims
from gradatlas.claims.statement import Claim, Comparison, Run
from gradatlas.evidence import digests, store
from gradatlas.formulas.registry import all_formulas

__all__ = ["Found", "Unshown", "collect", "command", "digest", "examine", "found", "is_current", "sentences", "write"]

# The code that a run depends on beside its own file.
CODE: Final = (
    *("errors.py", "backend", "engine", "ops", "xp", "nn", "optim"),
    *("claims/statement.py", "claims/records.py"),
)


class Unshown(Exception):
    """A run did not show what its claim says; the message lists what was seen."""


@dataclass(frozen=True)
class Found:
    """What is known of a claim here. record: a current one, or None; then problem says why, and what to do."""

    record: Mapping[str, Any] | None
    problem: str
    taken: str = ""


def command(id: str) -> str:
    """The command that runs a claim."""
    return f"pytest proofs/claims.py -k {id} --fresh"


def digest(claim: Claim) -> str:
    """The digest of all that a claim's record depends on."""
    said = {k: v for k, v in _said(claim).items() if k != "id"}
    own = digests.code_digest(f"claims/{claim.module}.py") if _in_package(claim) else inspect.getsource(claim.shown_by)
    versions = {name: version for name, version in store.versions().items() if name != "commit"}
    return digests.combined(said=said, own=own, code=_code(), versions=versions)


@functools.cache
def _code() -> str:
    return digests.code_digest(*(name for name in CODE if (digests.PACKAGE / name).exists()), *_helpers())


def _helpers() -> list[str]:
    """The private modules of this package, which runs share."""
    return sorted(f"claims/{path.name}" for path in (digests.PACKAGE / "claims").glob("_[!_]*.py"))


def _in_package(claim: Claim) -> bool:
    return (digests.PACKAGE / "claims" / f"{claim.module}.py").is_file()


def _said(claim: Claim) -> dict[str, Any]:
    return {
        "id": claim.id,
        "row": claim.row,
        "sentence": claim.sentence,
        "verdict": claim.verdict,
        "by": claim.by,
        "rests_on": list(claim.rests_on),
    }


def examine(claim: Claim) -> dict[str, Any]:
    """Run a claim, judge what was seen, and give its record. Raises Unshown where the run does not bear the claim out."""
    unknown = [id for id in claim.rests_on if id not in all_formulas()]
    if unknown:
        raise Unshown(f"{claim.id} rests on formulas that there are not: {', '.join(unknown)}")
    run = Run()
    begun = time.perf_counter()
    claim.shown_by(run)
    seconds = time.perf_counter() - begun
    faults = list(_faults(claim, run))
    if faults:
        raise Unshown("\n".join([f"{claim.id}: {claim.sentence}", *(f"  {fault}" for fault in faults)]))
    return {
        "schema": store.SCHEMA,
        **_said(claim),
        "premises": [dataclasses.asdict(c) for c in run.premises],
        "foretold": [dataclasses.asdict(c) for c in run.foretold],
        "tables": [
            {"title": t.title, "headings": list(t.headings), "rows": [list(row) for row in t.rows]} for t in run.tables
        ],
        "taken": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
        "versions": store.versions(),
        "digest": digest(claim),
    }


def _faults(claim: Claim, run: Run) -> Iterator[str]:
    """What keeps a run from deciding its claim as stated."""
    if not run.foretold:
        yield "the run compares nothing: say with run.expect what the sentence foretells"
        return
    for premise in run.premises:
        if not premise.holds:
            yield f"the example is none of the sentence: {_words(premise)}"
    if claim.by == "exact computation":
        for comparison in (*run.premises, *run.foretold):
            if any(isinstance(leaf, float) for side in (comparison.left, comparison.right) for leaf in _flat(side)):
                yield f"an exact computation compares no rounded numbers: {_words(comparison)}"
    if run.verdict != claim.verdict:
        yield f"the run says that it {'is ' if run.verdict == 'refuted' else ''}{run.verdict}, not {claim.verdict}:"
        for comparison in run.foretold:
            yield f"  {'as foretold' if comparison.holds else 'not so'}: {_words(comparison)}"


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for part in value:
            yield from _flat(part)
    else:
        yield value


def _words(comparison: Comparison) -> str:
    within = "" if comparison.within is None else f" within {comparison.within:g}"
    return f"{comparison.what}: {comparison.left} {comparison.relation} {comparison.right}{within}"


def folder() -> Path | None:
    """Where a checkout keeps the records of claims; None outside of one."""
    place = store.folder()
    return None if place is None else place / "claims"


def write(record: Mapping[str, Any], place: Path) -> Path:
    """Write a record whole or not at all."""
    return store.write(place, record)


def is_current(claim: Claim, place: Path) -> bool:
    """Whether the record of a claim in a folder can be kept."""
    record = store.read(place, claim.id)
    return record is not None and record["digest"] == digest(claim)


def found(claim: Claim) -> Found:
    """The record of a claim: from the checkout where it is current, else from the release that the package carries."""
    place = folder()
    if place is not None:
        record = store.read(place, claim.id)
        if record is None:
            return Found(None, f"not shown here: run {command(claim.id)}")
        if record["digest"] != digest(claim):
            return Found(None, f"not shown here: the record is out of date; run {command(claim.id)}")
        return Found(record, "", "build/evidence/claims")
    bundle = store.bundle()
    record = None if bundle is None else bundle.get("claims", {}).get(claim.id)
    if bundle is None or record is None:
        return Found(
            None, f"not shown here: the package carries no record of it; in a checkout run {command(claim.id)}"
        )
    if bundle["code"] != _package():
        problem = "not shown here: the package is not as it was released, and its records do not hold for it"
        return Found(None, f"{problem}; in a checkout run {command(claim.id)}")
    return Found(record, "", f"release {bundle['version']}, commit {bundle['commit'] or 'unknown'}")


@functools.cache
def _package() -> str:
    return digests.code_digest(".")


def sentences() -> Iterator[str]:
    """Every piece of prose that a page shows of the claims, whole and once: what there is to translate.

    What a run shows is taken from its record; a claim without a current one gives its sentence alone.
    """
    seen: set[str] = set()
    for claim in all_claims().values():
        record = found(claim).record or {"tables": [], "premises": [], "foretold": []}
        for text in (
            claim.sentence,
            *(text for table in record["tables"] for text in (table["title"], *table["headings"])),
            *(cell for table in record["tables"] for row in table["rows"] for cell in row if _is_prose(cell)),
            *(comparison["what"] for key in ("premises", "foretold") for comparison in record[key]),
        ):
            if text not in seen:
                seen.add(text)
                yield text


def _is_prose(cell: object) -> bool:
    """Whether a cell holds words, and not a number or a name in signs."""
    return isinstance(cell, str) and any(len(word) > 2 and word.isalpha() for word in cell.split())


def collect() -> tuple[dict[str, Any], Sequence[str]]:
    """The records of a checkout by id, and the claims that lack a current one."""
    records, missing = {}, []
    for claim in all_claims().values():
        known = found(claim)
        if known.record is None:
            missing.append(claim.id)
        else:
            records[claim.id] = known.record
    return records, missing
