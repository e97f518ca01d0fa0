r"""Terms and propositions as LaTeX, as a mathematician would write them: p_i \left(g_i - \sum_j g_j p_j\right).

Everything printed here is understood by KaTeX, with no macros of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Final

from gradatlas.symbolic.language import ABS, COS, EXP, FLOORDIV, LOG, MOD, POWER, SIN, SQRT
from gradatlas.symbolic.propositions import Proposition
from gradatlas.symbolic.terms import Call, Function, Term
from gradatlas.symbolic.text import ADD, ATOM, MUL, OPEN, PREFIX, RAISED, Over, Piece, Printer, Scope

__all__ = ["LatexPrinter", "latex", "symbol_latex"]

_GREEK: Final = re.compile(
    r"alpha|beta|(var)?epsilon|zeta|(var)?theta|kappa|(var)?phi|iota|eta|mu|nu|rho|tau|chi|ell|nabla"
    r"|[Gg]amma|[Dd]elta|Theta|[Ll]ambda|[Xx]i|[Pp]i|[Ss]igma|[Uu]psilon|Phi|[Pp]si|[Oo]mega"
)
_ACCENTS: Final = {"hat": r"\hat", "bar": r"\bar", "tilde": r"\tilde", "dot": r"\dot", "vec": r"\vec"}
_RELATIONS: Final = {"=": "=", "!=": r"\ne", "<=": r"\le", "<": "<", ">": ">"}
_TIMES: Final = r" \times "
_INFINITY: Final = r"\infty"
_TALL: Final = re.compile(r"\\(frac|sum|int|left|sqrt|lfloor)")
_PRIMED: Final = re.compile(r"'(_\{[^{}]*\})?$")
_ENDING: Final = re.compile(r"^(?P<base>.*?)_\{(?P<sub>[^{}]*)\}(?P<rest>(\^\{\([^{}]*\)\})?)$", re.DOTALL)


def symbol_latex(name: str) -> str:
    r"""A name as LaTeX: alpha -> \alpha, x1 -> x_{1}, x_hat -> \hat{x}, dW -> \mathrm{dW}, f' -> f'."""
    bare = name.rstrip("'")
    primes = name[len(bare) :]
    first, *rest = [part for part in bare.split("_") if part] or ["v"]
    digits = re.fullmatch(r"(.*?[^0-9])([0-9]+)", first)
    if digits:
        first, rest = digits[1], [digits[2], *rest]
    base = _word(first)
    subscripts = []
    for part in rest:
        if part in _ACCENTS:
            base = f"{_ACCENTS[part]}{{{base}}}"
        else:
            subscripts.append(_word(part))
    return base + primes + (f"_{{{','.join(subscripts)}}}" if subscripts else "")


def _word(word: str) -> str:
    if _GREEK.fullmatch(word):
        return "\\" + word
    if len(word) == 1 or word.isdigit():
        return re.sub(r"[#$%&_{}]", r"\\\g<0>", word) if word not in "\\^~" else "v"
    return r"\mathrm{" + (re.sub(r"[^0-9A-Za-z]", "", word) or "v") + "}"


def _is_tall(inside: str) -> bool:
    return bool(_TALL.search(inside))


class LatexPrinter(Printer):
    """LaTeX; see `latex`."""

    def symbol(self, name: str) -> str:
        return symbol_latex(name)

    def number(self, value: Fraction) -> Piece:
        if value < 0:
            return Piece("-" + self.number(-value).text, ADD)
        if value.denominator == 1:
            return Piece(str(value))
        return Piece(rf"\frac{{{value.numerator}}}{{{value.denominator}}}", PREFIX)

    def parentheses(self, inside: str) -> str:
        return rf"\left({inside}\right)" if _is_tall(inside) else f"({inside})"

    def joined(self, factors: Sequence[str]) -> str:
        out = factors[0]
        for factor in factors[1:]:
            out += (
                r" \cdot " if factor[0].isdigit() else r" \, " if factor.startswith(r"\frac{\partial") else " "
            ) + factor
        return out

    def fraction(self, above: Piece, below: Piece) -> Piece:
        return Piece(rf"\frac{{{above.text}}}{{{below.text}}}", PREFIX)

    def raised(self, base: Piece, exponent: str) -> Piece:
        name = self.wrapped(base, ATOM)
        if _PRIMED.search(name):  # a prime is a superscript already, and takes no second one beside it
            name = f"{{{name}}}"
        return Piece(f"{name}^{{{exponent}}}", RAISED)

    def subscripted(self, base: Piece, indices: Sequence[str]) -> Piece:
        apart = any(len(i) > 1 and not re.fullmatch(r"\\[a-zA-Z]+", i) for i in indices)
        joined = (", " if apart else " " if any(i.startswith("\\") for i in indices) else "").join(indices)
        name = base.text if base.strength >= RAISED else self.parentheses(base.text)
        ending = _ENDING.match(name)
        if ending:  # a name that carries a subscript of its own
            name, joined = ending["base"], f"{ending['sub']}, {joined}"
            return Piece(f"{name}_{{{joined}}}{ending['rest']}", base.strength)
        return Piece(f"{name}_{{{joined}}}", ATOM if base.strength < RAISED else base.strength)

    def member(self, name: str, params: Sequence[str]) -> str:
        return f"{name}^{{({', '.join(params)})}}"

    def delta(self, left: str, right: str) -> Piece:
        return self.subscripted(Piece(r"\delta"), [left, right])

    def bracket(self, left: str, relation: str, right: str) -> Piece:
        inside = f"{left} {_RELATIONS[relation]} {right}"
        return Piece(rf"\left[{inside}\right]" if _is_tall(inside) else f"[{inside}]")

    def sum(self, over: Sequence[Over], body: str) -> str:
        signs: list[str] = []
        together: list[str] = []
        for one in over:
            if one.size:
                signs.append(rf"\sum_{{{one.name}=0}}^{{{one.last}}}")
            else:
                together.append(one.name)
        if together:
            signs.insert(0, rf"\sum_{{{', '.join(together)}}}")
        return f"{' '.join(signs)} {body}"

    def integral(self, variable: str, body: str) -> Piece:
        return Piece(rf"\int_{{0}}^{{1}} {body} \, \mathrm{{d}}{variable}", OPEN)

    def head(self, head: Function) -> str:
        return head.latex or symbol_latex(head.name)

    def special(self, value: Call, scope: Scope) -> Piece | None:
        if value.head not in (EXP, LOG, SQRT, SIN, COS, ABS, POWER, FLOORDIV, MOD):
            return None
        first, *others = (self.show(a, scope) for a in value.args)
        match value.head.name:
            case "exp":
                if not _is_tall(first.text) and "^" not in first.text and len(first.text) <= 40:
                    return Piece(f"e^{{{first.text}}}", RAISED)
                return Piece(rf"\exp{self.parentheses(first.text)}", PREFIX)
            case "sqrt":
                return Piece(rf"\sqrt{{{first.text}}}", PREFIX)
            case "abs":
                return Piece(rf"\left|{first.text}\right|")
            case "power":
                return self.raised(first, others[0].text)
            case "floordiv":
                return Piece(rf"\left\lfloor {self.fraction(first, others[0]).text} \right\rfloor")
            case "mod":
                return Piece(rf"{self.wrapped(first, MUL)} \bmod {self.wrapped(others[0], PREFIX)}", ADD)
            case name:
                if first.strength >= RAISED:
                    return Piece(rf"\{name} {first.text}", OPEN)
                return Piece(rf"\{name}{self.parentheses(first.text)}", PREFIX)

    def applied(self, name: Piece, args: Sequence[Piece]) -> Piece:
        return Piece(name.text + self.parentheses(", ".join(a.text for a in args)))

    def tabulated(self, body: str, names: Sequence[str]) -> Piece:
        return self.subscripted(Piece(self.parentheses(body)), names)

    def partial(self, body: Piece, variable: str, where: str | None, gradient: bool = False) -> Piece:
        if gradient:
            inner = rf"\nabla_{{{variable}}} {self.wrapped(body, RAISED)}"
        elif body.strength >= RAISED and not _is_tall(body.text):
            inner = rf"\frac{{\partial {body.text}}}{{\partial {variable}}}"
        elif body.strength == OPEN and not where:
            return Piece(rf"\frac{{\partial}}{{\partial {variable}}} {body.text}", OPEN)
        else:
            inner = rf"\frac{{\partial}}{{\partial {variable}}} {self.wrapped(body, RAISED)}"
        return Piece(rf"\left.{inner}\right|_{{{where}}}" if where else inner, PREFIX)

    def related(self, left: str, relation: str, right: str) -> str:
        return f"{left} {_RELATIONS[relation]} {right}"

    def implied(self, condition: str, conclusion: str) -> str:
        return rf"{condition} \;\Rightarrow\; {conclusion}"

    def domain(self, kind: str, shape: Sequence[str]) -> str:
        match kind:
            case "index":
                return f"< {shape[0]}"
            case "array":
                return rf"\in \mathbb{{R}}^{{{_TIMES.join(shape)}}}"
            case _:
                return r"\in \mathbb{" + {"real": "R", "integer": "Z", "size": "N"}[kind] + "}"

    def for_all(self, groups: Sequence[tuple[Sequence[str], str]], claim: str) -> str:
        parts = r",\ ".join(f"{', '.join(names)} {domain}" for names, domain in groups)
        return rf"{claim} \quad \text{{for all }} {parts}"

    def limit(self, variable: str, body: str, limit: str | None) -> str:
        return rf"\lim_{{{variable} \to \infty}} {body} = {_INFINITY if limit is None else limit}"

    def continuous(self, variable: str, body: str) -> str:
        return rf"{variable} \mapsto {body} \text{{ is continuous on }} [0, 1]"


def latex(
    value: Term | Proposition,
    *,
    ranges: bool | None = None,
    letters: Mapping[str, str] | None = None,
    beside: Iterable[Term | Proposition] = (),
) -> str:
    r"""The term or proposition as LaTeX, the same each time.

    ranges: \sum_{j=0}^{n-1} rather than \sum_{j}, or the reverse; where not said, only for sums whose range no subscript
    tells. letters: by the name of a size, the letters preferred for indices below
    it, such as {"T": "tsr"}. beside: what is shown on the same page, so that no name stands for two things there.
    """
    printer = LatexPrinter([value, *beside], ranges=ranges, letters=letters)
    return printer.show(value).text if isinstance(value, Term) else printer.claim(value)
