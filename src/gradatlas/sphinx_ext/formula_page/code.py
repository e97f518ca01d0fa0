"""A formula as code, generated from its statement: for NumPy, and the same for CuPy."""

from __future__ import annotations

from docutils import nodes

from gradatlas.presentation.code import cupy_code
from gradatlas.sphinx_ext.directive import AtlasDirective
from gradatlas.sphinx_ext.markup import disclosure, paragraph, section
from gradatlas.sphinx_ext.markup import translated as _
from gradatlas.sphinx_ext.reader import Evidence, Formula

__all__ = ["numpy_code"]


def numpy_code(page: AtlasDirective, formula: Formula, evidence: Evidence) -> nodes.section | None:
    """The code generated from the statement, and below it, folded, the same in CuPy's namespace."""
    if not evidence.numpy_code.strip():
        return None
    listing = nodes.literal_block("", evidence.numpy_code.rstrip(), language="python")
    on_a_gpu = nodes.literal_block("", cupy_code(evidence.numpy_code).rstrip(), language="python")
    return section(
        _("In NumPy"),
        "numpy",
        paragraph(_("Generated from the statement above."), classes=["note-line"]),
        listing,
        disclosure("", on_a_gpu, summary=_("The same for CuPy, on a GPU"), classes=["cupy"]),
    )
