"""The rules of logic: assumptions, lemmas, universal statements, substitution, cases, contradiction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gradatlas.symbolic.axioms import AXIOMS
from gradatlas.symbolic.canonical import equal
from gradatlas.symbolic.checker.theorem import Derived, FrozenMapping, Theorem, inhabitants, rule
from gradatlas.symbolic.errors import ProofError
from gradatlas.symbolic.propositions import (
    Eq,
    ForAll,
    Implies,
    Le,
    Lt,
    Ne,
    Proposition,
    for_all,
    free_variables_of,
    open_for_all,
    substitute_in,
    terms_of,
)
from gradatlas.symbolic.terms import (
    ONE,
    ZERO,
    Add,
    Array,
    Call,
    Delta,
    Index,
    Mul,
    Num,
    Pow,
    Sym,
    Term,
    below,
    bind,
    is_integer,
    loose,
    read,
    shape_of,
    substitute,
    walk,
)

__all__ = [
    "assume",
    "cases",
    "contradiction",
    "cut",
    "from_axiom",
    "generalise",
    "implication",
    "index_bounds",
    "inhabited",
    "instantiate",
    "is_natural",
    "modus_ponens",
    "named_lemma",
    "specialise",
    "spectral_theorem",
    "suits",
    "weaken",
]


@rule("assume")
def assume(claim: Proposition) -> Derived:
    """A hypothesis is assumed.
    Under the hypothesis A, A holds.
    """
    return Derived(frozenset({claim}), claim)


@rule("axiom")
def from_axiom(name: str) -> Derived:
    """An axiom is used.
    The axiom's conclusion holds under its hypotheses; the theorem lists the axiom.
    """
    axiom = AXIOMS.get(name)
    if axiom is None or axiom.conclusion is None:
        raise ProofError(f"there is no axiom {name!r} to state (axioms about all functions are rules)")
    return Derived(frozenset(axiom.hypotheses), axiom.conclusion, frozenset({name}))


@rule("lemma")
def named_lemma(theorem: Theorem, name: str) -> Derived:
    """A proven formula is used.
    The theorem holds as it was proven; what is derived from it lists its name.
    """
    return Derived(theorem.hypotheses, theorem.conclusion, lemmas=frozenset({name}))


@rule("weaken")
def weaken(theorem: Theorem, *extra: Proposition) -> Derived:
    """Hypotheses may be added.
    What holds under some hypotheses holds under more.
    """
    return Derived(theorem.hypotheses | frozenset(extra), theorem.conclusion)


@rule("cut")
def cut(theorem: Theorem, *discharged: Theorem) -> Derived:
    """A hypothesis that is proven is dropped.
    If A is proven, and C is proven under A, then C holds under what the two need otherwise.
    """
    hypotheses = theorem.hypotheses - {d.conclusion for d in discharged}
    for known in discharged:
        if known.conclusion not in theorem.hypotheses:
            raise ProofError(f"cut: {known.conclusion!r} is not a hypothesis of {theorem!r}")
        hypotheses |= known.hypotheses
    return Derived(hypotheses, theorem.conclusion)


@rule("generalise", instances=["theorem"], binds=["variables"])
def generalise(theorem: Theorem, *variables: Term) -> Derived:
    """A variable that no hypothesis mentions is arbitrary.
    If C holds and v does not occur in the hypotheses, then C holds for all v.
    """
    for variable in variables:
        if isinstance(variable, Array) and variable.params:
            for other in _named(variable.name, theorem) - {variable}:
                raise ProofError(f"generalise: {other!r} may be {variable!r} itself")
        for hypothesis in theorem.hypotheses:
            if variable in free_variables_of(hypothesis):
                raise ProofError(f"generalise: {variable!r} occurs in the hypothesis {hypothesis!r}")
    return Derived(theorem.hypotheses, for_all(theorem.conclusion, *variables))


@rule("specialise")
def specialise(theorem: Theorem, *values: Term) -> Derived:
    """A universal statement holds at each value.
    If C holds for all v, it holds with a value of v's kind, size and shape put in.
    """
    claim = theorem.conclusion
    for value in values:  # an index that the claim does not depend on leaves 0 < n as a hypothesis, at the gate
        if not isinstance(claim, ForAll):
            raise ProofError(f"specialise: {claim!r} is not a universal statement")
        if not _fits(claim.kind, claim.shape, value):
            raise ProofError(f"specialise: {value!r} does not suit a variable of kind {claim.kind} {claim.shape!r}")
        claim = open_for_all(claim, value)
    return Derived(theorem.hypotheses, claim)


@rule("instantiate", instances=["theorem", "replacements"])
def instantiate(theorem: Theorem, replacements: Mapping[Term, Term]) -> Derived:
    """A theorem holds for every value of its free variables.
    Values of the right kind, size and shape are put in for free variables, in hypotheses and conclusion alike.
    """
    chosen = dict(_pairs(replacements))
    check_replacements(chosen, theorem)
    # Where an array or a factor is replaced, an index may go with it: the range it was in is remembered.
    inhabited = {
        (substitute(size, chosen), frozenset(substitute(s, chosen) for s in over))
        for size, over in inhabitants(theorem)
    }
    return Derived(
        frozenset(substitute_in(h, chosen) for h in theorem.hypotheses),
        substitute_in(theorem.conclusion, chosen),
        inhabited=frozenset(inhabited),
    )


def _pairs(replacements: Mapping[Term, Term] | FrozenMapping) -> Iterable[tuple[Term, Term]]:
    return replacements if isinstance(replacements, FrozenMapping) else replacements.items()


def check_replacements(chosen: Mapping[Term, Term], theorem: Theorem) -> None:
    """Raises unless each value suits its variable, and putting it in means one thing throughout the theorem."""
    for variable, value in chosen.items():
        if not suits(variable, value, chosen):
            raise ProofError(f"instantiate: {value!r} does not suit the variable {variable!r}")
        if isinstance(variable, Array) and _named(variable.name, theorem) - {variable}:
            raise ProofError(f"instantiate: {variable.name!r} names several arrays here; replacing one is ambiguous")


def _named(name: str, theorem: Theorem) -> set[Term]:
    """The arrays of that name, members of a family among them, that a theorem speaks of."""
    claims = (theorem.conclusion, *theorem.hypotheses)
    return {v for c in claims for v in free_variables_of(c) if isinstance(v, Array) and v.name == name}


def suits(variable: Term, value: Term, chosen: Mapping[Term, Term]) -> bool:
    """True if the value is of the variable's kind; sizes and shapes are compared after the replacement."""
    match variable:
        case Sym():
            return _fits(variable.kind, (), value)
        case Index():
            return _fits("index", (substitute(variable.size, chosen),), value)
        case Array():
            return _fits("array", tuple(substitute(s, chosen) for s in variable.shape), value)
        case _:
            return False


