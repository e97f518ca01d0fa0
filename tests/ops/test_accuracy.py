"""Every elementwise record's derivative against mpmath, in ulps, over the whole domain: subnormal to huge, both signs."""

import math
import zlib
from functools import partial

import array_api_strict
import mpmath
import numpy as np
import pytest

from gradatlas.backend import library_of
from gradatlas.ops import all_operations
from gradatlas.ops.kinds import Record

DTYPES = (np.float64, np.float32)
RECORDS = [record for record in all_operations().values() if record.kind == "elementwise"]
MOST = {"float64": 4, "float32": 8}  # what no record may promise less than
MOST_BY_SCIPY = {"float64": 12, "float32": 8}  # where the derivative is as good as the library's special function
BY_SCIPY = {
    "erfinv",
    "erfinv_prime",
    "gammaln",
    "digamma",
    "polygamma",
    "i0",
    "i1",
    "i1_derivative",
    "i0e",
    "i0e_prime",
}
BY_SCIPY |= {"i1e", "i1e_prime"}
THINNED = {"polygamma": 11, "i1_derivative": 11}  # mpmath is slow there: one point of so many
THINNED |= dict.fromkeys(("digamma", "i1", "i0e", "i0e_prime", "i1e", "i1e_prime"), 3)


def measured() -> list[tuple[Record, int]]:
    """Every argument in which an elementwise record that promises a bound has a derivative."""
    return [(r, k) for r in RECORDS if r.bound is not None for k in slots(r)]


def slots(record: Record) -> list[int]:
    """The arguments in which a record has a derivative."""
    return [k for k, rule in enumerate(record.derivatives) if rule.sources or rule.function() is not None]


def domain(record: Record, k: int) -> str:
    return record.domain if isinstance(record.domain, str) else record.domain[k]


def params_of(record: Record) -> list[dict]:
    """The different keywords that the record's samples use."""
    found = [dict(sample.params) for sample in record.samples(np.random.default_rng(0))]
    return [each for i, each in enumerate(found) if each not in found[:i]]


def inside(record: Record, k: int, args, params) -> np.ndarray:
    """Where the record's domain for argument k holds."""
    where = compile(domain(record, k).replace("R", "True"), record.name, "eval")
    known = {"floor": math.floor, "low": -math.inf, "high": math.inf, **params}

    def holds(*at) -> bool:
        return eval(
            where, {"__builtins__": {}}, {**known, **dict(zip(record.argument_names, map(float, at), strict=True))}
        )

    return np.asarray([holds(*at) for at in zip(*args, strict=True)])


# ------------------------------------------------------------------------------------------------ the grid


def one_argument(dtype, rng, near=()) -> np.ndarray:
    """Numbers of both signs: all binades and their neighbours, random bits, the ranges where exp bends, points of interest."""
    info, size = np.finfo(dtype), np.dtype(dtype).itemsize
    exponents = np.arange(info.minexp - info.nmant, info.maxexp, 16 if size == 8 else 3)
    powers = np.asarray([2.0 ** int(e) for e in exponents], dtype=dtype)
    unsigned = np.uint64 if size == 8 else np.uint32
    bits = rng.integers(0, 2 ** (8 * size - 1), size=150, dtype=unsigned).view(dtype)
    far = 750 if size == 8 else 104  # exp(-far) is 0; from 0.945 far (0.84 in float32) on exp(-x) is subnormal
    fading = 0.945 if size == 8 else 0.84
    parts = [
        powers,
        np.nextafter(powers, dtype(0)),
        np.nextafter(powers, dtype(np.inf)),
        bits[np.isfinite(bits)],
        2.0 ** rng.uniform(-30, 10.5, 150),
        rng.uniform(0, 3, 150),
        rng.uniform(0, 40, 200),
        rng.uniform(0.4 * far, far, 100),
        rng.uniform(fading * far, far, 50),
        rng.uniform(fading * far / 2, far / 2, 50),
        rng.uniform(0.95 * info.maxexp, 1.06 * info.maxexp, 50),  # 2^-x is subnormal, or 2^x out of range
        [info.max, info.smallest_normal, info.smallest_subnormal, 0.0],
    ]
    for point in near:
        steps = 2.0 ** -rng.uniform(0, info.nmant, 100)
        parts += [abs(point) * (1 + steps), abs(point) * (1 - steps)]
    x = np.unique(np.concatenate([np.asarray(part, dtype=dtype) for part in parts]))
    return np.concatenate([-x[::-1], x])


