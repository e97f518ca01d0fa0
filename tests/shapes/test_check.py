"""A reader's own answer: right, right in another form, wrong with the smallest point, or not judged and why."""

import mpmath
import pytest
from click.testing import CliRunner

from gradatlas import cli
from gradatlas.formulas import registry
from gradatlas.formulas.shapes.judging import CannotJudgeError, completed, value
from gradatlas.formulas.shapes.reading import ReadingError, read
from gradatlas.presentation.exercises import DIGITS, exercises


def exercise(id, claim=None):
    return next(e for e in exercises(registry.get(id)) if claim in (None, e.claim.name))


ANSWERS = [
    ("softmax.vjp", None, "p_i*(g_i - Sum(p_j*g_j, j))", "right"),
    ("softmax.vjp", None, r"p_i \left(g_i - \sum_n p_n g_n\right)", "right"),
    ("softmax.vjp", None, "p[r,i,c]*(g[r,i,c] - Sum(g[r,k,c]*p[r,k,c], k))", "right"),
    ("softmax.vjp", None, "p_i*g_i - p_i*Sum(p_j*g_j, j)", "other form"),
    ("softmax.vjp", None, "exp(x_i)/Sum(exp(x_j), j)*(g_i - Sum(p_j*g_j, j))", "other form"),
    ("softmax.vjp", None, "p_i*(g_i + Sum(p_j*g_j, j))", "wrong"),
    ("softmax.vjp", None, "g_i*(p_i - Sum(p_j*g_j, j))", "wrong"),  # the same shape, with two letters exchanged
    ("softmax.vjp", None, "p_i*g_i", "wrong"),
    ("softmax.vjp", None, "p_i*(g_i - Sum(p_j*z_j, j))", "not judged"),
    ("softmax.vjp", None, "p_i*(h(g_i) - Sum(p_j*g_j, j))", "not judged"),
    ("softmax.vjp", None, "p[i, c]*g[i, c]", "not judged"),
    ("softmax.vjp", None, "Sum(g_j*diff(p_j, x_i), j)", "not judged"),
    ("softmax.vjp", None, "p_i*(g_i - Sum(p*g))", "not judged"),
    ("softmax.vjp", None, "p_i*(g_i - Sum(p_j*g_j, j)) = 0", "not judged"),
    ("softmax.vjp", None, "p_i*(g_i - Sum(1, j))", "not judged"),
    ("matmul.vjp", "in A", "Sum(G[a,j]*B[i,j], j)", "right"),
    ("matmul.vjp", "in A", "Sum(G[j,a]*B[j,i], j)", "wrong"),  # the transposes
    ("matmul.vjp", "in A", "Sum(G[a,j]*B[j,i], j)", "wrong"),  # where lengths differ it could not even be computed
    ("tanh.derivative", "in terms of the output", "1 - tanh(t)^2", "right"),
    ("tanh.derivative", "in terms of the output", "4*exp(2*t)/(exp(2*t) + 1)^2", "other form"),
    ("tanh.derivative", "in terms of the output", "1 - tanh(t)", "wrong"),
    ("sigmoid.derivative", "derivative", "sigmoid(t)*(1 - sigmoid(t))", "other form"),
    ("log.derivative", "log", "1/t", "right"),
    ("pad.modes", "symmetric", "Sum(g[i,j]*([mod(j-p, 2*N) = n] + [2*N = 1 + mod(j-p, 2*N) + n]), j)", "right"),
    ("pad.modes", "symmetric", "Sum(g[i,j]*([(j-p) mod (2*N) = n] + [2*N = 1 + n]), j)", "not judged"),
    ("gelu.derivative", "derivative", "(1 + erf(t/sqrt(2)))/2 + t*exp(-t^2/2)/sqrt(2*pi)", "other form"),
]


@pytest.mark.parametrize(("id", "claim", "answer", "kind"), ANSWERS)
def test_answers_are_judged(id, claim, answer, kind):
    verdict = exercise(id, claim).judge(answer)
    assert verdict.kind == kind, verdict
    if kind == "wrong":
        assert abs(verdict.answer - verdict.expected) > 1e-10
        assert verdict.at is not None
    if kind == "not judged":
        assert verdict.why


