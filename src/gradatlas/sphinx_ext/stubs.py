"""Source pages of one directive each, written from the registry: one for each formula, chapter and row."""

from __future__ import annotations

from pathlib import Path

from gradatlas.sphinx_ext.reader import Atlas

__all__ = ["write_stubs"]

FOLDERS = ("formulas", "chapters", "ledger")
MARK = ".. Written from the registry; edits are lost.\n"


def write_stubs(atlas: Atlas, source: Path) -> list[Path]:
    """Bring the stubs under source in line with the atlas; returns the paths written or removed.

    A file whose text is right is left alone, so that it is not read again. Only files that begin as stubs do are removed.
    """
    wanted = {
        source / "formulas" / f"{formula.id}.rst": f":orphan:\n\n{MARK}\n.. formula:: {formula.id}\n"
        for formula in atlas.formulas.values()
    } | {
        source / "chapters" / f"{chapter}.rst": f"{MARK}\n.. atlas-chapter:: {chapter}\n" for chapter in atlas.chapters
    }
    wanted |= {source / "ledger" / f"{row}.rst": f":orphan:\n\n{MARK}\n.. ledger-row:: {row}\n" for row in atlas.rows}
    touched = []
    for path, text in wanted.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            touched.append(path)
    for folder in FOLDERS:
        for path in (source / folder).glob("*.rst"):
            if path not in wanted and MARK in path.read_text(encoding="utf-8"):
                path.unlink()
                touched.append(path)
    return touched
