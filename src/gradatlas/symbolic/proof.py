"""How a derivation is written: a chain of steps from the left side of a claim to its right side, each checked on the spot.

Nothing here is trusted. A Proof only calls the checker's rules, keeps the steps for the reader, and at the end offers the
theorem it reached; the checker's verdict decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from gradatlas.symbolic import checker
from gradatlas.symbolic.canonical import canonical
from gradatlas.symbolic.checker.equations import under_binders, unfold_in
from gradatlas.symbolic.checker.signs import facts_from
from gradatlas.symbolic.checker.theorem import Sequent, Theorem, verdict
from gradatlas.symbolic.errors import ProofError
from gradatlas.symbolic.propositions import Eq, HasDerivative, Lt, Proposition, free_variables_of
from gradatlas.symbolic.terms import (
    ZERO,
    Array,
    Call,
    Deriv,
    Function,
    Index,
    Sym,
    Term,
    TermLike,
    free_variables,
    fresh_array,
    fresh_index,
    fresh_symbol,
    opened,
    term,
    walk,
)

__all__ = ["Proof", "Step"]


@dataclass(frozen=True)
class Step:
    """One line of a derivation: what stands there now, by which rule, and why.

    chained: whether `shown` is equal to the line before (a link of the chain) or a fact stated beside it.
    """

    n: int
    rule: str
    why: str
    shown: Term | Proposition
    lemma: str | None = None
    theorem: Theorem | None = field(default=None, compare=False, repr=False)
    chained: bool = False


@dataclass
class _Work:
    """What has been done so far on one claim."""

    sequent: Sequent
    steps: list[Step] = field(default_factory=list)
    chain: list[Theorem] = field(default_factory=list)
    current: Term | None = None
    facts: list[Theorem] = field(default_factory=list)
    reached: Theorem | None = None


class Proof:
    """A derivation in the making. One claim is worked on directly; several inside `with proof.claim(name):`."""

    def __init__(
        self,
        claims: Mapping[str, Sequent],
        lemma: Callable[[str, str | None], Theorem] | None = None,
    ) -> None:
        self._works = {name: _Work(sequent) for name, sequent in claims.items()}
        self._active: _Work | None = next(iter(self._works.values())) if len(self._works) == 1 else None
        self._lemma = lemma

    # What is to be shown.

    @property
    def _work(self) -> _Work:
        if self._active is None:
            raise ProofError(f"this formula makes several claims: say `with proof.claim(name)`, of {list(self._works)}")
        return self._active

    @contextmanager
    def claim(self, name: str) -> Iterator[Proof]:
        """Work on one claim of several."""
        if name not in self._works:
            raise ProofError(f"there is no claim {name!r} among {list(self._works)}")
        before, self._active = self._active, self._works[name]
        try:
            yield self
        finally:
            self._active = before

    @property
    def goal(self) -> Proposition:
        """The conclusion to be reached."""
        return self._work.sequent.conclusion

    @property
    def left(self) -> Term:
        """The left side of the goal, an equation or an inequality."""
        return _side(self.goal, "left")

    @property
    def right(self) -> Term:
        """The right side of the goal, an equation or an inequality."""
        return _side(self.goal, "right")

    @property
    def given(self) -> list[Theorem]:
        """The stated hypotheses, each assumed."""
        return [checker.assume(h) for h in self._work.sequent.hypotheses]

    @property
    def steps(self) -> dict[str, list[Step]]:
        """The steps taken, by claim."""
        return {name: list(work.steps) for name, work in self._works.items()}

    @property
    def current(self) -> Term:
        """Where the chain stands: the left side of the goal before the first step."""
        work = self._work
        if work.current is None:
            work.current = self.left
            self._note("start", "what is to be computed", work.current)
        return work.current

    # Facts.

    def known(self, *theorems: Theorem) -> None:
        """From here on these facts are used by every step of this claim, beside the stated hypotheses."""
        self._work.facts.extend(theorems)

    def have(self, theorem: Theorem, why: str) -> Theorem:
        """A fact derived on the side: it becomes a line of the derivation, and is returned."""
        self._note(theorem.rule, why, theorem.conclusion, theorem=theorem)
        return theorem

    def lemma(self, name: str, claim: str | None = None, why: str = "") -> Theorem:
        """A formula proven elsewhere, as a theorem."""
        if self._lemma is None:
            raise ProofError(f"no lemmas are at hand: {name!r} cannot be cited")
        cited = checker.named_lemma(self._lemma(name, claim), name)
        self._note("lemma", why or f"proven as {name}", cited.conclusion, lemma=name, theorem=cited)
        return cited

    def nonempty(self, index_or_size: Term) -> Theorem:
        """The fact 0 < n. It is discharged at the end where the claim speaks of an index below n."""
        n = index_or_size.size if isinstance(index_or_size, Index) else index_or_size
        return checker.assume(Lt(ZERO, n))

    def sign(self, claim: Proposition, *facts: Theorem, why: str = "its sign is read off its structure") -> Theorem:
        """A sign, derived and noted; it is also used by every later step."""
        theorem = checker.sign(claim, self._facts(facts))
        self.known(theorem)
        return self.have(theorem, why)

    def _facts(self, extra: Iterable[Theorem] = ()) -> tuple[Theorem, ...]:
        return (*self.given, *self._work.facts, *extra)

    # Steps of the chain.

    def by_partials(self, slope: Theorem, *claims: str) -> None:
        """The claims on tangents and cotangents of what has partial derivatives by assumption, which slope gives."""
        for name in claims or ("tangent", "cotangent"):
            with self.claim(name):
                self.differentiate("the factor is differentiable, by assumption")
                self.rewrite(slope, "its partial derivatives, proven above")
                self.contract("summed over all entries")

    def differentiate(self, why: str = "the derivatives are carried out", facts: Iterable[Theorem] = ()) -> Term:
        """Every partial derivative in the expression is carried out."""
        given = self._facts(facts)
        for _ in range(100):
            node = _innermost_derivative(self.current)
            if node is None:
                return self.current
            self._advance(checker.rewrite(self.current, _value_of(node, given)), "differentiate", why)
        raise ProofError("differentiate: the derivatives do not come to an end")

    def contract(self, why: str = "sums over Kronecker deltas collapse", facts: Iterable[Theorem] = ()) -> Term:
        """The expression is brought to canonical form."""
        given = self._facts(facts)
        return self._restate(canonical(self.current, facts_from(given)).term(), "rearrange", why, given, (), ())

    tidy = contract

    def unfold(self, *calls: Term, why: str = "by definition") -> Term:
        """Named definitions (all, or these) are replaced by what they stand for."""
        heads = _heads(calls) or _heads(walk(self.current))
        return self._restate(unfold_in(self.current, heads), "definition", why, (), heads, ())

    def restate(
        self,
        to: TermLike,
        why: str,
        facts: Iterable[Theorem] = (),
        unfold: Iterable[Term] = (),
        denominators: Iterable[Term] = (),
    ) -> Term:
        """The expression is written as another of the same canonical form (definitions in `unfold` read through)."""
        heads = _heads(unfold)
        rule = "definition" if heads else "rearrange"
        return self._restate(term(to), rule, why, self._facts(facts), heads, tuple(denominators))

    def rewrite(self, theorem: Theorem, why: str, lemma: str | None = None) -> Term:
        """Equals are put for equals, wherever the equation's left side occurs."""
        names = sorted(theorem.lemmas)
        cited = lemma or (names[0] if theorem.rule == "lemma" and names else None)
        return self._advance(checker.rewrite(self.current, theorem), "rewrite", why, cited)

    def then(self, theorem: Theorem, why: str) -> Term:
        """The chain goes on by an equation whose left side is the expression as it stands."""
        return self._advance(theorem, theorem.rule, why)

    def _restate(
        self,
        to: Term,
        rule: str,
        why: str,
        facts: tuple[Theorem, ...],
        unfold: tuple[Function, ...],
        denominators: tuple[Term, ...],
    ) -> Term:
        theorem = checker.equation(self.current, to, facts, unfold, denominators)
        return self._advance(theorem, rule, why)

    def _advance(self, theorem: Theorem, rule: str, why: str, lemma: str | None = None) -> Term:
        claim = theorem.conclusion
        if not isinstance(claim, Eq) or claim.left is not self.current:
            raise ProofError(f"the step does not start where the chain stands: {claim!r} against {self.current!r}")
        work = self._work
        work.chain.append(theorem)
        work.current = claim.right
        self._note(rule, why, claim.right, lemma=lemma, theorem=theorem, chained=True)
        return claim.right

    def _note(
        self,
        rule: str,
        why: str,
        shown: Term | Proposition,
        *,
        lemma: str | None = None,
        theorem: Theorem | None = None,
        chained: bool = False,
    ) -> None:
        steps = self._work.steps
        steps.append(Step(len(steps) + 1, rule, why, shown, lemma, theorem, chained))

    # The end.

    def chain(self) -> Theorem:
        """The equation between the start of the chain and where it stands now; the chain is then begun anew."""
        work = self._work
        if not work.chain:
            raise ProofError("the chain has no step yet")
        theorem = checker.transitive(*work.chain)
        work.chain, work.current = [], None
        return theorem

    def begin(self, start: TermLike, why: str = "what is to be computed") -> Term:
        """A chain is begun at another expression than the goal's left side."""
        work = self._work
        work.chain, work.current = [], term(start)
        self._note("start", why, work.current)
        return work.current

    def reached(
        self,
        theorem: Theorem,
        why: str = "which is the claim",
        facts: Iterable[Theorem] = (),
        unfold: Iterable[Term] = (),
    ) -> Theorem:
        """The claim is this theorem, as it stands or with its parts in another form; the theorem claimed is returned."""
        if theorem.conclusion != self.goal:
            theorem = checker.convert(theorem, self.goal, self._facts(facts), _heads(unfold))
        self._note(theorem.rule, why, theorem.conclusion, theorem=theorem)
        self._work.reached = theorem
        return theorem

    def derive(
        self,
        why: str = "the derivative is carried out",
        then: str = "which is the claim",
        facts: Iterable[Theorem] = (),
        unfold: Iterable[Term] = (),
        denominators: Iterable[Term] = (),
    ) -> Theorem:
        """The claim that something is differentiable, with a gradient: carried out by the rules, then written as claimed."""
        goal = self.goal
        if not isinstance(goal, HasDerivative):
            raise ProofError(f"{goal!r} is not about a derivative")
        known, heads, bases = self._facts(facts), _heads(unfold), tuple(denominators)
        over = tuple(fresh_index(s, "a") for s in goal.shape)
        theorem = checker.differentiate(opened(goal.body, goal.point), goal.point, over, known)
        theorem = self.have(theorem, why)
        if bases and isinstance(theorem.conclusion, HasDerivative):
            same = checker.equation(theorem.conclusion.gradient, goal.gradient, known, heads, bases)
            theorem = checker.rewrite_in(theorem, same)
        if theorem.conclusion == goal:
            self._work.reached = theorem
            return theorem
        return self.reached(theorem, then, known, unfold)

    def conclude(self) -> dict[str, Theorem]:
        """The theorems reached, one for each claim; raises ProofError where one is missing or not what was claimed."""
        return {name: self._conclude(name, work) for name, work in self._works.items()}

    def _conclude(self, name: str, work: _Work) -> Theorem:
        theorem = work.reached
        if theorem is None:
            before, self._active = self._active, work
            try:
                theorem = self._close_chain(work)
            finally:
                self._active = before
        for hypothesis in sorted(theorem.hypotheses - set(work.sequent.hypotheses), key=repr):
            theorem = _discharge_nonempty(theorem, hypothesis)
        verdict(work.sequent, theorem)
        return theorem

    def _close_chain(self, work: _Work) -> Theorem:
        goal = work.sequent.conclusion
        if not isinstance(goal, Eq):
            raise ProofError(f"the claim {goal!r} has not been reached")
        if self.current is not goal.right:
            last = checker.equation(self.current, goal.right, self._facts())
            work.chain.append(last)
            self._note("rearrange", "which is the claim", goal.right, theorem=last, chained=True)
        return checker.transitive(*work.chain) if work.chain else checker.equation(goal.left, goal.right)