def test_an_unknown_name_lists_those_there_are():
    assert "there is no z here: the letters are C, N, R, c, g, i, p, r, x" in exercise("softmax.vjp").judge("z").why


def test_a_wrong_answer_is_shown_at_the_smallest_point():
    verdict = exercise("softmax.vjp").judge("p_i*g_i + 1")
    assert {name: verdict.at[name] for name in ("N", "R", "C", "i", "r", "c")} == dict.fromkeys(
        "NRC", 1
    ) | dict.fromkeys("irc", 0)


def test_hostile_answers_are_refused():
    for text in ("__import__('os')", "().__class__", "9" * 99, "(" * 500, "x+" * 400_000):
        with pytest.raises(ReadingError):
            exercise("softmax.vjp").judge(text)


def test_large_sums_are_not_worked_through():
    answer = (
        "Sum(p[a,b,c]*p[d,e,f]*p[k,l,m]*p[n,o,q]*p[s,t,u]*p[v,w,y], a, b, d, e, f, k, l, m, n, o, q, s, t, u, v, w, y)"
    )
    assert exercise("softmax.vjp").judge(answer).kind in ("wrong", "not judged")


@pytest.mark.parametrize("id", list(registry.all_formulas())[::13])
def test_what_a_formula_states_is_right_in_its_own_numbers(id):
    """The right side, folded and unfolded, has the value of the statement at every point where it can be computed."""
    for one in exercises(registry.get(id))[:2]:
        points = one.points()
        assert points
        for right in one.rights:
            try:
                answer = completed(right, one.letters)
                with mpmath.workdps(DIGITS + 10):
                    for point in points:
                        for at, expected in point.expected.items():
                            where = {i.name: mpmath.mpf(k) for i, k in zip(one.indices, at, strict=True)}
                            got = value(answer, {**point.values, **where}, point.lengths)
                            assert abs(got - expected) <= mpmath.mpf(10) ** -18 * max(1, abs(expected))
            except (CannotJudgeError, KeyError):
                continue


def test_the_command_says_what_is_asked_and_judges():
    run = CliRunner().invoke
    asked = run(cli.main, ["check", "softmax.vjp"])
    assert asked.exit_code == 0
    assert "= ?" in asked.output
    assert "g[·, ·, ·]  the cotangent of the output" in asked.output
    right = run(cli.main, ["check", "softmax.vjp", "p_i*(g_i - Sum(p_j*g_j, j))"])
    assert (right.exit_code, right.output.splitlines()[-1]) == (0, "right")
    wrong = run(cli.main, ["check", "softmax.vjp", "p_i"])
    assert wrong.exit_code == 1
    assert "wrong at C = 1, N = 1, R = 1" in wrong.output
    assert "your answer is 1.0, the right side is 0.0" in wrong.output
    refused = run(cli.main, ["check", "softmax.vjp", "p_i +"])
    assert refused.exit_code == 1
    assert "ends too early" in refused.output
    assert run(cli.main, ["check", "sofmax.vjp"]).exit_code == 2


def test_every_claim_can_be_asked_for_and_the_names_are_told():
    run = CliRunner().invoke
    names = [one.claim.name for one in exercises(registry.get("matmul.vjp"))]
    assert names[:2] == ["in A", "in B"]
    assert len(names) > 2
    for name in names:
        assert f"= ?   ({name})" in run(cli.main, ["check", "matmul.vjp", "--claim", name]).output
    unknown = run(cli.main, ["check", "matmul.vjp", "--claim", "in C", "A"])
    assert unknown.exit_code == 2
    assert "has no claim 'in C' whose right side can be asked for: --claim takes " in unknown.output
    assert all(f'"{name}"' in unknown.output for name in names)
    assert run(cli.main, ["check", "sofmax.vjp", "--claim", "in C"]).exit_code == 2
    assert "Judge your own right side" in run(cli.main, ["check", "--help"]).output


def test_reading_an_answer_runs_nothing():
    assert read("f(x)")[:2] == ("f", "f")
