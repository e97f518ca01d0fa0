"""A formula as code, generated from its statement."""

from __future__ import annotations

from docutils import nodes

from gradatlas.sphinx_ext.directive import AtlasDirective
from gradatlas.sphinx_ext.markup import paragraph, section
from gradatlas.sphinx_ext.markup import translated as _
from gradatlas.sphinx_ext.reader import Evidence, Formula

__all__ = ["numpy_code"]


def numpy_code(page: AtlasDirective, formula: Formula, evidence: Evidence) -> nodes.section | None:
    """The code generated from the statement."""
    if not evidence.numpy_code.strip():
        return None
    listing = nodes.literal_block("", evidence.numpy_code.rstrip(), language="python")
    return section(
        _("In NumPy"), "numpy", paragraph(_("Generated from the statement above."), classes=["note-line"]), listing
    )
