"""What the site makes of registry and evidence before any page is drawn."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from docutils import nodes

from gradatlas.sphinx_ext.formula_page.derivation import states
from gradatlas.sphinx_ext.formula_page.statement import spoken
from gradatlas.sphinx_ext.markup import number, prose, signs, sizes, typeset
from gradatlas.sphinx_ext.reader import Atlas, load
from gradatlas.sphinx_ext.stubs import MARK, write_stubs

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture
def atlas() -> Atlas:
    return load(FIXTURES)


def test_relations_are_found_in_both_directions(atlas: Atlas) -> None:
    assert atlas.used_by == {"softmax.vjp": ("attention.dq",)}
    assert atlas.resting_on["sqrt.square"] == ("attention.dq",)
    assert atlas.stepping_by["contract"] == ("softmax.vjp", "attention.dq")
    assert atlas.answering["M6"] == ("attention.dq",)
    assert list(atlas.chapters) == ["activations", "attention", "optimization"]


def test_the_worst_figures_are_the_ones_shown(atlas: Atlas) -> None:
    evidence = atlas.formulas["softmax.vjp"].evidence
    assert evidence is not None
    assert evidence.digits == min(s["digits"] for s in evidence.oracle) == 57.9
    assert max(s["max_ulps"] for s in evidence.engine) == 1.5
    assert evidence.ulps == max(s["max_ulps"] for s in evidence.second_order) == 2.25


def test_a_view_changes_with_what_it_shows_and_with_nothing_else(tmp_path: Path) -> None:
    shutil.copytree(FIXTURES, tmp_path / "f")
    record = tmp_path / "f" / "evidence" / "softmax.vjp.json"

    def views() -> dict[str, str]:
        atlas = load(tmp_path / "f")
        return {name: atlas.views[name] for name in ("records", "map", *(f"formula:{key}" for key in atlas.formulas))}

    before = views()
    assert views() == before
    data = json.loads(record.read_text())
    data["proof_digest"] = "0" * 64
    record.write_text(json.dumps(data))
    after = views()
    assert {name for name in before if before[name] != after[name]} == {"records", "formula:softmax.vjp"}


def test_stubs_are_written_once_and_only_stubs_are_removed(atlas: Atlas, tmp_path: Path) -> None:
    (tmp_path / "formulas").mkdir()
    own = tmp_path / "formulas" / "mine.rst"
    own.write_text("Mine\n====\n")
    gone = tmp_path / "formulas" / "gone.rst"
    gone.write_text(f":orphan:\n\n{MARK}\n.. formula:: gone\n")
    touched = write_stubs(atlas, tmp_path)
    assert len(touched) == len(atlas.formulas) + len(atlas.chapters) + len(atlas.rows) + 1
    assert own.exists()
    assert not gone.exists()
    assert write_stubs(atlas, tmp_path) == []


def test_prose_finds_mathematics_code_and_stress() -> None:
    parts = prose("the sum over $k=i$ of `x` is **one** more")
    assert [type(part) for part in parts] == [
        nodes.Text,
        nodes.math,
        nodes.Text,
        nodes.literal,
        nodes.Text,
        nodes.strong,
        nodes.Text,
    ]
    assert parts[1]["latex"] == "k=i"
    assert "".join(part.astext() for part in parts) == "the sum over  of x is one more"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(57.93, "57.9"), (1.5, "1.50"), (0.0, "0"), (0.0042, "0.0042"), (12.0, "12"), (70.0, "70"), (1e-20, "1e-20")],
)
def test_measured_numbers_keep_their_figures(value: float, shown: str) -> None:
    assert number(value) == shown


def test_sizes_read_as_equations() -> None:
    assert sizes({"n": 7, "T": 2}) == "n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}7, T\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}2"


@pytest.mark.parametrize(
    ("latex", "said"),
    [
        (r"\frac{1}{\alpha} + \frac{\beta \tau}{\alpha}", False),
        (r"\sum_{i} [i = j] a_{i}", False),
        (r"\left(\sum_{k = 0}^{n} x_{k}\right)^{2}", False),
        (r"\{i\} \left.x\right|_{x = 0}", False),
        (r"1 + \beta < 0", True),
        (r"J(\theta + d) \le J(\theta)", True),
        (r"t \mapsto f(t) \text{ is continuous on } [0, 1]", True),
        (r"\lim_{t \to \infty} r^{t} = 0", True),
    ],
)
def test_a_statement_is_told_from_an_expression(latex: str, said: bool) -> None:
    assert states(latex) is said


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("the slope rises at the rate L |d|^2 at most", "the slope rises at the rate L |d|² at most"),
        ("at most <grad J(theta), d> + L/2", "at most ⟨∇J(θ), d⟩ + L/2"),
        ("1 + beta (t - 1) >= 0", "1 + β (t − 1) ≥ 0"),
        (
            "alphabet, gradient-descent.alpha-rate and x_beta stay",
            "alphabet, gradient-descent.alpha-rate and x_beta stay",
        ),
        (
            "the rate alpha_t = -beta / psi_1(t), not alpha_max",
            r"the rate $\alpha_{t}$ = −β / $\psi_{1}$(t), not alpha_max",
        ),
        ("(W_{l+1}^T delta_{l+1}) * a'(z_l)", r"($W_{l+1}^{\mathsf T}$ $\delta_{l+1}$) * a'($z_{l}$)"),
        ("left alone: $alpha_t$ and `beta`", "left alone: $alpha_t$ and `beta`"),
        ("0 < L and L < 2", "0 < L and L < 2"),
        ("vanishes for c < 1, and for c > 1 grows like c^t", "vanishes for c < 1, and for c > 1 grows like c^{t}"),
        ("X = A^-1 B, and x^(y-1), e^-|x|", "X = A^{−1} B, and x^{y−1}, e^{−|x|}"),
        ("-y log p lies between -1 and 2 sqrt(t)", "−y log p lies between −1 and 2 √(t)"),
        ("-sum_i t_i A_ij, of layer-wise", r"−$\sum_{i}$ $t_{i}$ $A_{ij}$, of layer-wise"),
        ("u_(t+1) and 1 - beta1^t", r"$u_{t+1}$ and 1 − $\beta_{1}^{t}$"),
        ("(grad_theta V, -grad_phi V) of n_in", r"($\nabla_{\theta}$ V, −$\nabla_{\phi}$ V) of $n_{\mathrm{in}}$"),
        ("a ratio of gamma functions, Phi(t)", "a ratio of gamma functions, Φ(t)"),
        ("e /= 0, a + s, ... of $x$-axis", r"e $\ne$ 0, a + s, … of $x$-axis"),
    ],
)
def test_words_for_a_terminal_are_set_with_the_signs_of_print(written: str, printed: str) -> None:
    assert typeset(written) == printed


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("The derivatives of log2(2^x + 2^y), -t and sin(pi t)", "The derivatives of log2(2ˣ + 2ʸ), −t and sin(π t)"),
        ("k layers have 2^k linear pieces", "k layers have 2ᵏ linear pieces"),
        ("A^-1 B and -A^-T G A^-T", "A⁻¹ B and −A⁻ᵀ G A⁻ᵀ"),
        ("gamma function, one-hot", "gamma function, one-hot"),
        ("t^2、-t 与（-x）的导数", "t²、−t 与（−x）的导数"),
    ],
)
def test_a_name_has_its_signs_though_it_holds_no_markup(written: str, printed: str) -> None:
    assert signs(written) == printed


@pytest.mark.parametrize(
    ("name", "latex", "shown"),
    [
        ("sigmoid", r"\sigma", "sigmoid (sigma)"),
        ("theta", r"\theta", "theta"),
        ("P", r"\mathrm{P}", "P"),
        ("rest", r"\Phi", "rest (Phi)"),
    ],
)
def test_a_symbol_is_also_called_by_its_letter(name: str, latex: str, shown: str) -> None:
    assert spoken(name, latex) == shown
