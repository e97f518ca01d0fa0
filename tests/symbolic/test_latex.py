"""Terms and propositions as LaTeX; KaTeX understands what is printed."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from gradatlas.symbolic.language import (
    ABS,
    COS,
    Derivative,
    Integral01,
    Sum,
    array,
    arrays,
    at_most,
    define,
    delta,
    digamma,
    exp,
    family,
    floordiv,
    function,
    index_map,
    indices,
    integers,
    lam,
    less,
    log,
    mod,
    natural_power,
    positive,
    reals,
    sin,
    sizes,
    sqrt,
)
from gradatlas.symbolic.latex import latex, symbol_latex
from gradatlas.symbolic.propositions import (
    Proposition,
    continuous,
    diverges,
    eq,
    for_all,
    has_derivative,
    implies,
    le,
    lt,
    ne,
    tends,
)
from gradatlas.symbolic.terms import Index, Num, Sym, Term, bind, fresh_index, substitute

n, m, N = sizes("n m N")
x, g = arrays("x g", n)
i, j, k = indices("i j k", n)
o = Index("o", m)
a, b, alpha, beta = reals("a b alpha beta")
s, l = integers("s l")
t = Sym("t", "integer")
half = Num(1) / 2
J, gradient = function("J"), function("grad J", latex=r"\nabla J")
width = function("n", integer=True)
W = family("W", (width(l + 1), width(l)), l)
weight = array("w_h", n)


def softmax(index: Term) -> Term:
    return substitute(define("p", exp(x[i]) / define("Z", Sum(exp(x[k]), k))), {i: index})


TERMS: list[tuple[Term, str]] = [
    (a - b, "a - b"),
    (-alpha * beta, r"-\alpha \beta"),
    (a - (b - a), "a - (b - a)"),
    (a / (2 * b**2), r"\frac{a}{2 b^{2}}"),
    (half * alpha * Sum(x[i] ** 2, i), r"\frac{\alpha}{2} \sum_{i} x_{i}^{2}"),
    (half * Sum(x[i] ** 2, i), r"\frac{1}{2} \sum_{i} x_{i}^{2}"),
    (Sum(x[i], i) / N, r"\frac{1}{N} \sum_{i} x_{i}"),
    (Num(-3) / 4 * x[i], r"-\frac{3}{4} x_{i}"),
    ((a / b) ** 2, r"\left(\frac{a}{b}\right)^{2}"),
    (a * (1 - 1 / b), r"a \left(1 - \frac{1}{b}\right)"),
    (softmax(i) * (g[i] - Sum(g[j] * softmax(j), j)), r"p_{i} \left(g_{i} - \sum_{j} g_{j} p_{j}\right)"),
    (Sum(x[i], i) * Sum(x[i] + 1, i), r"\left(\sum_{i} x_{i}\right) \sum_{i} (x_{i} + 1)"),
    (Sum(x[i] * g[j], i, j), r"\sum_{i, j} x_{i} g_{j}"),
    (Sum(alpha / (1 + k), k), r"\sum_{i=0}^{n - 1} \frac{\alpha}{1 + i}"),
    (Sum(Sym("c"), Index("q", n + 1)), r"\sum_{i=0}^{n} c"),
    (delta(i, j), r"\delta_{ij}"),
    (delta(i, s * o - 1), "[i = s o - 1]"),
    (positive(x[i]) * g[i], "[x_{i} > 0] g_{i}"),
    (at_most(i, j), r"[i \le j]"),
    (less(i, n), "[i < n]"),
    (positive(a / b), r"\left[\frac{a}{b} > 0\right]"),
    (W[i, j], "W^{(l)}_{ij}"),
    (W[i, j] ** 2, "(W^{(l)}_{ij})^{2}"),
    (W[i + 1, j], "W^{(l)}_{i + 1, j}"),
    (weight[i], "w_{h, i}"),
    (width(l + 1), "n_{l + 1}"),
    (array("lambda", n)[i], r"\lambda_{i}"),
    (function("a'")(x[i]), "a'(x_{i})"),
    (exp(-a), "e^{-a}"),
    (exp(a) ** 2, "(e^{a})^{2}"),
    (exp(a / b), r"\exp\left(\frac{a}{b}\right)"),
    (exp(exp(a)), r"\exp(e^{a})"),
    (log(a) * b, r"(\log a) b"),
    (b * log(a), r"b \log a"),
    (log(1 + a), r"\log(1 + a)"),
    (sin(a) + COS(a * b), r"\sin a + \cos(a b)"),
    (sqrt(a**2 + 1), r"\sqrt{a^{2} + 1}"),
    (ABS(x[i]), r"\left|x_{i}\right|"),
    (digamma(1 / b), r"\psi\left(\frac{1}{b}\right)"),
    (natural_power(1 - a, t), "(1 - a)^{t}"),
    (floordiv(i, s), r"\left\lfloor \frac{i}{s} \right\rfloor"),
    (mod(i + 1, s) * 2, r"2 ((i + 1) \bmod s)"),
    (x[index_map("pi", n, o)], r"x_{\pi(o)}"),
    (J(lam(x[i] - alpha * gradient(x, shape=(n,))[i], i)), r"J(x - \alpha \nabla J(x))"),
    (gradient(x, shape=(n,))[i], r"\nabla J(x)_{i}"),
    (lam(x[i] * g[i], i), "(x_{i} g_{i})_{i}"),
    (Integral01(exp(a * b), a), r"\int_{0}^{1} e^{t b} \, \mathrm{d}t"),
    (Derivative(softmax(j), x[i]), r"\frac{\partial p_{j}}{\partial x_{i}}"),
    (g[j] * Derivative(softmax(j), x[i]), r"g_{j} \, \frac{\partial p_{j}}{\partial x_{i}}"),
    (Derivative(Sum(x[j] ** 2, j), x[i]), r"\frac{\partial}{\partial x_{i}} \sum_{j} x_{j}^{2}"),
    (Derivative(Sum(x[j] ** 2, j), x[i]) * a, r"\left(\frac{\partial}{\partial x_{i}} \sum_{j} x_{j}^{2}\right) a"),
    (Derivative(a + exp(a), a), r"\frac{\partial}{\partial a} (a + e^{a})"),
    (substitute(bind.deriv(a**2, a), {a: b + 1}), r"\left.\frac{\partial t^{2}}{\partial t}\right|_{t = b + 1}"),
    (2 * (Num(3) * a), "6 a"),
]

y = array("y", n, m)
PROPOSITIONS: list[tuple[Proposition, str]] = [
    (ne(a), r"a \ne 0"),
    (le(a, b), r"a \le b"),
    (implies(lt(0, a), eq(a, b)), r"0 < a \;\Rightarrow\; a = b"),
    (for_all(lt(0, x[i] * x[j]), i, j), r"0 < x_{i} x_{j} \quad \text{for all } i, j < n"),
    (for_all(le(J(x), a), a, x), r"J(X) \le u \quad \text{for all } u \in \mathbb{R},\ X \in \mathbb{R}^{n}"),
    (for_all(eq(y[i, o], 0), y), r"X_{io} = 0 \quad \text{for all } X \in \mathbb{R}^{n \times m}"),
    (
        has_derivative(J(x), x, gradient(x, shape=(n,))[i], i),
        r"\frac{\partial J(x)}{\partial x_{i}} = \nabla J(x)_{i}",
    ),
    (
        for_all(has_derivative(J(x), x, gradient(x, shape=(n,))), x),
        r"\nabla_{X} J(X) = \nabla J(X) \quad \text{for all } X \in \mathbb{R}^{n}",
    ),
    (has_derivative(log(a), a, 1 / a), r"\frac{\partial}{\partial a} \log a = \frac{1}{a}"),
    (tends(natural_power(a, t), t, 0), r"\lim_{t \to \infty} a^{t} = 0"),
    (diverges(a + t, t), r"\lim_{t \to \infty} (a + t) = \infty"),
    (continuous(exp(a), a), r"t \mapsto e^{t} \text{ is continuous on } [0, 1]"),
]


@pytest.mark.parametrize(("value", "wanted"), TERMS, ids=[w for _, w in TERMS])
def test_terms(value: Term, wanted: str) -> None:
    assert latex(value) == wanted


@pytest.mark.parametrize(("value", "wanted"), PROPOSITIONS, ids=[w for _, w in PROPOSITIONS])
def test_propositions(value: Proposition, wanted: str) -> None:
    assert latex(value) == wanted


NAMES = {
    "x": "x",
    "alpha": r"\alpha",
    "eta": r"\eta",
    "theta'": r"\theta'",
    "x1": "x_{1}",
    "x_hat": r"\hat{x}",
    "x_hat_1": r"\hat{x}_{1}",
    "gamma_t": r"\gamma_{t}",
    "bias": r"\mathrm{bias}",
    "b_out": r"b_{\mathrm{out}}",
    "grad J": r"\mathrm{gradJ}",
    "%": r"\%",
    "": "v",
    "_": "v",
    "ℓ": "ℓ",
}


def test_a_power_of_what_carries_a_prime_has_one_superscript() -> None:
    """KaTeX and TeX refuse h'_{i}^{2}: two superscripts side by side."""
    (n,) = sizes("n")
    (i,) = indices("i", n)
    primed, alone = array("h'", n), reals("f'")[0]
    assert latex(primed[i] ** 2) == "{h'_{i}}^{2}"
    assert latex(alone**3) == "{f'}^{3}"
    assert latex(array("h", n)[i] ** 2) == "h_{i}^{2}"


