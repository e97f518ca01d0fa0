"""The rules of calculus: differentiation, and the integral on [0, 1]."""

from __future__ import annotations

from gradatlas.symbolic.axioms import AXIOMS
from gradatlas.symbolic.canonical import canonical, equal, residual
from gradatlas.symbolic.checker.logic import from_axiom, suits
from gradatlas.symbolic.checker.signs import Sign, Signs, opened_facts
from gradatlas.symbolic.checker.theorem import Derived, Theorem, refuse_ranges_of, rule
from gradatlas.symbolic.errors import ProofError
from gradatlas.symbolic.language import COS, EXP, SIN
from gradatlas.symbolic.matching import match
from gradatlas.symbolic.propositions import (
    Continuous,
    Eq,
    ForAll,
    HasDerivative,
    Le,
    Lt,
    Ne,
    Proposition,
    free_variables_of,
    open_for_all,
    substitute_in,
)
from gradatlas.symbolic.terms import (
    ONE,
    ZERO,
    Add,
    Array,
    Call,
    Delta,
    Deriv,
    Index,
    Integral,
    Mul,
    Num,
    Pos,
    Pow,
    Read,
    Summation,
    Sym,
    Term,
    add,
    bind,
    close,
    free_variables,
    fresh_array,
    fresh_index,
    fresh_symbol,
    mul,
    opened,
    power,
    read,
    shape_of,
    substitute,
    unfolded,
)

__all__ = [
    "continuity",
    "derivative_value",
    "differentiate",
    "fundamental_theorem",
    "integral_linear",
    "integral_monotone",
    "integral_polynomial",
    "lipschitz_continuity",
    "locally_equal",
]


class _Fact:
    """A known derivative: of `pattern` in `variable`, wherever `point` may be put."""

    def __init__(self, claim: HasDerivative, arbitrary: frozenset[Term], source: Theorem) -> None:
        self.variable: Term = fresh_array(claim.shape) if claim.shape else fresh_symbol("x")
        self.pattern = opened(claim.body, self.variable)
        self.point = claim.point
        self.gradient = claim.gradient
        self.arbitrary = arbitrary
        self.source = source


