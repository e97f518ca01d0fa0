"""What a build computes and keeps for the next one: which folder it lies in, and how a file gets there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["keep", "kept_folder"]


def kept_folder(app: Sphinx) -> Path:
    """The folder of what builds keep: `gradatlas_katex_cache`, else one beside the doctrees."""
    return Path(app.config.gradatlas_katex_cache or app.doctreedir.parent / "katex")


def keep(file: Path, text: str) -> None:
    """Write a file whole or not at all: builds side by side, which keep the same things, never read half of one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(file)
