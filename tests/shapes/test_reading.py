"""What a reader types: the same expression however it is written, and a clear refusal of what is none, at once."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradatlas.formulas.shapes.normal import normal
from gradatlas.formulas.shapes.reading import LENGTH, ReadingError, read


def same(*texts):
    """One expression, names and all."""
    made = {normal(read(text)) for text in texts}
    assert len(made) == 1, made


@pytest.mark.parametrize(
    "texts",
    [
        ("exp(x)/y", r"\frac{\exp(x)}{y}", r"\frac{e^{x}}{y}", "e^x / y", r"y^{-1} \exp x", "y**-1*exp(x)"),
        ("sqrt(x)", r"\sqrt{x}", "x^(1/2)", "x^{1/2}", "x^0.5"),
        ("alpha*beta", r"\alpha\beta", "α β", r"\alpha \cdot \beta", r"\alpha \times \beta", "beta alpha"),
        ("W[i, j]*x[j]", "W_{ij} x_j", "W_{i,j} x_{j}", r"W_{ij} \, x_j"),
        ("log(x)^2", r"\log(x)^2", r"(\log x)^2", r"\log^2(x)", r"\ln^{2}(x)"),
        (r"\log x^2", "log(x^2)", "2*log(x)"),
        ("diff(f(x), x)", "∂f(x)/∂x", r"\frac{\partial f(x)}{\partial x}", r"\frac{\partial}{\partial x} f(x)"),
        ("dL/dx", "∂L/∂x", r"\frac{dL}{dx}"),
        ("[i = j]", r"\delta_{ij}", "δ_{ij}", "delta(i, j)"),
        ("sigmoid(x)", r"\sigma(x)", r"\mathrm{sigmoid}(x)", "σ(x)"),
        ("x_hat", r"\hat{x}", r"\hat x"),
        ("max(0, x)", "relu(x)", "max(x, 0)"),
        ("y*(1 - y)", "y(1 - y)"),
        (r"p \left(1 - p\right)", "p(1-p)"),
        ("x^T W", r"x^\top W", "x W"),
        ("a - (-b)", "a + b"),
        ("[x >= 0]", "1 - [x < 0]", r"[x \ge 0]"),
        ("abs(x)", r"\left|x\right|"),
    ],
    ids=lambda texts: texts[0],
)
def test_one_thing_written_in_several_ways(texts):
    same(*texts)


@pytest.mark.parametrize(
    "texts",
    [
        ("a/b*c", "a/(b*c)"),
        ("x_i", "x_j"),
        ("f(x)", "f*x"),
        ("-x^2", "(-x)^2"),
        (r"\sum_j a_j b_j", r"\sum_j a_j + b"),
    ],
)
def test_different_things_stay_different(texts):
    first, second = (normal(read(text)) for text in texts)
    assert first != second


def test_a_sum_binds_its_index_and_takes_the_product_that_follows():
    made = read(r"\sum_{j=1}^{n} a_j b_j + a_j")
    assert made[0] == "+"
    total, last = made[1]
    assert total[:2] == ("S", ("j#1",))
    assert last == ("v", "a", (("v", "j", ()),))


HOSTILE = {
    "dunder": "__class__",
    "attribute": "().__class__.__bases__[0]",
    "import": "__import__('os').system('ls')",
    "call of a string": 'eval("1")',
    "brackets": "(" * 900,
    "closed brackets": "(" * 400 + "x" + ")" * 400,
    "braces": "{" * 450 + "x" + "}" * 450,
    "signs": "-" * 999,
    "functions": r"\log" * 200 + " x",
    "powers": "x" + "^x" * 400,
    "towers": "x" + "^{x" * 300 + "}" * 300,
    "exponent": "2^1000000000",
    "nested exponents": "9^999^999^999",
    "big power": "999999999^999",
    "digits": "9" * 500,
    "megabyte": "x+" * 500_000,
    "megabyte of letters": "x" * 1_000_000,
    "fractions": r"\frac{" * 150 + "x" + "}{y}" * 150,
    "null": "x\0y",
    "bidirectional": "x \u202e + y",
    "combining": "x\u0301 + 1",
    "surrogate": "x\ud800",
    "full width": "ｘ＋１",
    "digits of another script": "٣ + x",
    "emoji": "🙂 + 1",
    "markup": "<script>alert(1)</script>",
    "empty": "",
    "blank": " \n\t ",
    "unknown command": r"\input{/etc/passwd}",
    "open": "exp(x",
    "closed": "x)",
    "nothing after": "x +",
    "lambda": "lambda: 0",
    "assignment": "x := 3",
    "percent": "%s%n",
    "many parts": "+".join(["a"] * 499),
    "partial alone": "∂ + 1",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_input_is_refused_at_once_and_clearly(text):
    started = time.perf_counter()
    with pytest.raises(ReadingError) as refused:
        normal(read(text))
    assert time.perf_counter() - started < 1
    said = str(refused.value)
    assert 10 < len(said) < 200
    assert "Traceback" not in said


def test_a_message_says_where():
    with pytest.raises(ReadingError, match=r"\\foo at character 5"):
        read(r"x + \foo y")


ALPHABET = st.sampled_from(
    [
        *"xyzijkWgpαβ01239+-*/^_=<>()[]{},.'| ∂Σ∑\\",
        "exp(",
        "Sum(",
        r"\frac",
        r"\sum",
        r"\left(",
        "{",
        "}",
        "__",
        r"\log ",
        "diff(",
        r"\partial ",
    ]
)


@settings(max_examples=300, deadline=1000)
@given(st.one_of(st.text(max_size=60), st.lists(ALPHABET, max_size=40).map("".join)))
def test_any_text_gives_an_expression_or_a_refusal(text):
    try:
        made = normal(read(text))
    except ReadingError:
        return
    assert made[0] in ("n", "v", "f", "+", "*", "^", "S", "d", "b", "r")
    assert len(text) <= LENGTH
