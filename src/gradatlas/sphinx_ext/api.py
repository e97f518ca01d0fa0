"""The reference of the public names, made from their signatures and docstrings, each operation with its formulas.

`atlas-api:: MODULE` describes what a module's `__all__` names; `atlas-api-index` lists all of it. Nothing is parsed as reST, so
that a docstring can be read in a terminal as it stands; `code` that is a public name, an error's name and a formula's id
become links.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
import re
import types
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from docutils import nodes
from sphinx import addnodes

import gradatlas
from gradatlas.formulas.chapters import CHAPTERS
from gradatlas.sphinx_ext.directive import AtlasDirective
from gradatlas.sphinx_ext.docstrings import Code, Labelled, Parameter, Prose, first_sentence, parts
from gradatlas.sphinx_ext.markup import code, section, signs, table, web_link
from gradatlas.sphinx_ext.markup import translated as _

__all__ = ["DIRECTIVES", "PAGES", "Item", "items", "named", "operation_link", "page_of"]

# Each module of public names and the document that describes it.
PAGES: Final[Mapping[str, str]] = {
    "gradatlas": "api/transforms",
    "gradatlas.xp": "api/xp",
    "gradatlas.xp.linalg": "api/linalg",
    "gradatlas.xp.fft": "api/fft",
    "gradatlas.nn": "api/nn",
    "gradatlas.nn.initializers": "api/nn",
    "gradatlas.nn.keys": "api/nn",
    "gradatlas.optim": "api/optim",
    "gradatlas.optim.schedules": "api/optim",
    "gradatlas.pytest_plugin": "api/pytest",
    "gradatlas.errors": "api/errors",
    "gradatlas.ops": "api/operations",
    "gradatlas.ops.kinds": "api/operations",
    "gradatlas.formulas.registry": "api/formulas",
    "gradatlas.formulas.statement": "api/formulas",
    "gradatlas.symbolic.language": "api/formulas",
    "gradatlas.symbolic.proof": "api/formulas",
}
# Where a name of `gradatlas.xp` comes from, and under which chapter it is shown.
SHELVES: Final[Mapping[str, str]] = {
    "_creation": "creation",
    "_data_types": "creation",
    "_discrete": "elementwise",
    "_elementwise": "elementwise",
    "_indexing": "indexing",
    "_manipulation": "shaping",
    "_ordering": "ordering",
    "_padding": "shaping",
    "_scans": "scans",
    "_searching": "ordering",
    "_segments": "segments",
    "_sets": "ordering",
    "_statistical": "reductions",
    "_utility": "shaping",
    "backend": "creation",
}
TOKENS: Final = re.compile(
    r"`(?P<code>[^`]+)`|(?P<error>\b[A-Z]\w*(?:Error|Warning)\b)|(?P<id>\b[a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*)+)"
)
SHORT: Final = {"ga": "gradatlas", "xp": "gradatlas.xp", "nn": "gradatlas.nn", "optim": "gradatlas.optim"}
QUALIFIED: Final = re.compile(r"\b(?:collections\.abc|typing|numpy)\.")


@dataclass(frozen=True)
class Item:
    """One public name. name: within its module. shelf: the chapter under which it is shown, or empty."""

    module: str
    name: str
    value: Any
    shelf: str = ""

    @property
    def path(self) -> str:
        """The name as one imports it."""
        return f"{self.module}.{self.name}"

    @property
    def kind(self) -> str:
        """The object type in Sphinx's domain of Python."""
        if inspect.isclass(self.value):
            return "exception" if issubclass(self.value, BaseException) else "class"
        return "function" if callable(self.value) and not _alias(self.value) else "data"

    @property
    def described(self) -> bool:
        """Whether it has a docstring of its own: a number, a type of the library and a type alias have not."""
        return (self.kind != "data" and not isinstance(self.value, type | types.ModuleType)) or _ours(self.value)

    @property
    def doc(self) -> str:
        """The docstring."""
        value = inspect.unwrap(self.value) if callable(self.value) else self.value
        return inspect.getdoc(getattr(value, "_get_wrapped_function", lambda: value)()) or ""


