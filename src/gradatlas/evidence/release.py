"""Bundle derivations, evidence, rules and axioms into one compressed file of the package: `python -m` this module."""

from __future__ import annotations

import json
import lzma
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradatlas
from gradatlas.evidence import digests, reader, store
from gradatlas.evidence.printing import text_of
from gradatlas.formulas import registry
from gradatlas.symbolic.axioms import AXIOMS
from gradatlas.symbolic.checker.theorem import RULES

__all__ = ["collect", "main", "write"]


def collect() -> tuple[dict[str, Any], list[str]]:
    """The bundle of a checkout's evidence, and the formulas that lack current evidence."""
    records, missing = {}, []
    for id in registry.all_formulas():
        found = reader._in_checkout(id)
        if found.record is None:
            missing.append(id)
        else:
            records[id] = found.record
    bundle = {
        "schema": store.SCHEMA,
        "version": gradatlas.__version__,
        "commit": store.commit(),
        "code": digests.code_digest("."),
        "rules": {name: {"title": rule.title, "statement": rule.statement} for name, rule in RULES.items()},
        "axioms": {
            id: {
                "title": axiom.title,
                "citation": axiom.citation,
                "hypotheses": [text_of(h) for h in axiom.hypotheses],
                "conclusion": "" if axiom.conclusion is None else text_of(axiom.conclusion),
            }
            for id, axiom in AXIOMS.items()
        },
        "records": records,
    }
    return bundle, missing


def main() -> int:
    """Write the bundle; refuse where any formula lacks current evidence."""
    if store.checkout() is None:
        print("gradatlas.evidence.release: run it in a checkout of the repository", file=sys.stderr)
        return 2
    bundle, missing = collect()
    if missing:
        print(
            f"gradatlas.evidence.release: no current evidence of {', '.join(missing)}: run pytest proofs/",
            file=sys.stderr,
        )
        return 1
    before, after = write(bundle)
    print(f"{len(bundle['records'])} formulas, {before} bytes as {after}: {store.BUNDLE.relative_to(store.PACKAGE)}")
    return 0


def write(bundle: Mapping[str, Any], to: Path | None = None) -> tuple[int, int]:
    """Write the bundle, into the package unless told; the sizes before and after compression."""
    to = to or store.BUNDLE
    to.parent.mkdir(exist_ok=True)
    data = json.dumps(bundle, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    to.write_bytes(lzma.compress(data, preset=9))
    return len(data), to.stat().st_size


if __name__ == "__main__":
    sys.exit(main())
