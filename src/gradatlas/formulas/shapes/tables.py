"""What the page needs to read as the terminal does: Lark's tables of the grammar, and the vocabulary, as plain data."""

from __future__ import annotations

from typing import Any

from lark import Lark

from gradatlas.formulas.shapes.reading import grammar, vocabulary

__all__ = ["tables"]


def tables() -> dict[str, Any]:
    """The tables as JSON data.

    terminals: names and patterns, in the order they are tried; ignored: names of those that say nothing. rules: for each the
    name of what it makes, whether a single part passes through, how many symbols, which of them are kept, and the nonterminal.
    states: for each state by symbol n >= 0 to go to state n, or -1 - r to reduce by rule r.
    """
    lark = Lark(grammar(), parser="lalr", lexer="basic")
    table: Any = lark.parser.parser._parse_table
    lexer: Any = lark.parser.lexer
    rules: list[Any] = []
    place: dict[Any, int] = {}
    states: list[dict[str, int]] = [{} for _ in range(len(table.states))]
    for state, actions in table.states.items():
        for symbol, (action, argument) in sorted(actions.items()):
            if str(action) == "Shift" or isinstance(argument, int):
                states[state][symbol] = argument
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
            states[state][symbol] = -1 - place[argument]
    return {
        "terminals": [[t.name, t.pattern.to_regexp()] for t in lexer.terminals],
        "ignored": sorted(lexer.ignore_types),
        "rules": rules,
        "states": states,
        "start": table.start_states["start"],
        "end": table.end_states["start"],
        "vocabulary": vocabulary(),
    }