def _fits(kind: str, shape: tuple[Term, ...], value: Term) -> bool:
    if loose(value):
        return False
    match kind:
        case "real":
            return not shape_of(value)
        case "integer":
            return not shape_of(value) and is_integer(value)
        case "size":
            return not shape_of(value) and is_natural(value)
        case "index":
            return below(value, shape[0])
        case _:
            actual = shape_of(value)
            return len(actual) == len(shape) and all(a is b or equal(a, b) for a, b in zip(actual, shape, strict=True))


def is_natural(value: Term) -> bool:
    """True if the term is an integer >= 0 by its type, whatever the values of its variables."""
    match value:
        case Num():
            return value.value.denominator == 1 and value.value >= 0
        case Sym():
            return value.kind == "size"
        case Index():
            return True
        case Add() | Mul():
            return all(map(is_natural, value.args))
        case Pow():
            return value.exponent >= 0 and is_natural(value.base)
        case Call():
            return value.below is not None
        case _:
            return False


@rule("implication")
def implication(theorem: Theorem, condition: Proposition) -> Derived:
    """A hypothesis becomes a condition.
    If C holds under A, then A implies C.
    """
    return Derived(theorem.hypotheses - {condition}, Implies(condition, theorem.conclusion))


@rule("modus ponens")
def modus_ponens(theorem: Theorem, condition: Theorem) -> Derived:
    """A condition that holds is dropped.
    If A implies C, and A holds, then C holds.
    """
    claim = theorem.conclusion
    if not isinstance(claim, Implies) or claim.condition != condition.conclusion:
        raise ProofError(f"modus ponens: {claim!r} has no condition {condition.conclusion!r}")
    return Derived(theorem.hypotheses | condition.hypotheses, claim.conclusion)


