"""Build the site in all its languages at once: one reading of the registry and the evidence, a process for each language.

    python tools/build_site.py [SOURCE [SITE [DOCTREES]]] [--version X] [--base-url https://example.org/atlas/]

In the folders SOURCE (docs), SITE (build/site) and DOCTREES (build/doctrees). Ends with Pagefind's index over all pages. With
--version the site is built into SITE/X, beside the versions that stand there, and its pages offer those. With --base-url, or
GRADATLAS_BASE_URL in the environment, pages name their canonical address and there is a sitemap.xml.
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import importlib
import json
import multiprocessing
import os
import runpy
import shutil
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from sphinx.cmd.build import main as sphinx
from sphinx.util import nodes as sphinx_nodes

from gradatlas import sphinx_ext
from gradatlas.formulas import registry
from gradatlas.formulas.shapes import kept_postings
from gradatlas.formulas.shapes.tables import tables
from gradatlas.processes import meanwhile
from gradatlas.sphinx_ext import api, finding, programs, searching
from gradatlas.sphinx_ext.kept import drop_unused
from gradatlas.sphinx_ext.lasting import note_version, write_sitemap
from gradatlas.sphinx_ext.reader import Atlas, load
from gradatlas.sphinx_ext.stubs import write_stubs

ROOT = Path(__file__).resolve().parents[1]
STRICT = ("-n", "-W", "--keep-going", "-b", "html", "-D", "gradatlas_pagefind=0")


def read(source: Path) -> tuple[dict[str, Any], Atlas]:
    """What conf.py says, and the atlas, kept for the processes that build, with all that each language would make again."""
    conf = runpy.run_path(str(source / "conf.py"))
    for module in (*conf["extensions"], conf["html_theme"]):  # here once, and not in each language's process
        importlib.import_module(module)
    api.page_of("")
    tables()
    folder = source / conf["gradatlas_registry"] if conf.get("gradatlas_registry") else None
    known = registry.all_formulas()
    # To read the atlas is the work of one process for some seconds: the index of shapes is made on the other cores.
    with meanwhile(lambda: kept_postings(list(known.values()))):
        atlas = sphinx_ext.READ[folder] = load(folder)
    finding.index_of(tuple(id for id in atlas.formulas if id in known))
    # Written before the languages part, which would both write them.
    write_stubs(atlas, source)
    programs.write_program_stubs(cast(Any, SimpleNamespace(srcdir=source)))
    return conf, atlas


def build(source: Path, site: Path, doctrees: Path, version: str = "", base: str = "") -> int:
    """Build every language that conf.py names; returns the number of languages that failed, or raises as Pagefind does.

    version: the folder of the site that this version gets; base: the address at which the site will stand.
    """
    began = time.monotonic()
    conf, atlas = read(source)
    home = site / version
    address = f"{base}{version}/" if base and version else base
    more = [f"-Dgradatlas_base_url={address}"] if base else []
    more += ["-Dgradatlas_versioned=1", f"-Drelease={version}"] if version else []
    started = {}
    # A forked process has what was read above; one that is spawned, where there is no fork, reads it again.
    for language, below in conf["gradatlas_languages"].items():
        options = [
            *STRICT,
            *more,
            "-D",
            f"language={language}",
            "-d",
            str(doctrees / version / language),
            str(source),
            str(home / below),
        ]
        started[language] = multiprocessing.Process(target=run, args=(options if below == "" else ["-q", *options],))
        started[language].start()
    for process in started.values():
        process.join()
    failed = [language for language, process in started.items() if process.exitcode]
    for language in failed:
        print(f"The pages in {language} could not be built: see above.", file=sys.stderr)
    if failed:
        return len(failed)
    if conf.get("gradatlas_katex_cache"):
        drop_unused(Path(conf["gradatlas_katex_cache"]))
    if conf.get("gradatlas_pagefind"):
        searching.run_pagefind(home)
    if base:
        print(f"sitemap.xml holds {write_sitemap(home, address, conf['gradatlas_languages'])} addresses")
    if version:
        print(f"The versions here: {', '.join(note_version(site, version))}")
    figures = {
        "seconds": round(time.monotonic() - began, 1),
        "formulas": len(atlas.formulas),
        "languages": len(started),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
    }
    (site.parent / "site-build.json").write_text(json.dumps(figures) + "\n", encoding="utf-8")
    return 0


def run(options: list[str]) -> None:
    """Run Sphinx, in a process of its own.

    The pages are millions of small objects that live long. Python's search for cycles among them leaves out what was read
    before, and looks, often, at the newest alone: those are at hand in the processor's cache. On the Chinese pages it took
    1.2 s so, 5.1 s when it looked at ten times as many at once, and no more memory.
    """
    # Sphinx prints every node that is not translated as XML, for a log at a level that nobody asked for.
    sphinx_nodes.repr_domxml = lambda node, length=0: ""
    gc.freeze()
    gc.set_threshold(10_000, 10_000, 100)
    sys.exit(sphinx(options))


def measure_change(source: Path, site: Path, doctrees: Path, formula: str = "softmax.vjp") -> float:
    """Seconds to build English again after one formula changed, from a copy of what the last build left.

    The registry has been read, as for a full build: what is measured is what Sphinx does about one changed formula.
    """
    atlas = read(source)[1]
    english = doctrees / "en"
    if not (english / "environment.pickle").exists():
        raise FileNotFoundError(f"{english} holds no build: run make site first")
    with tempfile.TemporaryDirectory(dir=doctrees.parent) as place:
        copies = Path(place) / "doctrees", Path(place) / "site"
        shutil.copytree(english, copies[0])
        shutil.copytree(site, copies[1], ignore=shutil.ignore_patterns("zh", "pagefind"))
        changed = dataclasses.replace(atlas.formulas[formula], title=atlas.formulas[formula].title + " (changed)")
        formulas = {**atlas.formulas, formula: changed}
        (key,) = (key for key, kept in sphinx_ext.READ.items() if kept is atlas)
        sphinx_ext.READ[key] = dataclasses.replace(atlas, formulas=formulas)
        began = time.monotonic()
        process = multiprocessing.Process(
            target=run, args=([*STRICT, "-q", "-D", "language=en", "-d", *map(str, (copies[0], source, copies[1]))],)
        )
        process.start()
        process.join()
        seconds = time.monotonic() - began
        if process.exitcode or "(changed)" not in (copies[1] / "formulas" / f"{formula}.html").read_text(
            encoding="utf-8"
        ):
            raise RuntimeError("the changed formula was not built again: see above")
    return seconds


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("places", nargs="*", type=Path, metavar="FOLDER", help="SOURCE, SITE and DOCTREES")
    parser.add_argument("--version", default="", help="build into a folder of this name, beside other versions")
    parser.add_argument(
        "--base-url", default=os.environ.get("GRADATLAS_BASE_URL", ""), help="where the site will stand"
    )
    parser.add_argument("--measure-change", action="store_true", help="only time a build after one formula changed")
    given = parser.parse_args()
    places = [ROOT / "docs", ROOT / "build" / "site", ROOT / "build" / "doctrees"]
    places = [*(place.resolve() for place in given.places), *places[len(given.places) :]]
    if given.measure_change:
        print(f"{measure_change(*places):.2f} seconds after one formula changed")
        sys.exit(0)
    began = time.monotonic()
    status = build(*places, version=given.version, base=given.base_url)
    print(f"{time.monotonic() - began:.0f} seconds")
    sys.exit(1 if status else 0)
