"""The oracle's part of the evidence: claims, steps and mutants judged in 50 and more digits at samples.

The unmutated claims and every mutant go through the same function, `Oracle.judge`.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import mpmath

from gradatlas.evidence.sampling import AlikeError, Sample, Sampler, SamplingError, satisfied
from gradatlas.formulas.statement import Claim, Formula, is_abstract
from gradatlas.symbolic.checker.theorem import Theorem
from gradatlas.symbolic.evaluate import (
    Assignment,
    EvaluationError,
    NotDifferentiableError,
    Verdict,
    evaluate,
    holds,
    random_array,
    random_real,
)
from gradatlas.symbolic.proof import Step
from gradatlas.symbolic.propositions import (
    Continuous,
    Diverges,
    Eq,
    ForAll,
    HasDerivative,
    Implies,
    Le,
    Lt,
    Ne,
    Proposition,
    Tends,
    free_variables_of,
    terms_of,
)
from gradatlas.symbolic.terms import Array, Call, Function, Index, Sym, Term, free_variables, loose, walk

__all__ = ["DIGITS", "Oracle", "Seen", "Steps"]

DIGITS: Final = 50
WORKING: Final = 70
SEARCHED: Final = 10  # samples looked at in each way, for a counterexample to a statement without a hypothesis
ENTRIES: Final = 12  # at most so many entries of an array are looked at for each sample
PATIENCE: Final = 4  # samples that satisfy a hypothesis although it was dropped, before the search is given up
CHOICES: Final = 6  # of free indices, for a step that assumes something of them


@dataclass(frozen=True)
class Seen:
    """What the oracle saw of one claim at one sample. witness: where it fails, in words; empty where it does not."""

    claim: str
    sample: Sample
    status: str
    digits: float
    margin: float | None
    checked: int
    reason: str
    witness: str


@dataclass(frozen=True)
class Steps:
    """How many steps of a derivation were compared, how many could not be, and the least agreement in digits."""

    compared: int
    skipped: int
    digits: float | None
    failures: tuple[str, ...]


class Oracle:
    """Judges one formula. seeds: how many samples at the last choice of sizes."""

    def __init__(self, formula: Formula, seeds: int = 2) -> None:
        self.formula = formula
        self._seeds = seeds
        self._samples: dict[tuple[Proposition, ...], tuple[Sample, ...]] = {}
        self._values: dict[tuple[Term, int, tuple[int, ...]], Any] = {}

    def samples(self, claim: Claim) -> tuple[Sample, ...]:
        """Samples that satisfy a claim's hypotheses. Raises SamplingError where there are none."""
        alike = [c for c in self.formula.claims if c.hypotheses == claim.hypotheses]
        if claim.hypotheses not in self._samples:
            # Seeds tell samples apart in the memory of values: those of other hypotheses begin elsewhere.
            first = 100 * len(self._samples)
            self._samples[claim.hypotheses] = tuple(Sampler(self.formula, alike).samples(self._seeds, first))
        return self._samples[claim.hypotheses]

    def judge(self, claim: Claim, sample: Sample) -> Seen:
        """Whether the claim's conclusion holds at the sample; its hypotheses are the sample's business."""
        conclusion = claim.conclusion
        over = _free_indices(conclusion, *claim.hypotheses)
        of_an_index = [h for h in claim.hypotheses if _free_indices(h)]
        found: list[Verdict] = []
        for where in self._entries(over, sample, claim.name):
            # A free index is one index throughout the claim: where a hypothesis does not hold of it, nothing is claimed.
            here = sample.assignment.with_(dict(zip(over, where, strict=True)))
            if not all(satisfied(h, here, fixed=True) for h in of_an_index):
                continue
            verdict = self._at(conclusion, sample, dict(zip(over, where, strict=True)))
            found.append(verdict)
            if verdict.status == "fails":
                at = ", ".join(f"{i.name}={v}" for i, v in zip(over, where, strict=True))
                return self._seen(claim, sample, verdict, found, at)
        undecided = [v for v in found if v.status == "inconclusive"]
        worst = (undecided or sorted(found, key=lambda v: v.digits) or [Verdict("holds", checked=0)])[0]
        return self._seen(claim, sample, worst, found, "")

    def _seen(self, claim: Claim, sample: Sample, worst: Verdict, all_: Sequence[Verdict], at: str) -> Seen:
        margins = [v.margin for v in all_ if v.margin is not None]
        witness = ""
        if worst.status == "fails":
            sizes = ", ".join(f"{n}={v}" for n, v in sorted(sample.sizes.items()))
            bound = ", ".join(f"{n}: {v}" for n, v in worst.witness.items())
            witness = f"{'; '.join(p for p in (sizes, f'seed {sample.seed}', at, bound) if p)}: {worst.reason}"
        return Seen(
            claim=claim.name,
            sample=sample,
            status=worst.status,
            digits=min((v.digits for v in all_), default=float("inf")),
            margin=min(margins) if margins and is_inequality(claim.conclusion) else None,
            checked=sum(v.checked for v in all_),
            reason=worst.reason,
            witness=witness,
        )

    def _entries(self, over: Sequence[Index], sample: Sample, salt: str) -> list[tuple[int, ...]]:
        """The entries to look at: all of them, or a choice that has the corners in it."""
        ranges = [range(int(evaluate(i.size, sample.assignment, 15))) for i in over]
        count = 1
        for r in ranges:
            count *= len(r)
        if count <= ENTRIES:
            return list(itertools.product(*ranges))
        rng = random.Random(f"{self.formula.id}/{salt}/{sample.seed}")
        corners = [tuple(r[0] for r in ranges), tuple(r[-1] for r in ranges)]
        chosen = dict.fromkeys(corners)
        while len(chosen) < ENTRIES:
            chosen.setdefault(tuple(rng.choice(r) for r in ranges))
        return list(chosen)

    def _at(self, conclusion: Proposition, sample: Sample, where: Mapping[Any, int]) -> Verdict:
        assignment = sample.assignment.with_(dict(where))
        rng = random.Random(f"{self.formula.id}/{sample.seed}")
        try:
            if isinstance(conclusion, Eq):
                left, right = (self._value(side, sample, where) for side in (conclusion.left, conclusion.right))
                return compare(left, right)
            return holds(conclusion, assignment, DIGITS, rng=rng, tries=6)
        except NotDifferentiableError as error:
            return Verdict("fails", 0.0, reason=str(error))
        except EvaluationError as error:
            return Verdict("inconclusive", 0.0, reason=str(error), checked=0)

    def _value(self, side: Term, sample: Sample, where: Mapping[Any, int]) -> Any:
        """A side's value, remembered: the left side of a claim is that of all its mutants."""
        free = free_variables(side)
        own = {i: v for i, v in where.items() if i in free}
        key = (side, sample.seed, tuple(own.values()))
        if key not in self._values:
            self._values[key] = evaluate(side, sample.assignment.with_(dict(where)), WORKING)
        return self._values[key]

    def differs(self, original: Claim, altered: Claim) -> bool:
        """Whether an altered conclusion differs from the original in the value of a term, on some sample."""
        both = zip(_asserted(original.conclusion), _asserted(altered.conclusion), strict=True)
        pairs = [(a, b) for a, b in both if a is not b]
        for sample in self.samples(original):
            for one, other in pairs:
                over = sorted(
                    {v for v in free_variables(one) | free_variables(other) if isinstance(v, Index)},
                    key=lambda v: (v.name, v.uid),
                )
                for where in self._entries(over, sample, "differs"):
                    assignment = sample.assignment.with_(dict(zip(over, where, strict=True)))
                    try:
                        left, right = evaluate(one, assignment, WORKING), evaluate(other, assignment, WORKING)
                    except EvaluationError:
                        continue
                    if not _same(left, right):
                        return True
        return False

    def refute(self, claim: Claim) -> Seen | None:
        """The first sample at which the claim fails; None where it fails at none."""
        # The last sizes are the largest, where most mutants differ: try them first.
        for sample in reversed(self.samples(claim)):
            seen = self.judge(claim, sample)
            if seen.status == "fails":
                return seen
        return None

    def counterexample(self, claims: Sequence[Claim], dropped: Proposition) -> Seen | None:
        """Values that satisfy the hypotheses but one, at which one of the claims fails; None where none is found.

        First its negation is assumed, then nothing is; what it speaks of is drawn without the formula's own samplers,
        which may know of it, and at last with them.
        """
        others = list(dict.fromkeys(h for c in claims for h in c.hypotheses))
        spoken = [v for v in free_variables_of(dropped) if isinstance(v, Array | Sym)] + _functions(dropped)
        negated = negation(dropped)
        ways = [Sampler(self.formula, claims, others, spoken), Sampler(self.formula, claims, others)]
        if negated is not None:
            ways.insert(0, Sampler(self.formula, claims, [*others, negated], spoken))
        for way, sampler in enumerate(ways):
            found = self._fails(claims, dropped, sampler, 1000 * (way + 1))
            if found is not None:
                return found
        return None

    def _fails(self, claims: Sequence[Claim], dropped: Proposition, sampler: Sampler, first: int) -> Seen | None:
        alike = 0
        for seed, sizes in enumerate(itertools.islice(itertools.cycle(sampler.sizes()), SEARCHED)):
            try:
                sample = sampler.sample(sizes, first + seed, tries=3, against=dropped, late=_is_heavy(dropped))
            except AlikeError:
                alike += 1
                if alike == PATIENCE:
                    return None
                continue
            except SamplingError:
                continue
            for claim in claims:
                seen = self.judge(claim, sample)
                if seen.status == "fails":
                    return seen
        return None

    def steps(self, steps: Mapping[str, Sequence[Step]]) -> Steps:
        """Every step of the derivations in numbers at one sample: a link of the chain equals its start, a fact holds."""
        compared, skipped, least, failures = 0, 0, float("inf"), []
        for name, several in steps.items():
            claim = self.formula.claim(name)
            sample = max(self.samples(claim), key=lambda s: (sum(s.sizes.values()), s.seed))
            start: Term | None = None
            for step in several:
                if isinstance(step.shown, Term):
                    if step.rule == "start" or start is None:
                        start = step.shown
                        continue
                    shown: Proposition = Eq(start, step.shown)
                else:
                    shown = step.shown
                verdict = self._step(shown, step.theorem, sample, claim)
                if verdict is None:
                    skipped += 1
                    continue
                compared += 1
                least = min(least, verdict.digits)
                if verdict.status == "fails":
                    failures.append(f"{name}, step {step.n} ({step.rule}): {verdict.reason}")
        return Steps(compared, skipped, finite(least) if compared else None, tuple(failures))

    def _step(self, proposition: Proposition, theorem: Theorem | None, sample: Sample, claim: Claim) -> Verdict | None:
        """The verdict on a step; None where its own hypotheses do not hold at the sample, or it cannot be computed."""
        given = sorted(theorem.hypotheses, key=repr) if theorem is not None else []
        if any(_is_heavy(p) for p in (proposition, *given)):
            return None
        # What the claim or the step assumes of a free index has to hold of the one that is chosen: a few are tried.
        assumed = [h for h in claim.hypotheses if _free_indices(h)] + [h for h in given if h not in claim.hypotheses]
        for attempt in range(CHOICES):
            completed = _complete(sample, [proposition, *given, *assumed], attempt)
            if completed is None:
                return None
            if all(satisfied(h, completed, fixed=True) for h in assumed):
                break
        else:
            return None
        try:
            verdict = holds(proposition, completed, DIGITS, rng=random.Random(sample.seed), tries=4)
        except EvaluationError:
            return None
        return None if verdict.status == "inconclusive" else verdict