class _Differentiation:
    """One application of the rule: the variable, its entry, the facts, and what was used."""

    def __init__(self, variable: Term, at: tuple[Term, ...], theorems: tuple[Theorem, ...]) -> None:
        self.variable = variable
        self.at = at
        self.signs = Signs(theorems)
        self.local: set[Term] = set(at)
        self.facts = [
            _Fact(claim, arbitrary, source)
            for claim, arbitrary, source in opened_facts(theorems)
            if isinstance(claim, HasDerivative)
        ]

    def of(self, value: Term) -> Term:
        """The partial derivative of a scalar term."""
        if self.variable not in free_variables(value):
            return ZERO
        if value is self.variable:
            return ONE
        known = self._from_facts(value)
        if known is not None:
            return known
        match value:
            case Add():
                return add(*map(self.of, value.args))
            case Mul():
                parts = value.args
                return add(*(mul(*parts[:k], self.of(p), *parts[k + 1 :]) for k, p in enumerate(parts)))
            case Pow():
                if value.exponent < 0:
                    self._need("nonzero", value.base, "a quotient is differentiable where its denominator is not zero")
                return mul(value.exponent, power(value.base, value.exponent - 1), self.of(value.base))
            case Summation():
                index = fresh_index(value.size)
                self.local.add(index)
                if self.variable in free_variables(value.size):
                    raise ProofError("differentiate: the range of a sum depends on the variable")
                return bind.sum(self.of(opened(value.body, index)), index)
            case Delta() | Pos():
                self.of(value.arg)  # differentiable, hence continuous
                self._need("nonzero", value.arg, "a bracket is locally constant where its argument is not zero")
                return ZERO
            case Read():
                return self._of_read(value)
            case Call():
                return self._of_call(value)
            case _:
                raise ProofError(f"differentiate: no rule for {value!r}", value)

    def _of_read(self, value: Read) -> Term:
        if any(self.variable in free_variables(i) for i in value.indices):
            raise ProofError(f"differentiate: an index of {value!r} depends on the variable", value)
        if value.array is self.variable:
            return mul(*(Delta(i - a) for i, a in zip(value.indices, self.at, strict=True)))
        if isinstance(value.array, Call) and value.array.head.definition is not None:
            return self.of(read(unfolded(value.array), *value.indices))
        raise ProofError(f"differentiate: no derivative is known of {value!r}", value)

    def _of_call(self, value: Call) -> Term:
        if value.head.definition is not None:
            return self.of(unfolded(value))
        name = f"{value.head.name}.derivative"
        if name in AXIOMS:
            self.facts.extend(
                _Fact(claim, arbitrary, source)
                for claim, arbitrary, source in opened_facts([from_axiom(name)])
                if isinstance(claim, HasDerivative)
            )
            known = self._from_facts(value)
            if known is not None:
                return known
        raise ProofError(f"differentiate: no derivative is known of {value!r}", value)

    def _from_facts(self, value: Term) -> Term | None:
        if not isinstance(value, Call | Read):
            return None
        for fact in self.facts:
            names = fact.arbitrary | {fact.variable}
            if _is_variable(fact.point):
                names |= {fact.point}
            found = match(fact.pattern, value, names)
            if found is None or fact.variable not in found:
                continue
            inner = found.pop(fact.variable)
            if any(isinstance(v, Index) and v not in found for v in fact.arbitrary):
                continue  # it holds for every value of an index that it ignores: there may be none
            if any(self.variable in free_variables(v) for v in found.values()):
                continue
            if self.variable in free_variables(fact.pattern) - names:
                continue
            result = self._chain(fact, inner, found)
            if result is not None:
                return result
        return None

    def _chain(self, fact: _Fact, inner: Term, found: dict[Term, Term]) -> Term | None:
        """The chain rule: the fact at the inner value, times the inner derivative."""
        if not suits(fact.variable, inner, found):
            return None
        replacements = dict(found)
        if _is_variable(fact.point) and fact.point not in found:
            replacements[fact.point] = inner
        elif substitute(fact.point, found) is not inner:
            return None
        if not all(suits(v, new, replacements) for v, new in replacements.items()):
            return None
        for hypothesis in fact.source.hypotheses:
            self._discharge(substitute_in(hypothesis, replacements))
        gradient = substitute(fact.gradient, replacements)
        self.signs.axioms |= fact.source.axioms
        if not shape_of(fact.variable):
            return mul(gradient, self.of(inner))
        over = [fresh_index(s) for s in shape_of(inner)]
        self.local.update(over)
        return bind.sum(mul(read(gradient, *over), self.of(read(inner, *over))), *over)

    def _need(self, wanted: Sign, value: Term, why: str) -> None:
        try:
            self.signs.require(wanted, value)
        except ProofError as error:
            raise ProofError(f"differentiate: {why}; {error}", error.residual) from error

    def _discharge(self, condition: Proposition) -> None:
        """A hypothesis of a fact is proven by signs, or stays a hypothesis where it mentions no bound index."""
        wanted: dict[type, Sign] = {Lt: "positive", Le: "nonnegative", Ne: "nonzero", Eq: "zero"}
        if isinstance(condition, Lt | Le | Ne | Eq):
            try:
                self.signs.require(wanted[type(condition)], condition.right - condition.left)
            except ProofError:
                pass
            else:
                return
        if free_variables_of(condition) & self.local:
            raise ProofError(f"differentiate: needs {condition!r} for every index, which is not known")
        self.signs.hypotheses |= {condition}


def _is_variable(point: Term) -> bool:
    """True if any value may be put in for the point: a hypothesis about it is then put to the value too."""
    return isinstance(point, Sym) or (isinstance(point, Array) and not point.params)


def _refuse_ambiguous_family(body: Term, variable: Term) -> None:
    """W of layer k and W of layer l may be one array: a derivative in one that holds the other fixed would mislead."""
    if not isinstance(variable, Array) or not variable.params:
        return
    for other in free_variables(body):
        if isinstance(other, Array) and other.name == variable.name and other is not variable:
            gaps = [canonical(a - b).term() for a, b in zip(other.params, variable.params, strict=True)]
            if not any(isinstance(g, Num) and g.value != 0 for g in gaps):
                raise ProofError(
                    f"differentiate: {other!r} may be {variable!r} itself for some values of their parameters"
                )


