"""Every record's batching, generated from the records: vmap gives what a loop over the examples gives, stacked.

So do the JVP and the VJP within vmap and the VJP of vmap, for every set of batched arguments, at axes chosen at random, in
batches of none, one and several examples, on every library, and nested.
"""

import importlib.util
import itertools
import zlib
from pathlib import Path

import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.errors import AxisError, ShapeError
from gradatlas.ops import _batching as batching
from gradatlas.ops import all_operations
from gradatlas.ops.kinds import Record, Sample, general, linear

_spec = importlib.util.spec_from_file_location("rules_of_records", Path(__file__).with_name("test_rules.py"))
rules = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(rules)

RECORDS = rules.RECORDS
SMOOTH = rules.SMOOTH
EXAMPLES = 3


def rng_of(record: Record, salt: object = "") -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(f"batch {record.name} {salt}".encode()))


def families(record: Record) -> list[list[Sample]]:
    """Each sample of a record, and more examples of it: other arguments of the same shapes with the same keywords."""
    first = rules.samples(record)
    others = []
    for seed in range(1, EXAMPLES):
        drawn = first if record.samples is None else list(record.samples(np.random.default_rng(seed)))
        others.append([Sample(tuple(args), dict(params)) for args, params in drawn])
    found = []
    for k, sample in enumerate(first):
        examples = [sample]
        for drawn in others:
            alike = [np.shape(x) for x in drawn[k].args] == [np.shape(x) for x in sample.args]
            examples.append(Sample(drawn[k].args, sample.params) if alike else sample)
        found.append(examples)
    return found


def subsets(slots: list[int]) -> list[tuple[int, ...]]:
    return [each for count in range(1, len(slots) + 1) for each in itertools.combinations(slots, count)]


def arrays(sample: Sample) -> list[int]:
    return [slot for slot, x in enumerate(sample.args) if x is not None and not isinstance(x, int | float | complex)]


class Batch:
    """Examples of one sample in which some arguments differ, and those arguments stacked along axes."""

    def __init__(self, record: Record, examples: list[Sample], batched: tuple[int, ...], rng, axes: str = "any"):
        base = examples[0]
        self.record, self.params = record, base.params
        self.slots = arrays(base)
        self.examples = [
            [each.args[slot] if slot in batched else base.args[slot] for slot in range(len(base.args))]
            for each in examples
        ]
        self.args = list(base.args)
        self.axes: list[int | None] = [None] * len(self.args)
        for slot in batched:
            rank = np.ndim(base.args[slot])
            self.axes[slot] = int(rng.integers(-rank - 1, rank + 1)) if axes == "any" else 0
            stacked = np.stack([np.asarray(example[slot]) for example in self.examples])
            self.args[slot] = np.moveaxis(stacked, 0, self.axes[slot])
        self.present = [self.args[slot] for slot in self.slots]
        self.in_axes = tuple(self.axes[slot] for slot in self.slots)

    def call(self, *present):
        """The record on the arguments that are arrays, the others held."""
        args = list(self.args)
        for slot, x in zip(self.slots, present, strict=True):
            args[slot] = x
        return self.record(*args, **self.params)

    def loop(self, f):
        """f on the arrays of each example, stacked."""
        found = [f(*[example[slot] for slot in self.slots]) for example in self.examples]
        return stacked(found)


def stacked(found):
    if isinstance(found[0], tuple):
        return tuple(stacked(parts) for parts in zip(*found, strict=True))
    return np.stack([np.asarray(x) for x in found])


def close(got, wanted, bound=1e-11):
    if isinstance(wanted, tuple):
        assert len(got) == len(wanted)
        for one, other in zip(got, wanted, strict=True):
            close(one, other, bound)
        return
    got = np.asarray(got)
    assert got.shape == wanted.shape
    assert got.dtype == wanted.dtype
    if wanted.dtype.kind not in "fc":
        np.testing.assert_array_equal(got, wanted)
        return
    finite = np.abs(wanted[np.isfinite(wanted)])
    scale = max(1.0, np.max(finite, initial=0))
    eps = np.finfo(wanted.dtype).eps
    np.testing.assert_allclose(got, wanted, rtol=max(bound, 50 * eps), atol=max(bound, 50 * eps) * scale)


def floating(out):
    """The parts of an output that a derivative may be taken of."""
    parts = out if isinstance(out, tuple) else (out,)
    return tuple(part for part in parts if np.dtype(str(part.dtype).rpartition(".")[2]).kind in "fc")


def test_every_record_says_how_it_is_batched():
    assert [r.name for r in RECORDS if r.batching is None or r.batching is batching.per_example] == []


