"""Derivations of the probability chapter: entropy and relative entropy, likelihoods, and the variance of a mean of draws."""

from __future__ import annotations

from gradatlas.formulas import probability as f
from gradatlas.symbolic import checker
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.inequalities import (
    axiom_at,
    exp_above_tangent,
    exp_of_log,
    gap,
    log_increases,
    log_of_product,
    log_of_reciprocal,
    log_tangent,
    term_of_vanishing_sum,
)
from gradatlas.symbolic.language import Sum, define, delta, exp, lam, log
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import eq, has_derivative, le, lt
from gradatlas.symbolic.tactics import absurd, by_sign, by_steps, nonzero_cases, opened_theorem
from gradatlas.symbolic.terms import ONE, ZERO, Index, Term, substitute

__all__: list[str] = []


def prove_entropy_zero(proof: Proof) -> None:
    s = f.s
    with proof.claim("bound"):
        (positive,) = proof.given
        double = proof.have(log_of_product(s, s, (positive,)), "the logarithm of a square is twice that of its root")
        square = checker.equation(log(s**2), log(s * s))
        double = checker.transitive(square, double)
        tangent = proof.have(log_tangent(ONE, s, (positive,)), "the exponential lies above its tangent")
        one = 2 * s**2 * gap(tangent)
        proof.reached(
            checker.certificate(proof.goal, (one, 2 * s**2, -(s**2) * gap(double)), (positive, tangent, double)),
            "-log s is at most 1/s - 1",
        )
    with proof.claim("not negative"):
        positive, small = proof.given
        double = checker.transitive(square, log_of_product(s, s, (positive,)))
        falls = proof.have(
            log_increases(s, ONE, (positive, small)), "the logarithm of a number up to 1 is not positive"
        )
        proof.reached(
            checker.certificate(proof.goal, (2 * s**2 * gap(falls), s**2 * gap(double)), (falls, double)),
            "so minus t times it is not negative",
        )


def prove_cross_entropy_decomposition(proof: Proof) -> None:
    with proof.claim("sum"):
        proof.contract("each p_i log p_i is added and taken off")
    with proof.claim("lower bound"):
        not_negative, positive, small = proof.given
        bound = proof.have(
            _single_term(f.q, not_negative, positive, small), "no -log q_i is negative: a term is less than the sum"
        )
        proof.reached(bound)
    with proof.claim("unbounded"):
        not_negative, here, positive, small, falling = proof.given
        bound = _single_term(f.moving, not_negative, positive, small)
        bound = proof.have(bound, "no -log q_i is negative: a term is less than the sum")
        shape = opened_theorem(falling, f.T)
        value = log_of_reciprocal(1 + f.T, (checker.sign(lt(0, 1 + f.T)),))
        value = by_steps(log(f.moving[f.k]), [shape, value], -log(1 + f.T))
        value = proof.have(value, "at k it is log(1 + t)")
        below = checker.rewrite_in(bound, value)
        below = checker.convert(below, le(f.p[f.k] * log(1 + f.T), _right_of(bound)))
        growing = proof.have(axiom_at("log.diverges", ONE), "the logarithm grows beyond every bound")
        growing = checker.convert(growing, growing.conclusion)
        whole = _right_of(bound)
        proof.reached(
            checker.comparison(whole, f.T, growing, f.p[f.k], below, (here,)),
            "and the sum lies above a positive multiple of it",
        )


def _right_of(theorem: Theorem) -> Term:
    return theorem.conclusion.right  # type: ignore[union-attr]


def _single_term(q: Term, not_negative: Theorem, positive: Theorem, small: Theorem) -> Theorem:
    """-p_k log q_k <= -sum_i p_i log q_i for 0 <= p, 0 < q <= 1."""
    i, k, p = f.i, f.k, f.p
    steps = (f.T,) if q is f.moving else ()
    above, below = (opened_theorem(t, *steps, i) for t in (positive, small))
    falls = log_increases(q[i], ONE, (above, below))
    falls = checker.convert(falls, le(log(q[i]), 0))
    others = Sum((1 - delta(i, k)) * p[i] * -log(q[i]), i)
    return checker.certificate(le(-p[k] * log(q[k]), -Sum(p[i] * log(q[i]), i)), (others,), (not_negative, falls))


