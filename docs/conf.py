"""How the site is built: Sphinx and MyST, furo in the atlas's colours, mathematics by KaTeX, pages from the evidence.

In English, or with `-D language=zh_CN`, or GRADATLAS_LANGUAGE=zh_CN in the environment, in Simplified Chinese.
"""

import os
from pathlib import Path

import gradatlas

HERE = Path(__file__).resolve().parent

project = "gradatlas"
author = "the gradatlas authors"
copyright = "the gradatlas authors, BSD-3-Clause"
version = release = gradatlas.__version__

extensions = ["myst_parser", "sphinx_copybutton", "gradatlas.sphinx_ext"]
exclude_patterns = ["node_modules", "_templates", "locale", "README.md"]
templates_path = [str(HERE / "_templates")]
nitpicky = True
language = os.environ.get("GRADATLAS_LANGUAGE", "en")
locale_dirs = [str(HERE / "locale")]
gettext_compact = False  # a catalogue for each page written by hand

gradatlas_node_modules = str(HERE / "node_modules")
gradatlas_katex_cache = str(HERE.parent / "build" / "katex")
gradatlas_typefaces = True
gradatlas_pagefind = True
gradatlas_base_url = os.environ.get("GRADATLAS_BASE_URL", "")  # where the site will stand, for canonical links
gradatlas_languages = {"en": "", "zh_CN": "zh/"}  # where each stands in the site

myst_enable_extensions = ["amsmath", "attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_exclude = ".linenos, .gp, .go"

html_theme = "furo"
html_title = "gradatlas"
html_math_renderer = "katex"
html_static_path = [str(HERE / "_static")]
html_css_files = ["atlas.css"]
html_js_files = [("atlas.js", {"defer": "defer"})]
html_favicon = str(HERE / "_static" / "mark.svg")
# Sphinx's own search is what is left without a server. In Chinese it does not run at all, so the English one looks in both.
html_search_language = "en"
html_copy_source = False
html_show_sourcelink = False
html_permalinks_icon = "#"
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"

# Latin first, then Chinese, so that each script has its own face.
CHINESE_SERIF = '"Noto Serif CJK SC", "Source Han Serif SC", "Noto Serif SC", "Songti SC", SimSun, serif'
CHINESE_SANS = '"Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif'
FONTS = {
    "font-stack": f'"Source Serif 4", "Iowan Old Style", "Palatino Linotype", Palatino, Georgia, {CHINESE_SERIF}',
    "font-stack--headings": f'"Source Serif 4", "Iowan Old Style", "Palatino Linotype", Palatino, Georgia, {CHINESE_SERIF}',
    "font-stack--interface": f'Inter, system-ui, -apple-system, "Segoe UI", Helvetica, Arial, {CHINESE_SANS}',
    "font-stack--monospace": '"JetBrains Mono", ui-monospace, SFMono-Regular, Menlo, "Noto Sans Mono CJK SC", monospace',
}
LIGHT = {
    "color-background-primary": "#fcfbf8",
    "color-background-secondary": "#f5f2ea",
    "color-background-hover": "#ece7db",
    "color-background-hover--transparent": "#ece7db00",
    "color-background-border": "#e3ddcf",
    "color-background-item": "#d9d2c0",
    "color-foreground-primary": "#1c2430",
    "color-sidebar-link-text": "#47505d",
    "color-sidebar-link-text--top-level": "#3b4452",
    "color-foreground-secondary": "#47505d",
    "color-foreground-muted": "#5d6572",
    "color-foreground-border": "#8d8a80",
    "color-brand-primary": "#0a5875",
    "color-brand-content": "#0a5875",
    "color-brand-visited": "#0a5875",
    "color-code-background": "#f5f2ea",
    "color-code-foreground": "#1c2430",
    "color-inline-code-background": "#f1ede2",
    "color-highlighted-background": "#f5e6bb",
    "atlas-frame": "#f7f4ed",
    "atlas-line": "#b99a5b",
    "atlas-path": "#b0431e",
    "atlas-proven": "#15613a",
    "atlas-proven-soft": "#e0efe4",
    "atlas-fixed": "#7a4d00",
    "atlas-fixed-soft": "#f8ebcd",
    "atlas-refuted": "#98262b",
    "atlas-refuted-soft": "#f8e1df",
}
DARK = {
    "color-background-primary": "#12161d",
    "color-background-secondary": "#171c25",
    "color-background-hover": "#222936",
    "color-background-hover--transparent": "#22293600",
    "color-background-border": "#2a323f",
    "color-background-item": "#3a4352",
    "color-foreground-primary": "#e2e6ec",
    "color-sidebar-link-text": "#b3bcc8",
    "color-sidebar-link-text--top-level": "#c3cbd5",
    "color-foreground-secondary": "#b3bcc8",
    "color-foreground-muted": "#9aa4b2",
    "color-foreground-border": "#6d7786",
    "color-brand-primary": "#7cc8e2",
    "color-brand-content": "#7cc8e2",
    "color-brand-visited": "#7cc8e2",
    "color-code-background": "#171c25",
    "color-code-foreground": "#e2e6ec",
    "color-inline-code-background": "#212836",
    "color-highlighted-background": "#4a3f1e",
    "atlas-frame": "#181e28",
    "atlas-line": "#7d6c45",
    "atlas-path": "#f08c5f",
    "atlas-proven": "#86d3a7",
    "atlas-proven-soft": "#17322390",
    "atlas-fixed": "#ecc06a",
    "atlas-fixed-soft": "#3a2d1290",
    "atlas-refuted": "#f5a3a0",
    "atlas-refuted-soft": "#42202190",
}
html_theme_options = {
    "light_css_variables": {**FONTS, **LIGHT},
    "dark_css_variables": DARK,
    "top_of_page_buttons": [],
}


def setup(app):
    """Mend what furo and Sphinx leave for a screen reader: captions of the navigation are no headings."""

    def plain_captions(app, pagename, templatename, context, doctree):
        if "furo_navigation_tree" in context:
            context["furo_navigation_tree"] = context["furo_navigation_tree"].replace(' role="heading"', "")

    app.connect("html-page-context", plain_captions, priority=900)
