"""The reference of the public names: nothing is missing, docstrings are taken apart, operations and formulas are linked."""

from __future__ import annotations

import doctest
import importlib
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import gradatlas
from gradatlas.formulas.registry import all_formulas
from gradatlas.ops import all_operations
from gradatlas.sphinx_ext.api import PAGES, items, named, page_of, resolve
from gradatlas.sphinx_ext.docstrings import Code, Labelled, Parameter, Prose, parts

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Project

DOCS = Path(__file__).resolve().parents[2] / "docs"
# The names that people come for first; each shows how it is used.
WITH_EXAMPLES = (
    *("gradatlas." + name for name in (
        "check_grads", "checkpoint", "cond", "custom_fixed_point", "custom_jvp", "custom_root", "custom_vjp", "fori_loop",
        "grad", "hessian", "hvp", "jacfwd", "jacobian", "jacrev", "jit", "jvp", "linear_transpose", "linearize", "namespace",
        "scan", "stop_gradient", "value_and_grad", "verify", "vjp", "vmap", "while_loop",
    )),
    *("gradatlas.nn." + name for name in (
        "Attention", "Conv2D", "Dense", "Dropout", "Embedding", "LSTM", "LayerNorm", "MaxPool", "Sequential", "fit", "summary",
    )),
    *("gradatlas.optim." + name for name in ("Adam", "SGD", "Clipped", "clip_by_global_norm", "global_norm")),
    "gradatlas.optim.schedules.Cosine",
    "gradatlas.xp.attention",
    "gradatlas.xp.conv2d",
    "gradatlas.xp.einsum",
    "gradatlas.xp.softmax",
    "gradatlas.xp.softmax_cross_entropy",
)  # fmt: skip


def test_a_page_describes_each_module_that_it_should() -> None:
    described = {
        module: path.relative_to(DOCS).with_suffix("").as_posix()
        for path in DOCS.glob("api/*.md")
        for module in re.findall(r"^```\{atlas-api\} (\S+)$", path.read_text(encoding="utf-8"), flags=re.M)
    }
    assert described == PAGES


@pytest.mark.parametrize("path", sorted(name for name, item in named().items() if item.described))
def test_every_public_name_says_what_it_is(path: str) -> None:
    said = parts(named()[path].doc)
    assert isinstance(said[0], Prose), f"{path} has no docstring"
    assert said[0].text.endswith((".", ":", ")")), said[0]


@pytest.mark.parametrize("path", WITH_EXAMPLES)
def test_the_main_names_show_how_they_are_used(path: str) -> None:
    assert any(isinstance(part, Code) and part.session for part in parts(named()[path].doc)), f"{path} has no example"


def modules_with_examples() -> list[str]:
    source = DOCS.parent / "src"
    found = [p for p in source.rglob("*.py") if re.search(r"^\s+>>> ", p.read_text(encoding="utf-8"), flags=re.M)]
    return sorted(".".join(p.relative_to(source).with_suffix("").parts) for p in found)


