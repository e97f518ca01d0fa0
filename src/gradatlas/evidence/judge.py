"""The judge of one formula: its proof, the checker's verdict, the oracle, the engine and the mutants, as one record.

A formula passes as a whole or not at all: whatever goes wrong is gathered, and raised as one `Rejected` that says all of it.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from gradatlas.evidence import digests, engine
from gradatlas.evidence.currency import Currency
from gradatlas.evidence.mutants import Mutant, of_formula, without_hypotheses
from gradatlas.evidence.oracle import DIGITS, Oracle, Seen, finite, is_equality, is_trend
from gradatlas.evidence.printing import latex_of, numpy_fault, numpy_of, symbols_of, text_of
from gradatlas.evidence.sampling import SamplingError
from gradatlas.evidence.store import SCHEMA, versions
from gradatlas.formulas.sources import BIBLIOGRAPHY
from gradatlas.formulas.statement import Claim, Formula
from gradatlas.symbolic.axioms import AXIOMS
from gradatlas.symbolic.checker.theorem import Sequent, Theorem, replay, verdict
from gradatlas.symbolic.errors import ProofError
from gradatlas.symbolic.evaluate import EvaluationError
from gradatlas.symbolic.proof import Proof

__all__ = ["Judge", "Rejected"]

MUTANTS: Final = 12  # counted for each formula, at most, or two for each claim where these are more
CANDIDATES: Final = 5  # tried for each that is wanted

Script = Callable[[Proof], object]


class Rejected(AssertionError):
    """A formula that did not pass. faults: everything that went wrong, one sentence each."""

    def __init__(self, id: str, faults: Sequence[str]) -> None:
        self.id = id
        self.faults = tuple(faults)
        super().__init__("\n".join([f"{id} is not accepted:", *(f"  - {fault}" for fault in faults)]))


class _Clock:
    """Processor seconds by what they were spent on: a busy machine does not change them."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}

    @contextmanager
    def on(self, what: str) -> Iterator[None]:
        start = time.process_time()
        try:
            yield
        finally:
            self.spent[what] = self.spent.get(what, 0.0) + time.process_time() - start


@dataclass
class _Proven:
    """What a script reached: the theorems, the proof with its steps, and the ids of the lemmas it cited."""

    proof: Proof
    theorems: Mapping[str, Theorem]
    lemmas: tuple[str, ...]


@dataclass
class _Mutants:
    """The count of mutants, and what became of each."""

    equivalent: int = 0
    without_counterexample: int = 0
    items: list[dict[str, Any]] = field(default_factory=list)

    def json(self) -> dict[str, Any]:
        made = len(self.items)
        return {
            "made": made,
            "equivalent": self.equivalent,
            "refused_by_checker": made,
            "refuted_by_oracle": made - self.without_counterexample,
            "without_counterexample": self.without_counterexample,
            "items": self.items,
        }


