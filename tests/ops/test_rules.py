"""Every record's rules, generated from the records: a new record is tested by being there.

The JVP is the derivative of the forward, by a sixth-order difference; the VJP is its adjoint, by the identity
<g, J t> = <J* g, t> for each argument; all four mixes of the modes give one second derivative; every library gives what
NumPy gives; and the shape, dtype, device and memory layout of the arguments never matter. An operation of several
results is held to all this in each. Where a result is only determined up to a gauge (the phase of an eigenvector) the
differences are taken in the gauge that the record states.
"""

import functools
import zlib

import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.ops import all_operations
from gradatlas.ops.kinds import Record, Sample

RECORDS = list(all_operations().values())
SMOOTH = [record for record in RECORDS if not record.inert]
NEEDS_A_DEVICE = {"to_device"}  # its keyword is a device, which no sample can know


def named(record: Record) -> str:
    return record.name


def samples(record: Record) -> list[Sample]:
    if record.name in NEEDS_A_DEVICE:
        return [Sample((np.asarray([1.0, -2.0]),), {"device": "cpu"})]
    found = list(record.samples(np.random.default_rng(zlib.crc32(record.name.encode()))))
    return [Sample(tuple(args), dict(params)) for args, params in found]


def is_real(x) -> bool:
    return x is not None and np.asarray(x).dtype.kind == "f"


def differentiable(record: Record, sample: Sample) -> list[int]:
    """The arguments in which the record has a derivative: real ones that some direction moves the result by a rule."""
    return [slot for slot, arg in enumerate(sample.args) if is_real(arg) and has_rule(record, slot)]


def has_rule(record: Record, slot: int) -> bool:
    if record.kind == "elementwise":
        return record.derivatives[slot] is not None
    if record.kind in ("linear", "gather"):
        return record._variable is None or record._variable[slot]
    if record.kind == "general" and record.variadic is None:
        return record._jvp[slot] is not None
    return True


def at(record: Record, sample: Sample, slot: int):
    """The record as a function of one argument."""

    def f(x):
        args = [x if k == slot else each for k, each in enumerate(sample.args)]
        return record(*args, **sample.params)

    return f


def rng_of(record: Record, slot: int) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(f"{record.name}:{slot}".encode()))


def parts(out) -> list[np.ndarray]:
    """The results of an operation, one or several."""
    return [np.asarray(part) for part in (out if isinstance(out, tuple) else (out,))]


def like(out, each: list):
    """The parts as out has them: alone or in a tuple."""
    return tuple(each) if isinstance(out, tuple) else each[0]


def inner(a, b) -> float:
    """Re <a, b>, summed over the parts."""
    return sum(float(np.real(np.vdot(x, y))) for x, y in zip(parts(a), parts(b), strict=True))


def size_of(a, b) -> float:
    """The sum of the moduli of the terms of <a, b>, against which its rounding errors count."""
    return sum(float(np.vdot(np.abs(x), np.abs(y))) for x, y in zip(parts(a), parts(b), strict=True))


def drawn(rng: np.random.Generator, out, complex_too: bool = False):
    """A cotangent like out, standard normal: whole numbers and reals get real ones."""

    def one(part: np.ndarray) -> np.ndarray:
        g = rng.normal(size=part.shape)
        if part.dtype.kind == "c" or complex_too:
            g = g + 1j * rng.normal(size=part.shape)
        return np.asarray(g).astype(part.dtype)

    return like(out, [one(part) for part in parts(out)])


def sixth_order(f, x, t, step=1e-3, gauge=None):
    """The derivative of f at x along t, a list of parts: a central difference whose error is of order step^6."""
    weights = {1: 45 / 60, 2: -9 / 60, 3: 1 / 60}
    here = f(x)

    def at(distance):
        there = f(x + distance * t)
        return parts(there if gauge is None else gauge(np, there, here))

    total = [np.zeros(part.shape, dtype=np.result_type(part.dtype, np.float64)) for part in parts(here)]
    for k, w in weights.items():
        ahead, behind = at(k * step), at(-k * step)
        total = [sum_ + w * (a - b) / step for sum_, a, b in zip(total, ahead, behind, strict=True)]
    return total


def test_records_say_what_they_compute():
    assert [r.name for r in RECORDS if not (r.summary.endswith(".") and r.summary in r.__doc__)] == []


def test_records_have_samples():
    assert [r.name for r in RECORDS if r.samples is None and r.name not in NEEDS_A_DEVICE] == []


def derivative(record: Record, f, x, t) -> list[np.ndarray]:
    return sixth_order(f, x, t, gauge=getattr(record, "gauge", None))


