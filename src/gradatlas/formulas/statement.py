"""Formulas as data: `statement` says what is claimed, of which operation, under what hypotheses, and from what source.

A chapter's file calls `statement` once for each formula, which puts it into the registry. The forms that recur are
written with `adjoint` (a vector-Jacobian product) and `tangent` (a Jacobian-vector product); `forward_of`, `vjp_of` and
`jvp_of` say how a statement maps onto an operation of the engine, so that the two can be compared in numbers.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Final, Literal, Protocol, TypeAlias

from gradatlas.formulas.chapters import CHAPTERS
from gradatlas.formulas.ledger import ROWS
from gradatlas.formulas.sources import BIBLIOGRAPHY
from gradatlas.symbolic import language
from gradatlas.symbolic.propositions import Proposition, eq, free_variables_of, terms_of
from gradatlas.symbolic.terms import (
    Array,
    Call,
    Deriv,
    Function,
    Index,
    Sym,
    Term,
    TermLike,
    bind,
    fresh_index,
    read,
    shape_of,
    term,
    walk,
)

__all__ = [
    "Claim",
    "Draw",
    "EngineLink",
    "FixedSize",
    "Formula",
    "Samples",
    "Source",
    "Symbol",
    "adjoint",
    "cite",
    "claim",
    "document",
    "forward_of",
    "jvp_of",
    "samples",
    "statement",
    "tangent",
    "vjp_of",
]

# The name of a formula's claim where it has just one.
ONLY: Final = "statement"


@dataclass(frozen=True)
class Claim:
    """One assertion of a formula: under the hypotheses, the conclusion, for every value of the free variables."""

    name: str
    hypotheses: tuple[Proposition, ...]
    conclusion: Proposition


@dataclass(frozen=True)
class Source:
    """Where a formula comes from: a row of the ledger (key: the row's id) or a work of the bibliography (its key)."""

    kind: Literal["document", "citation"]
    key: str


SymbolKind: TypeAlias = Literal["array", "real", "integer", "size", "index", "function", "definition"]


@dataclass(frozen=True)
class Symbol:
    """What a letter of the statement stands for. shape: of an array, one term for each axis.

    A function is abstract: only the hypotheses say what it does. A definition stands for its body.
    """

    name: str
    kind: SymbolKind
    shape: tuple[Term, ...]
    description: str
    subject: Term | Function = field(compare=False)


@dataclass(frozen=True)
class FixedSize:
    """Why a formula is proven at some sizes only, and which."""

    sizes: Mapping[str, int]
    why: str


class Draw(Protocol):
    """What a sampler may use: reproducible random values that float64 holds exactly, and what was drawn before."""

    @property
    def sizes(self) -> Mapping[str, int]:
        """The sizes and integers chosen for this sample, by name."""

    def real(self, low: float = -2, high: float = 2) -> Fraction:
        """A random number in the open interval from low to high."""

    def integer(self, low: int, high: int) -> int:
        """A random integer, low and high included."""

    def array(self, *shape: int, low: float = -2, high: float = 2) -> Any:
        """A random array: nested lists of numbers in the open interval."""

    def value(self, variable: Term | Function) -> Any:
        """What another free variable is in this sample; drawn now if it was not yet."""


@dataclass(frozen=True)
class Samples:
    """How values are found that satisfy the hypotheses, where the general way does not.

    sizes: the sizes and integers to try, by name; empty: chosen from the statement. draw: samplers of single variables
    and of abstract functions.
    """

    sizes: tuple[Mapping[str, int], ...] = ()
    draw: Mapping[Term | Function, Callable[[Draw], Any]] = field(default_factory=dict)


Operation: TypeAlias = Any  # an operation's record, or its name
Called: TypeAlias = Callable[..., Any]
Unit: TypeAlias = Literal["entry", "largest"]


@dataclass(frozen=True)
class EngineLink:
    """How a claim maps onto an operation of the engine.

    mode: what the claim's right-hand side is of the operation: its value, its VJP or its JVP. call: call(ops, ...) with
    parameters named like the statement's free variables (arrays arrive as arrays, sizes and integers as int, reals as
    arrays of no axes) or like a key of `arguments`. output: the operation's value as a term. wrt: what is
    differentiated in. seed: the cotangent or direction. at: the free indices of the result, in the order of its axes.
    claim: which of the formula's claims. arguments: further arguments of call, as terms. ulps: the largest error allowed.
    unit: an ulp of the magnitude of each entry, or of the largest in the array, where the operation is one that finds its
    result to the precision of its norm (a factor of a matrix).
    """

    mode: Literal["forward", "vjp", "jvp"]
    call: Called
    output: Term
    wrt: Term | None
    seed: Term | None
    at: tuple[Index, ...] | None
    claim: str | None
    arguments: Mapping[str, Term]
    ulps: float
    unit: Unit = "entry"


@dataclass(frozen=True)
class Formula:
    """A formula of the atlas: what a page shows, what a proof has to reach, and what the evidence is taken from."""

    id: str
    title: str
    chapter: str
    claims: tuple[Claim, ...]
    of: tuple[str, ...] = ()
    source: tuple[Source, ...] = ()
    aliases: tuple[str, ...] = ()
    summary: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)
    samples: Samples = field(default_factory=Samples)
    engine: tuple[EngineLink, ...] = ()
    fixed_size: FixedSize | None = None

    def claim(self, name: str | None = None) -> Claim:
        """The claim of that name; the only one where no name is given."""
        if name is None and len(self.claims) == 1:
            return self.claims[0]
        for candidate in self.claims:
            if candidate.name == name:
                return candidate
        names = ", ".join(repr(c.name) for c in self.claims)
        raise LookupError(f"{self.id} has no claim {name!r}: it has {names}")

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """The letters of the statement: free arrays, scalars, indices and abstract functions, in order of appearance."""
        found: dict[str, Symbol] = {}
        for one in self.claims:
            for proposition in (*one.hypotheses, one.conclusion):
                for subject, shape in _subjects(proposition):
                    name = subject.name  # type: ignore[union-attr]
                    if name not in found:
                        found[name] = Symbol(name, _kind(subject), shape, self.notes.get(name, ""), subject)
        return tuple(found.values())