class Judge:
    """Judges formulas. scripts: the function that derives each, by id. folder: where the scripts are.

    A proof runs once in a process, for itself and as a lemma of others.
    """

    def __init__(self, formulas: Mapping[str, Formula], scripts: Mapping[str, Script], folder: Path) -> None:
        self.formulas = formulas
        self.scripts = scripts
        self.currency = Currency(formulas, folder)
        self._proven: dict[str, _Proven] = {}
        self._running: list[str] = []

    # Proofs and lemmas.

    def proven(self, id: str) -> _Proven:
        """The proof of a formula, run once in this process. Raises ProofError where it fails."""
        if id not in self._proven:
            if id in self._running:
                raise ProofError(f"a proof rests on itself: {' -> '.join([*self._running, id])}")
            if id not in self.formulas or id not in self.scripts:
                missing = "formula" if id not in self.formulas else "proof"
                raise ProofError(f"there is no {missing} {id!r} to cite as a lemma")
            self._running.append(id)
            try:
                self._proven[id] = self.run(id, self.formulas[id].claims)
            finally:
                self._running.pop()
        return self._proven[id]

    def run(self, id: str, claims: Sequence[Claim]) -> _Proven:
        """The formula's script on these claims, which may be a mutant's. Raises ProofError where one is not reached."""
        cited: dict[str, None] = {}

        def lemma(name: str, claim: str | None) -> Theorem:
            cited.setdefault(name)
            theorems = self.proven(name).theorems
            if claim is None and len(theorems) == 1:
                return next(iter(theorems.values()))
            if claim is None or claim not in theorems:
                raise ProofError(f"the lemma {name} has no claim {claim!r}: it has {', '.join(theorems)}")
            return theorems[claim]

        proof = Proof({c.name: Sequent(c.hypotheses, c.conclusion) for c in claims}, lemma)
        self.scripts[id](proof)
        return _Proven(proof, proof.conclude(), tuple(cited))

    # The whole evidence.

    def examine(self, id: str) -> dict[str, Any]:
        """The evidence of a formula, ready to be written as JSON. Raises Rejected where anything speaks against it."""
        formula = self.formulas[id]
        faults: list[str] = []
        clock = _Clock()
        start = time.process_time()
        try:
            with clock.on("proof"):
                known = self.proven(id)
            with clock.on("replay"):
                for claim in formula.claims:
                    again = replay(known.theorems[claim.name])
                    verdict(Sequent(claim.hypotheses, claim.conclusion), again)
        except ProofError as error:
            raise Rejected(id, [f"the checker refuses the proof: {_refusal(error)}"]) from error
        oracle = Oracle(formula)
        try:
            with clock.on("samples"):
                for claim in formula.claims:
                    oracle.samples(claim)
        except (SamplingError, EvaluationError) as error:
            raise Rejected(id, [f"no samples: {error}"]) from error
        with clock.on("oracle"):
            seen = self._claims(formula, oracle, faults)
        with clock.on("steps"):
            steps = oracle.steps(known.proof.steps)
        faults += [f"a step differs in numbers: {failure}" for failure in steps.failures]
        with clock.on("engine"):
            compared = self._engine(formula, oracle, faults)
        with clock.on("numpy code"):
            code = self._code(formula, oracle, faults)
        mutants = _Mutants()
        if not faults:  # the oracle must pass the statement before it may judge mutants
            self._mutants(formula, oracle, known, mutants, clock, faults)
        if faults:
            raise Rejected(id, faults)
        with clock.on("printing"):
            record = _record(formula, known, code)
        parts = self.currency.parts(id, lambda name: self.proven(name).lemmas)
        assert parts is not None
        used = versions()
        record.update(
            oracle=[_oracle_json(s) for s in seen if not is_trend(formula.claim(s.claim).conclusion)],
            trends=[
                {"claim": s.claim, "sizes": dict(s.sample.sizes), "seed": s.sample.seed, "seen": s.reason or "holds"}
                for s in seen
                if is_trend(formula.claim(s.claim).conclusion)
            ],
            steps_checked={"compared": steps.compared, "digits": steps.digits},
            definition={
                "compared": any(c.mode == "forward" for c in compared),
                "samples": [c.json() for c in compared if c.mode == "forward"],
            },
            engine=[c.json() for c in compared if c.mode in ("vjp", "jvp")],
            adjoint_identity=[c.json() for c in compared if c.mode == "adjoint identity"],
            second_order=[c.json() for c in compared if c.mode == "second order"],
            mutants=mutants.json(),
            versions=used,
            statement_digest=parts["statement"],
            proof_digest=parts["proof"],
            digest=digests.evidence_digest(parts, used),
            seconds=round(time.process_time() - start, 3),
            timing={what: round(seconds, 3) for what, seconds in clock.spent.items()},
        )
        return record

    def _claims(self, formula: Formula, oracle: Oracle, faults: list[str]) -> list[Seen]:
        """Every claim at every sample."""
        found = []
        for claim in formula.claims:
            own = [oracle.judge(claim, sample) for sample in oracle.samples(claim)]
            for seen in own:
                if seen.status == "fails":
                    faults.append(f"the oracle refutes the claim {claim.name!r}: {seen.witness}")
                    break
                if seen.status == "inconclusive":
                    faults.append(f"the oracle cannot judge the claim {claim.name!r}: {seen.reason}")
                    break
            if not any(seen.checked for seen in own) and not faults:
                faults.append(f"the claim {claim.name!r} was vacuous at every sample: give the statement samples=")
            found += own
        return found

    def _engine(self, formula: Formula, oracle: Oracle, faults: list[str]) -> list[engine.Comparison]:
        found: list[engine.Comparison] = []
        for link in formula.engine:
            try:
                found += engine.compare(formula, link, oracle.samples(formula.claim(link.claim)))
            except engine.Mismatch as error:
                faults.append(f"the engine disagrees: {error}")
        return found

    def _code(self, formula: Formula, oracle: Oracle, faults: list[str]) -> str:
        """The NumPy code, which must compute what the statement says."""
        code = numpy_of(formula)
        for name in code.functions:
            for sample in oracle.samples(formula.claim(name))[-2:]:
                fault = numpy_fault(formula, code, name, sample.assignment)
                if fault:
                    faults.append(fault)
        return code.source

    # Mutants.

    def _mutants(
        self, formula: Formula, oracle: Oracle, known: _Proven, found: _Mutants, clock: _Clock, faults: list[str]
    ) -> None:
        wanted = max(MUTANTS, 2 * len(formula.claims))
        for mutant in itertools.islice(of_formula(formula), CANDIDATES * wanted):
            if len(found.items) >= wanted:
                break
            self._mutant(formula, oracle, mutant, found, clock, faults)
        if not found.items and not faults:
            faults.append("no mutant differs from the statement: what it says cannot be told from anything else")
        for mutant in without_hypotheses(formula):
            self._dropped(formula, oracle, known, mutant, found, clock, faults)

    def _mutant(
        self, formula: Formula, oracle: Oracle, mutant: Mutant, found: _Mutants, clock: _Clock, faults: list[str]
    ) -> None:
        """One change of one claim: it must be refuted in numbers and refused by the checker, each for itself."""
        changed = next(c for c in mutant.claims if c.name == mutant.changed)
        with clock.on("mutants (oracle)"):
            seen = oracle.refute(changed)
            if seen is None:
                original = formula.claim(mutant.changed)
                if is_equality(original.conclusion) and oracle.differs(original, changed):
                    faults.append(f"the oracle does not refute a mutant ({mutant.description}): {changed.conclusion!r}")
                else:
                    found.equivalent += 1
                return
        with clock.on("mutants (checker)"):
            refusal = self._refused(formula.id, mutant)
        if refusal is None:
            faults.append(f"THE CHECKER ACCEPTS A FALSE MUTANT ({mutant.description}): {changed.conclusion!r}")
            return
        if refusal.startswith("crash"):
            faults.append(f"the proof breaks on a mutant ({mutant.description}) instead of failing: {refusal}")
            return
        found.items.append(
            {
                "kind": mutant.kind,
                "description": mutant.description,
                "latex": latex_of(changed.conclusion),
                "checker": refusal,
                "oracle": seen.witness,
            }
        )

    def _refused(self, id: str, mutant: Mutant) -> str | None:
        """How the checker refuses a mutant; None where it does not."""
        try:
            self.run(id, mutant.claims)
        except ProofError as error:
            return _refusal(error)
        except Exception as error:
            return f"crash: {type(error).__name__}: {error}"
        return None

    def _dropped(
        self,
        formula: Formula,
        oracle: Oracle,
        known: _Proven,
        mutant: Mutant,
        found: _Mutants,
        clock: _Clock,
        faults: list[str],
    ) -> None:
        """A hypothesis dropped: the verdict on what was derived must then be a refusal, for at least one claim."""
        assert mutant.dropped is not None
        refusals = []
        with clock.on("mutants (checker)"):
            for claim in mutant.claims:
                try:
                    verdict(Sequent(claim.hypotheses, claim.conclusion), known.theorems[claim.name])
                except ProofError as error:
                    refusals.append(str(error))
        if not refusals:
            faults.append(f"the proof does not need the hypothesis {text_of(mutant.dropped)}: take it out")
            return
        with clock.on("mutants (oracle)"):
            needing = [c for c in mutant.claims if c != formula.claim(c.name)]
            seen = oracle.counterexample(needing, mutant.dropped)
        if seen is None:
            found.without_counterexample += 1
        found.items.append(
            {
                "kind": mutant.kind,
                "description": f"without the hypothesis {text_of(mutant.dropped)}",
                "latex": latex_of(mutant.dropped),
                "checker": refusals[0],
                "oracle": seen.witness if seen else "needed by the proof; no counterexample found",
            }
        )


