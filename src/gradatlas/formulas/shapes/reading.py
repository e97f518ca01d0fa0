"""Reads what a person types, plain or in LaTeX, as an expression: nested tuples that are data and are never evaluated.

An expression is one of
    ("n", p, q)               the number p/q
    ("v", name, indices)      a variable or an entry of one
    ("f", name, args, indices)  a function's value, or an entry of it
    ("+", terms), ("*", factors), ("^", base, exponent)
    ("S", names, body)        a sum over indices; no names: over whatever there is
    ("I", names, body), ("L", names, body)  an integral from 0 to 1, an array given by its entries
    ("d", body, at)           the partial derivative of body in the variable at
    ("b", relation, term)     the bracket that is 1 where term is 0 ("=") or positive (">"), else 0
    ("r", relation, left, right)  two sides; only outermost
docs/_static/shapes/reading.js reads the same grammar in the same way; tests hold the two equal.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable
from importlib import resources
from typing import Any, Final, TypeAlias

from lark import Lark, Token, Transformer, UnexpectedInput
from lark.exceptions import VisitError

__all__ = [
    "ACTIVATIONS",
    "DEPTH",
    "DIGITS",
    "EXPONENT",
    "KNOWN",
    "LENGTH",
    "NODES",
    "Expression",
    "ReadingError",
    "grammar",
    "read",
]

Expression: TypeAlias = tuple[Any, ...]

_WORDS: Final = json.loads(resources.files("gradatlas.formulas.shapes").joinpath("vocabulary.json").read_text("utf-8"))
LENGTH: Final[int] = _WORDS["limits"]["length"]  # characters
DEPTH: Final[int] = _WORDS["limits"]["depth"]  # brackets within brackets, and functions within functions
NODES: Final[int] = _WORDS["limits"]["nodes"]  # letters, numbers, operations
DIGITS: Final[int] = _WORDS["limits"]["digits"]  # of a number
EXPONENT: Final[int] = _WORDS["limits"]["exponent"]
# Functions that mean the same wherever they stand; any other name before a parenthesis is some function.
KNOWN: Final[frozenset[str]] = frozenset(_WORDS["known"])
ACTIVATIONS: Final[frozenset[str]] = frozenset(_WORDS["activations"])
_ALIASES: Final[dict[str, str]] = _WORDS["aliases"]
_GREEK: Final[dict[str, str]] = _WORDS["greek"]
_VARIANTS: Final[dict[str, str]] = _WORDS["variants"]
_RELATIONS: Final[dict[str, str]] = _WORDS["relations"]
_SUMS: Final[frozenset[str]] = frozenset(_WORDS["sums"])
_DERIVATIVES: Final[frozenset[str]] = frozenset(_WORDS["derivatives"])
_STYLES: Final[frozenset[str]] = frozenset(_WORDS["styles"])  # how a letter looks, not which it is
_LETTERS: Final[frozenset[str]] = frozenset(_WORDS["letters"])  # an index each, where several stand together
_NO_INDICES: Final[frozenset[str]] = frozenset(_WORDS["words"])  # though they are made of such letters

ONE: Final = ("n", 1, 1)
MINUS_ONE: Final = ("n", -1, 1)


class ReadingError(ValueError):
    """What was typed is not an expression here; the message says where and what to do. code: of the vocabulary's messages."""

    def __init__(self, code: str, **values: object) -> None:
        said: str = _WORDS["messages"][code]
        for name, value in values.items():
            said = said.replace(f"{{{name}}}", str(value))
        super().__init__(said)
        self.code = code


def grammar() -> str:
    """The grammar, as Lark reads it."""
    return resources.files("gradatlas.formulas.shapes").joinpath("grammar.lark").read_text(encoding="utf-8")


def vocabulary() -> dict[str, Any]:
    """The names that have a meaning, and the limits, as the page reads them too."""
    return dict(_WORDS)


def read(text: str) -> Expression:
    """The expression that text says. Raises ReadingError where it says none, or a larger one than is read here."""
    _check_length(text)
    try:
        made = _parser().parse(text)
    except UnexpectedInput as error:
        raise _refused(text, error) from None
    except VisitError as error:
        if isinstance(error.orig_exc, ReadingError):
            raise error.orig_exc from None
        raise
    _check_size(made)
    return _Resolver(made).relation(made)