def _excess(at: Index) -> Term:
    """What a term of the relative entropy has above p_i - q_i."""
    p, q = f.p[at], f.q[at]
    return p * (log(p) - log(q)) - p + q


def _excess_not_negative(given: list[Theorem]) -> Theorem:
    """p_i (log p_i - log q_i) >= p_i - q_i, for numbers that are not negative, p_i being 0 where q_i is."""
    i = f.i
    p, q = f.p[i], f.q[i]
    p_sign, q_sign = (opened_theorem(t, i) for t in given[:2])
    claim = le(0, _excess(i))

    def positive(case: Theorem) -> Theorem:
        known = (case, _second_positive(given, case))
        tangent = log_tangent(q, p, known)
        return checker.certificate(claim, (p * gap(tangent),), (*known, tangent), (p,))

    def zero(case: Theorem) -> Theorem:
        gone = checker.rewrite(_excess(i), case)
        return checker.certificate(claim, (q, -gap(gone)), (q_sign, gone))

    return by_sign(p, positive, zero, lambda case: absurd([p, -p], claim, (case, p_sign)))


def _second_positive(given: list[Theorem], first: Theorem) -> Theorem:
    """0 < q_i where 0 < p_i."""
    i = f.i
    q = f.q[i]
    q_sign = opened_theorem(given[1], i)
    dominated = checker.specialise(given[4], i)
    claim = lt(0, q)

    def zero(case: Theorem) -> Theorem:
        gone = checker.modus_ponens(dominated, case)
        return checker.contradiction(checker.rewrite_in(first, gone), claim)

    return by_sign(q, lambda case: case, zero, lambda case: absurd([q, -q], claim, (case, q_sign)))


def prove_relative_entropy_gibbs(proof: Proof) -> None:
    i, k = f.i, f.k
    with proof.claim("inequality"):
        given = proof.given
        excess = proof.have(
            _excess_not_negative(given),
            "p_i log(p_i / q_i) is at least p_i - q_i: the exponential lies above its tangent",
        )
        inequality = _summed(proof, excess)
        proof.reached(inequality, "summed up, both sums being 1")
    with proof.claim("cross-entropy"):
        proof.have(inequality, "the relative entropy is not negative, proven above")
        proof.reached(
            checker.certificate(proof.goal, (gap(inequality),), (inequality,)), "and it is the difference of the two"
        )
    with proof.claim("equality"):
        given, vanishing = proof.given[:5], proof.given[5]
        proof.have(excess, "p_i log(p_i / q_i) is at least p_i - q_i")
        _, _, p_one, q_one = given[:4]
        total = checker.combination(eq(Sum(_excess(i), i), 0), (ONE, -ONE, ONE), (vanishing, p_one, q_one))
        total = proof.have(total, "here the differences add up to 0")
        small = term_of_vanishing_sum(_excess(i), i, k, total, excess)
        small = proof.have(small, "so none of them is positive")
        proof.reached(_equal_where_tangent(given, small), "and the exponential touches its tangent at 0 alone")


def _summed(proof: Proof, excess: Theorem) -> Theorem:
    p_one, q_one = proof.given[2:4]
    whole = Sum(_excess(f.i), f.i)
    return checker.certificate(le(0, f.relative_entropy), (whole, -gap(p_one), gap(q_one)), (excess, p_one, q_one))