def two_arguments(dtype, rng) -> tuple[np.ndarray, np.ndarray]:
    """Pairs: any with any, nearly equal, whole and half exponents, x^y over the whole range, y log x nearly -1."""
    x = one_argument(dtype, rng, near=(1.0,)).astype(np.float64)
    rng.shuffle(x)
    other = rng.permutation(x)
    info = np.finfo(dtype)
    with np.errstate(over="ignore", under="ignore"):
        close = x * (1 + rng.choice([-1, 1], x.size) * 2.0 ** -rng.integers(1, info.nmant + 1, x.size))
        squares = rng.choice([-1, 1], x.size) * x * x
    logs = np.log2(np.abs(np.where((x == 0) | (np.abs(x) == 1), 2, x)))
    ranged = rng.uniform(info.minexp - info.nmant - 3, info.maxexp + 3, x.size) / logs
    turning = -1 / (logs * math.log(2)) * (1 + rng.normal(size=x.size) * 2.0 ** -rng.integers(0, 50, x.size))
    families = [
        other,
        close,
        x,
        rng.integers(-8, 9, x.size).astype(float),
        rng.integers(-17, 18, x.size) / 2,
        ranged + rng.integers(0, 3, x.size),
        turning,
        1 + rng.choice([-1, 1], x.size) * 2.0 ** -rng.uniform(0, 60, x.size),
        rng.normal(size=x.size) * 2.0 ** rng.uniform(-20, 20, x.size),
        rng.choice([-1, 1], x.size) * 2.0 ** rng.uniform(info.minexp - info.nmant, 0, x.size),
        squares,
        np.sqrt(np.abs(x)),
        np.cbrt(x),
    ]
    take = [rng.integers(0, x.size, 160) for _ in families]
    xs = np.concatenate([np.where(rng.random(160) < 0.9, np.abs(x[i]), x[i]) for i in take]).astype(dtype)
    ys = np.concatenate([family[i] for family, i in zip(families, take, strict=True)])
    ys = np.clip(ys, -float(info.max), float(info.max)).astype(dtype)
    tiny, signs = 2.0 ** rng.uniform(info.minexp - info.nmant, info.minexp + 5, (2, 150)), rng.choice([-1, 1], 150)
    return np.concatenate([xs, tiny[0].astype(dtype)]), np.concatenate([ys, (tiny[1] * signs).astype(dtype)])


def grid(record: Record, k: int, dtype, params) -> list[np.ndarray]:
    # A seed of its own for each, the same in every run and every process.
    rng = np.random.default_rng(zlib.crc32(f"{record.name} {k} {np.dtype(dtype).name}".encode()))
    if len(record.argument_names) == 1 or len(record.derivatives) == 1:
        near = [
            1.0,
            *(float(v) for v in params.values() if v),
            *(record.roots if isinstance(record.roots, tuple) else ()),
        ]
        args = [one_argument(dtype, rng, near)]
    else:
        args = list(two_arguments(dtype, rng))
    ok = inside(record, k, args, params)
    return [a[ok][:: THINNED.get(record.name, 1)] for a in args]


# ------------------------------------------------------------------------------------------------ the truth


def digits_between(mp, large, small) -> int:
    """At least log10 |large / small|, and less than 2 more: from the exponents, where logarithms took a fifth of the time."""
    return math.ceil((mp.mag(large) - mp.mag(small) + 1) * math.log10(2))


