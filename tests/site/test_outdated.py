"""A build after a change leaves the same site as a build from nothing: no page is out of date, whatever changed."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Project


def change_title(project: Project) -> None:
    entries = project.registry()
    next(entry for entry in entries if entry["id"] == "softmax.vjp")["title"] = "Another title"
    project.write_registry(entries)


def change_summary(project: Project) -> None:
    entries = project.registry()
    next(entry for entry in entries if entry["id"] == "attention.dq")["summary"] = "Another summary."
    project.write_registry(entries)


def change_status(project: Project) -> None:
    record = project.record("softmax.vjp")
    record["status"] = "proven, fixed size"
    record["fixed_size"] = {"sizes": {"C": 2}, "why": "the general case is open."}
    project.write_record("softmax.vjp", record)


def change_derivation(project: Project) -> None:
    record = project.record("attention.dq")
    record["claims"][0]["steps"] = record["claims"][0]["steps"][:1]
    record["lemmas"] = []
    record["axioms"] = record["axioms"][:1]
    project.write_record("attention.dq", record)


def change_symbols(project: Project) -> None:
    record = project.record("softmax.vjp")
    record["symbols"][0]["description"] = "something else"
    project.write_record("softmax.vjp", record)


def lose_a_formula(project: Project) -> None:
    project.write_registry([entry for entry in project.registry() if entry["id"] != "batch-gradient.faster"])
    project.remove_record("batch-gradient.faster")


def change_facts(project: Project) -> None:
    path = project.root / "fixtures" / "facts" / "softmax.vjp.json"
    facts = json.loads(path.read_text())
    facts["vectors"]["digits"] += 1
    facts["digest"] = "another"
    path.write_text(json.dumps(facts))


CHANGES = [change_title, change_summary, change_status, change_derivation, change_symbols, change_facts, lose_a_formula]
WRITTEN = (".html", ".json", ".js")


def pages(project: Project) -> dict[str, str]:
    """All pages, and the files beside them; what is made for search, from all that lies there, is not one of them."""
    found = (path.relative_to(project.out) for path in project.out.rglob("*") if path.suffix in WRITTEN)
    kept = [path for path in found if path.name != "searchindex.js" and path.parts[0] != "pagefind"]
    return {path.as_posix(): (project.out / path).read_text(encoding="utf-8") for path in kept}


def test_a_change_leaves_no_page_out_of_date(project: Project) -> None:
    """In one project, one change after another: elsewhere its settings would differ, and all be read again."""
    project.build()
    for change in CHANGES:
        change(project)
        said = project.build()[1]
        read = set(re.findall(r"reading sources\.\.\. \[[ \d]+%\] (\S+)", said))
        # The chapters, of which one is empty now, are beside every page.
        assert 0 < len(read) < 9 or change is lose_a_formula, (change.__name__, read)
        found = pages(project)
        shutil.rmtree(project.out)
        project.build("-E", "-a")
        fresh = pages(project)
        assert [name for name in fresh if found[name] != fresh[name]] == [], change.__name__
