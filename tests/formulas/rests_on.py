"""What every theorem rests on: `python tests/formulas/rests_on.py` writes rests_on.json, which a test compares."""

from __future__ import annotations

import json
from pathlib import Path

from gradatlas.evidence.judge import Judge
from gradatlas.evidence.printing import text_of
from gradatlas.evidence.scripts import match
from gradatlas.formulas import registry

PINNED = Path(__file__).with_name("rests_on.json")
PROOFS = Path(__file__).parents[2] / "proofs"


def rests_on() -> dict[str, dict[str, dict[str, list[str]]]]:
    """The axioms and the hypotheses of every claim's theorem, by formula and claim."""
    formulas = registry.all_formulas()
    scripts, _ = match(PROOFS, formulas)
    judge = Judge(formulas, {id: script.derive for id, script in scripts.items()}, PROOFS)
    return {
        id: {
            name: {
                "axioms": sorted(theorem.axioms),
                "hypotheses": sorted(text_of(h) for h in theorem.hypotheses),
            }
            for name, theorem in judge.proven(id).theorems.items()
        }
        for id in sorted(scripts)
    }


if __name__ == "__main__":
    PINNED.write_text(json.dumps(rests_on(), indent=1, ensure_ascii=False) + "\n")