@pytest.mark.parametrize("record", RECORDS, ids=rules.named)
class TestValue:
    def test_vmap_is_the_loop(self, record):
        for k, examples in enumerate(families(record)):
            for batched in subsets(arrays(examples[0])):
                batch = Batch(record, examples, batched, rng_of(record, (k, batched)))
                close(ga.vmap(batch.call, batch.in_axes)(*batch.present), batch.loop(batch.call))

    def test_batches_of_one_and_of_none(self, record):
        for examples in families(record):
            for batched in subsets(arrays(examples[0]))[-1:]:
                batch = Batch(record, examples, batched, None, axes="first")
                for count in (1, 0):
                    some = [
                        x if axis is None else x[:count] for x, axis in zip(batch.present, batch.in_axes, strict=True)
                    ]
                    wanted = batch.loop(batch.call)
                    wanted = tuple(each[:count] for each in wanted) if isinstance(wanted, tuple) else wanted[:count]
                    close(ga.vmap(batch.call, batch.in_axes)(*some), wanted)

    def test_a_batch_of_batches(self, record):
        for examples in families(record)[:3]:
            for batched in subsets(arrays(examples[0]))[-1:]:
                batch = Batch(record, examples, batched, None, axes="first")
                outer = tuple(None if axis is None else 1 for axis in batch.in_axes)
                twice = [
                    x if axis is None else np.stack([x, x[::-1]], axis=1)
                    for x, axis in zip(batch.present, batch.in_axes, strict=True)
                ]
                wanted = batch.loop(batch.call)
                backwards = tuple(each[::-1] for each in wanted) if isinstance(wanted, tuple) else wanted[::-1]
                got = ga.vmap(ga.vmap(batch.call, batch.in_axes), outer)(*twice)
                close(got, stacked([wanted, backwards]))


@pytest.mark.parametrize("record", RECORDS, ids=rules.named)
def test_no_rule_takes_more_steps_for_more_examples(record):
    for examples in families(record)[:2]:
        for batched in subsets(arrays(examples[0])):
            steps = set()
            for count in (2, 5):
                batch = Batch(record, (examples * count)[:count], batched, None, axes="first")
                drawing = ga.trace(ga.vmap(batch.call, batch.in_axes))(*batch.present)
                steps.add(tuple(line.name for line in drawing.lines))
            assert len(steps) == 1


@pytest.mark.parametrize("record", SMOOTH, ids=rules.named)
class TestDerivatives:
    def cases(self, record, most: int | None = None):
        for k, examples in enumerate(families(record)[:most]):
            slots = rules.differentiable(record, examples[0])
            if not slots:
                continue
            for batched in subsets(arrays(examples[0])):
                rng = rng_of(record, (k, batched, "derivatives"))
                batch = Batch(record, examples, batched, rng, axes="first")
                moved = [batch.slots.index(slot) for slot in slots]
                outs = floating(batch.call(*[batch.examples[0][slot] for slot in batch.slots]))
                yield batch, moved, rng, [np.shape(out) for out in outs], [out.dtype for out in outs]

    def of_moved(self, batch, moved, present):
        def f(*primals):
            args = list(present)
            for place, x in zip(moved, primals, strict=True):
                args[place] = x
            return floating(batch.call(*args))

        return f, tuple(present[place] for place in moved)

    def test_jvp_within_vmap(self, record):
        for batch, moved, rng, _, _ in self.cases(record):
            tangents = [rng.normal(size=(EXAMPLES, *np.shape(batch.examples[0][batch.slots[p]]))) for p in moved]

            def pushed(present, moving, batch=batch, moved=moved):
                f, primals = self.of_moved(batch, moved, present)
                return ga.jvp(f, primals, moving)[1]

            got = ga.vmap(pushed, (list(batch.in_axes), 0))(batch.present, tuple(tangents))
            wanted = stacked(
                [
                    pushed([example[slot] for slot in batch.slots], tuple(t[k] for t in tangents))
                    for k, example in enumerate(batch.examples)
                ]
            )
            close(got, wanted)

    def test_vjp_within_vmap_and_of_vmap(self, record):
        for batch, moved, rng, shapes, dtypes in self.cases(record):
            g = tuple(
                rng.normal(size=(EXAMPLES, *shape)).astype(dtype) for shape, dtype in zip(shapes, dtypes, strict=True)
            )

            def pulled(present, cotangents, batch=batch, moved=moved):
                f, primals = self.of_moved(batch, moved, present)
                return ga.vjp(f, *primals)[1](cotangents)

            got = ga.vmap(pulled, (list(batch.in_axes), 0))(batch.present, g)
            wanted = stacked(
                [
                    pulled([example[slot] for slot in batch.slots], tuple(part[k] for part in g))
                    for k, example in enumerate(batch.examples)
                ]
            )
            close(got, wanted)

            def mapped(*primals, batch=batch, moved=moved):
                args = list(batch.present)
                for place, x in zip(moved, primals, strict=True):
                    args[place] = x
                return ga.vmap(lambda *xs: floating(batch.call(*xs)), batch.in_axes)(*args)

            outside = ga.vjp(mapped, *[batch.present[place] for place in moved])[1](g)
            summed = tuple(
                ct if batch.in_axes[place] is not None else np.sum(ct, axis=0)
                for place, ct in zip(moved, wanted, strict=True)
            )
            close(outside, summed)

    def test_second_derivatives_within_vmap(self, record):
        """Forward over reverse, of a function that bends although the record may be linear."""
        for batch, moved, rng, shapes, _ in itertools.islice(self.cases(record, most=2), 4):
            weights = [rng.normal(size=shape) for shape in shapes]
            tangents = tuple(rng.normal(size=(EXAMPLES, *np.shape(batch.examples[0][batch.slots[p]]))) for p in moved)

            def curved(present, moving, batch=batch, moved=moved, weights=weights):
                f, primals = self.of_moved(batch, moved, present)

                def loss(*xs):
                    real = [xp.real(part) if xp.isdtype(part.dtype, "complex floating") else part for part in f(*xs)]
                    return sum(xp.sum(xp.square(part) * w) for part, w in zip(real, weights, strict=True))

                return ga.hvp(loss, primals, moving)

            got = ga.vmap(curved, (list(batch.in_axes), 0))(batch.present, tangents)
            wanted = stacked(
                [
                    curved([example[slot] for slot in batch.slots], tuple(t[k] for t in tangents))
                    for k, example in enumerate(batch.examples)
                ]
            )
            close(got, wanted, 1e-10)


