"""The rules of equality: canonical form, definitions, rewriting, splitting and contracting sums, brackets, re-indexing."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator

from gradatlas.symbolic.canonical import clear_denominators, equal, residual
from gradatlas.symbolic.checker.logic import is_natural, suits
from gradatlas.symbolic.checker.signs import Signs, facts_from
from gradatlas.symbolic.checker.theorem import Derived, Theorem, generic, rule
from gradatlas.symbolic.errors import ProofError
from gradatlas.symbolic.matching import match
from gradatlas.symbolic.propositions import (
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
    map_terms,
)
from gradatlas.symbolic.terms import (
    ONE,
    ZERO,
    Add,
    Array,
    Call,
    Delta,
    Deriv,
    Function,
    Index,
    Integral,
    Lam,
    Mul,
    Pos,
    Summation,
    Term,
    add,
    below,
    bind,
    close,
    free_variables,
    fresh_array,
    fresh_index,
    fresh_symbol,
    is_integer,
    map_children,
    mul,
    opened,
    read,
    shape_of,
    substitute,
    unfolded,
)

__all__ = [
    "bracket",
    "combination",
    "contract",
    "convert",
    "equation",
    "reindex",
    "rewrite",
    "rewrite_in",
    "split_first",
    "split_last",
    "symmetric",
    "transitive",
    "unfold_in",
]


def unfold_in(value: Term, heads: Iterable[Function] | None = None) -> Term:
    """Every call of a defined function (or of these alone) replaced by its meaning, inside definitions too."""
    wanted = None if heads is None else frozenset(heads)

    def go(t: Term) -> Term:
        t = under_binders(t, go)
        if isinstance(t, Call) and t.head.definition is not None and (wanted is None or t.head in wanted):
            return go(unfolded(t))
        return t

    return go(value)


def under_binders(value: Term, change: Callable[[Term], Term]) -> Term:
    """The term with `change` applied to each immediate part, the bodies of binders opened with fresh variables."""
    match value:
        case Summation():
            index = fresh_index(value.size)
            return Summation(change(value.size), close(change(opened(value.body, index)), index))
        case Integral():
            real = fresh_symbol("t")
            return Integral(close(change(opened(value.body, real)), real))
        case Lam():
            over = [fresh_index(s) for s in value.shape]
            return Lam(map(change, value.shape), close(change(opened(value.body, *over)), *over))
        case Deriv():
            inner: Term = fresh_array(value.shape) if value.shape else fresh_symbol("x")
            return Deriv(
                map(change, value.shape),
                close(change(opened(value.body, inner)), inner),
                change(value.point),
                map(change, value.at),
            )
        case Array() | Index():
            return value
        case _:
            return map_children(value, lambda t, _: change(t))


def same(a: Term, b: Term, theorems: Iterable[Theorem] = (), denominators: Iterable[Term] = ()) -> Signs | None:
    """Whether two terms are equal under the facts, entry by entry for arrays; the facts used, or None."""
    known = list(theorems)
    signs = Signs(known)
    if a is b:
        return signs
    if shape_of(a) or shape_of(b):
        left, right = shape_of(a), shape_of(b)
        if len(left) != len(right) or not all(s is t or equal(s, t) for s, t in zip(left, right, strict=True)):
            return None
        over = [fresh_index(s) for s in left]
        return same(read(a, *over), read(b, *over), known, denominators)
    facts = facts_from(known)
    bases = tuple(denominators)
    if not bases:
        ok = equal(a, b, facts)
    else:
        for base in bases:
            signs.require("nonzero", base)
        ok = equal(clear_denominators(a - b, bases, facts), ZERO, facts)
    return signs if ok else None


@rule("rearrange", instances=["facts"])
def equation(
    left: Term,
    right: Term,
    facts: tuple[Theorem, ...] = (),
    unfold: tuple[Function, ...] = (),
    denominators: tuple[Term, ...] = (),
) -> Derived:
    """Two sides have one canonical form.
    Both sides are brought to canonical form: definitions named are unfolded, products multiplied out, sums merged and
    their indices relabelled, Kronecker deltas between indices contracted, like terms collected. The forms agree. Factors
    are cancelled only where they are known not to vanish.
    """
    a, b = (unfold_in(left, unfold), unfold_in(right, unfold)) if unfold else (left, right)
    used = same(a, b, facts, denominators)
    if used is None:
        left_over = None if shape_of(a) else residual(a, b, facts_from(facts))
        raise ProofError(f"the two sides differ by {left_over!r}", left_over)
    return Derived(used.hypotheses.union(*(f.hypotheses for f in facts)), Eq(left, right), used.axioms)


@rule("combination", instances=["facts"])
def combination(
    claim: Proposition,
    coefficients: tuple[Term, ...],
    equations: tuple[Theorem, ...],
    facts: tuple[Theorem, ...] = (),
    denominators: tuple[Term, ...] = (),
) -> Derived:
    """An equation that is a combination of others.
    a = b because a - b equals, in canonical form, the sum of multiples of differences that are proven to be zero.
    """
    if not isinstance(claim, Eq) or len(coefficients) != len(equations):
        raise ProofError("combination: give an equation to prove, and one coefficient for each equation used")
    total: Term = ZERO
    for coefficient, used in zip(coefficients, equations, strict=True):
        if not isinstance(used.conclusion, Eq):
            raise ProofError(f"combination: {used.conclusion!r} is not an equation")
        total = total + coefficient * (used.conclusion.left - used.conclusion.right)
    signs = same(claim.left - claim.right, total, facts, denominators)
    if signs is None:
        left_over = residual(claim.left - claim.right, total, facts_from(facts))
        raise ProofError(f"combination: the sides differ by {left_over!r} more", left_over)
    hypotheses = signs.hypotheses.union(*(f.hypotheses for f in (*facts, *equations)))
    return Derived(hypotheses, claim, signs.axioms)


@rule("symmetry")
def symmetric(theorem: Theorem) -> Derived:
    """An equation read the other way round.
    If a = b then b = a; if a differs from b then b differs from a.
    """
    claim = theorem.conclusion
    if not isinstance(claim, Eq | Ne):
        raise ProofError(f"symmetry: {claim!r} is not an equation")
    return Derived(theorem.hypotheses, type(claim)(claim.right, claim.left))


@rule("transitivity")
def transitive(*theorems: Theorem) -> Derived:
    """Equations are chained.
    If a = b and b = c then a = c.
    """
    claims = [t.conclusion for t in theorems]
    equations = [c for c in claims if isinstance(c, Eq)]
    if not equations or len(equations) != len(claims):
        raise ProofError("transitivity: only equations are chained")
    for first, second in itertools.pairwise(equations):
        if first.right is not second.left:
            raise ProofError(f"transitivity: {first.right!r} is not {second.left!r}")
    hypotheses = frozenset().union(*(t.hypotheses for t in theorems))
    return Derived(hypotheses, Eq(equations[0].left, equations[-1].right))


@rule("rewrite", instances=["theorem"])
def rewrite(value: Term, theorem: Theorem) -> Derived:
    """Equals are put for equals.
    Wherever the left side of a proven equation occurs, for some values of the variables that are arbitrary in it, its
    right side may stand; also under a sum, where the equation holds for the bound index.
    """
    claim = theorem.conclusion
    if not isinstance(claim, Eq):
        raise ProofError(f"rewrite: {claim!r} is not an equation")
    after, hits = _rewritten(value, claim, _variables_of(theorem))
    if not hits:
        raise ProofError(f"rewrite: {claim.left!r} does not occur in {value!r}")
    return Derived(theorem.hypotheses, Eq(value, after))


def _variables_of(theorem: Theorem) -> frozenset[Term]:
    """The variables of an equation for which any value may be put in."""
    return frozenset(v for v in generic(theorem) if not (isinstance(v, Array) and v.params))


def _rewritten(value: Term, claim: Eq, variables: frozenset[Term]) -> tuple[Term, int]:
    """The term with the equation's left side replaced by its right side wherever it occurs, and how often it did."""
    hits = 0

    def go(t: Term) -> Term:
        nonlocal hits
        for before, part, after in _parts_like(claim.left, t):
            found = match(claim.left, part, variables)
            if found is not None and all(suits(v, new, found) for v, new in found.items()):
                hits += 1
                new = substitute(claim.right, found)
                join = mul if isinstance(t, Mul) else add
                return join(*map(go, before), new, *map(go, after)) if before or after else new
        return under_binders(t, go)

    return go(value), hits