def _alias(value: Any) -> bool:
    """Whether a value is a type written with brackets or bars."""
    return isinstance(value, types.UnionType | types.GenericAlias) or type(value).__module__ in (
        "typing",
        "collections.abc",
    )


def _ours(value: Any) -> bool:
    return str(getattr(value, "__module__", "")).startswith("gradatlas")


@functools.cache
def items(module: str) -> tuple[Item, ...]:
    """What a module's `__all__` names, modules left out, in the order of shelves and names."""
    home = importlib.import_module(module)
    found = [
        Item(module, name, getattr(home, name), _shelf(module, name, getattr(home, name)))
        for name in home.__all__
        if not isinstance(getattr(home, name), types.ModuleType)
    ]
    order = ["creation", *CHAPTERS, "constants"]
    return tuple(
        sorted(found, key=lambda item: (order.index(item.shelf) if item.shelf else -1, item.name.lower(), item.name))
    )


@functools.cache
def named() -> Mapping[str, Item]:
    """Every public name that has a page, by its whole path."""
    return {item.path: item for module in PAGES for item in items(module)}


def page_of(operation: str) -> tuple[str, str] | None:
    """The document and the anchor where an operation of the engine's table is described; None where it is not public."""
    path = _operations().get(operation)
    return None if path is None else (PAGES[named()[path].module], path)


@functools.cache
def _operations() -> Mapping[str, str]:
    """Each operation of the engine's table -> the path of the public name that applies it."""
    from gradatlas.ops import all_operations

    paths: dict[str, str] = {}
    for operation, record in all_operations().items():
        for module in ("gradatlas.xp", "gradatlas.xp.linalg", "gradatlas.xp.fft"):
            for item in items(module):
                if item.value is record or item.name == operation:
                    paths.setdefault(operation, item.path)
    return paths


def _shelf(module: str, name: str, value: Any) -> str:
    if module != "gradatlas.xp":
        return ""
    if not callable(value) or (not _ours(value) and not inspect.isroutine(value)):
        return "constants"
    # A function's own file, for the module it says may be the one that offers it.
    file = getattr(getattr(inspect.unwrap(value), "__code__", None), "co_filename", "")
    home = _record_homes().get(id(value)) or Path(file).stem
    return SHELVES.get(home, home if home in CHAPTERS else "creation")


@functools.cache
def _record_homes() -> Mapping[int, str]:
    """The chapter of each record, by its identity."""
    import gradatlas.ops

    found: dict[int, str] = {}
    for module in pkgutil.iter_modules(gradatlas.ops.__path__):
        if module.name in CHAPTERS:
            home = importlib.import_module(f"gradatlas.ops.{module.name}")
            for name in getattr(home, "__all__", ()):
                found.setdefault(id(getattr(home, name)), module.name)
    return found