@rule("differentiate", instances=["facts"], binds=["over"])
def differentiate(body: Term, variable: Term, over: tuple[Index, ...] = (), facts: tuple[Theorem, ...] = ()) -> Derived:
    """Differentiation, by its rules.
    Sums, products, integer powers, quotients where the denominator does not vanish, brackets away from their jump, entries
    of the variable (a Kronecker delta each), functions with a known derivative by the chain rule, defined functions by
    unfolding. Proves that the term is differentiable and what its partial derivatives are.
    """
    if not (isinstance(variable, Array) or (isinstance(variable, Sym) and variable.kind == "real")):
        raise ProofError(f"differentiate: {variable!r} is not an array or a real variable")
    if shape_of(body) or len(over) != len(shape_of(variable)):
        raise ProofError("differentiate: give a scalar term and one index per axis of the variable")
    for index, length in zip(over, shape_of(variable), strict=True):
        if index.size is not length or index in free_variables(body):
            raise ProofError(f"differentiate: {index!r} is not a new index over {length!r}")
    _refuse_ambiguous_family(body, variable)
    used = _Differentiation(variable, over, facts)
    gradient = used.of(body)
    if any(free_variables_of(h) & used.local for h in used.signs.hypotheses):
        raise ProofError("differentiate: a hypothesis mentions a bound index")
    if over:
        gradient = bind.lam(gradient, *over)
    claim = HasDerivative(shape_of(variable), close(body, variable), variable, gradient)
    return Derived(used.signs.hypotheses, claim, used.signs.axioms | {"derivative.algebra"})


@rule("value of a derivative")
def derivative_value(theorem: Theorem, *at: Term) -> Derived:
    """A partial derivative has the value that was derived.
    Where a function is proven differentiable with a gradient, its partial derivative in an entry is the gradient's entry.
    """
    claim = theorem.conclusion
    if not isinstance(claim, HasDerivative):
        raise ProofError(f"{claim!r} is not about a derivative")
    if len(at) != len(claim.shape):
        raise ProofError(f"{len(claim.shape)} indices are needed, {len(at)} given")
    for index, length in zip(at, claim.shape, strict=True):
        if not suits(Index("i", length), index, {}):
            raise ProofError(f"{index!r} is not in range 0..{length!r}-1 by its type")
    value = read(claim.gradient, *at) if at else claim.gradient
    return Derived(theorem.hypotheses, Eq(Deriv(claim.shape, claim.body, claim.point, at), value))


def _without_unit(theorem: Theorem, *variables: Term) -> frozenset[Proposition]:
    """The hypotheses but for 0 <= t <= 1; raises if the rest still mentions a variable."""
    left = theorem.hypotheses - {bound for v in variables for bound in (Le(ZERO, v), Le(v, ONE))}
    for hypothesis in left:
        for variable in variables:
            if variable in free_variables_of(hypothesis):
                raise ProofError(f"{variable!r} must be arbitrary in [0, 1], but {hypothesis!r} is assumed of it")
    return left


def _real(variable: Term) -> Sym:
    if not isinstance(variable, Sym) or variable.kind != "real":
        raise ProofError(f"{variable!r} is not a real variable")
    return variable


@rule("continuity")
def continuity(body: Term, variable: Term, facts: tuple[Theorem, ...] = ()) -> Derived:
    """Sums and products of continuous functions are continuous.
    Constants, the variable, sums, products, powers, finite sums, exp, sin and cos of continuous functions are continuous,
    and so is what was proven to be.
    """
    t = _real(variable)
    used = frozenset[Proposition]()
    known = [
        (opened(fact.conclusion.body, t), fact.hypotheses)
        for fact in facts
        if isinstance(fact.conclusion, Continuous) and t not in free_variables(fact.conclusion.body)
    ]

    def check(value: Term) -> None:
        nonlocal used
        if t not in free_variables(value) or value is t:
            return
        for fact, hypotheses in known:
            if equal(fact, value):
                used |= hypotheses
                return
        match value:
            case Add() | Mul():
                for part in value.args:
                    check(part)
            case Pow() if value.exponent > 0:
                check(value.base)
            case Summation() if t not in free_variables(value.size):
                check(opened(value.body, fresh_index(value.size)))
            case Call() if value.head in {EXP, SIN, COS}:
                check(value.args[0])
            case _:
                raise ProofError(f"continuity: not known of {value!r}", value)

    check(body)
    if any(t in free_variables_of(h) for h in used):
        raise ProofError("continuity: a hypothesis is about the variable")
    return Derived(used, Continuous(close(body, t)), frozenset({"continuity.algebra"}))


