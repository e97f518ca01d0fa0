"""What a build computes and keeps for the next one, and for one that runs beside it, in one file."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["Kept", "drop_unused", "kept_folder"]

FILE: Final = "kept.sqlite3"
UNUSED: Final = 30  # days after which what no build has used goes
AT_ONCE: Final = 64  # new texts that wait until they are written
PATIENCE: Final = 60  # seconds to wait for another process's writing
SHORT: Final = 0.02  # seconds after which a file is asked for again
SCHEMA: Final = "CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, text TEXT NOT NULL, used INTEGER NOT NULL)"

_INHERITED: list[sqlite3.Connection] = []  # of a parent: a forked process must neither use them nor close them


def kept_folder(app: Sphinx) -> Path:
    """The folder of what builds keep: `gradatlas_katex_cache`, else one beside the doctrees."""
    return Path(app.config.gradatlas_katex_cache or app.doctreedir.parent / "katex")


class Kept:
    """Texts by name, in a folder that is made when first needed.

    A name has one text for ever: it should tell all that the text comes from. Processes may share the folder, and one that
    is forked opens it anew. Two builds that wrote the same formulas at the same time, a file for each, waited for each other
    most of the time; here each writes many at once, and what the other wrote first stays.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._connection: sqlite3.Connection | None = None
        self._owner = 0
        self._new: dict[str, str] = {}
        self._used: set[str] = set()

    def get(self, name: str) -> str | None:
        """The text of a name; None where none is kept."""
        if name in self._new:
            return self._new[name]
        row = self._open().execute("SELECT text, used FROM kept WHERE name = ?", (name,)).fetchone()
        if row is None:
            return None
        if row[1] != _today():
            self._used.add(name)
        return str(row[0])

    def put(self, name: str, text: str) -> None:
        """Keep a text."""
        self._new[name] = text
        if len(self._new) >= AT_ONCE:
            self.write()

    def write(self) -> None:
        """Put into the file what is new, and that what was read has been used today."""
        if not self._new and not self._used:
            return
        with self._open() as connection:
            rows = [(name, text, _today()) for name, text in self._new.items()]
            connection.executemany("INSERT OR IGNORE INTO kept VALUES (?, ?, ?)", rows)
            connection.executemany("UPDATE kept SET used = ? WHERE name = ?", [(_today(), n) for n in self._used])
        self._new.clear()
        self._used.clear()

    def close(self) -> None:
        """Write what waits, and let go of the file."""
        self.write()
        self._leave_inherited()
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def drop_unused(self) -> int:
        """Remove what no build has used for thirty days; how many texts these were."""
        with self._open() as connection:
            return connection.execute("DELETE FROM kept WHERE used < ?", (_today() - UNUSED,)).rowcount

    def _open(self) -> sqlite3.Connection:
        self._leave_inherited()
        if self._connection is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                self._connection = _connected(self.folder / FILE)
            except sqlite3.OperationalError:  # locked, or not to be written
                raise
            except sqlite3.DatabaseError:  # what a broken machine left
                for left in self.folder.glob(f"{FILE}*"):
                    left.unlink(missing_ok=True)
                self._connection = _connected(self.folder / FILE)
            self._owner = os.getpid()
        return self._connection

    def _leave_inherited(self) -> None:
        if self._connection is not None and self._owner != os.getpid():
            _INHERITED.append(self._connection)
            self._connection = None


def drop_unused(folder: Path) -> int:
    """Remove from a folder of what builds keep what none has used for thirty days; how many texts these were."""
    kept = Kept(folder)
    try:
        return kept.drop_unused()
    finally:
        kept.close()


def _connected(file: Path) -> sqlite3.Connection:
    """A connection. SQLite does not wait where two processes begin a file at once, each to change its kind of journal: we do."""
    until = time.monotonic() + PATIENCE
    while True:
        connection = sqlite3.connect(file, timeout=PATIENCE)
        try:
            # What is lost with the machine is computed again: no writing waits for the disk.
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute(SCHEMA)
        except sqlite3.DatabaseError as error:
            connection.close()
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(SHORT)
        else:
            return connection


def _today() -> int:
    """Days since 1970."""
    return int(time.time() // (24 * 3600))
