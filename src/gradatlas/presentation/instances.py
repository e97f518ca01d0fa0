"""Values chosen for worked examples that chance would not find: `instances_*` hold them, here they are put together and checked.

An instance names a claim and gives values to some of its letters; the others are drawn as in any small sample. Arrays that a
hypothesis names as a derivative are computed. All the claim's hypotheses are then judged in numbers, those about all arrays and
about limits too: an instance that violates one is an error.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from gradatlas.evidence.sampling import Sampler, index_values
from gradatlas.formulas.statement import Claim, Formula
from gradatlas.presentation import instances_convolution, instances_matrices, instances_networks, instances_probability
from gradatlas.presentation.exact import evaluate_in_symbols
from gradatlas.presentation.instance import AtPoint, Instance
from gradatlas.presentation.small import Simple
from gradatlas.symbolic.evaluate import Assignment, holds
from gradatlas.symbolic.propositions import (
    ForAll,
    HasDerivative,
    Proposition,
    free_variables_of,
    fresh_for,
    open_for_all,
)
from gradatlas.symbolic.terms import Array, Deriv, Index, Read, bind, fresh_index, read
from gradatlas.symbolic.text import text

__all__ = ["INSTANCES", "AtPoint", "Instance", "InstanceError", "instance_of"]

INSTANCES: Final[Mapping[str, Instance]] = {
    **instances_convolution.INSTANCES,
    **instances_matrices.INSTANCES,
    **instances_networks.INSTANCES,
    **instances_probability.INSTANCES,
}
DIGITS: Final = 15  # to which the hypotheses are judged


class InstanceError(ValueError):
    """A chosen instance does not fit its statement; the message says which hypothesis it violates, or what is unknown."""


@dataclass(frozen=True)
class _Known:
    """A sampler that gives back what was chosen."""

    value: Any

    def __call__(self, draw: Any) -> Any:
        return self.value


def instance_of(formula: Formula) -> tuple[Claim, Assignment]:
    """The claim of the formula's instance, and values of all that it leaves free. Raises InstanceError where these do not fit."""
    instance = INSTANCES[formula.id]
    claim = formula.claim(instance.claim)
    chosen = dict(instance.values())
    sampler = Sampler(formula, [claim])
    keys = {key.name: key for key in (*sampler.told.variables, *sampler.told.calls)}
    fixed: dict[Any, Any] = {v: chosen.pop(v.name) for v in _indices(claim) if v.name in chosen}
    if unknown := chosen.keys() - keys.keys():
        raise InstanceError(f"{formula.id}: the claim {claim.name!r} has no {', '.join(sorted(unknown))}")
    sampler.own = {keys[name]: _Known(value) for name, value in chosen.items()}
    sizes = {key.name: chosen[key.name] for key in sampler.whole() if key.name in chosen}
    found = Simple(sampler, sizes, random.Random(formula.id)).complete(shuffled=False).with_(fixed)
    found = found.with_(_slopes(claim.hypotheses, found, set(chosen)))
    for hypothesis in claim.hypotheses:
        over = [v for v in free_variables_of(hypothesis) if isinstance(v, Index) and v not in found]
        for where in index_values(over, found):
            verdict = holds(hypothesis, found.with_(where), DIGITS, rng=random.Random(1), tries=2)
            if not verdict:
                raise InstanceError(f"{formula.id}: not so: {text(hypothesis)}: {verdict.reason}")
    return claim, found


def _indices(claim: Claim) -> Iterable[Index]:
    """The free indices of a claim."""
    free = {v for p in (*claim.hypotheses, claim.conclusion) for v in free_variables_of(p)}
    return [v for v in free if isinstance(v, Index)]


def _slopes(hypotheses: Iterable[Proposition], found: Assignment, chosen: set[str]) -> dict[Any, Any]:
    """The arrays that hypotheses name as derivatives of something known, computed."""
    slopes: dict[Any, Any] = {}
    for hypothesis in hypotheses:
        body, over = hypothesis, list[Index]()
        while isinstance(body, ForAll) and body.kind == "index":
            variable = fresh_for(body)
            assert isinstance(variable, Index)
            over.append(variable)
            body = open_for_all(body, variable)
        if not isinstance(body, HasDerivative):
            continue
        at = [fresh_index(size) for size in body.shape]
        entry = read(body.gradient, *at) if at else body.gradient
        if not isinstance(entry, Read) or not isinstance(entry.array, Array) or entry.array.name in chosen:
            continue
        # A hypothesis may leave its indices free, as may the statement that it belongs to.
        axes = [i for i in entry.indices if isinstance(i, Index)]
        if list(entry.indices) == axes and set(axes) >= {*over, *at}:
            slopes[entry.array] = evaluate_in_symbols(
                bind.lam(Deriv(body.shape, body.body, body.point, at), *axes), found
            )
    return slopes
