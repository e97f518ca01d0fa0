"""What holds of every formula of the atlas: it says what its letters are and where it comes from, and is compared."""

import pytest

from gradatlas.formulas import registry
from gradatlas.formulas.sources import BIBLIOGRAPHY
from gradatlas.ops import all_operations

FORMULAS = registry.all_formulas()


@pytest.mark.parametrize("id", FORMULAS)
def test_it_can_be_read(id):
    formula = FORMULAS[id]
    assert formula.title[0].isupper()
    assert not formula.title.endswith(".")
    assert formula.summary.endswith(".")
    assert formula.source, "name a row of the ledger or a work"
    unexplained = [s.name for s in formula.symbols if s.kind not in ("size", "index") and not s.description]
    assert unexplained == [], "say in symbols= what these letters stand for"


def test_every_operation_is_compared_with_a_statement():
    """All that users call; an adjoint that they do not is compared at least as the gradient in which it occurs."""
    compared = {name for formula in FORMULAS.values() if formula.engine for name in formula.of}
    adjoints = {name for name in all_operations() if name.endswith("_adjoint")}
    assert set(all_operations()) - compared <= adjoints


def test_every_work_listed_is_cited_somewhere():
    cited = {s.key for formula in FORMULAS.values() for s in formula.source if s.kind == "citation"}
    assert set(BIBLIOGRAPHY) - cited == set()