def _equal_where_tangent(given: list[Theorem], small: Theorem) -> Theorem:
    """p_k = q_k, where p_k (log p_k - log q_k) <= p_k - q_k."""
    i, k = f.i, f.k
    p, q = f.p[k], f.q[k]
    p_sign, q_sign = (opened_theorem(t, k) for t in given[:2])
    claim = eq(p, q)

    def positive(case: Theorem) -> Theorem:
        at_i = checker.assume(lt(0, f.p[i]))
        known = (case, checker.cut(checker.instantiate(_second_positive(given, at_i), {i: k}), case))
        u = log(q) - log(p)

        def equal(zero: Theorem) -> Theorem:
            same = checker.combination(eq(log(q), log(p)), (ONE,), (zero,))
            return by_steps(p, [checker.symmetric(exp_of_log(p, known)), checker.symmetric(same)], exp(log(q)))

        def apart(other: Theorem) -> Theorem:
            strict = exp_above_tangent(u, other)
            ratio = checker.equation(exp(u), exp(log(q)) * exp(log(p)) ** -1)
            for value in (q, p):
                ratio = checker.transitive(ratio, checker.rewrite(_right_of(ratio), exp_of_log(value, known)))
            strict = checker.rewrite_in(strict, ratio)
            parts = (p * gap(strict), gap(small))
            nothing = checker.certificate(lt(0, 0), parts, (*known, strict, small), (p,))
            return checker.contradiction(nothing, claim)

        theorem = nonzero_cases(u, lambda zero: _by_exponentials(equal(zero), known), apart)
        return theorem

    def _by_exponentials(same: Theorem, known: tuple[Theorem, ...]) -> Theorem:
        return checker.transitive(same, exp_of_log(q, known))

    def zero(case: Theorem) -> Theorem:
        gone = checker.rewrite_in(small, case)
        at_most = checker.convert(gone, le(q, 0))
        none = by_sign(
            q,
            lambda more: absurd([q, -q], eq(q, 0), (more, at_most)),
            lambda nothing: nothing,
            lambda less: absurd([q, -q], eq(q, 0), (less, q_sign)),
        )
        return checker.combination(claim, (ONE, -ONE), (case, none))

    return by_sign(p, positive, zero, lambda case: absurd([p, -p], claim, (case, p_sign)))


def prove_relative_entropy_unbounded(proof: Proof) -> None:
    k, p = f.k, f.p[f.k]
    not_negative, above, below, here, small = proof.given
    single = proof.have(
        _single_term(f.q, not_negative, above, below), "no -log q_i is negative: a term is less than the sum"
    )
    positive = opened_theorem(above, k)
    exponent = -(f.threshold + f.entropy) / p
    falls = log_increases(f.q[k], exp(exponent), (positive, small))
    falls = proof.have(checker.rewrite_in(falls, axiom_at("log.exp", exponent)), "the logarithm of what is given")
    proof.reached(
        checker.certificate(proof.goal, (gap(single), p * gap(falls)), (single, here, falls), (p,)),
        "-p_k log q_k is at least c + H, and H is taken off",
    )


def prove_entropy_maximum(proof: Proof) -> None:
    with proof.claim("not negative"):
        not_negative, one = proof.given
        below = proof.have(_at_most_one(not_negative, one), "a probability is at most 1")
        term = proof.have(_surprise_not_negative(not_negative, below), "so no term p_i log p_i is positive")
        whole = Sum(-f.p[f.i] * log(f.p[f.i]), f.i)
        proof.reached(checker.certificate(proof.goal, (whole,), (term,)), "and the entropy is minus their sum")
    some = _some(one)
    even = Sum(f.p[f.i] * (log(f.p[f.i]) - log(1 / f.n)), f.i)
    uniform = log_of_reciprocal(f.n, (some,))
    entropy = checker.rewrite(even, uniform)
    entropy = checker.transitive(
        entropy, checker.equation(_right_of(entropy), -f.entropy + log(f.n) * Sum(f.p[f.i], f.i))
    )
    entropy = checker.transitive(entropy, checker.rewrite(_right_of(entropy), one))
    with proof.claim("upper bound"):
        proof.have(entropy, "the relative entropy to the uniform distribution is log n - H")
        gibbs = proof.have(_to_uniform(proof, "inequality", some), "which is not negative, by Gibbs' inequality")
        proof.reached(
            checker.certificate(proof.goal, (gap(gibbs), gap(entropy)), (gibbs, entropy)), "so H is at most log n"
        )
    with proof.claim("equality"):
        here = proof.given[2]
        proof.have(entropy, "the relative entropy to the uniform distribution is log n - H")
        vanishing = checker.combination(eq(even, 0), (ONE, -ONE), (entropy, here))
        gibbs = _to_uniform(proof, "equality", some)
        proof.reached(checker.cut(gibbs, vanishing), "where it is 0 the two distributions are equal")
    with proof.claim("uniform"):
        flat = opened_theorem(proof.given[2], f.i)
        proof.rewrite(flat, "every probability is 1/n")
        proof.rewrite(uniform, "its logarithm is -log n")
        proof.contract("n equal terms", facts=[some])