def _side(goal: Proposition, side: str) -> Term:
    value = getattr(goal, side, None)
    if not isinstance(value, Term):
        raise ProofError(f"{goal!r} has no {side} side: derive it with the checker's rules and say `proof.reached`")
    return value


def _heads(terms: Iterable[Term]) -> tuple[Function, ...]:
    found = {t.head: None for t in terms if isinstance(t, Call) and t.head.definition is not None}
    return tuple(found)


def _discharge_nonempty(theorem: Theorem, hypothesis: Proposition) -> Theorem:
    """The hypothesis 0 < n dropped where the theorem speaks of an index below n."""
    if not isinstance(hypothesis, Lt) or hypothesis.left is not ZERO:
        return theorem
    others = theorem.hypotheses - {hypothesis}
    for claim in (theorem.conclusion, *others):
        for variable in sorted(free_variables_of(claim), key=repr):
            if isinstance(variable, Index) and variable.size is hypothesis.right:
                return checker.inhabited(theorem, variable)
    return theorem


def _innermost_derivative(value: Term) -> Deriv | None:
    """A partial derivative that contains no other, the binders around it opened with fresh variables."""
    found: list[Deriv] = []

    def go(t: Term) -> Term:
        if found or not _has_derivative(t):
            return t
        rebuilt = under_binders(t, go)
        if isinstance(t, Deriv) and not found:
            found.append(t)
        return rebuilt if found else t

    go(value)
    return found[0] if found else None


def _has_derivative(value: Term) -> bool:
    return any(isinstance(t, Deriv) for t in walk(value))


def _value_of(node: Deriv, facts: tuple[Theorem, ...]) -> Theorem:
    """The equation between a partial derivative and its value."""
    over = tuple(fresh_index(s, "a") for s in node.shape)
    point = node.point
    if isinstance(point, Array | Sym) and point not in free_variables(node.body):
        theorem = checker.differentiate(opened(node.body, point), point, over, facts)
    else:
        variable: Term = fresh_array(node.shape) if node.shape else fresh_symbol("x")
        theorem = checker.differentiate(opened(node.body, variable), variable, over, facts)
        theorem = checker.instantiate(theorem, {variable: point})
    return checker.derivative_value(theorem, *node.at)
