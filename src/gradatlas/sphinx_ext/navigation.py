"""The navigation beside a page, drawn once for all pages of a folder that are not themselves in it.

Sphinx copies the whole tree for every page. Formulas are not in it, so that it is the same beside each of them; drawing it
for every page anew took a quarter of the build.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

__all__ = ["share_navigation"]

DRAWN: Final = "gradatlas_navigation"


def share_navigation(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Let the theme take the navigation from the first page of the folder, where this page is not in it."""
    draw: Callable[..., str] | None = context.get("toctree")
    if draw is None or pagename in _listed(app.env):
        return
    drawn: dict[Any, str] = app.builder.__dict__.setdefault(DRAWN, {})
    folder = app.builder.get_target_uri(pagename).rpartition("/")[0]

    def shared(**options: Any) -> str:
        key = (folder, tuple(sorted(options.items())))
        if key not in drawn:
            drawn[key] = draw(**options)
        return drawn[key]

    context["toctree"] = shared


def _listed(env: BuildEnvironment) -> set[str]:
    """The pages that the navigation has, and the one it starts from: these are marked in it, each in its own."""
    return {env.config.root_doc}.union(*env.toctree_includes.values())