def _some(one: Theorem) -> Theorem:
    """0 < n, since the probabilities sum to 1: a sum of none is 0."""
    claim = lt(0, f.n)

    def none(case: Theorem) -> Theorem:
        return checker.contradiction(checker.convert(checker.rewrite_in(one, case), eq(0, 1)), claim)

    return by_sign(f.n, lambda case: case, none, lambda case: checker.sign(claim, (case,)))


def _at_most_one(not_negative: Theorem, one: Theorem) -> Theorem:
    """p_i <= 1: the others are not negative."""
    i, j = f.i, f.j
    others = Sum((1 - delta(i, j)) * f.p[j], j)
    return checker.certificate(le(f.p[i], 1), (others, gap(one)), (not_negative, one))


def _surprise_not_negative(not_negative: Theorem, below: Theorem) -> Theorem:
    """0 <= -p_i log p_i for 0 <= p_i <= 1."""
    p = f.p[f.i]
    at_least = opened_theorem(not_negative, f.i)
    value = -p * log(p)
    claim = le(0, value)

    def zero(case: Theorem) -> Theorem:
        return checker.certificate(claim, (-gap(checker.rewrite(value, case)),), (checker.rewrite(value, case),))

    def positive(case: Theorem) -> Theorem:
        falls = log_increases(p, ONE, (case, below))
        return checker.certificate(claim, (p * gap(falls),), (case, falls))

    return by_sign(p, positive, zero, lambda case: absurd([p, -p], claim, (case, at_least)))


def _to_uniform(proof: Proof, which: str, some: Theorem) -> Theorem:
    """Gibbs' inequality with the uniform distribution as the second."""
    i, n = f.i, f.n
    flat = define("u", lam(1 / n, i))
    gibbs = checker.instantiate(proof.lemma("relative-entropy.gibbs", which), {f.q: flat})
    positive = checker.sign(lt(0, flat[i]), (some,))
    never = checker.assume(eq(flat[i], 0))
    dominated = checker.contradiction(checker.rewrite_in(positive, never), eq(f.p[i], 0))
    facts = [
        checker.generalise(checker.sign(le(0, flat[i])), i),
        checker.equation(Sum(flat[i], i), ONE, (some,), (flat.head,)),
        checker.generalise(checker.implication(dominated, never.conclusion), i),
    ]
    value = checker.equation(flat[i], 1 / n, (), (flat.head,))
    if which == "equality":
        even = checker.rewrite(Sum(f.p[i] * (log(f.p[i]) - log(flat[i])), i), value)
        facts.append(checker.transitive(even, checker.assume(eq(_right_of(even), 0))))
    gibbs = checker.rewrite_in(checker.cut(gibbs, *facts), value)
    return checker.cut(gibbs, some) if some.conclusion in gibbs.hypotheses else gibbs


def prove_entropy_logits(proof: Proof) -> None:
    i, j = f.i, f.j
    with proof.claim("log-probability"):
        some = proof.nonempty(i)
        proof.known(some)
        known = proof.derive("the chain rule", "the exponential and its sum cancel", unfold=[f.r])
    share = checker.differentiate(f.r[j], f.z, (i,), (some,))
    spelled = has_derivative(f.r[j], f.z, f.r[j] * (delta(i, j) - f.r[i]), i)
    share = checker.convert(share, spelled, (some,), (f.r.head,))  # type: ignore[attr-defined]
    for name in ("entropy", "cross-entropy", "relative entropy", "relative entropy, of the softmax"):
        with proof.claim(name):
            proof.known(proof.nonempty(i))
            proof.differentiate("log r_j has the derivative [i = j] - r_i, and r_j that times r_j", [known, share])
            proof.contract("the sums over Kronecker deltas collapse")
            if name in ("cross-entropy", "relative entropy"):
                proof.rewrite(proof.given[0], "the targets sum to 1")
            else:
                proof.restate(proof.right, "and r sums to 1", unfold=[f.r])