def _parts_like(pattern: Term, value: Term) -> Iterator[tuple[tuple[Term, ...], Term, tuple[Term, ...]]]:
    """The term itself, and its neighbouring factors (or summands) as many as the pattern has, with what stands around."""
    yield (), value, ()
    for kind in (Mul, Add):
        if isinstance(pattern, kind) and isinstance(value, kind):
            width = len(pattern.args)
            for first in range(len(value.args) - width + 1):
                last = first + width
                yield value.args[:first], kind(value.args[first:last]), value.args[last:]


@rule("rewrite in a claim", instances=["equation"])
def rewrite_in(theorem: Theorem, equation: Theorem) -> Derived:
    """Equals are put for equals in a proven claim.
    In a claim about terms, a term may be replaced by one proven equal to it; in a limit also for every step at once.
    """
    claim = equation.conclusion
    if not isinstance(claim, Eq):
        raise ProofError(f"rewrite: {claim!r} is not an equation")
    variables = _variables_of(equation)
    hits = 0

    def change(t: Term, under: int) -> Term:
        nonlocal hits
        if not under:
            after, count = _rewritten(t, claim, variables)
        else:
            inner = _bound_by(theorem.conclusion)
            after, count = _rewritten(opened(t, inner), claim, variables)
            after = close(after, inner)
        hits += count
        return after

    if isinstance(theorem.conclusion, ForAll | Implies):
        raise ProofError(f"rewrite: open {theorem.conclusion!r} first, by `specialise` or `modus_ponens`")
    after = map_terms(theorem.conclusion, change)
    if not hits:
        raise ProofError(f"rewrite: {claim.left!r} does not occur in {theorem.conclusion!r}")
    return Derived(theorem.hypotheses | equation.hypotheses, after)


