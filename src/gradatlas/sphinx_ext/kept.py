"""What a build computes and keeps for the next one: which folder it lies in, how a file gets there, and when it goes."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["drop_unused", "is_kept", "keep", "kept_folder"]

UNUSED: Final = 30 * 24 * 3600  # seconds after which what no build has used goes
KINDS: Final = (
    "[0-9a-f][0-9a-f]/*.html*",
    "exercises/*.json*",
    "playing-*.js*",
)  # with what broken builds left of them


def kept_folder(app: Sphinx) -> Path:
    """The folder of what builds keep: `gradatlas_katex_cache`, else one beside the doctrees."""
    return Path(app.config.gradatlas_katex_cache or app.doctreedir.parent / "katex")


def keep(file: Path, text: str) -> None:
    """Write a file whole or not at all: builds side by side, which keep the same things, never read half of one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(file)


def is_kept(file: Path) -> bool:
    """Whether a file is kept; if so, its date says that it was used now."""
    try:
        os.utime(file)
    except OSError:  # it is not there, or is somebody else's
        return file.exists()
    return True


def drop_unused(folder: Path) -> int:
    """Remove from the folder of what builds keep the files that none has used for thirty days; how many these were."""
    before = time.time() - UNUSED
    dropped = 0
    for file in (file for kind in KINDS for file in folder.glob(kind)):
        with contextlib.suppress(OSError):  # another build may take one first
            if file.stat().st_mtime < before:
                file.unlink()
                dropped += 1
    return dropped