def _check_length(text: str) -> None:
    if len(text) > LENGTH:
        raise ReadingError("length", n=len(text), most=LENGTH)
    if not text.strip():
        raise ReadingError("empty")
    if re.search(rf"[0-9]{{{DIGITS + 1}}}", text):
        raise ReadingError("digits", most=DIGITS)
    depth = 0
    for character in text:
        if character in "([{":
            depth += 1
            if depth > DEPTH:
                raise ReadingError("brackets", most=DEPTH)
        elif character in ")]}":
            depth -= 1


def _check_size(made: Any) -> None:
    """Without recursion, since nothing is known yet of how deep it is."""
    stack, nodes = [(made, 1)], 0
    while stack:
        node, depth = stack.pop()
        if not isinstance(node, tuple):
            continue
        if node and isinstance(node[0], str):
            nodes, depth = nodes + 1, depth + 1
        if nodes > NODES:
            raise ReadingError("parts", most=NODES)
        if depth > DEPTH:
            raise ReadingError("depth", most=DEPTH)
        stack.extend((child, depth) for child in node)


def _refused(text: str, error: UnexpectedInput) -> ReadingError:
    at = error.pos_in_stream
    token = getattr(error, "token", None)
    ended = isinstance(token, Token) and token.type == "$END"
    if ended or at is None or not 0 <= at < len(text):
        return ReadingError("early")
    word = re.match(r"\\?[A-Za-z]+", text[at:])
    seen = word[0] if word else text[at] if "!" <= text[at] <= "~" else f"U+{ord(text[at]):04X}"
    return ReadingError("unexpected", seen=seen, at=at + 1)


@functools.cache
def _parser() -> Lark:
    return Lark(grammar(), parser="lalr", lexer="basic", transformer=_Makers())


def _number(p: int, q: int = 1) -> Expression:
    return ("n", p, q)


class _Makers(Transformer[Any, Any]):
    """What each rule of the grammar makes of its parts, while the parser runs: nothing here recurs.

    Further kinds of node stand in what is made: "call", "sub", "group", "p" (a lone partial sign, or one before
    something), "D" (an operator that differentiates what follows), "neg". The resolver turns them into expressions.
    """

    def just(self, c: list[Any]) -> Any:
        return c[0]

    def same(self, c: list[Any]) -> Any:
        return c[0]

    def related(self, c: list[Any]) -> Any:
        return ("r", _RELATIONS.get(str(c[1]), str(c[1])), c[0], c[2])

    def plus(self, c: list[Any]) -> Any:
        left = c[0][1] if c[0][0] == "+" else (c[0],)
        return ("+", (*left, c[1]))

    def minus(self, c: list[Any]) -> Any:
        return c[0][1] if c[0][0] == "neg" else ("neg", c[0])

    def less(self, c: list[Any]) -> Any:
        return self.plus([c[0], self.minus([c[1]])])

    def times(self, c: list[Any]) -> Any:
        left = c[0][1] if c[0][0] == "*" else (c[0],)
        if left[-1][0] == "D":
            return ("*", (*left[:-1], ("d", c[-1], left[-1][1])))
        return ("*", (*left, c[-1]))

    def over(self, c: list[Any]) -> Any:
        above, below = c[-2], c[-1]
        factors = above[1] if above[0] == "*" else (above,)
        if factors[-1][0] == "p" and below[0] == "p" and len(below) == 2:
            last = ("D", below[1]) if len(factors[-1]) == 1 else ("d", factors[-1][1], below[1])
            return ("*", (*factors[:-1], last)) if len(factors) > 1 else last
        if above[0] == "v" and below[0] == "v" and _is_differential(above[1]) and _is_differential(below[1]):
            return ("d", ("v", above[1][1:], above[2]), ("v", below[1][1:], below[2]))
        return ("*", (*factors, ("^", below, MINUS_ONE)))

    def big_sum(self, c: list[Any]) -> Any:
        return ("S", c[1], c[2])

    def big_sum_to(self, c: list[Any]) -> Any:
        return ("S", c[1], c[4])

    def over_one(self, c: list[Any]) -> Any:
        return (_plain(str(c[0])),)

    def over_from(self, c: list[Any]) -> Any:
        return (_plain(str(c[0])),)

    def over_list(self, c: list[Any]) -> Any:
        names: list[str] = []
        for item in c[0]:
            if item[0] != "v" or item[2]:
                raise ReadingError("letters")
            names.extend(item[1] if _is_letters(item[1]) else [item[1]])
        return tuple(names)

    def bare_partial(self, c: list[Any]) -> Any:
        return ("p",)

    def partial(self, c: list[Any]) -> Any:
        return ("p", c[1])

    def to_the(self, c: list[Any]) -> Any:
        base, exponent = c[0], c[-1]
        if exponent[0] == "n" and (abs(exponent[1]) > EXPONENT or exponent[2] > EXPONENT):
            raise ReadingError("exponent", most=EXPONENT)
        if exponent[0] == "v" and exponent[1] in ("top", "T"):
            return base  # a transpose: which index stands where is another matter
        return ("^", base, exponent)

    def negative(self, c: list[Any]) -> Any:
        value = self.number(c)
        return ("n", -value[1], value[2])

    def number(self, c: list[Any]) -> Any:
        whole, _, rest = str(c[0]).partition(".")
        if len(whole) + len(rest) > DIGITS:
            raise ReadingError("digits", most=DIGITS)
        return _number(int(whole + rest), 10 ** len(rest))

    def group(self, c: list[Any]) -> Any:
        return c[0]

    def bracket(self, c: list[Any]) -> Any:
        return ("b", _RELATIONS.get(str(c[1]), str(c[1])), c[0], c[2])

    def absolute(self, c: list[Any]) -> Any:
        return ("call", "abs", (c[1],), ())

    def root(self, c: list[Any]) -> Any:
        return ("^", c[1], ("n", 1, 2))

    def name(self, c: list[Any]) -> Any:
        return ("v", _plain(str(c[0])), ())

    def accented(self, c: list[Any]) -> Any:
        style, name = str(c[0])[1:].replace("wide", ""), _plain(str(c[1]))
        return ("v", name if style in _STYLES else f"{name}_{style}", ())

    def accented_entry(self, c: list[Any]) -> Any:
        return self.subscripted([self.accented(c[:2]), c[2]])

    def call(self, c: list[Any]) -> Any:
        return ("call", c[0][1], c[1], ())

    def entry(self, c: list[Any]) -> Any:
        return ("sub", c[0], c[1], True)

    def subscripted(self, c: list[Any]) -> Any:
        low = c[1] if not c[1] or not isinstance(c[1][0], str) else (c[1],)
        return ("sub", c[0], low, False)

    def subscripted_entry(self, c: list[Any]) -> Any:
        return ("sub", self.subscripted(c[:2]), c[2], True)

    def apply(self, c: list[Any]) -> Any:
        return ("call", str(c[0])[1:], (c[1],), ())

    def apply_power(self, c: list[Any]) -> Any:
        return self.to_the([("call", str(c[0])[1:], (c[3],), ()), c[2]])

    def apply_sum(self, c: list[Any]) -> Any:
        return self.apply([c[0], self.big_sum(c[1:])])

    def apply_sum_to(self, c: list[Any]) -> Any:
        return self.apply([c[0], self.big_sum_to(c[1:])])

    def first(self, c: list[Any]) -> Any:
        return (c[0],)

    def further(self, c: list[Any]) -> Any:
        return (*c[0], c[1])


