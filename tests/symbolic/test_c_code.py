"""Generated C: compiled by the C compiler with every warning an error, run, and compared with the oracle."""

import ctypes
import random
import re
import shutil
import subprocess
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradatlas.symbolic.c_code import CKernel, NotScalarTermError, c_expression, c_kernel
from gradatlas.symbolic.evaluate import Assignment, evaluate
from gradatlas.symbolic.language import (
    ABS,
    Derivative,
    Integral01,
    Sum,
    array,
    cos,
    define,
    delta,
    digamma,
    exp,
    indices,
    log,
    natural_power,
    positive,
    reals,
    sin,
    size,
    sqrt,
)
from gradatlas.symbolic.terms import Add, Num, Sym, Term, power

x, y = reals("x y")
pi = Num(Fraction("3.14159265358979323846264338327950288"))
e = define("e", exp(-2 * ABS(x)))
z = define("z", x**2 + y**2)

CASES: dict[str, Term] = {
    "tanh_derivative": 4 * e / (1 + e) ** 2,
    "constants": x / 3 + pi * y - sqrt(Num(2)) * log(Num(2)) + exp(Num(-1)),
    "powers": x**2 + y**3 - x**4 * y + x**7 + (x + y) ** 12 - x**6 * y**5,
    "quotients": x / (y * (1 + x**2)) - 1 / (2 + x**2) ** 3 - power(y, -2),
    "relu": positive(x) * x + positive(-x) * exp(x),
    "branches": positive(x - y) * delta(y, Fraction(1, 2)) * (x + 1) - positive(x * y) + delta(x, 0),
    "functions": sin(x) * cos(y) + sqrt(1 + ABS(x)) + log(2 + x**2),
    "shared": (exp(z) + exp(-z)) / (1 + exp(z)),
    "nested": -(x - (y - 1)) * -(x + 2) - -x,
    "constant": Num(Fraction(-2, 7)),
    "keyword": Sym("double") * Sym("n") + Sym("t1") ** 5 + Sym("f'") + Sym("alpha+"),
}

compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
pytestmark = pytest.mark.skipif(compiler is None, reason="there is no C compiler")


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[[CKernel], Callable[..., Any]]:
    def build(kernel: CKernel) -> Callable[..., Any]:
        assert compiler is not None
        folder = Path(tmp_path_factory.mktemp("c"))
        (folder / "kernel.c").write_text(kernel.source)
        subprocess.run(
            [compiler, "-std=c99", "-O1", "-fPIC", "-shared", "-Wall", "-Wextra", "-Werror", "-Wdouble-promotion",
             "-Wno-float-equal", "-Wno-unused-variable", "kernel.c", "-o", "kernel.so", "-lm"],
            cwd=folder, check=True, capture_output=True, text=True,
        )  # fmt: skip
        function = getattr(ctypes.CDLL(str(folder / "kernel.so")), kernel.name)
        function.restype = None

        def run(*arrays: np.ndarray) -> np.ndarray:
            out = np.empty_like(arrays[0])
            function(ctypes.c_size_t(out.size), *(ctypes.c_void_p(a.ctypes.data) for a in (*arrays, out)))
            return out

        return run

    return build


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("case", CASES)
def test_the_kernel_gives_what_the_oracle_gives(
    case: str, precision: str, build: Callable[[CKernel], Callable[..., Any]]
) -> None:
    value = CASES[case]
    arguments = (x, y) if case != "keyword" else None
    kernel = c_kernel(case, value, precision, arguments)  # type: ignore[arg-type]
    rng = random.Random(case)
    points = [
        [rng.choice([Fraction(0), Fraction(1, 2), Fraction(rng.randrange(-48, 49), 32)]) for _ in range(40)]
        for _ in kernel.arguments
    ]
    if case == "quotients":
        points[1] = [p or Fraction(1) for p in points[1]]
    found = build(kernel)(*(np.array([float(p) for p in row], dtype=precision) for row in points))
    tolerance = 1e-5 if precision == "float32" else 1e-13
    for number, result in enumerate(found):
        given = Assignment({s: row[number] for s, row in zip(kernel.arguments, points, strict=True)})
        expected = float(evaluate(value, given, 30))
        assert float(result) == pytest.approx(expected, rel=tolerance, abs=tolerance), kernel.source


@pytest.mark.parametrize("case", CASES)
def test_a_float_kernel_has_no_double_and_no_pow(case: str) -> None:
    source = c_kernel(case, CASES[case], "float32").source
    inside = source[source.index("++i") :]
    assert "pow" not in inside
    assert not re.search(r"\bdouble\b", inside)
    for number in re.findall(r"(?<![\w.])\d+(?:\.\d*)?(?:e[-+]?\d+)?f?", inside):
        assert number.endswith("f"), number
    for name in re.findall(r"\b([a-z]+)\(", inside):
        assert name.endswith("f"), name


def test_constants_are_typed_literals_and_powers_products() -> None:
    assert c_expression(sqrt(Num(2)) * x, "float32") == ((), "1.41421354f * x")
    assert c_expression(pi * x, "float64") == ((), "3.141592653589793 * x")
    assert c_expression(x**2, "float32") == ((), "x * x")
    statements, result = c_expression(x**5)
    assert statements == ("const double t1 = x * x;", "const double t2 = t1 * t1;")
    assert result == "x * t2"
    assert c_expression(x + 1, "float32")[1] == "x + 1.0f"
    assert c_expression(Num(10**20) * x, "float32")[1] == "1.00000002e+20f * x"


def test_a_shared_subterm_is_computed_once() -> None:
    source = c_kernel("shared", CASES["shared"], "float64").source
    assert source.count("exp(") == 2


def test_what_c_cannot_compute_is_refused() -> None:
    n = size("n")
    (i,) = indices("i", n)
    v = array("v", n)
    for value in (
        v[i],
        Sum(v[i], i),
        digamma(x),
        natural_power(x, n),
        Derivative(exp(x), x),
        Integral01(exp(x), x),
        n * x,
    ):
        with pytest.raises(NotScalarTermError):
            c_kernel("f", value)
    with pytest.raises(NotScalarTermError, match="not arguments"):
        c_kernel("f", x + y, arguments=(x,))
    with pytest.raises(NotScalarTermError, match="too large"):
        c_kernel("f", x + 10**40, "float32")
    assert isinstance(x + 10**40, Add)