def difference(exact, k: int, at, mp, scale):
    """The derivative of exact in argument k to 50 digits: a central difference in as many digits as cancellation needs."""
    step = mp.ldexp(scale, -100)
    digits = 100 + max(0, digits_between(mp, at[k], step)) if at[k] else 100  # at[k] + step is told from at[k]
    while True:
        with mp.workdps(digits):
            up = exact(mp, *at[:k], at[k] + step, *at[k + 1 :])
            down = exact(mp, *at[:k], at[k] - step, *at[k + 1 :])
            rise = up - down
            if rise == 0 and digits >= 1600:
                return mp.mpf(0)
            lost = digits_between(mp, max(abs(up), abs(down)), rise) if rise else digits
            if digits - lost >= 50:
                return rise / (2 * step)
            digits = max(lost + 60, 2 * digits if rise == 0 else 0)


def truth(record: Record, k: int, at, params):
    """The true derivative in argument k: what the derivative's own record computes exactly, or a difference quotient."""
    mp = mpmath.mp
    rule = record.derivatives[k]
    if isinstance(rule, int | float):
        return mp.mpf(rule)
    if isinstance(rule.function, Record) and rule.function.exact is not None and not params:
        with mp.workdps(90):
            return rule.function.exact(mp, *at)
    if rule.sources == (("out", None),) and rule.function(at) is at:  # the derivative is the value, as exp's
        with mp.workdps(90):
            return record.exact(mp, *at, **params)
    # The step stays clear of the kinks: between the arguments, at the keywords, at 0 where the domain ends there.
    others = [at[1 - k]] if "x != y" in domain(record, k) else [mp.mpf(float(v)) for v in params.values() if v]
    size = abs(at[k]) or min((abs(other) for other in at if other), default=1)
    gaps = (abs(at[k] - other) for other in others if other != at[k])
    if "x % y" in domain(record, k):  # the step stays below the way to the next jump, counted in x
        with mp.workdps(700):
            rest = mp.fmod(at[0], at[1])
            size = min(size, abs(rest), abs(at[1] - rest))
    scale = mp.mpf(1) if domain(record, k) == "R" else min(size, 1, *gaps)
    return difference(partial(record.exact, **params), k, at, mp, scale)


def bend(record: Record, k: int, at, params):
    """The second derivative in argument k: from the derivative's own record, or a difference of second order."""
    rule = record.derivatives[k].function
    with mpmath.workdps(130):
        if isinstance(rule, Record) and not params:
            return difference(rule.exact, k, at, mpmath.mp, min(abs(at[k]), 1))
        step = mpmath.ldexp(abs(at[k]), -80)
        low, here, high = (
            record.exact(mpmath.mp, *at[:k], at[k] + n * step, *at[k + 1 :], **params) for n in (-1, 0, 1)
        )
        return (high - 2 * here + low) / step**2


def ulp(value, dtype):
    """The spacing of dtype's numbers at value; that of a subnormal is the smallest subnormal."""
    info = np.finfo(dtype)
    exponent = mpmath.frexp(value)[1] if value else info.minexp
    return mpmath.ldexp(1, min(max(int(exponent), info.minexp + 1), info.maxexp) - info.nmant - 1)


def error(got: float, true, dtype, size=None) -> float:
    """|got - true| in ulps of true, or of size where it is larger; infinity counts as the first number out of range."""
    top = mpmath.ldexp(1, np.finfo(dtype).maxexp)
    got = top * (1 if got > 0 else -1) if math.isinf(got) else mpmath.mpf(got)
    true = max(min(true, top), -top)
    if mpmath.isnan(got):
        return math.inf
    spacing = ulp(true, dtype)
    if size is not None and size > abs(true):  # it may be out of range where the derivative is not
        spacing = max(spacing, mpmath.ldexp(1, int(mpmath.frexp(size)[1]) - np.finfo(dtype).nmant - 1))
    return float(abs(got - true) / spacing)