@rule("cases")
def cases(value: Term, positive: Theorem, zero: Theorem, negative: Theorem) -> Derived:
    """Three cases cover every real number.
    If C holds where e > 0, where e = 0 and where e < 0, then C holds.
    """
    parts = ((positive, Lt(ZERO, value)), (zero, Eq(value, ZERO)), (negative, Lt(value, ZERO)))
    if shape_of(value) or loose(value):
        raise ProofError(f"cases: {value!r} is not a number")
    hypotheses: frozenset[Proposition] = frozenset()
    for theorem, case in parts:
        if theorem.conclusion != positive.conclusion:
            raise ProofError(f"cases: the cases conclude differently: {theorem!r}")
        hypotheses |= theorem.hypotheses - {case}
    return Derived(hypotheses, positive.conclusion)


@rule("contradiction")
def contradiction(theorem: Theorem, claim: Proposition) -> Derived:
    """From a contradiction anything follows.
    If 0 < 0, or 0 differs from 0, or 1 = 0 (or 1 <= 0) has been derived, the hypotheses never hold together.
    """
    if theorem.conclusion not in {Lt(ZERO, ZERO), Ne(ZERO, ZERO), Eq(ONE, ZERO), Eq(ZERO, ONE), Le(ONE, ZERO)}:
        raise ProofError(f"contradiction: {theorem.conclusion!r} is not absurd by itself")
    return Derived(theorem.hypotheses, claim)


@rule("index bounds")
def index_bounds(index: Index) -> Derived:
    """An index lies in its range.
    An index of 0..n-1 is at most n - 1 (that it is at least 0 is read off its kind).
    """
    if not isinstance(index, Index):
        raise ProofError(f"index bounds: {index!r} is not an index")
    return Derived(frozenset(), Le(index, index.size - 1))


@rule("inhabited", instances=["index"])
def inhabited(theorem: Theorem, index: Term) -> Derived:
    """A range that holds an index is not empty.
    Where a statement speaks of an index i in 0..n-1, or of a value of an index map into it, the hypothesis 0 < n is met and
    need not be stated.
    """
    size = index.size if isinstance(index, Index) else index.below if isinstance(index, Call) else None
    if size is None or loose(index):
        raise ProofError(f"inhabited: {index!r} is not an index")
    met = Lt(ZERO, size)
    left = theorem.hypotheses - {met}
    if not any(index in walk(t) for claim in (theorem.conclusion, *left) for t in terms_of(claim)):
        raise ProofError(f"inhabited: {index!r} does not occur in {theorem!r}, which then also speaks of empty ranges")
    return Derived(left, theorem.conclusion)


@rule("spectral theorem")
def spectral_theorem(theorem: Theorem, matrix: Array, vectors: Array, values: Array) -> Derived:
    """A symmetric matrix has an orthonormal basis of eigenvectors.
    What follows from H being symmetric and Q and lambda being its orthonormal eigenvectors and its eigenvalues, and does
    not mention Q and lambda, follows from H being symmetric.
    """
    for given in (matrix, vectors, values):
        if not isinstance(given, Array) or given.params:
            raise ProofError(f"spectral theorem: {given!r} is not a free array")
    (n, m) = matrix.shape
    if n is not m or vectors.shape != (n, n) or values.shape != (n,):
        raise ProofError("spectral theorem: give an n by n matrix, n by n eigenvectors and n eigenvalues")
    i, j, k, l = (Index(name, n) for name in "ijkl")
    symmetric = for_all(Eq(read(matrix, i, j), read(matrix, j, i)), i, j)
    eigen = {
        for_all(Eq(bind.sum(read(vectors, i, k) * read(vectors, i, l), i), Delta(k - l)), k, l),
        for_all(Eq(bind.sum(read(vectors, i, k) * read(vectors, j, k), k), Delta(i - j)), i, j),
        for_all(Eq(bind.sum(read(matrix, i, j) * read(vectors, j, k), j), read(values, k) * read(vectors, i, k)), i, k),
    }
    left = (theorem.hypotheses - eigen) | {symmetric}
    for claim in (theorem.conclusion, *left):
        if {vectors, values} & free_variables_of(claim):
            raise ProofError(f"spectral theorem: {claim!r} mentions the eigenvectors or eigenvalues")
    return Derived(left, theorem.conclusion, frozenset({"spectral"}))