@pytest.mark.parametrize("name", NAMES)
def test_names(name: str) -> None:
    assert symbol_latex(name) == NAMES[name]


def test_ranges_letters_and_what_stands_beside() -> None:
    value = Sum(x[j], j)
    assert latex(value) == r"\sum_{i} x_{i}"
    assert latex(value, ranges=True) == r"\sum_{i=0}^{n - 1} x_{i}"
    assert latex(value, beside=[x[i]]) == r"\sum_{j} x_{j}"
    assert latex(value, letters={"n": "k"}) == r"\sum_{k} x_{k}"
    nested = Sum(x[j], j)
    for _ in range(25):
        over = fresh_index(n)
        nested = Sum(nested * x[over], over)
    assert "i_{1}" in latex(nested)


def test_katex_understands_all_of_it(tmp_path: Path) -> None:
    package = Path(__file__).parents[2] / "docs" / "node_modules" / "katex"
    node = shutil.which("node")
    if node is None or not package.is_dir():
        pytest.skip("KaTeX is not installed: make site installs it")
    formulas = [latex(v) for v, _ in TERMS] + [latex(v, ranges=True) for v, _ in TERMS]
    formulas += [latex(v) for v, _ in PROPOSITIONS] + [t for n, t in NAMES.items() if n != "ℓ"]
    script = (
        "const katex = require(process.argv[1]); const bad = [];"
        "for (const f of JSON.parse(require('fs').readFileSync(0, 'utf8'))) {"
        "  try { katex.renderToString(f, {throwOnError: true, strict: 'error', displayMode: true}) }"
        "  catch (e) { bad.push(f + ': ' + e.message) } }"
        "console.log(JSON.stringify(bad))"
    )
    done = subprocess.run(
        [node, "-e", script, str(package)], input=json.dumps(formulas), capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == []
