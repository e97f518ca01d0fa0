"""Every record under jit, generated from the records: recorded on one draw and replayed on others, it is what it is without.

A forward or a rule that let the entries of the first draw decide would be found out by the others.
"""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import gradatlas as ga
from gradatlas.engine.array import plain_of
from gradatlas.ops.kinds import general

_spec = importlib.util.spec_from_file_location("batches_of_records", Path(__file__).with_name("test_batching.py"))
batches = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(batches)

RECORDS, rules = batches.RECORDS, batches.rules


def cruel(x):
    """x with zeros, infinities, a nan and ties put in, so that whatever may depend on them does."""
    if x is None or np.asarray(x).dtype.kind != "f" or not np.size(x):
        return x
    x = np.array(x)
    x.flat[:: max(x.size // 5, 1)] = np.resize(
        [0.0, -np.inf, np.nan, np.inf, -0.0], x.flat[:: max(x.size // 5, 1)].size
    )
    return x


def draws(record):
    """Arguments of the same shapes and keywords, several of them; for elementwise records cruel ones too."""
    for examples in batches.families(record):
        more = []
        if record.kind == "elementwise":
            more = [tuple(cruel(x) for x in examples[0].args)]
        yield examples[0].params, [tuple(each.args) for each in examples] + more


def check(f, calls):
    replayed = ga.jit(f)
    for args in calls:
        with np.errstate(all="ignore"):
            wanted = f(*args)
        batches.close(replayed(*args), wanted)
    for args in calls[:1]:  # recorded there; now replayed on it as well
        with np.errstate(all="ignore"):
            wanted = f(*args)
        batches.close(replayed(*args), wanted)


@pytest.mark.parametrize("record", RECORDS, ids=rules.named)
class TestEveryRecord:
    def test_value(self, record):
        for params, calls in draws(record):
            check(lambda *args, params=params: record(*args, **params), calls)

    def test_derivatives(self, record):
        for params, calls in draws(record):
            slots = [k for k in batches.arrays(rules.Sample(calls[0], params)) if rules.is_real(calls[0][k])]

            def both(*args, params=params, slots=slots):
                def f(*chosen):
                    full = list(args)
                    for slot, x in zip(slots, chosen, strict=True):
                        full[slot] = x
                    return batches.floating(record(*full, **params))

                primals = [args[slot] for slot in slots]
                out, pull = ga.vjp(f, *primals)
                up = tuple(ga.xp.full_like(each, 0.75) for each in out)
                tangent = ga.jvp(f, primals, [ga.xp.full_like(x, -1.25) for x in primals])[1]
                return (*out, *pull(up), *tangent)

            if slots:
                check(both, calls)


class TestTheTestsThemselves:
    def test_a_rule_that_looks_at_entries_is_found(self):
        peeking = general(
            "peeking",
            lambda lib, x: x * 2,
            vjp=lambda g, x: ga.xp.multiply(g, 2.0 if plain_of(x)[0] > 0 else 3.0),
            jvp=lambda t: ga.xp.multiply(t, 2.0),
        )
        gradient = ga.grad(lambda x: ga.xp.sum(peeking(x)))
        with pytest.raises(AssertionError):
            check(gradient, [(np.ones(2),), (-np.ones(2),)])