def _refusal(error: ProofError) -> str:
    """Why the checker refuses: the residual where there is one, else its words."""
    if error.residual is not None:
        return _short(f"residual {text_of(error.residual)}")
    return _short(str(error) or type(error).__name__)


def _short(words: str, most: int = 400) -> str:
    """Words cut where they go on for too long to be read."""
    return words if len(words) <= most else f"{words[:most].rstrip()} ..."


def _oracle_json(seen: Seen) -> dict[str, Any]:
    found: dict[str, Any] = {
        "claim": seen.claim,
        "sizes": dict(seen.sample.sizes),
        "seed": seen.sample.seed,
        "digits": float(DIGITS) if seen.margin is not None else finite(seen.digits),
        "checked": seen.checked,
    }
    if seen.margin is not None:
        found["margin"] = seen.margin
    return found


def _record(formula: Formula, known: _Proven, code: str) -> dict[str, Any]:
    """What the record says of the statement and its derivation."""
    axioms = sorted(set().union(*(t.axioms for t in known.theorems.values())))
    hypotheses = dict.fromkeys(h for claim in formula.claims for h in claim.hypotheses)
    return {
        "schema": SCHEMA,
        "id": formula.id,
        "title": formula.title,
        "chapter": formula.chapter,
        "aliases": list(formula.aliases),
        "summary": formula.summary,
        "of": list(formula.of),
        "status": "proven, any size" if formula.fixed_size is None else "proven, fixed size",
        "fixed_size": None
        if formula.fixed_size is None
        else {"sizes": dict(formula.fixed_size.sizes), "why": formula.fixed_size.why},
        "claims": [
            {
                "name": claim.name,
                "latex": latex_of(claim.conclusion),
                "text": text_of(claim.conclusion),
                "hypotheses": [{"latex": latex_of(h), "text": text_of(h)} for h in claim.hypotheses],
                "axioms": sorted(known.theorems[claim.name].axioms),
                "steps": [
                    {
                        "n": step.n,
                        "rule": step.rule,
                        "why": step.why,
                        "latex": latex_of(step.shown),
                        "text": text_of(step.shown),
                        "lemma": step.lemma,
                    }
                    for step in known.proof.steps[claim.name]
                ],
            }
            for claim in formula.claims
        ],
        "symbols": symbols_of(formula),
        "axioms": [{"id": id, "title": AXIOMS[id].title if id in AXIOMS else id} for id in axioms],
        "lemmas": list(known.lemmas),
        "hypotheses": [text_of(h) for h in hypotheses],
        "numpy_code": code,
        "source": [
            {"kind": "document", "row": source.key}
            if source.kind == "document"
            else {
                "kind": "citation",
                "key": source.key,
                "text": BIBLIOGRAPHY[source.key].text,
                "doi": BIBLIOGRAPHY[source.key].doi,
            }
            for source in formula.source
        ],
    }