@rule("Lipschitz continuity")
def lipschitz_continuity(theorem: Theorem, body: Term, variable: Term, other: Term, constant: Term) -> Derived:
    """A Lipschitz function is continuous.
    If (f(s) - f(t))^2 <= C (s - t)^2 for all s, t in [0, 1], then f is continuous on [0, 1].
    """
    t, s = _real(variable), _real(other)
    claim = theorem.conclusion
    left = _without_unit(theorem, s, t)
    refuse_ranges_of(theorem, s, t)
    if {s, t} & free_variables(constant) or s in free_variables(body) or s is t:
        raise ProofError("Lipschitz: the constant may not depend on s or t, nor f(t) on s")
    difference = substitute(body, {t: s}) - body
    if not (
        isinstance(claim, Le)
        and equal(claim.left, power(difference, 2))
        and equal(claim.right, mul(constant, power(s - t, 2)))
    ):
        raise ProofError(f"Lipschitz: {claim!r} is not (f(s) - f(t))^2 <= C (s - t)^2")
    return Derived(left, Continuous(close(body, t)), frozenset({"continuity.algebra"}))


@rule("fundamental theorem")
def fundamental_theorem(derivative: Theorem, continuous: Theorem) -> Derived:
    """The fundamental theorem of calculus on [0, 1].
    If F has the derivative f at every t in [0, 1] and f is continuous there, then F(1) - F(0) is the integral of f.
    """
    claim = derivative.conclusion
    if not isinstance(claim, HasDerivative) or claim.shape:
        raise ProofError(f"{claim!r} is not a derivative in a real variable")
    t = _real(claim.point)
    hypotheses = _without_unit(derivative, t)
    integrand = close(claim.gradient, t)
    if not isinstance(continuous.conclusion, Continuous) or continuous.conclusion.body is not integrand:
        raise ProofError(f"{continuous.conclusion!r} does not say that the derivative is continuous")
    if t in free_variables(claim.body):
        raise ProofError("the function differentiated depends on its own point")
    difference = opened(claim.body, ONE) - opened(claim.body, ZERO)
    return Derived(
        hypotheses | continuous.hypotheses,
        Eq(difference, Integral(integrand)),
        frozenset({"integral.fundamental"}),
    )


@rule("integral monotone")
def integral_monotone(theorem: Theorem, variable: Term, continuous: tuple[Theorem, Theorem]) -> Derived:
    """The integral is monotone.
    If a(t) <= b(t) for every t in [0, 1], both continuous, then the integral of a is at most the integral of b.
    """
    t = _real(variable)
    claim = theorem.conclusion
    if not isinstance(claim, Le):
        raise ProofError(f"{claim!r} is not an inequality")
    hypotheses = _without_unit(theorem, t)
    sides = (close(claim.left, t), close(claim.right, t))
    for known, body in zip(continuous, sides, strict=True):
        if not isinstance(known.conclusion, Continuous) or known.conclusion.body is not body:
            raise ProofError(f"{known.conclusion!r} does not say that {body!r} is continuous")
        hypotheses |= known.hypotheses
    return Derived(hypotheses, Le(Integral(sides[0]), Integral(sides[1])), frozenset({"integral.monotone"}))