def close(got, wanted, bound: float) -> None:
    """Assert that they agree to the bound, relative to the largest entry where that exceeds 1."""
    np.testing.assert_allclose(got, wanted, rtol=bound, atol=bound * max(1, np.max(np.abs(wanted), initial=0)))


@pytest.mark.parametrize("record", SMOOTH, ids=named)
class TestDerivative:
    def test_jvp_is_the_derivative_of_the_forward(self, record):
        for sample in samples(record):
            for slot in differentiable(record, sample):
                f, x = at(record, sample, slot), sample.args[slot]
                t = rng_of(record, slot).normal(size=x.shape)
                out, got = ga.jvp(f, (x,), (t,))
                for part, pushed, wanted in zip(parts(out), parts(got), derivative(record, f, x, t), strict=True):
                    # A float32 result (astype) moves in steps of its own precision.
                    bound = 2e-3 if part.dtype == np.float32 else 1e-8
                    close(pushed, wanted, bound)

    def test_vjp_is_the_adjoint_of_the_jvp(self, record):
        for sample in samples(record):
            for slot in differentiable(record, sample):
                f, x = at(record, sample, slot), sample.args[slot]
                rng = rng_of(record, slot)
                t = rng.normal(size=x.shape)
                out, pushed = ga.jvp(f, (x,), (t,))
                g = drawn(rng, out)
                again, pull = ga.vjp(f, x)
                (pulled,) = pull(g)
                for first, second in zip(parts(again), parts(out), strict=True):
                    np.testing.assert_array_equal(first, second)
                assert pulled.shape == x.shape
                assert pulled.dtype == x.dtype
                size = max(size_of(g, pushed), size_of(pulled, t), 1e-300)
                tolerance = 1e-6 if any(part.dtype == np.float32 for part in parts(out)) else 1e-13
                assert abs(inner(g, pushed) - inner(pulled, t)) <= tolerance * size

    def test_all_arguments_at_once(self, record):
        """The rules of several arguments together give what each gives alone."""
        for sample in samples(record):
            slots = differentiable(record, sample)
            if len(slots) < 2:
                continue

            def f(*moved, sample=sample, slots=slots):
                args = list(sample.args)
                for slot, x in zip(slots, moved, strict=True):
                    args[slot] = x
                return record(*args, **sample.params)

            primals = tuple(sample.args[slot] for slot in slots)
            tangents = tuple(rng_of(record, slot).normal(size=np.shape(sample.args[slot])) for slot in slots)
            out, together = ga.jvp(f, primals, tangents)
            g = drawn(rng_of(record, 99), out)
            pulled = ga.vjp(f, *primals)[1](g)
            alone = [
                parts(ga.jvp(at(record, sample, s), (x,), (t,))[1])
                for s, x, t in zip(slots, primals, tangents, strict=True)
            ]
            for part, *terms in zip(parts(together), *alone, strict=True):
                np.testing.assert_allclose(part, sum(terms), rtol=1e-12, atol=1e-12)
            for slot, x, ct in zip(slots, primals, pulled, strict=True):
                np.testing.assert_allclose(ct, ga.vjp(at(record, sample, slot), x)[1](g)[0], rtol=1e-13, atol=1e-13)

    def test_second_derivative_in_every_mix_of_modes(self, record):
        """u^T H t, four ways, of a function that bends although the record may be linear."""
        for sample in samples(record)[:3]:
            for slot in differentiable(record, sample):
                x = np.asarray(sample.args[slot])
                rng = rng_of(record, slot)
                t, u = rng.normal(size=x.shape), rng.normal(size=x.shape)
                f = at(record, sample, slot)
                weights = [rng.normal(size=part.shape) for part in parts(f(x))]

                def loss(x, f=f, weights=weights):
                    """Weighs |y|^2 for every y, which no phase and no sign of a gauge changes."""
                    out = f(x)
                    total = 0.0
                    for part, weight in zip(out if isinstance(out, tuple) else (out,), weights, strict=True):
                        if np.dtype(part.dtype).kind == "c":
                            y = xp.square(xp.abs(part))
                        else:
                            y = xp.square(xp.astype(part, xp.float64))
                        total = xp.add(total, xp.sum(xp.multiply(y, weight)))
                    return total

                gradient = ga.grad(loss, allow_independent=True)

                def slope(x, loss=loss, t=t):
                    return ga.jvp(loss, (x,), (t,))[1]

                def along(x, gradient=gradient, t=t):
                    return xp.sum(xp.multiply(gradient(x), t))

                mixes = {
                    "forward over reverse": inner(ga.jvp(gradient, (x,), (t,))[1], u),
                    "reverse over forward": inner(ga.grad(slope, allow_independent=True)(x), u),
                    "reverse over reverse": inner(ga.grad(along, allow_independent=True)(x), u),
                    "forward over forward": float(ga.jvp(slope, (x,), (u,))[1]),
                }
                if record.name == "astype" and sample.params["dtype"] == "float32":
                    wanted, bound = mixes["forward over reverse"], 1e-5
                else:
                    wanted, bound = inner(sixth_order(gradient, x, t)[0], u), 1e-7
                for mix, found in mixes.items():
                    assert found == pytest.approx(wanted, rel=bound, abs=bound * (1 + abs(wanted))), mix