def _plain(name: str) -> str:
    """A letter by its name: \\alpha and α are alpha."""
    bare = name.rstrip("'")
    primes = name[len(bare) :]
    bare = "".join(_GREEK.get(c, c) for c in bare.removeprefix("\\"))
    return _VARIANTS.get(bare, bare) + primes


def _is_differential(name: str) -> bool:
    return re.fullmatch(r"d[A-Za-z][0-9]*", name) is not None


def _is_letters(name: str) -> bool:
    return 1 < len(name) <= 4 and name not in _NO_INDICES and all(c in _LETTERS for c in name)


class _Resolver:
    """Turns what the grammar made into an expression: what is called, what is an index, what a sum binds."""

    def __init__(self, made: Any) -> None:
        self.count = 0
        self.bare: set[str] = set()
        self._note(made)

    def _note(self, node: Any) -> None:
        """Takes down which names stand somewhere without a parenthesis behind them."""
        if not isinstance(node, tuple):
            return
        if node[:1] == ("v",):
            self.bare.add(node[1])
        for child in node:
            self._note(child)

    def relation(self, node: Any) -> Expression:
        if node[0] == "r":
            return ("r", node[1], self.go(node[2], {}), self.go(node[3], {}))
        return self.go(node, {})

    def go(self, node: Any, scope: dict[str, str]) -> Expression:
        kind = node[0]
        if kind == "n":
            return tuple(node)
        if kind == "v":
            return self.variable(node[1], scope)
        if kind == "neg":
            return ("*", (MINUS_ONE, self.go(node[1], scope)))
        if kind in "+*":
            return (kind, tuple(self.go(c, scope) for c in node[1]))
        if kind == "^":
            exponent = self.go(node[2], scope)
            if node[1] == ("v", "e", ()) and "e" not in scope:
                return ("f", "exp", (exponent,), ())
            return ("^", self.go(node[1], scope), exponent)
        if kind == "S":
            return self.total(node[1], node[2], scope)
        if kind == "d":
            return ("d", self.go(node[1], scope), self.go(node[2], scope))
        if kind == "b":
            return self.bracket(node[1], self.go(node[2], scope), self.go(node[3], scope))
        if kind == "call":
            return self.called(node[1], node[2], scope)
        if kind == "sub":
            return self.entry(node, scope)
        raise ReadingError("partial")

    def variable(self, name: str, scope: dict[str, str]) -> Expression:
        if name in scope:
            return ("v", scope[name], ())
        if name in ("pi", "infty"):
            return ("f", name, (), ())
        return ("v", name, ())

    def total(self, names: tuple[str, ...], body: Any, scope: dict[str, str]) -> Expression:
        inner = dict(scope)
        for name in names:
            self.count += 1
            inner[name] = f"{name}#{self.count}"
        return ("S", tuple(inner[n] for n in names), self.go(body, inner))

    def bracket(self, relation: str, left: Expression, right: Expression) -> Expression:
        def less(a: Expression, b: Expression) -> Expression:
            return ("+", (a, ("*", (MINUS_ONE, b))))

        def but(a: Expression) -> Expression:
            return ("+", (ONE, ("*", (MINUS_ONE, a))))

        made: dict[str, Callable[[], Expression]] = {
            "=": lambda: ("b", "=", less(left, right)),
            "!=": lambda: but(("b", "=", less(left, right))),
            ">": lambda: ("b", ">", less(left, right)),
            "<": lambda: ("b", ">", less(right, left)),
            ">=": lambda: but(("b", ">", less(right, left))),
            "<=": lambda: but(("b", ">", less(left, right))),
        }
        return made[relation]()

    def called(self, name: str, args: tuple[Any, ...], scope: dict[str, str]) -> Expression:
        name = _ALIASES.get(name, name)
        if name in _SUMS:
            over = []
            for arg in args[1:]:
                if arg[0] != "v":
                    raise ReadingError("letters")
                over.append(arg[1])
            return self.total(tuple(over), args[0], scope)
        if name in _DERIVATIVES and len(args) == 2:
            return ("d", self.go(args[0], scope), self.go(args[1], scope))
        given = tuple(self.go(a, scope) for a in args)
        if name == "sqrt" and len(given) == 1:
            return ("^", given[0], ("n", 1, 2))
        if name in ("pow", "power") and len(given) == 2:
            return ("^", *given)
        if name == "delta" and len(given) == 2:
            return self.bracket("=", *given)
        if name == "softmax" and len(given) == 1:
            above: Expression = ("f", "exp", given, ())
            return ("*", (above, ("^", ("S", (), above), MINUS_ONE)))
        if name == "max" and len(given) == 2 and ("n", 0, 1) in given:
            return ("f", "relu", (given[0] if given[1] == ("n", 0, 1) else given[1],), ())
        if name not in KNOWN and len(given) == 1 and name in self.bare:
            return (
                "*",
                (self.variable(name, scope), given[0]),
            )  # y(1 - y): y stands alone elsewhere, so it is a factor
        return ("f", name, given, ())

    def entry(self, node: Any, scope: dict[str, str]) -> Expression:
        base = self.go(node[1], scope)
        if base[0] not in "vf":
            base = ("v", "entry", ())
        indices: list[Expression] = []
        for item in node[2]:
            if item[0] == "n" and not node[3] and base[0] == "v" and not base[2]:
                base = ("v", f"{base[1]}_{item[1]}", ())  # x_1 is a letter of its own
            elif item[0] == "v" and item[1] not in scope and len(item[1]) > 1 and not _is_named_letter(item[1]):
                if _is_letters(item[1]) or all(c in scope for c in item[1]):
                    indices.extend(self.variable(c, scope) for c in item[1])
                elif base[0] == "v" and not node[3]:
                    base = ("v", f"{base[1]}_{item[1]}", base[2])
                else:
                    indices.append(self.variable(item[1], scope))
            else:
                indices.append(self.go(item, scope))
        if base[0] == "v" and base[1] == "delta" and len(base[2]) + len(indices) == 2:
            return self.bracket("=", *base[2], *indices)
        return (*base[:-1], (*base[-1], *indices))


def _is_named_letter(name: str) -> bool:
    return name in _GREEK.values() or name.rstrip("'0123456789") in _GREEK.values()