@pytest.mark.parametrize("module", modules_with_examples())
def test_examples_in_docstrings_run_as_printed(module: str) -> None:
    loaded = importlib.import_module(module)
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    begins = {"np": np, "ga": gradatlas, "nn": gradatlas.nn, "optim": gradatlas.optim, "xp": gradatlas.xp}
    for session in doctest.DocTestFinder().find(loaded, globs=begins):
        runner.run(session, out=said.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(said)


def test_a_docstring_is_taken_apart() -> None:
    said = parts(
        """The root of x.

        x, y: numbers of any shape; what
        follows belongs to them. mode: "a" or "b". note: is no parameter.
        Returns an array. Raises ValueError where x < 0: there is none.

            root(4)

        >>> root(4)
        2
        Formula: sqrt.derivative. Source: Heron.
        """,
        {"x", "y", "mode"},
    )
    assert said == [
        Prose("The root of x."),
        Parameter(("x", "y"), "numbers of any shape; what follows belongs to them."),
        Parameter(("mode",), '"a" or "b". note: is no parameter.'),
        Labelled("returns", "an array."),
        Labelled("raises", "ValueError where x < 0: there is none."),
        Code("root(4)"),
        Code(">>> root(4)\n2\nFormula: sqrt.derivative. Source: Heron."),
    ]
    assert parts("One.\n\nFormula: sqrt.derivative. Source: Heron.")[1:] == [
        Labelled("formulas", "sqrt.derivative."),
        Labelled("sources", "Heron."),
    ]


def test_a_name_in_a_docstring_is_looked_up_where_it_is_said() -> None:
    assert resolve("grad", "gradatlas.vjp") == "gradatlas.grad"
    assert resolve("xp.softmax", "gradatlas.nn.Dense") == "gradatlas.xp.softmax"
    assert resolve("cond", "gradatlas.xp.linalg.det") == "gradatlas.xp.linalg.cond"
    assert resolve("ga.vmap", "gradatlas.xp.exp") == "gradatlas.vmap"
    assert resolve("ShapeError", "gradatlas.xp.exp") == "gradatlas.errors.ShapeError"
    assert resolve("grad", "gradatlas.grad") is None
    assert resolve("numpy.exp", "gradatlas.grad") is None


def test_every_operation_that_a_public_name_is_called_after_has_its_place() -> None:
    public = {item.name for module in ("gradatlas.xp", "gradatlas.xp.linalg") for item in items(module)}
    lost = [name for name in all_operations() if name in public and page_of(name) is None]
    assert lost == []
    assert page_of("softmax") == ("api/xp", "gradatlas.xp.softmax")
    assert page_of("abs") == ("api/xp", "gradatlas.xp.abs")
    assert page_of("softmax_prime") is None


@pytest.fixture(scope="module")
def reference(make_project: Callable[[], Project], once: Callable[..., Project]) -> Project:
    """The reference alone, over the sample records."""
    return once("reference", lambda: built_reference(make_project()))


def built_reference(project: Project) -> Project:
    shutil.copytree(DOCS / "api", project.source / "api")
    for page in (project.source / "api").glob("*.md"):
        page.write_text(re.sub(r"\[([^]]+)\]\(\.\./guide/[^)]+\)", r"\1", page.read_text()))
    index = project.source / "index.md"
    index.write_text(index.read_text() + "\n```{toctree}\napi/index\n```\n")
    (project.root / "fixtures" / "about.json").write_text('{"repository": "https://example.org/gradatlas"}')
    status, said = project.build()
    assert status == 0, said
    return project


def test_the_reference_is_built_without_a_warning_and_links_both_ways(reference: Project) -> None:
    page = reference.page("api/xp")
    entry = page.partition('id="gradatlas.xp.softmax"')[2].partition("</dl>\n</dd>")[0]
    assert 'href="../formulas/softmax.vjp.html#formula-softmax-vjp"' in entry
    assert 'href="../api/xp.html#gradatlas.xp.softmax"' in reference.page("formulas/softmax.vjp")
    assert set(all_formulas()["softmax.vjp"].of) <= set(all_operations())


def test_a_class_shows_its_methods_and_an_error_is_a_link(reference: Project) -> None:
    page = reference.page("api/nn")
    assert 'id="gradatlas.nn.Layer.init"' in page
    assert 'href="errors.html#gradatlas.errors.ArgumentError"' in page


def test_foreign_projects_find_the_names(reference: Project) -> None:
    from sphinx.util.inventory import InventoryFile

    found = InventoryFile.loads((reference.out / "objects.inv").read_bytes(), uri="")
    assert found["py:function", "gradatlas.grad"].uri == "api/transforms.html#gradatlas.grad"
    assert found["py:class", "gradatlas.nn.Dense"].uri.startswith("api/nn.html")


def test_a_link_leads_to_the_line_in_the_repository(reference: Project) -> None:
    commit = reference.record("softmax.vjp")["versions"]["commit"].removesuffix("+")
    file = "src/gradatlas/engine/transforms.py"
    (line,) = re.findall(
        rf'https://example.org/gradatlas/blob/{commit}/{file}#L(\d+)"', entry(reference, "transforms", "grad")
    )
    assert (DOCS.parent / file).read_text(encoding="utf-8").splitlines()[int(line) - 1].startswith("def grad(")


def entry(project: Project, page: str, name: str) -> str:
    """The line of a page that has a name's signature."""
    return project.page(f"api/{page}").partition(f'id="gradatlas.{name}"')[2].partition("</dt>")[0]