def compare(left: Any, right: Any) -> Verdict:
    """Whether two numbers agree to 50 digits, relative to the larger of 1 and the two."""
    with mpmath.workdps(WORKING):
        if _same(left, right):
            agree = digits_of_agreement(left, right)
            return Verdict("holds", agree, float(right - left))
        sides = f"left {mpmath.nstr(left, 12)}, right {mpmath.nstr(right, 12)}"
        return Verdict("fails", digits_of_agreement(left, right), float(right - left), reason=sides)


def digits_of_agreement(left: Any, right: Any) -> float:
    """To how many decimal digits two numbers agree; infinity where they are the same."""
    if left == right:
        return float("inf")
    return float(-mpmath.log10(abs(left - right) / max(1, abs(left), abs(right))))


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, list):
        return all(_same(a, b) for a, b in zip(left, right, strict=True))
    return digits_of_agreement(left, right) >= DIGITS


def finite(digits: float) -> float:
    """Digits for the record: of sides that are identical, those that were computed."""
    return round(min(digits, float(WORKING)), 1)


def negation(hypothesis: Proposition) -> Proposition | None:
    """What denies a hypothesis, at every index where it speaks of all; None where that is no equation or inequality."""
    match hypothesis:
        case Lt(left, right):
            return Le(right, left)
        case Le(left, right):
            return Lt(right, left)
        case Ne(left, right):
            return Eq(left, right)
        case ForAll(kind, shape, body):
            inner = negation(body)
            return None if inner is None else ForAll(kind, shape, inner)
        case _:
            return None