def complex_samples(record: Record) -> list[Sample]:
    """The samples with complex numbers, of a record that takes them."""
    return [
        Sample(
            tuple(x + 1j * rng_of(record, k).normal(size=np.shape(x)) if is_real(x) else x for k, x in enumerate(args)),
            params,
        )
        for args, params in samples(record)
    ]


def takes_complex(record: Record) -> bool:
    takes = (record.takes,) if isinstance(record.takes, str) else record.takes
    return all(each in ("floating", "numeric", "any") for each in takes) and not record.name.startswith("astype")


@pytest.mark.parametrize("record", [r for r in SMOOTH if takes_complex(r)], ids=named)
def test_complex_numbers(record):
    """The JVP is the derivative along a complex direction, the VJP its adjoint in Re<g, t>, a real argument's is real."""
    for sample, real in zip(complex_samples(record), samples(record), strict=True):
        for slot in differentiable(record, real):
            f, x = at(record, sample, slot), sample.args[slot]
            rng = rng_of(record, slot)
            t = rng.normal(size=x.shape) + 1j * rng.normal(size=x.shape)
            out, pushed = ga.jvp(f, (x,), (t,))
            for part, wanted in zip(parts(pushed), derivative(record, f, x, t), strict=True):
                close(part, wanted, 1e-8)
            g = drawn(rng, out)
            (pulled,) = ga.vjp(f, x)[1](g)
            assert pulled.dtype == x.dtype
            assert abs(inner(g, pushed) - inner(pulled, t)) <= 1e-12 * max(
                size_of(g, pushed), size_of(pulled, t), 1e-300
            )
            mixed = Sample(tuple(real.args[k] if k == slot else z for k, z in enumerate(sample.args)), sample.params)
            out, pull = ga.vjp(at(record, mixed, slot), real.args[slot])
            assert pull(like(out, [np.ones_like(part) for part in parts(out)]))[0].dtype == np.float64


@pytest.mark.parametrize("record", RECORDS, ids=named)
class TestArrays:
    def test_float32_stays_float32(self, record):
        for sample in samples(record):
            if record.name.startswith("astype"):
                continue
            narrow = Sample(tuple(x.astype(np.float32) if is_real(x) else x for x in sample.args), sample.params)
            out, full = record(*narrow.args, **narrow.params), record(*sample.args, **sample.params)
            halved = {np.dtype("float64"): np.dtype("float32"), np.dtype("complex128"): np.dtype("complex64")}
            expected = [halved.get(part.dtype, part.dtype) for part in parts(full)]
            assert [part.dtype for part in parts(out)] == expected
            for slot in differentiable(record, sample) if not record.inert else []:
                x = narrow.args[slot]
                t = rng_of(record, slot).normal(size=x.shape).astype(np.float32)
                g = drawn(rng_of(record, slot), full)
                narrowed = like(out, [each.astype(part.dtype) for each, part in zip(parts(g), parts(out), strict=True)])
                _, pushed = ga.jvp(at(record, narrow, slot), (x,), (t,))
                (pulled,) = ga.vjp(at(record, narrow, slot), x)[1](narrowed)
                assert [part.dtype for part in parts(pushed)] == expected
                assert pulled.dtype == np.float32
                (wide,) = ga.vjp(at(record, sample, slot), sample.args[slot])[1](g)
                np.testing.assert_allclose(pulled, wide, rtol=2e-3, atol=2e-4 * max(1, np.max(np.abs(wide), initial=0)))

    def test_every_library_agrees_with_numpy(self, record, home):
        """On the float32-only device, with NumPy in float32."""
        for sample in samples(record):
            if record.name.startswith("astype") and home.widest == "float32":
                continue
            here = Sample(tuple(x.astype(home.widest) if is_real(x) else x for x in sample.args), sample.params)
            there = Sample(
                tuple(moved(x, home) for x in sample.args), {k: moved(v, home) for k, v in sample.params.items()}
            )
            if record.name in NEEDS_A_DEVICE:
                there = Sample(there.args, {"device": home.device or "cpu"})
            out, wanted = record(*there.args, **there.params), record(*here.args, **here.params)
            agree(home, out, wanted)
            for slot in differentiable(record, sample) if not record.inert else []:
                rng, x = rng_of(record, slot), here.args[slot]
                t, g = rng.normal(size=x.shape).astype(x.dtype), drawn(rng, wanted)
                _, pushed = ga.jvp(at(record, there, slot), (there.args[slot],), (home.array(t),))
                g_there = like(g, [home.array(part, part.dtype.name) for part in parts(g)])
                (pulled,) = ga.vjp(at(record, there, slot), there.args[slot])[1](g_there)
                agree(home, pushed, ga.jvp(at(record, here, slot), (x,), (t,))[1])
                home.close(pulled, ga.vjp(at(record, here, slot), x)[1](g)[0])

    def test_layout_and_writing_do_not_matter(self, record):
        """Strided, reversed and read-only arguments give the same, and no argument is written to."""
        for sample in samples(record):
            before = [None if x is None else np.array(x) for x in sample.args]
            wanted = results(record, sample)
            for layout in (strided, fortran, read_only):
                args = tuple(x if x is None else layout(np.asarray(x)) for x in sample.args)
                for got, one in zip(results(record, Sample(args, sample.params)), wanted, strict=True):
                    np.testing.assert_allclose(got, one, rtol=1e-13, atol=1e-13)
            for x, was in zip(sample.args, before, strict=True):
                if x is not None:
                    np.testing.assert_array_equal(x, was)


