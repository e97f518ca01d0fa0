"""No operation without a proven formula, and no formula about an operation without the operation."""

from __future__ import annotations

from gradatlas.formulas import registry
from gradatlas.ops import all_operations


def spoken_of() -> dict[str, list[str]]:
    """The formulas that speak of each operation."""
    found: dict[str, list[str]] = {}
    for formula in registry.all_formulas().values():
        for name in formula.of:
            found.setdefault(name, []).append(formula.id)
    return found


def test_every_operation_has_a_formula_and_every_formula_its_operation() -> None:
    operations = set(all_operations())
    formulas = set(spoken_of())
    assert operations - formulas == set(), "operations that no formula speaks of"
    assert formulas - operations == set(), "formulas that speak of an operation that does not exist"
