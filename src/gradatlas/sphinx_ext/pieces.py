"""Chinese names cut into all their short pieces, for the site's search.

Chinese has no spaces. The search index and the reader's browser each divide it into words by a dictionary of their own, and
where the two disagree a page is not found: 长短期记忆 is 长短 期 记忆 to one and 长 短期 记忆 to the other. With every piece of a
name indexed, both find it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

__all__ = ["LONGEST", "pieces"]

LONGEST: Final = 4  # characters of a word
CHINESE: Final = re.compile(r"[\u4e00-\u9fff]+")


def pieces(names: Iterable[str]) -> str:
    """Every piece of one to LONGEST characters of the Chinese in some names, once each, with spaces between."""
    runs = [run for name in names for run in CHINESE.findall(name)]
    found = (
        run[start : start + length]
        for run in runs
        for length in range(1, LONGEST + 1)
        for start in range(len(run) - length + 1)
    )
    return " ".join(dict.fromkeys(found))
