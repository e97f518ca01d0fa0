"""Build the site in all its languages at once: one reading of the registry and the evidence, a process for each language.

    python tools/build_site.py [SOURCE [SITE [DOCTREES]]]

In the folders SOURCE (docs), SITE (build/site) and DOCTREES (build/doctrees). Ends with Pagefind's index over all pages.
"""

from __future__ import annotations

import multiprocessing
import runpy
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from sphinx.cmd.build import main as sphinx

from gradatlas import sphinx_ext
from gradatlas.sphinx_ext import assets, programs
from gradatlas.sphinx_ext.reader import load
from gradatlas.sphinx_ext.stubs import write_stubs

ROOT = Path(__file__).resolve().parents[1]
STRICT = ("-n", "-W", "--keep-going", "-b", "html", "-D", "gradatlas_pagefind=0")


def build(source: Path, site: Path, doctrees: Path) -> int:
    """Build every language that conf.py names; returns the number of languages that failed, or raises as Pagefind does."""
    conf = runpy.run_path(str(source / "conf.py"))
    folder = source / conf["gradatlas_registry"] if conf.get("gradatlas_registry") else None
    atlas = sphinx_ext.READ[folder] = load(folder)
    # Written before the languages part, which would both write them.
    write_stubs(atlas, source)
    programs.write_program_stubs(cast(Any, SimpleNamespace(srcdir=source)))
    started = {}
    # A forked process has what was read above; one that is spawned, where there is no fork, reads it again.
    for language, below in conf["gradatlas_languages"].items():
        options = [
            *STRICT,
            "-D",
            f"language={language}",
            "-d",
            str(doctrees / language),
            str(source),
            str(site / below),
        ]
        started[language] = multiprocessing.Process(target=run, args=(options if below == "" else ["-q", *options],))
        started[language].start()
    for process in started.values():
        process.join()
    failed = [language for language, process in started.items() if process.exitcode]
    for language in failed:
        print(f"The pages in {language} could not be built: see above.", file=sys.stderr)
    if not failed and conf.get("gradatlas_pagefind"):
        assets.run_pagefind(site)
    return len(failed)


def run(options: list[str]) -> None:
    """Run Sphinx, in a process of its own."""
    sys.exit(sphinx(options))


if __name__ == "__main__":
    began = time.monotonic()
    given = [Path(argument).resolve() for argument in sys.argv[1:]]
    places = [ROOT / "docs", ROOT / "build" / "site", ROOT / "build" / "doctrees"]
    status = build(*given, *places[len(given) :])
    print(f"{time.monotonic() - began:.0f} seconds")
    sys.exit(1 if status else 0)
