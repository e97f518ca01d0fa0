"""Random applications of every rule of the checker, and the judge that looks for values at which a theorem is false."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any, Final

import mpmath

from gradatlas.symbolic import checker
from gradatlas.symbolic.axioms import AXIOMS
from gradatlas.symbolic.canonical import canonical
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.errors import ProofError
from gradatlas.symbolic.evaluate import Assignment, EvaluationError, holds
from gradatlas.symbolic.language import (
    Sum,
    array,
    arrays,
    delta,
    exp,
    function,
    index_map,
    indices,
    integers,
    lam,
    natural_power,
    reals,
    sin,
    sizes,
)
from gradatlas.symbolic.propositions import (
    Eq,
    ForAll,
    HasDerivative,
    Le,
    Lt,
    Ne,
    Proposition,
    Tends,
    eq,
    for_all,
    free_variables_of,
    has_derivative,
    implies,
    le,
    lt,
    ne,
    substitute_in,
    terms_of,
)
from gradatlas.symbolic.terms import (
    Array,
    Call,
    Index,
    Num,
    Pos,
    Sym,
    Term,
    free_variables,
    fresh_index,
    substitute,
    walk,
)

n, m, t = sizes("n m t")
a, b, c, s, u, x0 = reals("a b c s u x")
x, y, v = arrays("x y v", n)
z = array("z", m)
A = array("A", n, m)
H, Q = arrays("H Q", n, n)
values = array("lambda", n)
i, j = indices("i j", n)
k, l = indices("k l", m)
q, p = integers("q p")
J, gradient = function("J"), function("dJ")
phi = index_map("phi", n, k)
SMOOTH: Final = for_all(has_derivative(J(v), v, gradient(v, shape=(n,))), v)

FUNCTIONS: Final[dict[Any, Callable[..., Any]]] = {
    J: lambda vector: mpmath.fsum(mpmath.sin(e) * (r + 1) for r, e in enumerate(vector)),
    gradient: lambda vector: [mpmath.cos(e) * (r + 1) for r, e in enumerate(vector)],
}

Rng = random.Random


def scalar(rng: Rng, depth: int = 3, *, over: Iterable[Term] = (i, j, k), extra: Iterable[Term] = ()) -> Term:
    """A random scalar term over the vocabulary."""
    here = [o for o in over if isinstance(o, Index)]
    first = [o for o in here if o.size is n]
    second = [o for o in here if o.size is m]
    leaves: list[Callable[[], Term]] = [
        lambda: Num(Fraction(rng.randint(-3, 3), rng.randint(1, 2))),
        lambda: rng.choice((a, b, n, t, *extra)),
    ]
    if first:
        leaves += [
            lambda: x[rng.choice(first)],
            lambda: y[rng.choice(first)],
            lambda: delta(rng.choice(first), rng.choice(first)),
        ]
        leaves.append(lambda: delta(rng.choice(first), 1))
    if second:
        leaves.append(lambda: z[rng.choice(second)])
    if first and second:
        leaves.append(lambda: A[rng.choice(first), rng.choice(second)])
    if depth == 0:
        return rng.choice(leaves)()
    again: Callable[[], Term] = lambda: scalar(rng, depth - 1, over=here, extra=extra)  # noqa: E731

    def summed() -> Term:
        index = fresh_index(rng.choice((n, m)), "r")
        return Sum(scalar(rng, depth - 1, over=[*here, index], extra=extra), index)

    branches: list[Callable[[], Term]] = [
        lambda: again() + again(),
        lambda: again() - again(),
        lambda: again() * again(),
        lambda: again() * again(),
        lambda: again() ** rng.choice((-2, -1, 2, 2)),
        summed,
        summed,
        lambda: Pos(again()),
        lambda: sin(again()),
        lambda: exp(rng.choice(leaves)()),
        *leaves,
    ]
    return rng.choice(branches)()


def proposition(rng: Rng, depth: int = 1, **options: Any) -> Proposition:
    """A random claim about two scalars."""
    kind: Any = rng.choice((Eq, Ne, Le, Lt, Lt, Le))
    left = scalar(rng, depth, **options)
    right = rng.choice((Num(0), Num(0), scalar(rng, depth, **options)))
    claim: Proposition = kind(*rng.sample((left, right), 2))
    return claim


def known(rng: Rng, count: int | None = None) -> tuple[Theorem, ...]:
    """Some random facts, each assumed, now and then for every index."""
    found = []
    for _ in range(rng.randint(0, 2) if count is None else count):
        claim = rng.choice((proposition(rng), lt(0, a), lt(0, n), ne(scalar(rng, 1), 0), lt(0, x[i]), ne(y[j], 0)))
        over = [v for v in (i, j, k) if v in free_variables_of(claim)]
        if over and rng.random() < 0.5:
            claim = for_all(claim, *over)
        found.append(checker.assume(claim))
    return tuple(found)


def equation(rng: Rng) -> Theorem:
    """A random equation that the checker accepts."""
    left = scalar(rng)
    return checker.equation(left, disguised(rng, left), known(rng))


def disguised(rng: Rng, value: Term) -> Term:
    """The term in another form; sometimes slightly wrong, which the checker has to notice."""
    other = scalar(rng, 1)
    forms = [
        canonical(value).term(),
        value + other - other,
        (value + other) ** 2 - 2 * value * other - other**2 - value**2 + value,
        value * a / a,
        value * n / n,
        value * Sum(delta(i, j), j),
        Sum(value, fresh_index(m)) / m,
        value + delta(i, j) * (x[i] - x[j]),
        value * exp(a) * exp(-a),
        value + other * Num(0),
    ]
    return rng.choice(forms)


def theorem(rng: Rng) -> Theorem:
    """A random theorem of some kind."""
    makers = (
        lambda: checker.assume(proposition(rng)),
        lambda: equation(rng),
        lambda: checker.sign(proposition(rng), known(rng)),
        lambda: checker.certificate(*_certificate(rng)),
        lambda: checker.weaken(equation(rng), proposition(rng)),
    )
    return attempt(lambda: rng.choice(makers)())


def attempt(make: Callable[[], Theorem], tries: int = 200) -> Theorem:
    """The first theorem that is not refused."""
    for _ in range(tries):
        try:
            return make()
        except (ProofError, ValueError):
            continue
    raise ProofError("nothing random was accepted")


def _certificate(rng: Rng) -> tuple[Proposition, tuple[Term, ...], tuple[Theorem, ...]]:
    facts = known(rng)
    left = scalar(rng, 1)
    parts = [
        rng.choice((scalar(rng, 1) ** 2, exp(scalar(rng, 0)), delta(i, j), 1 - Pos(scalar(rng, 1)), n * t))
        for _ in range(2)
    ]
    for fact in facts:
        if isinstance(fact.conclusion, Le | Lt) and rng.random() < 0.7:
            parts.append(
                (fact.conclusion.right - fact.conclusion.left) * rng.choice((Num(1), Num(2), scalar(rng, 0) ** 2))
            )
    wrong = rng.choice((Num(0), Num(0), Num(0), scalar(rng, 0)))
    kind = rng.choice((Le, Lt))
    return kind(left, left + sum(parts, start=Num(0) + 0) + wrong), tuple(parts), facts


def _generic(rng: Rng, of: Theorem) -> list[Term]:
    return [w for w in sorted(free_variables_of(of.conclusion), key=repr) if isinstance(w, Index | Sym | Array)]


def _replacement(rng: Rng, variable: Term) -> Term:
    match variable:
        case Sym(kind="real"):
            return scalar(rng, 1)
        case Sym():
            return rng.choice((Num(0), Num(2), n + 1, t, m, n * t))
        case Index():
            return rng.choice((i, j, k, l, phi))
        case _:
            (r,) = indices("r", rng.choice((n, m)))
            return lam(scalar(rng, 1, over=[r]), r)


def _instantiate(rng: Rng) -> Theorem:
    base = theorem(rng)
    chosen = rng.sample(_generic(rng, base), k=min(2, len(_generic(rng, base))))
    return checker.instantiate(base, {w: _replacement(rng, w) for w in chosen})


def _specialise(rng: Rng) -> Theorem:
    claim = for_all(proposition(rng), rng.choice((i, j, k, a, t, x)))
    assert isinstance(claim, ForAll)
    variable: Term = {"index": i, "real": a, "size": t, "array": x}[claim.kind]
    return checker.specialise(checker.assume(claim), _replacement(rng, variable))


def _cut(rng: Rng) -> Theorem:
    fact = theorem(rng)
    return checker.cut(checker.weaken(theorem(rng), fact.conclusion), fact)


def _by_cases(rng: Rng) -> Theorem:
    value, claim = scalar(rng, 1), proposition(rng)
    cases = (Lt(Num(0), value), Eq(value, Num(0)), Lt(value, Num(0)))
    parts = [
        attempt(
            lambda case=case: rng.choice(
                (  # type: ignore[misc]
                    lambda: checker.sign(claim, (checker.assume(case), *known(rng))),
                    lambda: checker.weaken(checker.assume(claim), case),
                )
            )(),
            5,
        )
        for case in cases
    ]
    return checker.cases(value, *parts)


def _contradiction(rng: Rng) -> Theorem:
    value = scalar(rng, 1)
    facts = tuple(
        checker.assume(h)
        for h in rng.choice(((lt(0, value), lt(value, 0)), (lt(0, value), le(value, 0)), (le(0, value), lt(value, 0))))
    )
    absurd = checker.certificate(lt(0, 0), (value, -value), facts)
    return checker.contradiction(absurd, proposition(rng))


def _inhabited(rng: Rng) -> Theorem:
    left = scalar(rng, 2)
    base = checker.equation(left * n / n, left, (checker.assume(lt(0, n)),))
    return checker.inhabited(base, rng.choice((i, j, k)))


def _rewrite(rng: Rng) -> Theorem:
    rule = equation(rng)
    assert isinstance(rule.conclusion, Eq)
    around = scalar(rng, 2)
    left = rule.conclusion.left
    return attempt(
        lambda: checker.rewrite(rng.choice((around * left, Sum(left, j), left + around, Sum(around + left, i))), rule),
        6,
    )


def _rewrite_in(rng: Rng) -> Theorem:
    rule = equation(rng)
    assert isinstance(rule.conclusion, Eq)
    kind = rng.choice((Le, Lt, Eq, Ne))
    return checker.rewrite_in(checker.assume(kind(rule.conclusion.left, scalar(rng, 1))), rule)


def _restate(rng: Rng) -> Theorem:
    base = theorem(rng)
    claim = base.conclusion
    if not isinstance(claim, Eq | Le | Lt | Ne):
        raise ProofError("restate: no")
    return checker.convert(base, type(claim)(disguised(rng, claim.left), disguised(rng, claim.right)), known(rng))


def _contract(rng: Rng) -> Theorem:
    index = fresh_index(n)
    at = rng.choice((j, phi, q, q + p, 2 * q - 1, Num(1), n - 1 - j, Num(0) - 1, 2 * j))
    body = scalar(rng, 2, over=[i, index])
    shape = rng.choice((delta(index - at) * body, delta(2 * index - at) * body, delta(at - index) * body, body))
    return checker.contract(Sum(shape, index), at, known(rng))


def _combination(rng: Rng) -> Theorem:
    used = tuple(checker.assume(eq(scalar(rng, 1), scalar(rng, 1))) for _ in range(2))
    factors = tuple(scalar(rng, 1) for _ in used)
    left = scalar(rng, 1)
    right = left
    for factor, fact in zip(factors, used, strict=True):
        assert isinstance(fact.conclusion, Eq)
        right = right - factor * (fact.conclusion.left - fact.conclusion.right)
    return checker.combination(
        eq(left, right + rng.choice((Num(0), Num(0), scalar(rng, 0)))), factors, used, known(rng)
    )


def _reindex(rng: Rng) -> Theorem:
    """The flip of a range, its facts derived."""
    old, new = fresh_index(n, "o"), fresh_index(n, "w")
    flip_new, flip_old = n - 1 - new, n - 1 - old
    facts = (
        *_in_range(new, flip_new),
        *_in_range(old, flip_old),
        checker.equation(n - 1 - flip_old, old),
        checker.equation(n - 1 - flip_new, new),
    )
    body = scalar(rng, 2, over=[old, i])
    return checker.reindex(Sum(body, old), (old,), (new,), (flip_new,), (flip_old,), facts)


def _in_range(index: Index, image: Term) -> tuple[Theorem, Theorem]:
    bounds = checker.index_bounds(index)
    return (
        checker.certificate(le(0, image), (n - 1 - index,), (bounds,)),
        checker.certificate(lt(image, n), (index, Num(1)), ()),
    )


def _differentiate(rng: Rng) -> Theorem:
    facts = (*known(rng), checker.assume(SMOOTH))
    variable: Term = rng.choice((x, a))
    over = (fresh_index(n),) if variable is x else ()
    (r,) = indices("r", n)
    body = scalar(rng, 3)
    if rng.random() < 0.3:
        body = body * J(rng.choice((x, lam(x[r] * a + y[r], r), y)))
    return checker.differentiate(body, variable, over, facts)


def _derivative_value(rng: Rng) -> Theorem:
    body = scalar(rng, 2)
    derived = checker.differentiate(body, x, (fresh_index(n),), known(rng))
    return checker.derivative_value(derived, rng.choice((i, j, k, phi)))


def _polynomial(rng: Rng, variable: Term) -> tuple[Term, tuple[Term, ...]]:
    coefficients = tuple(scalar(rng, 1) for _ in range(3))
    body: Term = sum((c_ * variable**e for e, c_ in enumerate(coefficients)), start=Num(0) + 0)
    return body, coefficients


def _locally_equal(rng: Rng) -> Theorem:
    """|a| and the like, made of brackets, away from their kinks; and the largest of entries where one is."""
    if rng.random() < 0.5:
        distance = scalar(rng, 1, over=[])
        condition = checker.assume(lt(0, distance))
        smooth = scalar(rng, 1)
        kinked = smooth * rng.choice((Pos(distance), 1 - Pos(-distance), delta(distance) + 1))
        bracket = checker.bracket(condition)
        equal_there = checker.transitive(checker.rewrite(kinked, bracket), checker.equation(smooth, smooth))
        return checker.locally_equal(
            equal_there, checker.differentiate(smooth, a), (checker.differentiate(distance, a),)
        )
    index = fresh_index(n)
    gap = rng.choice((x[index], x[index] + 1, 1 - x[index] ** 2))
    condition = checker.assume(for_all(lt(0, gap), index))
    bracket = checker.bracket(checker.specialise(condition, i))
    kinked = x[i] ** 2 * Pos(substitute(gap, {index: i}))
    equal_there = checker.transitive(checker.rewrite(kinked, bracket), checker.equation(x[i] ** 2 * Num(1), x[i] ** 2))
    over = (fresh_index(n),)
    return checker.locally_equal(
        equal_there, checker.differentiate(x[i] ** 2, x, over), (checker.differentiate(gap, x, over),), (index,)
    )


def _integral_polynomial(rng: Rng) -> Theorem:
    body, coefficients = _polynomial(rng, s)
    return checker.integral_polynomial(body + rng.choice((Num(0), Num(0), s)), s, coefficients)


def _continuity(rng: Rng) -> Theorem:
    return checker.continuity(scalar(rng, 3, extra=[s, s, s]), s)


def _lipschitz(rng: Rng) -> Theorem:
    slope = scalar(rng, 1)
    other = rng.choice((slope**2, slope**2 + 1, slope))
    body = slope * s + scalar(rng, 1)
    gap = (other - slope**2) * (u - s) ** 2
    claim = le(((slope * u) - (slope * s)) ** 2, other * (u - s) ** 2)
    return checker.lipschitz_continuity(
        checker.certificate(claim, (gap,) if other is not slope**2 else ()), body, s, u, other
    )


def _fundamental(rng: Rng) -> Theorem:
    body = rng.choice((_polynomial(rng, s)[0], scalar(rng, 2, extra=[s, s, s])))
    derivative = checker.differentiate(body, s, (), known(rng))
    assert isinstance(derivative.conclusion, HasDerivative)
    return checker.fundamental_theorem(derivative, checker.continuity(derivative.conclusion.gradient, s))


def _integral_monotone(rng: Rng) -> Theorem:
    low = _polynomial(rng, s)[0]
    part = rng.choice((scalar(rng, 1, extra=[s]) ** 2, s, 1 - s, exp(s)))
    inside = tuple(checker.assume(h) for h in (le(0, s), le(s, 1)))
    pointwise = checker.certificate(le(low, low + part), (part,), inside)
    return checker.integral_monotone(pointwise, s, (checker.continuity(low, s), checker.continuity(low + part, s)))


def _integral_linear(rng: Rng) -> Theorem:
    bodies = [scalar(rng, 2, extra=[s, s]) for _ in range(2)]
    return checker.integral_linear(
        tuple(scalar(rng, 1) for _ in bodies), tuple(checker.continuity(f, s) for f in bodies), s
    )


def _induction(rng: Rng) -> Theorem:
    """A partial sum by induction: sum of r < t of (2 r + 1) = t^2, or the sign of a power."""
    if rng.random() < 0.5:
        (r,) = indices("r", t)
        claim: Proposition = eq(Sum((2 * r + 1) * a, r), t**2 * a)
        assert isinstance(claim, Eq)
        base = checker.equation(*_sides(substitute_in(claim, {t: Num(0)})))
        after = substitute_in(claim, {t: t + 1})
        split = checker.split_last(_sides(after)[0], t)
        step = checker.combination(after, (Num(1), Num(1)), (split, checker.assume(claim)))
        return checker.induction(claim, t, base, step)
    claim = le(0, natural_power(a, t))
    given = checker.assume(le(0, a))
    base = checker.sign(substitute_in(claim, {t: Num(0)}), (given,))
    step = checker.sign(substitute_in(claim, {t: t + 1}), (given, checker.assume(claim)))
    return checker.induction(claim, t, base, step)


def _induction_down(rng: Rng) -> Theorem:
    claim = le(0, natural_power(a, t) * scalar(rng, 0, over=[]) ** 2)
    top = rng.choice((n, Num(2), n + 1))
    given = checker.assume(le(0, a))
    base = checker.sign(substitute_in(claim, {t: top}), (given,))
    step = checker.weaken(checker.sign(claim, (given,)), lt(t, top), substitute_in(claim, {t: t + 1}))
    return checker.induction_down(claim, t, top, base, step)


def _sides(claim: Proposition) -> tuple[Term, Term]:
    assert isinstance(claim, Eq | Le | Lt | Ne)
    return claim.left, claim.right


def _vanishing(rng: Rng) -> Theorem:
    ratio = rng.choice((Num(Fraction(1, 2)), Num(Fraction(-1, 3)), Num(0)))
    (r,) = reals("r")
    base = checker.instantiate(checker.from_axiom("power.limit"), {r: ratio})
    return checker.cut(base, checker.sign(lt(-1, ratio)), checker.sign(lt(ratio, 1)))


def _power(of: Theorem) -> Term:

    from gradatlas.symbolic.terms import opened

    assert isinstance(of.conclusion, Tends)
    return opened(of.conclusion.body, t)


def _timeless(rng: Rng, depth: int = 1) -> Term:
    while True:
        found = scalar(rng, depth)
        if t not in free_variables(found):
            return found


def _limit(rng: Rng) -> Theorem:
    fact = _vanishing(rng)
    return checker.limit(_timeless(rng) * _power(fact) + _timeless(rng) + Sum(_power(fact) * x[i], i), t, (fact,))


def _same_limit(rng: Rng) -> Theorem:
    limit = checker.limit(_timeless(rng, 2), t)
    assert isinstance(limit.conclusion, Tends)
    value = limit.conclusion.limit
    return checker.same_limit(limit, checker.equation(value, disguised(rng, value), known(rng)))


def _unique_limit(rng: Rng) -> Theorem:
    limit = attempt(lambda: _limit(rng))
    assert isinstance(limit.conclusion, Tends)
    value = limit.conclusion.limit
    renamed = checker.same_limit(limit, checker.equation(value, disguised(rng, value), known(rng)))
    return checker.unique_limit(limit, renamed)


def _squeeze(rng: Rng) -> Theorem:
    fact = _vanishing(rng)
    high = checker.limit(_power(fact) ** 2, t, (fact,))
    zero = checker.limit(Num(0), t)

    assert isinstance(high.conclusion, Tends)
    high = checker.same_limit(high, checker.equation(high.conclusion.limit, 0))
    share = rng.choice((Pos(scalar(rng, 1)), delta(i, j)))
    body = share * _power(fact) ** 2
    above = checker.certificate(le(0, body), (body,))
    below = checker.certificate(le(body, _power(fact) ** 2), ((1 - share) * _power(fact) ** 2,))
    return checker.squeeze(body, t, zero, high, above, below)


def _comparison(rng: Rng) -> Theorem:
    growing = checker.instantiate(checker.from_axiom("log.diverges"), {x0: Num(1)})
    growing = checker.cut(growing, checker.sign(lt(0, 1)))
    from gradatlas.symbolic.language import log

    factor = rng.choice((Num(2), exp(_timeless(rng, 0)), Num(Fraction(1, 3))))
    body = factor * log(1 + t) + _timeless(rng) ** 2
    inequality = checker.certificate(le(factor * log(1 + t), body), (_difference(body, factor * log(1 + t)),))
    return checker.comparison(body, t, growing, factor, inequality)


def _difference(high: Term, low: Term) -> Term:
    return canonical(high - low).term()


def _spectral(rng: Rng) -> Theorem:
    """Something true that is derived under the spectral decomposition and does not mention it."""
    columns = for_all(eq(Sum(Q[i, j] * Q[i, r_], i), delta(j, r_)), j, r_)
    rows = for_all(eq(Sum(Q[i, r_] * Q[j, r_], r_), delta(i, j)), i, j)
    eigen = for_all(eq(Sum(H[i, j] * Q[j, r_], j), values[r_] * Q[i, r_]), i, r_)
    symmetric = for_all(eq(H[i, j], H[j, i]), i, j)
    base = checker.weaken(equation(rng), columns, rows, eigen, symmetric)
    return checker.spectral_theorem(base, H, Q, values)


(r_,) = indices("r", n)

GENERATORS: Final[dict[str, Callable[[Rng], Theorem]]] = {
    "assume": lambda rng: checker.assume(proposition(rng, 2)),
    "axiom": lambda rng: checker.from_axiom(rng.choice([name for name, axiom in AXIOMS.items() if axiom.conclusion])),
    "bracket": lambda rng: checker.bracket(theorem(rng)),
    "cases": _by_cases,
    "certificate": lambda rng: checker.certificate(*_certificate(rng)),
    "combination": _combination,
    "comparison": _comparison,
    "continuity": _continuity,
    "contract": _contract,
    "contradiction": _contradiction,
    "cut": _cut,
    "differentiate": _differentiate,
    "fundamental theorem": _fundamental,
    "generalise": lambda rng: checker.generalise(theorem(rng), *rng.sample((i, j, k, a, t), 2)),
    "implication": lambda rng: checker.implication(theorem(rng), proposition(rng)),
    "index bounds": lambda rng: checker.index_bounds(rng.choice((i, j, k))),
    "induction": _induction,
    "induction downwards": _induction_down,
    "inhabited": _inhabited,
    "instantiate": _instantiate,
    "integral linear": _integral_linear,
    "integral monotone": _integral_monotone,
    "integral of a polynomial": _integral_polynomial,
    "lemma": lambda rng: checker.named_lemma(theorem(rng), "some lemma"),
    "limit": _limit,
    "local equality": _locally_equal,
    "Lipschitz continuity": _lipschitz,
    "modus ponens": lambda rng: (
        lambda fact: checker.modus_ponens(checker.assume(implies(fact.conclusion, proposition(rng))), fact)
    )(theorem(rng)),
    "re-index": _reindex,
    "rearrange": equation,
    "restate": _restate,
    "rewrite": _rewrite,
    "rewrite in a claim": _rewrite_in,
    "same limit": _same_limit,
    "sign": lambda rng: checker.sign(proposition(rng, 2), known(rng)),
    "specialise": _specialise,
    "spectral theorem": _spectral,
    "split off the first term": lambda rng: checker.split_first(_grown(rng), n),
    "split off the last term": lambda rng: checker.split_last(_grown(rng), n),
    "squeeze": _squeeze,
    "symmetry": lambda rng: checker.symmetric(equation(rng)),
    "transitivity": lambda rng: _chained(rng),
    "unique limit": _unique_limit,
    "value of a derivative": _derivative_value,
    "weaken": lambda rng: checker.weaken(theorem(rng), proposition(rng)),
}


def _grown(rng: Rng) -> Term:
    (r,) = indices("r", n + 1)
    return Sum(scalar(rng, 2, extra=[r]) * delta(r, rng.choice((n, Num(0), q, t))) + scalar(rng, 1, extra=[r]), r)


def _chained(rng: Rng) -> Theorem:
    first = equation(rng)
    assert isinstance(first.conclusion, Eq)
    middle = first.conclusion.right
    return checker.transitive(first, checker.equation(middle, disguised(rng, middle), known(rng)))


# The judge.


def counterexample(theorem: Theorem, rng: Rng, tries: int = 14) -> tuple[Assignment | None, int]:
    """Values that satisfy the hypotheses and refute the conclusion, if any is found; and how many satisfied them."""
    claims = (theorem.conclusion, *theorem.hypotheses)
    variables = frozenset().union(*map(free_variables_of, claims))
    # An index map exists only into a range that is not empty.
    maps = any(
        part.head == phi.head
        for one in claims
        for root in terms_of(one)
        for part in walk(root)
        if isinstance(part, Call)
    )
    met = 0
    for trial in range(tries):
        assignment = _values(variables, rng, trial, maps=maps)
        if assignment is None:
            continue
        try:
            if not all(holds(h, assignment, 25, rng=rng, tries=3) for h in theorem.hypotheses):
                continue
            met += 1
            refuted = holds(theorem.conclusion, assignment, 25, rng=rng, tries=3).status == "fails"
            # A universal hypothesis was looked at for three values only: before it counts as met, for a hundred.
            if refuted and all(holds(h, assignment, 25, rng=rng, tries=100) for h in theorem.hypotheses):
                return assignment, met
        except (EvaluationError, mpmath.libmp.ComplexResult, ZeroDivisionError):
            continue
    return None, met


_SIZES: Final = list(itertools.product((0, 1, 2, 3), repeat=2))


def _values(variables: frozenset[Term], rng: Rng, trial: int, *, maps: bool) -> Assignment | None:
    rows, columns = _SIZES[0] if trial == 0 else rng.choice(_SIZES)
    if maps and not rows:
        return None
    small = trial % 3 == 1  # zeros, ones and ties are where rules go wrong

    def real() -> Any:
        return rng.choice((0, 0, 1, -1)) if small else Fraction(rng.randint(-9, 9), rng.randint(1, 5))

    whole = {n: rows, m: columns, t: rng.randint(0, 3)}
    found: dict[Any, Any] = {**FUNCTIONS, **whole, q: rng.randint(-3, 4), p: rng.randint(-3, 4)}
    found[phi.head] = (lambda w: (int(w) * 2 + 1) % rows) if rows else (lambda w: 0)

    def length(size: Term) -> int:
        from gradatlas.symbolic.evaluate import evaluate_exact

        return int(evaluate_exact(size, Assignment(found)))

    for variable in sorted(variables, key=repr):
        if variable in found:
            continue
        match variable:
            case Sym(kind="real"):
                found[variable] = real()
            case Sym():
                found[variable] = rng.randint(0, 3)
            case Index():
                top = length(variable.size)
                if not top:
                    return None
                found[variable] = rng.randrange(top)
            case Array():
                shape = [length(w) for w in variable.shape]
                found[variable] = _nested(shape, real)
    return Assignment(found)


def _nested(shape: list[int], draw: Callable[[], Any]) -> Any:
    return draw() if not shape else [_nested(shape[1:], draw) for _ in range(shape[0])]