def prove_likelihood_product(proof: Proof) -> None:
    T = f.T
    with proof.claim("positive"):
        chance, start, product = proof.given
        more = opened_theorem(product, T)
        base = checker.rewrite_in(checker.sign(lt(0, 1)), checker.symmetric(start))
        factors = checker.sign(
            lt(0, f.likelihood(T) * f.chance(T)), (checker.assume(proof.goal), opened_theorem(chance, T))
        )
        step = checker.rewrite_in(factors, checker.symmetric(more))
        positive = checker.induction(proof.goal, T, base, step)
        proof.reached(positive, "by induction: one factor more, and it is positive")
    with proof.claim("sum"):
        proof.have(positive, "the likelihood is positive, proven above")
        goal = proof.goal
        base = proof.have(
            by_steps(substitute(proof.left, {T: ZERO}), [start], substitute(proof.right, {T: ZERO})),
            "no samples have the probability 1, and log 1 is 0",
        )
        logs = log_of_product(f.likelihood(T), f.chance(T), (positive, opened_theorem(chance, T)))
        proof.begin(substitute(proof.left, {T: T + 1}), "with one sample more")
        proof.rewrite(more, "the likelihood has one factor more")
        proof.rewrite(logs, "the logarithm of a product is the sum of the logarithms")
        proof.restate(-log(f.likelihood(T)) - log(f.chance(T)), "two terms")
        proof.rewrite(checker.assume(goal), "by the hypothesis of the induction")
        whole = substitute(proof.right, {T: T + 1})
        last = checker.split_last(-whole, T)
        proof.then(checker.combination(eq(proof.current, whole), (ONE,), (last,)), "the last term is added to the sum")
        proof.reached(checker.induction(goal, T, base, proof.chain()), "by induction on the number of samples")


def prove_likelihood_categorical(proof: Proof) -> None:
    with proof.claim("mean"):
        counted = opened_theorem(proof.given[0], f.i)
        spelled = checker.rewrite(proof.right, counted)
        mean = checker.transitive(checker.equation(proof.left, _right_of(spelled)), checker.symmetric(spelled))
        proof.then(mean, "the samples are counted label by label")
    with proof.claim("lower bound"):
        proof.have(mean, "the mean is a cross-entropy, as proven above")
        gibbs = proof.have(_of_frequencies(proof, "cross-entropy"), "Gibbs' inequality for the frequencies")
        proof.reached(checker.certificate(proof.goal, (gap(gibbs), -gap(mean)), (gibbs, mean)), "put together")
    with proof.claim("equality"):
        least = proof.given[4]
        vanishing = checker.combination(
            eq(Sum(f.frequency[f.i] * (log(f.frequency[f.i]) - log(f.q[f.i])), f.i), 0), (ONE, -ONE), (least, mean)
        )
        proof.have(vanishing, "the relative entropy of the frequencies to q is 0")
        gibbs = checker.cut(_of_frequencies(proof, "equality"), vanishing)
        proof.reached(checker.symmetric(gibbs), "so the two are equal, by Gibbs' inequality")