class ApiDirective(AtlasDirective):
    """`atlas-api`: the public names of a module. Argument: the module."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """A section for each shelf, or the names one after another."""
        module = self.arguments[0]
        self.shows("operations")
        shown = items(module)
        found: list[nodes.Node] = []
        shelves = list(dict.fromkeys(item.shelf for item in shown))
        for shelf in shelves:
            here = [item for item in shown if item.shelf == shelf]
            described = [node for item in here if item.described for node in self.describe_item(item)]
            values = [item for item in here if not item.described]
            if values:
                described.append(self.values(values))
            if shelf:
                found.append(section(self.shelf_title(shelf), f"shelf-{shelf}", *described))
            else:
                found += described
        return found

    def shelf_title(self, shelf: str) -> str:
        """The heading of a shelf."""
        if shelf in CHAPTERS:
            return _(CHAPTERS[shelf].title)
        return _("Creation, types and inspection") if shelf == "creation" else _("Constants and types")

    # -- one name

    def describe_item(self, item: Item) -> list[nodes.Node]:
        """A name with its signature, what its docstring says, its formulas and, of a class, its methods."""
        members = [self.description(*member) for member in _members(item)] if inspect.isclass(item.value) else []
        described = self.description(item.path, item.kind, item.value, item.doc, self.formulas(item))
        cast(addnodes.desc_content, described.children[1]).extend(members)
        return [described]

    def description(self, path: str, kind: str, value: Any, doc: str, formulas: Iterable[str] = ()) -> addnodes.desc:
        """The description of one object, recorded in Sphinx's domain of Python under its path."""
        signature = addnodes.desc_signature("", "", ids=[path], classes=["sig-object"], module="", fullname=path)
        owner, _dot, name = path.rpartition(".")
        if kind in ("class", "exception"):
            signature += addnodes.desc_annotation("", kind, addnodes.desc_sig_space())
        if kind == "property":
            owner = owner.rpartition(".")[0]
        elif kind != "method":
            signature += addnodes.desc_addname("", f"{owner}.")
        signature += addnodes.desc_name("", name)
        called = kind != "property" and _signature(value)
        if called:
            signature += _parameter_list(called, bound=kind == "method")
            if kind != "class" and (result := _annotation(called.return_annotation)):
                signature += addnodes.desc_returns("", result)
        if source := self.source(value):
            signature += source
        content = addnodes.desc_content("", *self.contents(path, doc, _told_of(value), formulas))
        domain = self.env.domains.python_domain
        domain.note_object(path, kind, path, location=signature)
        self.state.document.note_explicit_target(signature)
        file = _file(value)
        if file:
            self.env.note_dependency(file)
        return addnodes.desc("", signature, content, domain="py", objtype=kind, desctype=kind, classes=["py", kind])

    def source(self, value: Any) -> nodes.Node | None:
        """A link to the lines in the repository, where the package's metadata say where that is."""
        file, commit = _file(value), self.commit()
        if not (self.atlas.repository and file and commit):
            return None
        root = Path(gradatlas.__file__).parents[2]
        try:
            line = inspect.getsourcelines(inspect.unwrap(value))[1]
        except (OSError, TypeError):
            return None
        where = f"{self.atlas.repository}/blob/{commit}/{Path(file).relative_to(root).as_posix()}#L{line}"
        return nodes.inline("", "", web_link(_("source"), where), classes=["api-source"])

    def commit(self) -> str:
        """The commit that the evidence was taken from; empty where there is none, or where it was taken between commits."""
        with_evidence = (f.evidence.versions for f in self.atlas.formulas.values() if f.evidence is not None)
        return str(next(with_evidence, {}).get("commit", "")).removesuffix("+")

    def formulas(self, item: Item) -> list[str]:
        """The ids of the formulas about the operations that a name applies, and of those that its docstring names."""
        operations = [name for name, path in _operations().items() if path == item.path]
        found = [f.id for f in self.atlas.formulas.values() if set(f.of) & set(operations)]
        for part in parts(item.doc):
            if isinstance(part, Labelled) and part.kind == "formulas":
                found += [match["id"] for match in TOKENS.finditer(part.text) if match["id"] in self.atlas.formulas]
        return list(dict.fromkeys(found))

    def contents(self, path: str, doc: str, told: Collection[str], formulas: Iterable[str]) -> Iterator[nodes.Node]:
        """What a docstring says; what is told of parameters and the like as lists."""
        fields: list[nodes.Node] = []
        for part in parts(doc, told):
            if isinstance(part, Prose | Code):
                if fields:
                    yield nodes.definition_list("", *fields, classes=["api-fields"])
                    fields = []
                yield self.block(part, path)
            elif not (isinstance(part, Labelled) and part.kind == "formulas"):
                fields.append(self.field(part, path))
        links = [node for id in formulas for node in (nodes.Text(", "), self.link("formula", id, id))][1:]
        if links:
            fields.append(_field([nodes.Text(_("Formulas"))], links))
        if fields:
            yield nodes.definition_list("", *fields, classes=["api-fields"])

    def block(self, part: Prose | Code, path: str) -> nodes.Node:
        """A paragraph or a program."""
        if isinstance(part, Prose):
            return nodes.paragraph("", "", *self.inline(part.text, path))
        language = "pycon" if part.session else "python"
        return nodes.literal_block(part.text, part.text, language=language)

    def field(self, part: Parameter | Labelled, path: str) -> nodes.Node:
        """A line of a list: of parameters, or with a word before it."""
        if isinstance(part, Parameter):
            names = [node for name in part.names for node in (nodes.Text(", "), code(name))][1:]
            return _field(names, self.inline(part.text, path))
        words = {
            "returns": _("Returns"),
            "raises": _("Raises"),
            "sources": _("Sources"),
            "parameters": _("Parameters"),
            "state": _("State"),
        }
        return _field([nodes.Text(words[part.kind])], self.inline(part.text, path))

    def inline(self, text: str, path: str) -> list[nodes.Node]:
        """Words, with links where public names, errors and formulas are named."""
        found: list[nodes.Node] = []
        at = 0
        for match in TOKENS.finditer(text):
            found.append(nodes.Text(signs(text[at : match.start()])))
            at = match.end()
            target = match["code"] or match["error"]
            if target:
                other = resolve(target, path)
                plain = match["error"] if match["error"] and other is None else None
                found.append(self.reference(other, target) if other else nodes.Text(plain) if plain else code(target))
            elif match["id"] in self.atlas.formulas:
                found.append(self.link("formula", match["id"], match["id"]))
            else:
                found.append(nodes.Text(match["id"]))
        found.append(nodes.Text(signs(text[at:])))
        return [node for node in found if node.astext()]

    def reference(self, path: str, text: str) -> nodes.Node:
        """A link to the description of a public name; plain code where its page is not part of the project."""
        if PAGES[named()[path].module] not in self.env.found_docs:
            return code(text)
        return reference(path, text, self.place())

    def values(self, found: list[Item]) -> nodes.Node:
        """Names that stand for a number or a type, with what they are."""
        domain = self.env.domains.python_domain
        rows = []
        for item in found:
            target = nodes.inline("", "", code(item.name), ids=[item.path])
            domain.note_object(item.path, "data", item.path)
            rows.append([target, code(_value(item.value))])
        return table([_("Name"), _("Value")], rows, ["api-values"])