def near_root(record: Record, k: int, at) -> bool:
    """Whether at lies within |r|/2 of a root r that the record declares of its derivative in argument k."""
    if isinstance(record.roots, tuple):
        return any(abs(at[k] - r) <= abs(r) / 2 for r in record.roots)
    if k not in record.roots:
        return False
    root = record.roots[k](*(float(a) for a in at))
    return abs(at[k] - root) <= abs(root) / 2


def derivative(record: Record, k: int, args, params, device=None) -> np.ndarray:
    """The derivative in argument k as the record's two rules give it, which must be the same number.

    device: one of array_api_strict, to compute there instead of with NumPy.
    """
    params = {**record.defaults, **params}
    lib, given = np, args
    if device is not None:
        lib, given = array_api_strict, [array_api_strict.asarray(a, device=device) for a in args]
    with np.errstate(all="ignore"):
        out = lib.asarray(record.compute(lib, *given, **params))
        ones = lib.ones_like(out)
        tangents = [ones if slot == k else None for slot in range(len(args))]
        pushed = record.push(tangents, given, out, params)
        (pulled,) = record.pull(ones, [k], record.save([k], given, out, params))
    pushed, pulled = (library_of(x).to_numpy(x) for x in (pushed, pulled))
    np.testing.assert_array_equal(pushed, pulled)
    assert pushed.dtype == args[0].dtype
    return pushed


def worst(record: Record, k: int, dtype, device=None) -> tuple[float, str]:
    """The largest error of the derivative in argument k over the grid, in ulps, and where it was met."""
    found, where = 0.0, ""
    for params in params_of(record):
        args = grid(record, k, dtype, params)
        assert args[0].size > 100, "the grid is nearly empty: mend the domain"
        got = derivative(record, k, args, params, device)
        for values, number in zip(zip(*args, strict=True), got, strict=True):
            at = [mpmath.mpf(float(v)) for v in values]
            true = truth(record, k, at, params)
            size = None
            if record.roots and near_root(record, k, at):
                size = abs(at[k] * bend(record, k, at, params))
            off = error(float(number), true, dtype, size)
            if off > found:
                found, where = off, f"at {[float(v) for v in values]} got {number!r}, true {mpmath.nstr(true, 20)}"
    return found, where


# ------------------------------------------------------------------------------------------------ the tests


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda d: d.__name__)
@pytest.mark.parametrize(("record", "k"), measured(), ids=lambda v: v.name if isinstance(v, Record) else str(v))
def test_derivative_is_within_its_bound(record, k, dtype):
    bound = record.bound[np.dtype(dtype).name]
    off, where = worst(record, k, dtype)
    assert off <= bound, f"{record.name}, argument {k}: {off:.3g} ulps, {bound} promised, {where}"


THROUGH_FLOAT64 = ["inversion", "atan2", "hypot_share", "asin_prime", "atan_prime", "asinh_prime", "acosh_prime"]
THROUGH_FLOAT64 += ["atanh_prime", "sinc_prime", "erf_prime", "erfinv", "logit_prime", "kl_div", "cbrt_prime"]


@pytest.mark.parametrize(
    "record",
    [r for r in RECORDS if ("pow" in r.name and r.bound) or r.name in THROUGH_FLOAT64],
    ids=lambda r: r.name,
)
def test_where_there_is_no_float64(record):
    """Records that compute float32 through float64 stay within the atlas's bound on a device that has float32 alone."""
    for k in slots(record):
        off, where = worst(record, k, np.float32, array_api_strict.Device("no_float64"))
        assert off <= MOST["float32"], f"{record.name}, argument {k}: {off:.3g} ulps, {where}"