def _of_frequencies(proof: Proof, which: str) -> Theorem:
    """Gibbs' inequality for the frequencies of the labels and positive probabilities q."""
    i, share = f.i, f.frequency
    counted, some, positive, _ = proof.given[:4]
    gibbs = checker.instantiate(proof.lemma("relative-entropy.gibbs", which), {f.p: share})
    here = opened_theorem(positive, i)
    never = checker.assume(eq(f.q[i], 0))
    dominated = checker.contradiction(checker.rewrite_in(here, never), eq(share[i], 0))
    count = opened_theorem(counted, i)
    total = checker.rewrite(Sum(share[i], i), count)
    facts = [
        checker.generalise(checker.rewrite_in(checker.sign(le(0, _right_of(count))), checker.symmetric(count)), i),
        checker.generalise(checker.sign(le(0, f.q[i]), (here,)), i),
        checker.transitive(total, checker.equation(_right_of(total), ONE, (some,))),
        checker.generalise(checker.implication(dominated, never.conclusion), i),
    ]
    return checker.cut(gibbs, *facts)


def prove_mini_batch_variance(proof: Proof) -> None:
    a, b, c, d = f.a, f.b, f.c, f.d
    for name in ("with replacement", "without replacement"):
        with proof.claim(name):
            batch, joint, some = proof.given
            proof.restate(
                Sum(f.law(c, d) * (f.x[a] - f.mean) * (f.x[b] - f.mean), c, d, a, b) / f.B**2,
                "the square as a double sum, and every sample drawn as a sum over all samples",
                facts=[batch],
            )
            proof.rewrite(opened_theorem(joint, c, d, a, b), "the law of pairs of draws")
            proof.restate(proof.right, "the deviations add up to 0", facts=[batch, some])

    with proof.claim("equal samples"):
        batch, equal, some = proof.given
        here = f.x[f.drawn(c)]
        each = checker.rewrite(Sum(f.x[b], b), checker.specialise(equal, b, f.drawn(c)))
        value = checker.combination(eq(here, f.mean), (-1 / f.N,), (each,), (some,), (f.N,))
        proof.rewrite(proof.have(value, "each sample has the mean's value"), "put in")
        proof.contract("a mean of equal numbers", facts=[batch])


def prove_sampling_permutation(proof: Proof) -> None:
    a, b, c, d, omega, N = f.a, f.b, f.place, f.other_place, f.omega, f.N
    with proof.claim("single"):
        total, once, single, _ = proof.given
        some = proof.nonempty(a)
        once, single = opened_theorem(once, omega, a), opened_theorem(single, c, a)
        anywhere = Sum(f.weight[omega] * delta(f.drawn(c), a), omega)
        proof.begin(Sum(anywhere, c), "the probabilities of a sample, added up over the places")
        proof.restate(Sum(f.weight[omega] * Sum(delta(f.drawn(c), a), c), omega), "the sums change places")
        proof.rewrite(once, "the sample comes once in every order")
        proof.restate(Sum(f.weight[omega], omega), "which is left")
        proof.rewrite(total, "of all outcomes")
        whole = proof.chain()
        each = checker.rewrite(Sum(anywhere, c), single)
        shared = checker.combination(eq(f.single_chance[a], 1 / N), (1 / N, -1 / N), (whole, each), (some,), (N,))
        shared = proof.have(shared, "no place being preferred, it is 1/N in each")
        alone = proof.reached(checker.transitive(single, shared), "which is the claim")
    with proof.claim("pair"):
        more, joint = proof.given[4], opened_theorem(proof.given[3], c, d, a, b)
        different = 1 - delta(c, d)
        everywhere = Sum(different * f.law(c, d), c, d)
        proof.begin(everywhere, "the probabilities of a pair, added up over all pairs of different places")
        first, second = (Sum(delta(f.drawn(c), sample), c) for sample in (a, b))
        proof.restate(
            Sum(f.weight[omega] * (first * second - delta(a, b) * first), omega),
            "all pairs of places less those of one place twice",
        )
        proof.rewrite(once, "each sample comes once in every order")
        proof.restate((1 - delta(a, b)) * Sum(f.weight[omega], omega), "which is left")
        proof.rewrite(total, "of all outcomes")
        whole = proof.chain()
        each = checker.rewrite(everywhere, joint)
        share = f.pair_chance[a, b]
        count = N * (N - 1)
        shared = checker.combination(
            eq(share, (1 - delta(a, b)) / count), (1 / count, -1 / count), (whole, each), (some, more), (N, N - 1)
        )
        shared = proof.have(shared, "no pair of places being preferred, it is 1/(N (N - 1)) in each")
        twice = delta(c, d) * delta(a, b)
        proof.reached(
            checker.combination(proof.goal, (ONE, different, twice), (joint, shared, alone)),
            "and one place twice has the probability of one sample",
        )