def _subjects(proposition: Proposition) -> Iterator[tuple[Term | Function, tuple[Term, ...]]]:
    """What a proposition names, with its shape, in order of appearance: free variables, functions and definitions."""
    free = free_variables_of(proposition)
    for root in terms_of(proposition):
        for part in walk(root):
            if part in free:
                yield part, (part.size,) if isinstance(part, Index) else shape_of(part)
            elif isinstance(part, Call) and part.head not in _primitives():
                yield part.head, part.shape


def is_abstract(head: Function) -> bool:
    """True for a function of which a statement knows only what its hypotheses say."""
    return head.definition is None and head not in _primitives()


@functools.cache
def _primitives() -> frozenset[Function]:
    """The scalar functions that the term language knows: exp, log and their like."""
    return frozenset(value for value in vars(language).values() if isinstance(value, Function))


def _kind(subject: Term | Function) -> SymbolKind:
    match subject:
        case Array():
            return "array"
        case Sym():
            return subject.kind
        case Index():
            return "index"
        case Function(definition=None):
            return "function"
        case _:
            return "definition"


def document(row: str) -> Source:
    """A row of the ledger as a source."""
    if row not in ROWS:
        raise ValueError(f"document: the ledger has no row {row!r}: its rows are listed in gradatlas.formulas.ledger")
    return Source("document", row)


def cite(key: str) -> Source:
    """A work of the bibliography as a source."""
    if key not in BIBLIOGRAPHY:
        raise ValueError(f"cite: the bibliography has no {key!r}: add an entry to gradatlas.formulas.sources")
    return Source("citation", key)


def claim(conclusion: Proposition, given: Iterable[Proposition] = ()) -> Claim:
    """A claim with hypotheses of its own, beside those of the whole statement; it gets its name from `statement`."""
    return Claim("", tuple(given), conclusion)


def samples(
    draw: Mapping[Term | Function, Callable[[Draw], Any]] | None = None,
    *,
    sizes: Iterable[Mapping[str, int]] = (),
) -> Samples:
    """How to find values that satisfy the hypotheses: samplers by variable, and the sizes and integers to try."""
    return Samples(tuple(dict(s) for s in sizes), dict(draw or {}))


def adjoint(output: Term, wrt: Term, cotangent: TermLike = 1) -> Term:
    """The vector-Jacobian product: at an index of wrt, the sum over output's indices of cotangent * d output / d wrt.

    output: an array-valued term, or a scalar (then cotangent is one too). wrt: a free array, or a real symbol. The
    result has wrt's shape: adjoint(p, x, g)[i].
    """
    where = tuple(fresh_index(s) for s in shape_of(wrt))
    out, value, weight = _entries(output, cotangent)
    product = bind.sum(weight * bind.deriv(value, wrt, *where), *out)
    return bind.lam(product, *where) if where else product