def agree(home, got, wanted) -> None:
    """Assert that results of a library are those of NumPy, part by part."""
    assert isinstance(got, tuple) == isinstance(wanted, tuple)
    for part, like_part in zip(got if isinstance(got, tuple) else (got,), parts(wanted), strict=True):
        home.close(part, like_part)


def moved(x, home):
    """An argument or a keyword with its arrays in another library."""
    if isinstance(x, tuple):
        return tuple(moved(each, home) for each in x)
    if not isinstance(x, np.ndarray | np.generic):
        return x
    return home.array(x, None if is_real(x) else x.dtype.name)


def results(record: Record, sample: Sample) -> list[np.ndarray]:
    """The value, and the tangent and cotangent of each argument."""
    out = record(*sample.args, **sample.params)
    found = parts(out)
    for slot in differentiable(record, sample) if not record.inert else []:
        x, rng = sample.args[slot], rng_of(record, slot)
        f = at(record, sample, slot)
        found += parts(ga.jvp(f, (x,), (rng.normal(size=x.shape),))[1])
        found.append(ga.vjp(f, x)[1](drawn(rng, out))[0])
    return found


def strided(x: np.ndarray) -> np.ndarray:
    """x as every second entry of a larger array, turned round."""
    room = np.zeros(tuple(2 * n for n in x.shape), dtype=x.dtype)
    view = room[(..., *(slice(None, None, -2) for _ in x.shape))]
    view[...] = x
    return view


def fortran(x: np.ndarray) -> np.ndarray:
    return np.array(x, order="F")


def read_only(x: np.ndarray) -> np.ndarray:
    x = np.array(x)
    x.flags.writeable = False
    return x


@pytest.mark.parametrize("record", [r for r in RECORDS if r.inert], ids=named)
def test_locally_constant_records_have_derivative_zero(record):
    for sample in samples(record):
        for slot, x in enumerate(sample.args):
            if is_real(x):
                _, pushed = ga.jvp(at(record, sample, slot), (x,), (np.ones_like(x),))
                assert not np.any(pushed)