class ApiIndexDirective(ApiDirective):
    """`atlas-api-index`: every public name with the first line about it, by module."""

    required_arguments = 0

    def run(self) -> list[nodes.Node]:
        """A section with a table for each module."""
        found: list[nodes.Node] = []
        for module, docname in PAGES.items():
            if docname not in self.env.found_docs:
                continue
            rows: list[list[Any]] = [
                [self.reference(item.path, item.name), self.inline(first_sentence(item.doc), item.path)]
                for item in items(module)
                if item.described
            ]
            heading = section(f"`{module}`", module, table([_("Name"), _("What it does")], rows, ["api-index"]))
            found.append(heading)
            for item in items(module):
                if file := _file(item.value):
                    self.env.note_dependency(file)
        return found


def reference(path: str, text: str, docname: str) -> addnodes.pending_xref:
    """A reference to the description of a public name, resolved when all documents are read."""
    node = addnodes.pending_xref(
        "", refdoc=docname, refdomain="py", reftype="obj", reftarget=path, refexplicit=True, refwarn=True
    )
    node += nodes.literal("", text, classes=["xref", "py", "py-obj"])
    return node


def operation_link(page: AtlasDirective, operation: str) -> nodes.Node:
    """The name of an operation, a link to the public name that applies it where that is described in the project."""
    if not page.env.found_docs.isdisjoint(PAGES.values()):
        found = page_of(operation)
        if found is not None and found[0] in page.env.found_docs:
            return reference(found[1], operation, page.place())
    return code(operation)


def resolve(name: str, path: str) -> str | None:
    """The path of the public name that a docstring means, seen from the object whose docstring it is; else None."""
    name = name.removesuffix("()")
    head, dot, rest = name.partition(".")
    module = path.rpartition(".")[0]
    tried = [name, f"{module}.{name}", f"{SHORT.get(head, head)}{dot}{rest}"]
    tried += [
        f"{each}.{name}"
        for each in ("gradatlas", "gradatlas.xp", "gradatlas.nn", "gradatlas.optim", "gradatlas.errors")
    ]
    return next((each for each in tried if each in named() and each != path), None)