@pytest.mark.parametrize("record", RECORDS, ids=rules.named)
def test_every_library_batches_as_numpy_does(record, home):
    for examples in families(record):
        if record.name.startswith("astype") and home.widest == "float32":
            continue
        for batched in subsets(arrays(examples[0]))[-1:]:
            narrow = [
                Sample(tuple(x.astype(home.widest) if rules.is_real(x) else x for x in each.args), each.params)
                for each in examples
            ]
            batch = Batch(record, narrow, batched, None, axes="first")
            there = Batch(record, narrow, batched, None, axes="first")
            there.params = {k: rules.moved(v, home) for k, v in batch.params.items()}
            if record.name in rules.NEEDS_A_DEVICE:
                there.params = {"device": home.device or "cpu"}
            there.args = [rules.moved(x, home) for x in batch.args]
            present = [rules.moved(x, home) for x in batch.present]
            got = ga.vmap(there.call, batch.in_axes)(*present)
            wanted = ga.vmap(batch.call, batch.in_axes)(*batch.present)
            pairs = zip(got, wanted, strict=True) if isinstance(wanted, tuple) else [(got, wanted)]
            for one, other in pairs:
                home.close(one, other)


class TestTheTestsThemselves:
    """A wrong rule is found, and a record without one is looped over and listed."""

    def reversal(self, **row) -> Record:
        return linear(
            "reversal",
            lambda lib, x: lib.flip(x, axis=0),
            adjoint=lambda g: xp.flip(g, axis=0),
            samples=lambda rng: [Sample((rng.normal(size=(3, 2)),))],
            **row,
        )

    def test_a_rule_that_takes_the_batch_for_its_own_axis_is_found(self):
        with pytest.raises(AssertionError):
            TestValue().test_vmap_is_the_loop(self.reversal(batching=batching.any_rank))

    def test_a_record_without_a_rule_is_looped_over(self):
        record = self.reversal()
        TestValue().test_vmap_is_the_loop(record)
        TestValue().test_batches_of_one_and_of_none(record)
        TestValue().test_a_batch_of_batches(record)
        TestDerivatives().test_vjp_within_vmap_and_of_vmap(record)
        assert record.batching is None
        with pytest.raises(AssertionError):
            test_no_rule_takes_more_steps_for_more_examples(record)

    def test_a_record_of_several_results_is_looped_over(self):
        record = general(
            "halves",
            lambda lib, x: (x * 2.0, x + 1.0),
            vjp=lambda g, x: g[0] * 2.0 + g[1],
            jvp=lambda t, x: (t * 2.0, t),
            samples=lambda rng: [Sample((rng.normal(size=(3, 2)),))],
        )
        TestValue().test_vmap_is_the_loop(record)
        TestValue().test_batches_of_one_and_of_none(record)


class TestAxes:
    """An axis that an example has not is refused, though the batch has it."""

    def test_beyond_the_example(self):
        x = np.zeros((2, 3, 4))
        for f in (
            lambda x: xp.sum(x, axis=-3),
            lambda x: xp.flip(x, axis=2),
            lambda x: xp.softmax(x, axis=-3),
            lambda x: xp.permute_dims(x, (0, 2)),
            lambda x: xp.expand_dims(x, axis=-4),
        ):
            with pytest.raises(AxisError, match="axis"):
                ga.vmap(f)(x)

    def test_no_matrix(self):
        record = all_operations()["matrix_transpose"]
        with pytest.raises(ShapeError, match="matrix_transpose"):
            ga.vmap(record)(np.zeros((2, 3)))
