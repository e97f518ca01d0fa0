"""The right side of an equality as NumPy's einsum: a sum of contractions, where it is one."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Final

from gradatlas.symbolic.numpy_code import _DIVIDE, _ENTRY, NotPrintableError, NumpyFunction, _uses, _Writer
from gradatlas.symbolic.terms import Add, Index, Mul, Num, Summation, Term, free_variables, fresh_index, opened

__all__ = ["einsum_function"]

PRODUCTS: Final = 4  # in a sum that is still read at a glance


@dataclass(frozen=True)
class _Product:
    """A number, factors, and the indices that their product is summed over."""

    number: Fraction = Fraction(1)
    factors: tuple[Term, ...] = ()
    over: tuple[Index, ...] = field(default=())

    def times(self, other: _Product) -> _Product:
        return _Product(self.number * other.number, self.factors + other.factors, self.over + other.over)


class _EinsumWriter(_Writer):
    """Writes each product of a sum as one einsum; what a factor is made of is written as in any NumPy code."""

    def expanded(self, value: Term) -> list[_Product]:
        """The value as a sum of products, summed over what they are summed over."""
        match value:
            case Num():
                return [_Product(value.value)]
            case Add():
                return [product for arg in value.args for product in self.expanded(arg)]
            case Mul():
                parts = [self.expanded(arg) for arg in value.args]
                return [_times(chosen) for chosen in itertools.product(*parts)]
            case Summation():
                index = self.enter(fresh_index(value.size))
                inside = self.expanded(opened(value.body, index))
                return [replace(product, over=(index, *product.over)) for product in inside]
            case _:
                return [_Product(factors=(value,))]

    def einsum(self, product: _Product, axes: Sequence[Index]) -> tuple[str, bool]:
        """The product as text, without its sign, and whether it is a contraction."""
        written = [self.number_of(self.write(factor)) for factor in product.factors]
        arrays = [value for value in written if value.axes]
        scalars = [value for value in written if not value.axes]
        seen = {index for value in arrays for index in value.axes}
        if not set(axes) <= seen or not set(product.over) <= seen:
            raise NotPrintableError("an axis that no factor has")
        number = abs(product.number)
        front = [] if number == 1 else [str(number) if number.denominator == 1 else f"({number})"]
        front += [value.wrapped(4) for value in scalars]
        if len(arrays) == 1 and not product.over:
            core = self.aligned(arrays[0], axes).wrapped(4)
        else:
            letters = ",".join("".join(self.letters[a] for a in value.axes) for value in arrays)
            result = "".join(self.letters[a] for a in axes)
            core = f'np.einsum("{letters}->{result}", {", ".join(value.text for value in arrays)})'
        return " * ".join([*front, core]), bool(product.over) and len(arrays) > 1


def _times(products: Sequence[_Product]) -> _Product:
    made = _Product()
    for product in products:
        made = made.times(product)
    return made


def einsum_function(name: str, value: Term, axes: Sequence[Index]) -> NumpyFunction | None:
    """The function that computes a term by einsum, its axes in this order; None where the term is no sum of contractions.

    At least one of its products has to sum over an index that two arrays share or that each has.
    """
    writer = _EinsumWriter([value, *(a.size for a in axes)])
    for index in axes:
        writer.enter(index, index.name if len(index.name) == 1 and index.name.isalpha() else "")
    try:
        products = writer.expanded(value)
        if not 0 < len(products) <= PRODUCTS or any(not product.factors for product in products):
            return None
        written = [(product.number, *writer.einsum(product, axes)) for product in products]
    except NotPrintableError:
        return None
    if not any(contracted for _number, _text, contracted in written):
        return None
    text = ""
    for number, piece, _contracted in written:
        sign = "-" if number < 0 else "+"
        text += f" {sign} {piece}" if text else (f"-{piece}" if number < 0 else piece)
    if free_variables(value) & {v for v in free_variables(value) if isinstance(v, Index)} - set(axes):
        return None
    parts = ["import numpy as np\n"]
    parts += ["import scipy.special\n"] if "scipy" in writer.helpers else []
    parts += ["\n\n" + _DIVIDE] if "divide" in writer.helpers else []
    parts += ["\n\n" + _ENTRY] if "entry" in writer.helpers else []
    lines = [*writer.lines, f"return {text}"]
    lines = [line for n, line in enumerate(lines) if " = " not in line or _is_used(line, lines[n + 1 :])]
    arguments = {key: word for key, word in writer.arguments.items() if _uses(lines, word)}
    body = "".join(f"    {line}\n" for line in lines)
    parts.append(f"\n\ndef {name}({', '.join(arguments.values())}):\n{body}")
    return NumpyFunction(name, "".join(parts), tuple(arguments))


def _is_used(line: str, later: Sequence[str]) -> bool:
    """Whether a local variable is read further down."""
    return line.startswith("return") or _uses(later, line.partition(" = ")[0])
