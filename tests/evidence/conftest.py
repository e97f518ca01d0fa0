"""Small formulas with their proofs, none of them registered, on which the judges are tried."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from gradatlas.evidence.judge import Judge
from gradatlas.formulas.statement import adjoint, document, statement, vjp_of
from gradatlas.symbolic import checker
from gradatlas.symbolic.language import Sum, arrays, delta, exp, indices, lam, reals, size
from gradatlas.symbolic.propositions import eq, le, lt

n = size("n")
x, g = arrays("x g", n)
i, j, k = indices("i j k", n)
alpha, beta = reals("alpha beta")
softmax = lam(exp(x[k]) / Sum(exp(x[j]), j), k)


def call_softmax(ops, x):
    return ops.softmax(x)


def state(id, **parts):
    return statement(id, id, chapter="activations", register=False, **parts)


SOFTMAX = state(
    "softmax.vjp",
    of="softmax",
    lhs=adjoint(softmax, x, g)[i],
    rhs=softmax[i] * (g[i] - Sum(g[j] * softmax[j], j)),
    engine=vjp_of(call_softmax, softmax, wrt=x, cotangent=g),
    source=[document("L4")],
    symbols={"x": "the logits", "g": "the cotangent"},
)
ORDER = state("order.product", claims=le(alpha, alpha * beta), given=[lt(0, alpha), lt(1, beta)])
SUMS = state(
    "sums",
    claims={"scaled": eq(Sum(alpha * x[j], j), alpha * Sum(x[j], j)), "picked": eq(Sum(delta(i, j) * x[j], j), x[i])},
)


def prove_softmax(proof):
    proof.known(proof.nonempty(n))
    proof.differentiate()
    proof.contract()


def prove_order(proof):
    positive, large = proof.given
    proof.reached(checker.certificate(proof.goal, (alpha * (beta - 1),), (positive, large)))


def prove_sums(proof):
    for name in ("scaled", "picked"):
        with proof.claim(name):
            proof.contract()


@dataclass(frozen=True)
class Small:
    """Formulas and proofs by id, and a judge of them."""

    formulas: dict
    scripts: dict
    folder: Path

    def judge(self, **changed):
        return Judge(self.formulas, {**self.scripts, **changed}, self.folder)


PROOFS = """def help(): pass

def prove_softmax_vjp(proof): help()

def prove_order_product(proof): pass

def prove_sums(proof): pass
"""


@pytest.fixture(scope="session")
def make_small():
    """Makes three formulas; their proofs stand in a file in a folder too, from which digests are taken."""

    def make(place):
        folder = place / "proofs"
        folder.mkdir()
        (folder / "activations.py").write_text(PROOFS)
        return Small(
            {f.id: f for f in (SOFTMAX, ORDER, SUMS)},
            {"softmax.vjp": prove_softmax, "order.product": prove_order, "sums": prove_sums},
            folder,
        )

    return make


@pytest.fixture
def small(make_small, tmp_path):
    """Three formulas with their proofs, for one test alone."""
    return make_small(tmp_path)