def _members(item: Item) -> Iterator[tuple[str, str, Any, str]]:
    """A class's own public methods and properties that have a docstring."""
    if issubclass(item.value, BaseException):
        return
    for name, value in vars(item.value).items():
        function = value.__func__ if isinstance(value, classmethod | staticmethod) else value
        if name.startswith("_"):
            continue
        if isinstance(function, property | functools.cached_property) and inspect.getdoc(function):
            yield f"{item.path}.{name}", "property", function, inspect.getdoc(function) or ""
        elif inspect.isfunction(function) and function.__doc__:
            yield f"{item.path}.{name}", "method", function, inspect.getdoc(function) or ""


def _signature(value: Any) -> inspect.Signature | None:
    try:
        return inspect.signature(value)
    except (TypeError, ValueError):
        return None


def _told_of(value: Any) -> set[str]:
    """The names that a docstring may tell of: parameters, of a class also those of what its objects are called with."""
    callables = [value]
    if inspect.isclass(value):
        callables += [vars(value)[name] for name in ("__call__", "init", "update") if name in vars(value)]
    return {name for each in callables if (called := _signature(each)) for name in called.parameters}


def _parameter_list(called: inspect.Signature, *, bound: bool) -> addnodes.desc_parameterlist:
    """Parameters as Sphinx shows them; in one run of text, for its lists of one on a line are lists without terms in HTML."""
    shown = addnodes.desc_parameterlist()
    parameters = list(called.parameters.values())
    if bound and parameters and parameters[0].name in ("self", "cls"):
        parameters = parameters[1:]
    of = inspect.Parameter
    for n, parameter in enumerate(parameters):
        before = parameters[n - 1].kind if n else None
        if before is of.POSITIONAL_ONLY and parameter.kind is not of.POSITIONAL_ONLY:
            shown += _sign("/")
        if parameter.kind is of.KEYWORD_ONLY and before not in (of.KEYWORD_ONLY, of.VAR_POSITIONAL):
            shown += _sign("*")
        shown += _parameter(parameter)
    if parameters and parameters[-1].kind is of.POSITIONAL_ONLY:
        shown += _sign("/")
    return shown


def _sign(sign: str) -> addnodes.desc_parameter:
    return addnodes.desc_parameter("", "", addnodes.desc_sig_operator("", sign))


def _parameter(parameter: inspect.Parameter) -> addnodes.desc_parameter:
    star = str(parameter).partition(parameter.name)[0]
    node = addnodes.desc_parameter("", "")
    if star:
        node += addnodes.desc_sig_operator("", star)
    node += addnodes.desc_sig_name("", parameter.name)
    annotation = _annotation(parameter.annotation)
    if annotation:
        node += addnodes.desc_sig_punctuation("", ":")
        node += addnodes.desc_sig_space()
        node += addnodes.desc_sig_name("", annotation)
    if parameter.default is not parameter.empty:
        spaced = [addnodes.desc_sig_space()] if annotation else []
        node += [*spaced, addnodes.desc_sig_operator("", "="), *([addnodes.desc_sig_space()] if annotation else [])]
        node += nodes.inline("", _value(parameter.default), classes=["default_value"], support_smartquotes=False)
    return node


def _annotation(annotation: Any) -> str:
    """An annotation as it is written; empty for none and for Any, which says nothing."""
    if annotation is inspect.Parameter.empty or annotation in (Any, "Any", "None", None):
        return ""
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return QUALIFIED.sub("", text).replace("'", "")


def _value(value: Any) -> str:
    if _alias(value):
        return QUALIFIED.sub("", str(value))
    if isinstance(value, type) or inspect.isroutine(value):
        return QUALIFIED.sub("", f"{value.__module__}.{value.__name__}").removeprefix("builtins.")
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


def _file(value: Any) -> str:
    """The file of the package where an object is written; empty where there is none."""
    module = inspect.getmodule(value) or inspect.getmodule(type(value))
    file = getattr(module, "__file__", None) or ""
    return file if file.startswith(str(Path(gradatlas.__file__).parent)) else ""


def _field(term: Sequence[nodes.Node], definition: Sequence[nodes.Node]) -> nodes.definition_list_item:
    return nodes.definition_list_item(
        "", nodes.term("", "", *term), nodes.definition("", nodes.paragraph("", "", *definition))
    )


DIRECTIVES: Final = {"atlas-api": ApiDirective, "atlas-api-index": ApiIndexDirective}
