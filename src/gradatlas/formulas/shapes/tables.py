"""What the page needs to read as the terminal does: Lark's tables of the grammar, and the vocabulary, as plain data."""

from __future__ import annotations

import functools
from typing import Any

from lark import Lark

from gradatlas.formulas.shapes.reading import grammar, vocabulary

__all__ = ["tables"]


@functools.cache
def tables() -> dict[str, Any]:
    """The tables as JSON data, the same in every process.

    terminals: names and patterns, in the order they are tried; ignored: names of those that say nothing. rules: for each the
    name of what it makes, whether a single part passes through, how many symbols, which of them are kept, and the nonterminal.
    states: for each state by symbol n >= 0 to go to state n, or -1 - r to reduce by rule r.
    """
    lark = Lark(grammar(), parser="lalr", lexer="basic")
    table: Any = lark.parser.parser._parse_table
    lexer: Any = lark.parser.lexer
    rules: list[Any] = []
    place: dict[Any, int] = {}
    number = _numbered(table)
    states: list[dict[str, int]] = []
    for state in number:
        row: dict[str, int] = {}
        for symbol, (action, argument) in sorted(table.states[state].items()):
            if _goes(action, argument):
                row[symbol] = number[argument]
                continue
            if argument not in place:
                place[argument] = len(rules)
                kept = [k for k, s in enumerate(argument.expansion) if not (s.is_term and s.filter_out)]
                rules.append(
                    [
                        argument.alias or str(argument.origin.name),
                        bool(argument.options.expand1 and not argument.alias),
                        len(argument.expansion),
                        kept,
                        str(argument.origin.name),
                    ]
                )
            row[symbol] = -1 - place[argument]
        states.append(row)
    return {
        "terminals": [[t.name, t.pattern.to_regexp()] for t in lexer.terminals],
        "ignored": sorted(lexer.ignore_types),
        "rules": rules,
        "states": states,
        "start": number[table.start_states["start"]],
        "end": number[table.end_states["start"]],
        "vocabulary": vocabulary(),
    }


def _numbered(table: Any) -> dict[int, int]:
    """Lark's states in the order in which they are met from the start, symbols in alphabetical order, each with its place.

    Lark's own numbers differ from process to process, with the seed of Python's hashes.
    """
    waiting = [table.start_states["start"]]
    number = {waiting[0]: 0}
    for state in waiting:
        for _, (action, argument) in sorted(table.states[state].items()):
            if _goes(action, argument) and argument not in number:
                number[argument] = len(number)
                waiting.append(argument)
    return number


def _goes(action: Any, argument: Any) -> bool:
    return str(action) == "Shift" or isinstance(argument, int)