def _functions(proposition: Proposition) -> list[Function]:
    """The abstract functions that a proposition speaks of."""
    parts = (part for root in terms_of(proposition) for part in walk(root))
    return [part.head for part in parts if isinstance(part, Call) and is_abstract(part.head)]


def _bare(conclusion: Proposition) -> Proposition:
    while isinstance(conclusion, ForAll | Implies):
        conclusion = conclusion.body if isinstance(conclusion, ForAll) else conclusion.conclusion
    return conclusion


def is_inequality(conclusion: Proposition) -> bool:
    """True for <=, < and a difference from a value, under any quantifiers."""
    return isinstance(_bare(conclusion), Le | Lt | Ne)


def is_trend(conclusion: Proposition) -> bool:
    """True for what numbers can only suggest: limits, divergence, continuity."""
    return isinstance(_bare(conclusion), Tends | Diverges | Continuous)


def is_equality(conclusion: Proposition) -> bool:
    """True for what a change of a value must break: an equality, a derivative, a limit."""
    return isinstance(_bare(conclusion), Eq | HasDerivative | Tends)


def _asserted(conclusion: Proposition) -> list[Term]:
    """The terms that stand in a conclusion outside every binder."""
    return [t for t in terms_of(conclusion) if not loose(t)]


def _free_indices(*propositions: Proposition) -> tuple[Index, ...]:
    found = {v for p in propositions for v in free_variables_of(p) if isinstance(v, Index)}
    return tuple(sorted(found, key=lambda v: (v.name, v.uid)))