@rule("integral linear")
def integral_linear(coefficients: tuple[Term, ...], parts: tuple[Theorem, ...], variable: Term) -> Derived:
    """The integral is linear.
    The integral of a sum of constants times continuous functions is the sum of the constants times their integrals.
    """
    t = _real(variable)
    if len(coefficients) != len(parts) or any(t in free_variables(c) for c in coefficients):
        raise ProofError("integral linear: one coefficient, free of the variable, per part")
    bodies = []
    for part in parts:
        if not isinstance(part.conclusion, Continuous):
            raise ProofError(f"{part.conclusion!r} does not say that a function is continuous")
        if t in free_variables(part.conclusion.body):
            raise ProofError(f"integral linear: {t!r} is a constant of {part.conclusion!r}, and not to be bound")
        bodies.append(part.conclusion.body)
    whole = add(*(mul(c, opened(b, t)) for c, b in zip(coefficients, bodies, strict=True)))
    split = add(*(mul(c, Integral(b)) for c, b in zip(coefficients, bodies, strict=True)))
    hypotheses = frozenset[Proposition]().union(*(p.hypotheses for p in parts))
    return Derived(hypotheses, Eq(bind.integral(whole, t), split), frozenset({"integral.linear"}))


@rule("integral of a polynomial")
def integral_polynomial(body: Term, variable: Term, coefficients: tuple[Term, ...]) -> Derived:
    """The integral of a polynomial on [0, 1].
    The integral of c_0 + c_1 t + ... + c_k t^k is c_0 + c_1/2 + ... + c_k/(k+1).
    """
    t = _real(variable)
    if any(t in free_variables(c) for c in coefficients):
        raise ProofError("a coefficient depends on the variable")
    polynomial = add(*(mul(c, power(t, k)) for k, c in enumerate(coefficients)))
    if not equal(body, polynomial):
        raise ProofError("the integrand is not that polynomial", residual(body, polynomial))
    value = add(*(mul(c, Num(k + 1) ** -1) for k, c in enumerate(coefficients)))
    return Derived(frozenset(), Eq(bind.integral(body, t), value), frozenset({"integral.linear"}))


@rule("local equality", binds=["over"])
def locally_equal(
    equation: Theorem,
    derivative: Theorem,
    continuous: tuple[Theorem, ...],
    over: tuple[Index, ...] = (),
) -> Derived:
    """Functions that agree near a point have one derivative there.
    If f(x) = g(x) wherever finitely many conditions 0 < e(x) hold, each e is differentiable at a point where they hold, and
    g is, then f is differentiable there with g's gradient. A condition may be for all i of a range, e depending on i.
    """
    claim, known = equation.conclusion, derivative.conclusion
    if not isinstance(claim, Eq) or not isinstance(known, HasDerivative) or not _is_variable(known.point):
        raise ProofError("local equality: an equation, and a derivative at a free variable, are needed")
    variable = known.point
    if known.body is not close(claim.right, variable):
        raise ProofError(f"local equality: {known!r} is not the derivative of {claim.right!r}")
    conditions = [h for h in equation.hypotheses if variable in free_variables_of(h)]
    bodies = {
        (opened(c.conclusion.body, variable), c)
        for c in continuous
        if isinstance(c.conclusion, HasDerivative)
        and c.conclusion.point is variable
        and variable not in free_variables(c.conclusion.body)
    }
    hypotheses = equation.hypotheses | derivative.hypotheses
    for condition in conditions:
        index: Index | None = None
        inner: Proposition = condition
        if isinstance(condition, ForAll) and condition.kind == "index":
            index = next((o for o in over if o.size is condition.shape[0]), None)
            if index is None:
                raise ProofError(f"local equality: give an index over {condition.shape[0]!r} for {condition!r}")
            if variable in free_variables(index.size):
                raise ProofError(f"local equality: the range of {condition!r} depends on {variable!r}")
            inner = open_for_all(condition, index)
        if not isinstance(inner, Lt) or inner.left is not ZERO:
            raise ProofError(f"local equality: {condition!r} is not a condition 0 < e, or one for all i")
        for body, source in bodies:
            arbitrary = index is None or not any(index in free_variables_of(h) for h in source.hypotheses)
            if body is inner.right and arbitrary:
                hypotheses |= source.hypotheses
                break
        else:
            raise ProofError(f"local equality: {inner.right!r} is not shown to be differentiable in {variable!r}")
    return Derived(hypotheses, HasDerivative(known.shape, close(claim.left, variable), variable, known.gradient))
