"""Evidence as the faces read it: from the checkout where it is current, else from the release that the package carries."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gradatlas.evidence import digests, store
from gradatlas.evidence.currency import Currency
from gradatlas.formulas import registry

__all__ = ["Evidence", "command", "evidence"]


@dataclass(frozen=True)
class Evidence:
    """What is known of a formula here. record: current evidence, or None; then problem says why, and what to do."""

    record: Mapping[str, Any] | None
    problem: str
    taken: str = ""


def command(id: str) -> str:
    """The command that takes a formula's evidence."""
    return f"pytest proofs/ -k {id}"


def evidence(id: str) -> Evidence:
    """The evidence of a formula of the registry. Raises UnknownFormulaError where there is no such formula."""
    registry.get(id)
    here = _in_checkout(id)
    if here.record is not None:
        return here
    released = _in_release(id)
    if released is None or (released.record is None and _currency() is not None):
        return here
    return released


@functools.cache
def _currency() -> Currency | None:
    root = store.checkout()
    return None if root is None else Currency(registry.all_formulas(), root / "proofs")


def _in_checkout(id: str) -> Evidence:
    currency, folder = _currency(), store.folder()
    if currency is None or folder is None:
        return Evidence(
            None, f"not proven here: this installation carries no evidence; in a checkout run {command(id)}"
        )
    record = store.read(folder, id)
    if record is None:
        return Evidence(None, f"not proven here: run {command(id)}")
    if not currency.is_current(id, lambda name: store.read(folder, name), store.versions()):
        return Evidence(None, f"not proven here: the evidence is out of date; run {command(id)}")
    return Evidence(record, "", "build/evidence")


def _in_release(id: str) -> Evidence | None:
    """The release's evidence; None where the package carries none of this formula, or has changed since."""
    bundle = store.bundle()
    if bundle is None:
        return None
    record = bundle["records"].get(id)
    if record is None:
        return None
    unchanged = bundle["code"] == _package_digest()
    if not unchanged or record["statement_digest"] != digests.statement_digest(registry.get(id)):
        return Evidence(
            None,
            "not proven here: the package is not as it was released, and its evidence does not hold for it; "
            f"in a checkout run {command(id)}",
        )
    return Evidence(record, "", f"release {bundle['version']}, commit {bundle['commit'] or 'unknown'}")


@functools.cache
def _package_digest() -> str:
    return digests.code_digest(".")
