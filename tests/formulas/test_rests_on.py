"""The axioms and hypotheses that each theorem rests on are pinned: a change of them shows in the change that makes it."""

from __future__ import annotations

import json

from .rests_on import PINNED, rests_on


def test_each_theorem_rests_on_what_it_did() -> None:
    pinned, now = json.loads(PINNED.read_text()), rests_on()
    changed = sorted(id for id in pinned.keys() | now.keys() if pinned.get(id) != now.get(id))
    assert not changed, (
        f"what these formulas rest on has changed: {', '.join(changed)}; read the change, and if it is meant, run "
        "`python tests/formulas/rests_on.py`"
    )
