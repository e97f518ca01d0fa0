"""Random expressions as text, and what a reader may do to one without changing its shape."""

import random

from hypothesis import strategies as st

LETTERS = ["x", "y", "g", "p", "W", "t", "alpha"]
INDICES = ["i", "j", "k"]


@st.composite
def texts(draw, depth=3):
    """A text that reads as an expression."""
    kind = draw(st.sampled_from(["letter", "entry", "number", "+", "-", "*", "/", "^", "f", "known", "sum", "bracket"]))
    if depth == 0 or kind == "letter":
        return draw(st.sampled_from(LETTERS))
    inner = texts(depth=depth - 1)
    match kind:
        case "entry":
            indices = draw(st.lists(st.sampled_from(INDICES), min_size=1, max_size=2))
            return f"{draw(st.sampled_from(['a', 'b', 'c']))}[{', '.join(indices)}]"
        case "number":
            return str(draw(st.integers(1, 12)))
        case "+" | "-" | "*" | "/":
            return f"({draw(inner)} {kind} {draw(inner)})"
        case "^":
            return f"({draw(inner)})^{draw(st.integers(-2, 3))}"
        case "f":
            return f"h({draw(inner)})"
        case "known":
            return f"{draw(st.sampled_from(['exp', 'log', 'tanh', 'sqrt', 'sigmoid']))}({draw(inner)})"
        case "sum":
            return f"Sum({draw(inner)}, {draw(st.sampled_from(INDICES))})"
        case _:
            return f"[{draw(inner)} {draw(st.sampled_from(['=', '>', '<=']))} {draw(inner)}]"


def renamed(t, rng: random.Random):
    """The expression with other letters, and the parts of sums and products in another order."""
    new: dict[tuple[str, str], str] = {}
    fresh = [f"n{k}" for k in range(60)]
    rng.shuffle(fresh)

    def name(kind, old):
        return new.setdefault((kind, old), fresh.pop())

    def go(node):
        match node[0]:
            case "n":
                return node
            case "v":
                return ("v", name("v", node[1]), tuple(map(go, node[2])))
            case "f":
                own = (
                    node[1]
                    if node[1] in ("exp", "log", "tanh", "sigmoid", "relu", "pi", "infty")
                    else name("f", node[1])
                )
                return ("f", own, tuple(map(go, node[2])), tuple(map(go, node[3])))
            case "+" | "*":
                inner = [go(c) for c in node[1]]
                rng.shuffle(inner)
                return (node[0], tuple(inner))
            case "S":
                return ("S", tuple(name("v", n) for n in node[1]), go(node[2]))
            case "b":
                return ("b", node[1], go(node[2]))
            case "r":
                return ("r", node[1], go(node[2]), go(node[3]))
            case _:
                return (node[0], go(node[1]), go(node[2]))

    return go(t)