@pytest.mark.parametrize("record", RECORDS, ids=lambda r: r.name)
def test_record_promises_a_bound_that_the_atlas_allows(record):
    assert record.exact is not None, (
        f"{record.name} has no exact function: state it with mpmath, exact=lambda mp, x: ..."
    )
    if record.bound is None:  # a second derivative, whose own derivative is a third
        assert record.name in second_derivatives(), f"{record.name} is no second derivative: state its bound"
    else:
        allowed = MOST_BY_SCIPY if record.name in BY_SCIPY else MOST
        assert all(record.bound[name] <= most for name, most in allowed.items())


def records_of(rule) -> set[Record]:
    """The record that a derivative is, or those that the function which states it names."""
    function = getattr(rule, "function", None)
    if isinstance(function, Record):
        return {function}
    named = (function.__globals__.get(name) for name in function.__code__.co_names) if function is not None else ()
    return {each for each in named if isinstance(each, Record)}


def second_derivatives() -> set[str]:
    """Records that are the derivative of a derivative record, and the derivative of no function beside."""
    firsts = {each for r in RECORDS for d in r.derivatives for each in records_of(d)}
    return {
        d.function.name
        for first in firsts
        if hasattr(first, "derivatives")
        for d in first.derivatives
        if hasattr(d, "function") and isinstance(d.function, Record)
    }


@pytest.mark.parametrize("record", RECORDS, ids=lambda r: r.name)
def test_value_and_derivatives_of_any_order_are_those_of_the_exact_function(record):
    """At moderate points, to nine digits, third derivatives too: the exact function, differentiated by differences."""
    for sample in record.samples(np.random.default_rng(7)):
        args = [np.asarray(a, dtype=np.float64) for a in np.broadcast_arrays(*sample.args)]
        if not args[0].size:
            continue
        params = dict(sample.params)
        value = np.asarray(record.compute(np, *args, **{**record.defaults, **params}))
        for k in slots(record):
            got = derivative(record, k, args, params)
            flat = [a.reshape(-1)[:4] for a in (*args, value, got)]
            for *at, y, d in zip(*flat, strict=True):
                at = [mpmath.mpf(float(v)) for v in at]
                with mpmath.workdps(60):
                    exact = record.exact(mpmath.mp, *at, **params)
                assert float(y) == pytest.approx(float(exact), rel=1e-13, abs=1e-300)
                slope = difference(partial(record.exact, **params), k, at, mpmath.mp, mpmath.mpf(2) ** -20)
                assert float(d) == pytest.approx(float(slope), rel=1e-9, abs=1e-12)


class TestTheMeasureItself:
    def test_a_wrong_sign_is_found(self):
        assert error(-1.0, mpmath.mpf(1), np.float64) > 1e15

    @pytest.mark.parametrize(
        ("got", "true", "dtype", "ulps"),
        [
            (1.0 + 2**-52, mpmath.mpf(1), np.float64, 1),
            (1.0 - 2**-53, mpmath.mpf(1), np.float64, 0.5),
            (5e-324, mpmath.mpf(0), np.float64, 1),
            (0.0, mpmath.ldexp(3, -1074), np.float64, 3),
            (math.inf, mpmath.mpf(10) ** 400, np.float64, 0),
            (1.0 + 2**-23, mpmath.mpf(1), np.float32, 1),
            (math.nan, mpmath.mpf(1), np.float32, math.inf),
        ],
    )
    def test_ulps_are_counted_as_promised(self, got, true, dtype, ulps):
        assert error(got, true, dtype) == ulps

    def test_a_difference_quotient_has_fifty_digits(self):
        slope = difference(lambda mp, x: mp.tanh(x), 0, [mpmath.mpf(300)], mpmath.mp, 1)
        with mpmath.workdps(80):
            assert abs(slope * mpmath.cosh(300) ** 2 - 1) < mpmath.mpf(10) ** -49

    def test_the_form_that_loses_its_digits_is_found(self):
        """1 - tanh^2, right on paper, is not within 4 ulps."""
        x = np.asarray(12.0)
        true = 1 / mpmath.cosh(mpmath.mpf(12)) ** 2
        assert error(float(1 - np.tanh(x) ** 2), true, np.float64) > 1e4