def tangent(output: Term, wrt: Term, direction: TermLike = 1) -> Term:
    """The Jacobian-vector product: at an index of output, the sum over wrt's indices of d output / d wrt * direction.

    output: an array-valued term, or a scalar. wrt: a free array, or a real symbol; direction has its shape. The result
    has output's shape: tangent(p, x, dx)[k].
    """
    where = tuple(fresh_index(s) for s in shape_of(wrt))
    out = tuple(fresh_index(s) for s in shape_of(output))
    value = read(output, *out) if out else output
    given = term(direction)
    weight = read(given, *where) if where else given
    product = bind.sum(bind.deriv(value, wrt, *where) * weight, *where)
    return bind.lam(product, *out) if out else product


def _entries(output: Term, cotangent: TermLike) -> tuple[tuple[Index, ...], Term, Term]:
    """Fresh indices of an output, its entry there, and the cotangent's."""
    given = term(cotangent)
    if shape_of(given) != shape_of(output):
        raise ValueError(
            f"adjoint: the cotangent has shape {shape_of(given)} but the output {shape_of(output)}: "
            "take an array of the output's shape"
        )
    out = tuple(fresh_index(s) for s in shape_of(output))
    return out, (read(output, *out) if out else output), (read(given, *out) if out else given)


def forward_of(
    call: Called,
    output: Term,
    *,
    at: Sequence[Index] | None = None,
    claim: str | None = None,
    arguments: Mapping[str, Term] | None = None,
    ulps: float = 8,
    unit: Unit = "entry",
) -> EngineLink:
    """The claim's right-hand side is the value of call(ops, ...), at the free indices `at`."""
    return EngineLink(
        "forward", call, output, None, None, None if at is None else tuple(at), claim, dict(arguments or {}), ulps, unit
    )


def vjp_of(
    call: Called,
    output: Term,
    *,
    wrt: Term,
    cotangent: Term | None = None,
    at: Sequence[Index] | None = None,
    claim: str | None = None,
    arguments: Mapping[str, Term] | None = None,
    ulps: float = 8,
    unit: Unit = "entry",
) -> EngineLink:
    """The claim's right-hand side is the VJP of call(ops, ...) in `wrt`, pulled back from `cotangent`.

        vjp_of(lambda ops, x: ops.softmax(x), p, wrt=x, cotangent=g)

    at: the free indices of the right-hand side, one for each axis of wrt; read off the left-hand side where not given.
    """
    return EngineLink(
        "vjp", call, output, wrt, cotangent, None if at is None else tuple(at), claim, dict(arguments or {}), ulps, unit
    )


def jvp_of(
    call: Called,
    output: Term,
    *,
    wrt: Term,
    direction: Term | None = None,
    at: Sequence[Index] | None = None,
    claim: str | None = None,
    arguments: Mapping[str, Term] | None = None,
    ulps: float = 8,
    unit: Unit = "entry",
) -> EngineLink:
    """The claim's right-hand side is the JVP of call(ops, ...) in `wrt` along `direction`.

    at: the free indices of the right-hand side, one for each axis of the output; found where there is just one.
    """
    return EngineLink(
        "jvp", call, output, wrt, direction, None if at is None else tuple(at), claim, dict(arguments or {}), ulps, unit
    )


_registered: dict[str, Formula] = {}


def statement(
    id: str,
    title: str,
    *,
    of: Operation | Sequence[Operation] = (),
    lhs: TermLike | None = None,
    rhs: TermLike | None = None,
    claims: Proposition | Claim | Mapping[str, Proposition | Claim] | None = None,
    given: Iterable[Proposition] = (),
    source: Iterable[Source] = (),
    aliases: Iterable[str] = (),
    summary: str = "",
    symbols: Mapping[str, str] | None = None,
    samples: Samples | None = None,
    engine: EngineLink | Iterable[EngineLink] = (),
    fixed_size: FixedSize | None = None,
    chapter: str | None = None,
    register: bool = True,
) -> Formula:
    """State a formula and register it under its id.

    id: dotted, lower case, such as "softmax.vjp". of: the operation or operations it speaks of. lhs, rhs: the two sides
    of an equality; or claims: one proposition, or several by name, each a proposition or `claim(conclusion, given)`.
    given: hypotheses of every claim. source: `document(row)`, `cite(key)`. aliases: other names people search for.
    summary: one or two sentences. symbols: what each letter stands for, by name. samples: how to find values that
    satisfy the hypotheses. engine: `forward_of`, `vjp_of`, `jvp_of`. fixed_size: where it is not proven at every size.
    chapter: the caller's module where not given. register: False makes and checks the formula without listing it.
    Raises ValueError where the id is taken, or a part does not fit the others.
    """
    _check_id(id)
    chapter = chapter or _calling_chapter()
    if chapter not in CHAPTERS:
        raise ValueError(f"statement {id}: there is no chapter {chapter!r}: the chapters are {', '.join(CHAPTERS)}")
    found = _claims(id, lhs, rhs, claims, tuple(given))
    links = (engine,) if isinstance(engine, EngineLink) else tuple(engine)
    made = Formula(
        id=id,
        title=title,
        chapter=chapter,
        claims=found,
        of=_operation_names(of),
        source=tuple(source),
        aliases=tuple(aliases),
        summary=" ".join(summary.split()),
        notes=dict(symbols or {}),
        samples=samples or Samples(),
        engine=tuple(_with_axes(id, link, found) for link in links),
        fixed_size=fixed_size,
    )
    unknown = sorted(set(made.notes) - {s.name for s in made.symbols})
    if unknown:
        raise ValueError(
            f"statement {id}: symbols describes {', '.join(unknown)}, which the statement does not contain: "
            f"it has {', '.join(s.name for s in made.symbols)}"
        )
    if register:
        if made.id in _registered:
            taken = _registered[made.id]
            raise ValueError(
                f"statement {id}: the id is taken by {taken.title!r} (chapter {taken.chapter}): choose another"
            )
        _registered[made.id] = made
    return made


