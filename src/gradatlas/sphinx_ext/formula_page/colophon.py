"""The end of a formula's page: how to cite it, its files to download, where it is written, and how to report an error."""

from __future__ import annotations

from urllib.parse import quote

from docutils import nodes

import gradatlas
from gradatlas.sphinx_ext.directive import AtlasDirective
from gradatlas.sphinx_ext.markup import code, disclosure, listed, paragraph, section, web_link
from gradatlas.sphinx_ext.markup import translated as _
from gradatlas.sphinx_ext.reader import Evidence, Formula, Place

__all__ = ["bibtex", "colophon"]


def colophon(page: AtlasDirective, formula: Formula, evidence: Evidence) -> nodes.section:
    """The section about the page itself."""
    entry = nodes.literal_block("", bibtex(formula, evidence, page.config.html_baseurl), language="bibtex")
    return section(
        _("This page"),
        "this-page",
        disclosure("", entry, summary=_("Cite this formula"), classes=["cite"]),
        downloads(formula),
        *sources(page, formula, evidence),
        report(page, formula, evidence),
    )


def bibtex(formula: Formula, evidence: Evidence, address: str) -> str:
    """An entry for a bibliography. address: of the site's root; empty where it is not known, and then left out."""
    title = formula.title.replace("\\", "").replace("{", "").replace("}", "")
    fields = {
        "author": "{The gradatlas authors}",
        "title": f"{{{title}}}",
        "howpublished": f"gradatlas {gradatlas.__version__}, formula {formula.id}",
        "note": f"{evidence.status}; record {evidence.digest[:16]}",
    }
    if address:
        fields["url"] = f"{address.rstrip('/')}/formulas/{formula.id}.html"
    lines = [f"  {name:<12} = {{{_escaped(value) if name != 'url' else value}}}," for name, value in fields.items()]
    return "\n".join([f"@misc{{gradatlas-{formula.id},", *lines, "}"])


def _escaped(text: str) -> str:
    """Text as TeX prints it."""
    return "".join(f"\\{sign}" if sign in "&%$#_" else sign for sign in text)


def downloads(formula: Formula) -> nodes.paragraph:
    """What of the formula can be had as a file."""
    files = [web_link(_("the record of the evidence"), f"{formula.id}.json")]
    if formula.facts.get("vectors"):
        files.append(web_link(_("test vectors with 50 digits"), f"{formula.id}.vectors.json"))
    files.append(web_link(_("all formulas as one file"), "../formulas.json"))
    return paragraph(_("To download:") + " ", *listed(files), ".", classes=["downloads"])


def sources(page: AtlasDirective, formula: Formula, evidence: Evidence) -> list[nodes.Node]:
    """Where statement and proof are written: links where the package names its repository, else paths in it."""
    found = [
        [nodes.Text(f"{what} "), source_link(page.atlas.repository, place, evidence)]
        for what, place in ((_("the statement"), formula.written), (_("the proof"), formula.derived))
        if place is not None
    ]
    return [paragraph(_("Written in:") + " ", *listed(found), ".")] if found else []


def source_link(repository: str, place: Place, evidence: Evidence) -> nodes.Node:
    """A place in the source at the commit that the evidence was taken from; its path where there is no repository."""
    text = place.path + (f":{place.line}" if place.line else "")
    if not repository:
        return code(text)
    commit = str(evidence.versions.get("commit") or "HEAD").removesuffix("+")
    return web_link(text, f"{repository}/blob/{commit}/{place.path}" + (f"#L{place.line}" if place.line else ""))


def report(page: AtlasDirective, formula: Formula, evidence: Evidence) -> nodes.paragraph:
    """How to say that something here is wrong."""
    words = _("Found an error? Quote the formula `{id}` and its record `{digest}`.").format(
        id=formula.id, digest=evidence.digest[:16]
    )
    line = paragraph(words)
    if page.atlas.repository:
        title, body = f"Error in {formula.id}", f"Formula: {formula.id}\nRecord: {evidence.digest}\n"
        address = f"{page.atlas.repository}/issues/new?title={quote(title)}&body={quote(body)}"
        line += [nodes.Text(" "), web_link(_("Report it"), address), nodes.Text(".")]
    return line
