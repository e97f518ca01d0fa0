"""Every listing of every formula, for NumPy and for CuPy, runs and gives what the statement says."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import scipy.special

from gradatlas.evidence.printing import numpy_fault, numpy_of
from gradatlas.evidence.sampling import Sample, Sampler
from gradatlas.formulas.registry import all_formulas, get
from gradatlas.presentation.code import cupy_code
from gradatlas.symbolic.numpy_code import NumpyFunction

FORMULAS = [name for name, formula in all_formulas().items() if numpy_of(formula).functions]


# Formulas without a listing, by the reason. A formula that gains one, or loses it, fails the test below.
WITHOUT = {
    "every right side is 0 or 1": """floor.derivative comparison.derivative argsort.derivative max.ties sort.ties
        tolerance.derivative attention.masked-row gradient-descent.finite-steps""",
    "inequalities and limits alone": """entropy.zero relative-entropy.unbounded softmax-cross-entropy.twice
        gradient-descent.descent-lemma gradient-descent.stopping integrated-gradients.quadrature exploding-gradient.bound
        vanishing-gradient.bound vanishing-gradient.sigmoid""",
    "gradients alone, which state entries and no array": "max-pool.derivative output-layer.error",
    "a derivative on the right": "gradient-descent.stochastic completion.derivative",
    "the members of a family summed": "backpropagation.graph rmsprop.step",
    "a function of what depends on an index": "cumulative-prod.derivative dense.batch kind.elementwise",
}


def test_every_formula_has_a_listing_but_those_named() -> None:
    named = [name for names in WITHOUT.values() for name in names.split()]
    assert sorted(all_formulas().keys() - set(FORMULAS)) == sorted(named)


class Strict(ModuleType):
    """NumPy under CuPy's name, with what CuPy refuses refused: lists for arrays, and `where` for a universal function."""

    def __init__(self) -> None:
        super().__init__("cupy")

    def __getattr__(self, name: str) -> Any:
        found = getattr(np, name)
        if not callable(found) or name in ("array", "asarray", "arange", "zeros", "ones", "stack"):
            return found

        def called(*args: Any, **options: Any) -> Any:
            if name not in ("einsum", "transpose", "broadcast_to"):
                assert not any(isinstance(arg, list) for arg in args), f"cupy.{name} takes arrays, not lists"
            assert "where" not in options, f"cupy.{name} has no where"
            return found(*args, **options)

        return called


@pytest.fixture
def cupy(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in, special = ModuleType("cupyx.scipy"), scipy.special
    stand_in.special = special  # type: ignore[attr-defined]
    cupyx = ModuleType("cupyx")
    cupyx.scipy = stand_in  # type: ignore[attr-defined]
    for name, module in {
        "cupy": Strict(),
        "cupyx": cupyx,
        "cupyx.scipy": stand_in,
        "cupyx.scipy.special": special,
    }.items():
        monkeypatch.setitem(sys.modules, name, module)


def samples(name: str, claim: str) -> list[Sample]:
    formula = get(name)
    sampler = Sampler(formula, [formula.claim(claim)])
    return [max(sampler.samples(), key=lambda sample: sum(sample.sizes.values()))]


@pytest.mark.parametrize("name", FORMULAS)
def test_both_listings_give_what_the_statement_says(name: str, cupy: None) -> None:
    formula = get(name)
    code = numpy_of(formula)
    for claim, function in code.functions.items():
        on_a_gpu = NumpyFunction(function.name, cupy_code(function.source), function.arguments)
        assert "np." not in on_a_gpu.source
        for sample in samples(name, claim):
            for shown in (function, on_a_gpu):
                shown.compiled()  # those that take functions or families are for reading: they are compiled at least
                of_it = type(code)({claim: shown}, shown.source)
                assert numpy_fault(formula, of_it, claim, sample.assignment) == ""


def test_a_listing_that_computes_something_else_is_found_out(cupy: None) -> None:
    formula = get("softmax.vjp")
    code = numpy_of(formula)
    ((claim, function),) = code.functions.items()
    wrong = NumpyFunction(function.name, cupy_code(function.source).replace(" - ", " + "), function.arguments)
    assert wrong.source != cupy_code(function.source)
    (sample,) = samples("softmax.vjp", claim)
    assert "gives" in numpy_fault(formula, type(code)({claim: wrong}, wrong.source), claim, sample.assignment)