def _bound_by(claim: Proposition) -> Term:
    """A fresh variable of the kind that a claim's body binds."""
    match claim:
        case Tends() | Diverges():
            return fresh_symbol("t", "size")
        case HasDerivative(shape=shape) if shape:
            return fresh_array(shape)
        case _:
            return fresh_symbol("x")


@rule("restate", instances=["facts"])
def convert(
    theorem: Theorem, claim: Proposition, facts: tuple[Theorem, ...] = (), unfold: tuple[Function, ...] = ()
) -> Derived:
    """The same claim, its parts in another form.
    Each term of the claim is replaced by one of the same canonical form.
    """
    ours, theirs = _skeleton(theorem.conclusion), _skeleton(claim)
    if ours[0] != theirs[0] or len(ours[1]) != len(theirs[1]):
        raise ProofError(f"restate: {claim!r} is not of the form of {theorem.conclusion!r}")
    signs = Signs(facts)
    for (a, under_a), (b, under_b) in zip(ours[1], theirs[1], strict=True):
        if a is b:
            continue
        if under_a or under_b:
            raise ProofError(f"restate: {a!r} stands under a binder and must agree as it stands with {b!r}")
        x, y = (unfold_in(a, unfold), unfold_in(b, unfold)) if unfold else (a, b)
        used = same(x, y, facts)
        if used is None:
            raise ProofError(f"restate: {a!r} is not {b!r}", None if shape_of(x) else residual(x, y, facts_from(facts)))
        signs.merge(used)
    hypotheses = theorem.hypotheses.union(signs.hypotheses, *(f.hypotheses for f in facts))
    return Derived(hypotheses, claim, signs.axioms)


def _skeleton(claim: Proposition) -> tuple[Proposition, list[tuple[Term, int]]]:
    """The claim with its terms taken out, and the terms."""
    found: list[tuple[Term, int]] = []

    def take(t: Term, under: int) -> Term:
        found.append((t, under))
        return ZERO

    return map_terms(claim, take), found


def _summation(value: Term) -> Summation:
    if not isinstance(value, Summation):
        raise ProofError(f"{value!r} is not a sum over an index")
    return value


@rule("split off the last term")
def split_last(value: Term, fewer: Term) -> Derived:
    """The last term of a sum is split off.
    The sum over 0..n is the sum over 0..n-1 plus the term at n; n an integer >= 0.
    """
    total = _summation(value)
    if not is_natural(fewer) or not equal(total.size, fewer + 1):
        raise ProofError(f"split: {total.size!r} is not {fewer!r} + 1 with an integer {fewer!r} >= 0")
    return Derived(frozenset(), Eq(value, Summation(fewer, total.body) + opened(total.body, fewer)))


@rule("split off the first term")
def split_first(value: Term, fewer: Term) -> Derived:
    """The first term of a sum is split off.
    The sum of f(i) over 0..n is f(0) plus the sum of f(i+1) over 0..n-1; n an integer >= 0.
    """
    total = _summation(value)
    if not is_natural(fewer) or not equal(total.size, fewer + 1):
        raise ProofError(f"split: {total.size!r} is not {fewer!r} + 1 with an integer {fewer!r} >= 0")
    index = fresh_index(fewer)
    return Derived(frozenset(), Eq(value, opened(total.body, 0) + bind.sum(opened(total.body, index + 1), index)))