def _is_heavy(proposition: Proposition) -> bool:
    """True for a statement about limits, which takes a thousand evaluations to judge; its claim is judged elsewhere."""
    return is_trend(proposition)


def _complete(sample: Sample, propositions: Iterable[Proposition], attempt: int = 0) -> Assignment | None:
    """The sample with values for variables that a derivation brought in; None where one cannot be given."""
    free: dict[Term, None] = {}
    for p in propositions:
        free.update(dict.fromkeys(free_variables_of(p)))
    rng = random.Random(sample.seed + 7919 * attempt)
    given = sample.assignment
    order = sorted(free, key=lambda v: (isinstance(v, Index), isinstance(v, Array), repr(v)))
    try:
        for variable in order:
            if isinstance(variable, Index):
                size = int(evaluate(variable.size, given, 15))
                if size <= 0:
                    return None
                given = given.with_({variable: rng.randrange(size)})
            elif isinstance(variable, Sym | Array) and variable not in given:
                value = _random(variable, given, rng)
                given = given.with_({variable: value})
    except EvaluationError:
        return None
    return given


def _random(variable: Sym | Array, given: Assignment, rng: random.Random) -> Any:
    if isinstance(variable, Sym):
        return random_real(rng) if variable.kind == "real" else rng.randint(0, 2)
    if variable.params:
        raise EvaluationError(f"no member of the family {variable.name} is known")
    return random_array(rng, [int(evaluate(s, given, 15)) for s in variable.shape])