def _calling_chapter() -> str:
    module: str = sys._getframe(2).f_globals["__name__"]
    above, _, rest = module.partition("gradatlas.formulas.")
    if above or not rest:
        raise ValueError(f"statement: {module} is not a chapter's file: say chapter=")
    return rest.partition(".")[0]


def _check_id(id: str) -> None:
    parts = id.split(".")
    if not all(p and p == p.lower() and all(c.isalnum() or c == "-" for c in p) and p[0].isalpha() for p in parts):
        raise ValueError(
            f"statement: {id!r} is not an id: write words of a-z, 0-9 and - that begin with a letter, joined by dots"
        )


def _claims(
    id: str,
    lhs: TermLike | None,
    rhs: TermLike | None,
    claims: Proposition | Claim | Mapping[str, Proposition | Claim] | None,
    given: tuple[Proposition, ...],
) -> tuple[Claim, ...]:
    if (lhs is None) != (rhs is None) or (lhs is None) == (claims is None):
        raise ValueError(f"statement {id}: give lhs and rhs, or claims")
    if lhs is not None and rhs is not None:
        claims = eq(lhs, rhs)
    if claims is None or (isinstance(claims, Mapping) and not claims):
        raise ValueError(f"statement {id}: claims is empty: a formula claims at least one thing")
    named = claims if isinstance(claims, Mapping) else {ONLY: claims}
    found = []
    for name, value in named.items():
        own = value if isinstance(value, Claim) else Claim(name, (), value)
        found.append(Claim(name, given + own.hypotheses, own.conclusion))
    return tuple(found)


def _operation_names(of: Operation | Sequence[Operation]) -> tuple[str, ...]:
    several = of if isinstance(of, tuple | list) else (of,)
    return tuple(one if isinstance(one, str) else str(one.name) for one in several)


def _with_axes(id: str, link: EngineLink, claims: tuple[Claim, ...]) -> EngineLink:
    """The link with its claim named and the order of the result's axes filled in."""
    names = [c.name for c in claims]
    chosen = link.claim if link.claim is not None else (names[0] if len(names) == 1 else None)
    if chosen not in names:
        raise ValueError(f"statement {id}: say which claim the engine link is of: claim= one of {', '.join(names)}")
    conclusion = claims[names.index(chosen)].conclusion
    sides = list(terms_of(conclusion))
    axes = shape_of(link.wrt) if link.mode == "vjp" and link.wrt is not None else shape_of(link.output)
    at = link.at
    if at is None and link.mode == "vjp":
        at = _indices_of_derivative(sides[0], link.wrt)
    if at is None:
        free = {i for i in free_variables_of(conclusion) if isinstance(i, Index)}
        at = tuple(free) if len(free) == len(axes) <= 1 else None
    if at is None or tuple(i.size for i in at) != axes:
        raise ValueError(
            f"statement {id}: the engine link needs at=, the free indices of the right-hand side in the order of "
            f"the axes {axes}"
        )
    return replace(link, claim=chosen, at=at)


def _indices_of_derivative(side: Term, wrt: Term | None) -> tuple[Index, ...] | None:
    """The free indices at which a side of an equality is differentiated in wrt; None where that is not plain."""
    found = {part.at for part in walk(side) if isinstance(part, Deriv) and part.point is wrt}
    if len(found) != 1:
        return None
    (at,) = found
    indices = tuple(i for i in at if isinstance(i, Index))
    return indices if len(indices) == len(at) == len(set(indices)) else None
