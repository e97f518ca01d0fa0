"""The pytest fixture `verify_formula`, found by pytest wherever gradatlas is installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from gradatlas.evidence.verifying import Report

__all__ = ["verify_formula"]


@pytest.fixture
def verify_formula() -> Callable[..., Report]:
    """`gradatlas.verify` as a fixture: a test that calls it fails, with the report, where a function is wrong.

    def test_my_softmax(verify_formula):
        verify_formula(my_softmax_backward, "softmax.vjp")
    """

    def judged(function: Callable[..., Any], formula: str, claim: str | None = None, **options: Any) -> Report:
        __tracebackhide__ = True
        from gradatlas.evidence.verifying import verify

        return verify(function, formula, claim, **options)

    return judged