@rule("contract", instances=["facts"])
def contract(value: Term, at: Term, facts: tuple[Theorem, ...] = ()) -> Derived:
    """A delta picks one term of a sum.
    The sum over i in 0..n-1 of delta(i - e) f(i) is f(e) where the integer e lies in 0..n-1, and 0 elsewhere:
    [e >= 0] [n - e > 0] f(e). The sum's body must have the delta as a factor, up to canonical form.
    """
    total = _summation(value)
    if not is_integer(at) or not is_integer(total.size):
        raise ProofError(f"contract: {at!r} or {total.size!r} is not an integer by its type")
    index = fresh_index(total.size)
    body = opened(total.body, index)
    if index in free_variables(at):
        raise ProofError("contract: the value depends on the index")
    used = same(body, Delta(index - at) * body, facts)
    if used is None:
        raise ProofError(f"contract: {body!r} does not vanish where the index differs from {at!r}")
    in_range = ONE if below(at, total.size) else mul(1 - Pos(-at), Pos(total.size - at))
    picked = mul(in_range, opened(total.body, at))
    return Derived(used.hypotheses.union(*(f.hypotheses for f in facts)), Eq(value, picked), used.axioms)


@rule("bracket")
def bracket(theorem: Theorem) -> Derived:
    """A bracket whose condition is decided is 1 or 0.
    [e = 0] is 1 if e = 0, and 0 if e differs from 0; [e > 0] is 1 if 0 < e, and 0 if e <= 0.
    """
    claim = theorem.conclusion
    match claim:
        case Eq(left, right):
            result = Eq(Delta(left - right), ONE)
        case Ne(left, right):
            result = Eq(Delta(left - right), ZERO)
        case Lt(left, right):
            result = Eq(Pos(right - left), ONE)
        case Le(left, right):
            result = Eq(Pos(left - right), ZERO)
        case _:
            raise ProofError(f"bracket: {claim!r} decides no bracket")
    return Derived(theorem.hypotheses, result)


@rule("re-index", binds=["old", "new"])
def reindex(
    value: Term,
    old: tuple[Index, ...],
    new: tuple[Index, ...],
    forward: tuple[Term, ...],
    inverse: tuple[Term, ...],
    facts: tuple[Theorem, ...],
) -> Derived:
    """A sum is taken over other indices, by a bijection.
    The nested sum of f(old) is the nested sum of f(forward(new)) over the new indices, when it has been proven that
    `inverse` undoes `forward`, that `forward` undoes `inverse`, and that both stay in range.
    """
    if len(forward) != len(old) or len(inverse) != len(new) or len({*old, *new}) != len(old) + len(new):
        raise ProofError("re-index: give one forward value per old index and one inverse per new one, all distinct")
    if not all(map(is_integer, (*forward, *inverse))):
        raise ProofError("re-index: an index must be an integer by its type")
    both = {*old, *new}
    for own, values in ((set(new), forward), (set(old), inverse)):
        if any(both & free_variables(index.size) for index in own):
            raise ProofError("re-index: the range of an index depends on another one")
        for other in frozenset().union(*map(free_variables, values)) - own:
            if both & free_variables(other):
                raise ProofError(f"re-index: a value may not depend on {other!r}")
    to_old: dict[Term, Term] = dict(zip(old, forward, strict=True))
    to_new: dict[Term, Term] = dict(zip(new, inverse, strict=True))
    needed: list[Proposition] = []
    for names, there, back in ((old, to_old, to_new), (new, to_new, to_old)):
        for name in names:
            image = there[name]
            needed += [Eq(substitute(image, back), name), Le(ZERO, image), Lt(image, name.size)]
    proven = {f.conclusion for f in facts}
    for want in needed:
        if want not in proven:
            raise ProofError(f"re-index: not among the facts given: {want!r}")
    hypotheses = frozenset[Proposition]().union(*(f.hypotheses for f in facts))
    if any(both & free_variables_of(h) for h in hypotheses) or both & free_variables(value):
        raise ProofError("re-index: the indices must be new to the sum and to every hypothesis")
    body = value
    for index in old:
        total = _summation(body)
        if total.size is not index.size:
            raise ProofError(f"re-index: {index!r} does not run over {total.size!r}")
        body = opened(total.body, to_old[index])
    return Derived(hypotheses, Eq(value, bind.sum(body, *new)))