class TestTheTestsThemselves:
    """A rule that is wrong is found."""

    def wrong(self, **rules) -> Record:
        from gradatlas.ops.kinds import general

        right = {"vjp": lambda g, x: xp.multiply(g, xp.cos(x)), "jvp": lambda t, x: xp.multiply(t, xp.cos(x))}
        draw = functools.partial(map, lambda _: Sample((np.asarray([0.3, 1.0]),)))
        return general("wrong", lambda lib, x: lib.sin(x), samples=lambda rng: draw([0]), **{**right, **rules})

    def test_a_wrong_jvp_is_found(self):
        record = self.wrong(jvp=lambda t, x: xp.multiply(t, xp.sin(x)))
        with pytest.raises(AssertionError):
            TestDerivative().test_jvp_is_the_derivative_of_the_forward(record)

    def test_a_wrong_vjp_is_found(self):
        record = self.wrong(vjp=lambda g, x: xp.negative(xp.multiply(g, xp.cos(x))))
        with pytest.raises(AssertionError):
            TestDerivative().test_vjp_is_the_adjoint_of_the_jvp(record)

    def test_a_rule_that_hides_its_derivative_is_found(self):
        """Right to first order, and nothing left to differentiate."""
        record = self.wrong(vjp=lambda g, x: xp.multiply(g, xp.cos(ga.stop_gradient(x))))
        with pytest.raises(AssertionError):
            TestDerivative().test_second_derivative_in_every_mix_of_modes(record)

    def pair(self, **rules) -> Record:
        """An operation of two results, sin x and x sum x."""
        from gradatlas.ops.kinds import general

        right = {
            "vjp": lambda g, x: xp.add(
                xp.multiply(g[0], xp.cos(x)), xp.add(xp.multiply(g[1], xp.sum(x)), xp.sum(xp.multiply(g[1], x)))
            ),
            "jvp": lambda t, x: (
                xp.multiply(t, xp.cos(x)),
                xp.add(xp.multiply(t, xp.sum(x)), xp.multiply(x, xp.sum(t))),
            ),
        }
        draw = functools.partial(map, lambda _: Sample((np.asarray([0.3, 1.0]),)))
        forward = lambda lib, x: (lib.sin(x), x * lib.sum(x))  # noqa: E731
        return general("pair", forward, samples=lambda rng: draw([0]), **{**right, **rules})

    def test_of_several_results_each_is_held(self):
        right = self.pair()
        TestDerivative().test_jvp_is_the_derivative_of_the_forward(right)
        TestDerivative().test_vjp_is_the_adjoint_of_the_jvp(right)
        TestDerivative().test_second_derivative_in_every_mix_of_modes(right)
        for rule in (lambda t, x: (xp.multiply(t, xp.cos(x)), None), lambda t, x: (None, xp.multiply(t, xp.sum(x)))):
            with pytest.raises(AssertionError):
                TestDerivative().test_jvp_is_the_derivative_of_the_forward(self.pair(jvp=rule))
        with pytest.raises(AssertionError):
            TestDerivative().test_vjp_is_the_adjoint_of_the_jvp(
                self.pair(vjp=lambda g, x: xp.multiply(g[0], xp.cos(x)))
            )

    def test_a_result_that_nothing_depends_on_has_the_cotangent_zero(self):
        x = np.asarray([0.3, 1.0])
        first = ga.grad(lambda x: xp.sum(self.pair()(x)[0]))(x)
        np.testing.assert_allclose(first, np.cos(x))
        _, tangent = ga.jvp(lambda x: self.pair(jvp=lambda t, x: (None, xp.multiply(t, 2.0)))(x), (x,), (x,))
        np.testing.assert_array_equal(tangent[0], [0.0, 0.0])

    def test_a_jvp_with_too_few_parts_is_refused(self):
        with pytest.raises(ga.errors.CustomRuleError, match="pair: the jvp gave one tangent for 2 outputs"):
            ga.jvp(self.pair(jvp=lambda t: t), (np.ones(2),), (np.ones(2),))

    def test_a_gauge_is_taken_into_account(self):
        """The unit vector along x, of either sign: the differences need the gauge that the rules hold."""
        from gradatlas.ops.kinds import general

        turned = functools.partial(
            general,
            "turned",
            lambda lib, x: (1 - 2 * (x[0] > 0.3)) * x / lib.sum(x * x) ** 0.5,
            vjp=lambda g, x, out: across(g, x, out),
            jvp=lambda t, x, out: across(t, x, out),
            samples=lambda rng: [Sample((np.asarray([0.3, 1.0]),))],
        )

        def across(v, x, u):
            return xp.divide(xp.subtract(v, xp.multiply(u, xp.sum(xp.multiply(u, v)))), xp.sum(xp.multiply(u, x)))

        held = turned(gauge=lambda lib, nearby, here: nearby * lib.sign(lib.sum(nearby * here)))
        TestDerivative().test_jvp_is_the_derivative_of_the_forward(held)
        with pytest.raises(AssertionError):
            TestDerivative().test_jvp_is_the_derivative_of_the_forward(turned())

    def test_the_right_rules_pass(self):
        TestDerivative().test_jvp_is_the_derivative_of_the_forward(self.wrong())
        TestDerivative().test_vjp_is_the_adjoint_of_the_jvp(self.wrong())
        TestDerivative().test_second_derivative_in_every_mix_of_modes(self.wrong())