# A line fitted by least squares, and a mean.


def _of_no_mean(proof: Proof) -> tuple[Theorem, Theorem]:
    """The entries of c add up to 0, and c times x to S."""
    i, centred, many = f.i, f.centred, proof.given[0]
    heads = (centred.head, f.spread.head)
    none = checker.equation(Sum(centred[i], i), ZERO, (many,), heads)
    squares = checker.equation(Sum(centred[i] * f.inputs[i], i), f.spread, (many,), heads)
    return proof.have(none, "what is left without the mean has the mean 0"), proof.have(squares, "so c . x = c . c")


def _error_of_slope(proof: Proof) -> Theorem:
    """The slope found is beta + c . e / S."""
    i, centred, spread = f.i, f.centred, f.spread
    none, squares = _of_no_mean(proof)
    some = proof.given[1]
    proof.begin(f.fitted, "the slope that is found")
    noise = Sum(centred[i] * f.noise[f.omega, i], i) / spread
    parts = f.level * Sum(centred[i], i) / spread + f.incline * Sum(centred[i] * f.inputs[i], i) / spread + noise
    proof.restate(parts, "what the line adds to it, and what the noise adds")
    proof.rewrite(none, "the level adds nothing")
    proof.rewrite(squares, "the line its slope")
    proof.restate(f.incline + noise, "S not being 0", [some])
    return proof.chain()


def prove_least_squares_variance(proof: Proof) -> None:
    i, j, centred, spread, omega = f.i, f.j, f.centred, f.spread, f.omega
    pairs = f.over_noise(f.noise[omega, i] * f.noise[omega, j])
    squares = checker.equation(Sum(centred[i] ** 2, i), spread, (), (spread.head,))
    with proof.claim("least squares"):
        none, _ = _of_no_mean(proof)
        seen = Sum(centred[i] * f.observed(i), i)
        parts = seen - f.observed_mean * Sum(centred[i], i) - f.fitted * Sum(centred[i] ** 2, i)
        proof.restate(parts, "taken apart")
        proof.rewrite(none, "what is seen on average does not count")
        proof.rewrite(squares, "by definition")
        proof.contract("the slope times S is what is seen along c")
    with proof.claim("slope, mean"):
        proof.rewrite(_error_of_slope(proof), "the slope that is found")
        errors = Sum(centred[i] * f.over_noise(f.noise[omega, i]), i) / spread
        proof.restate(f.incline * Sum(f.weight[omega], omega) + errors, "an expectation of a sum")
        proof.rewrite(proof.given[2], "the probabilities add up to 1")
        proof.rewrite(opened_theorem(proof.given[3]), "and the noise has mean 0")
        proof.contract("nothing is added")
    for name in ("slope, variance", "against n"):
        with proof.claim(name):
            proof.rewrite(_error_of_slope(proof), "the slope that is found")
            proof.restate(Sum(centred[i] * centred[j] * pairs, i, j) / spread**2, "the square of its error")
            proof.rewrite(opened_theorem(proof.given[2]), "the noise is uncorrelated")
            proof.restate(f.sigma**2 * Sum(centred[i] ** 2, i) / spread**2, "only equal pairs remain")
            proof.rewrite(squares, "by definition")
            proof.restate(f.sigma**2 / spread, "S cancels once")
            if name == "against n":
                proof.rewrite(proof.given[3], "S is n times the inputs' variance")
    with proof.claim("mean, variance"):
        proof.restate(Sum(pairs, i, j) / f.n**2, "the level drops out, and the square is multiplied out")
        proof.rewrite(opened_theorem(proof.given[2]), "the noise is uncorrelated")
        proof.contract("n squares, over n^2")
