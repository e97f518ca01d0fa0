"""A user's own function is judged by the proven formula: right ones pass, and each kind of fault is found and shown small."""

import importlib.util

import mpmath
import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.errors import ArgumentError, UnknownFormulaError, VerificationError
from gradatlas.evidence.verifying import _off

pytest_plugins = ["pytester"]


def softmax_backward(x, g):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True, initial=-np.inf))
    p = e / np.sum(e, axis=-1, keepdims=True)
    return p * (g - np.sum(g * p, axis=-1, keepdims=True))


def wrong_sign(x, g):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True, initial=-np.inf))
    p = e / np.sum(e, axis=-1, keepdims=True)
    return p * (g + np.sum(g * p, axis=-1, keepdims=True))


def unstable(x, g):
    e = np.exp(x)
    p = e / np.sum(e, axis=-1, keepdims=True)
    return p * (g - np.sum(g * p, axis=-1, keepdims=True))


def failure(*arguments, **options):
    with pytest.raises(VerificationError) as found:
        ga.verify(*arguments, **options)
    assert str(found.value.report) in str(found.value)
    return found.value.report


class TestRightFunctions:
    def test_a_backward_function(self):
        report = ga.verify(softmax_backward, "softmax.vjp")
        assert report.right
        assert report.calls >= 150
        assert 0 < report.worst.ulps <= 16
        assert "right in" in str(report)

    def test_a_forward_function(self):
        def softmax(x):
            e = np.exp(x - np.max(x, initial=-np.inf))
            return e / np.sum(e)

        assert ga.verify(softmax, "softmax.forward").right

    def test_positional_parameters_of_other_names(self):
        assert ga.verify(lambda a, b, c: c @ b.T, "matmul.vjp", "in A").right

    def test_the_order_of_the_arguments_can_be_said(self):
        assert ga.verify(lambda c, b, a: c @ b.T, "matmul.vjp", "in A", arguments=("G", "B", "A")).right

    def test_batch_axes_can_be_kept(self):
        def along_the_middle(x, g):
            return np.swapaxes(softmax_backward(np.swapaxes(x, -1, -2), np.swapaxes(g, -1, -2)), -1, -2)

        assert ga.verify(along_the_middle, "softmax.vjp", batch_axes=("R", "C")).right
        assert ga.verify(softmax_backward, "softmax.vjp", batch_axes=("R",)).right

    @pytest.mark.parametrize("id", ["softmax.vjp", "log-softmax.vjp", "logsumexp.vjp", "matmul.vjp", "dense.vjp"])
    def test_the_engine_itself(self, id):
        """gradatlas's own operations, in every VJP of the formula."""
        from gradatlas.formulas import registry

        formula = registry.get(id)
        for link in formula.engine:
            if link.mode != "vjp" or link.arguments:
                continue
            seed, wrt = link.seed.name, link.wrt.name

            def own(link=link, seed=seed, wrt=wrt, **given):
                g = given.pop(seed)
                f = lambda at: link.call(xp, **{**given, wrt: at})  # noqa: E731
                return ga.vjp(f, given[wrt])[1](g)[0]

            names = list(link.call.__code__.co_varnames[1 : link.call.__code__.co_argcount])
            shapes = [s.name for s in formula.symbols if s.kind == "size"]
            report = ga.verify(
                lambda *a, names=names, own=own, seed=seed: own(**dict(zip([*names, seed], a, strict=True))),
                id,
                link.claim,
                arguments=[*names, seed],
                batch_axes=[name for name in shapes if name in ("R", "C")],
                examples=40,
            )
            assert report.right


class TestFaults:
    def test_a_wrong_sign(self):
        report = failure(wrong_sign, "softmax.vjp")
        assert report.smallest.sizes["N"] == 1, "the smallest input has one entry"
        assert report.smallest.ulps > 1e6

    def test_a_missing_transpose(self):
        report = failure(lambda A, B, G: G @ B, "matmul.vjp", "in A")
        assert "raised ValueError" in report.smallest.what or "shape" in report.smallest.what

    def test_a_missing_transpose_of_square_matrices(self):
        """With one size for all, shapes do not give it away."""

        def careless(A, B, G):
            return G @ (B if B.shape[0] == B.shape[1] else B.T)

        report = failure(careless, "matmul.vjp", "in A", examples=200)
        assert report.smallest.sizes["n"] == report.smallest.sizes["p"] > 1

    def test_an_unstable_form(self):
        """Right on ordinary numbers, nan where exp overflows."""
        report = failure(unstable, "softmax.vjp")
        assert np.isnan(report.smallest.got)
        assert np.max(np.abs(report.smallest.arguments["x"])) > 80

    def test_digits_lost_where_a_tanh_is_flat(self):
        report = failure(lambda x, g: g * (1 - np.tanh(x) ** 2), "tanh.derivative", "derivative, entry by entry")
        assert report.smallest.ulps > 1e3

    def test_subnormals_that_are_flushed(self):
        """57 spacings off, unless it is said that the function takes such numbers for 0; larger ones stay a fault."""
        single, tiny = np.finfo(np.float32), mpmath.mpf(2) ** -149
        assert _off(0.0, 57 * tiny, 57 * tiny, single, flushes=False) == 57
        assert _off(0.0, 57 * tiny, 57 * tiny, single, flushes=True) < 1
        normal = mpmath.mpf(float(single.smallest_normal))
        assert _off(0.0, 20 * normal, 20 * normal, single, flushes=True) > 16

    def test_a_wrong_dtype(self):
        report = failure(lambda x, g: softmax_backward(x, g).astype(np.float64), "softmax.vjp", dtypes=("float32",))
        assert "dtype float64" in report.smallest.what

    def test_a_function_that_raises(self):
        def broken(x, g):
            raise RuntimeError("no idea")

        assert "RuntimeError: no idea" in failure(broken, "softmax.vjp").smallest.what

    def test_a_function_that_returns_no_array(self):
        assert "no array" in failure(lambda x, g: "gradient", "softmax.vjp").smallest.what

    def test_the_report_shows_what_to_look_at(self):
        text = str(failure(wrong_sign, "softmax.vjp"))
        for part in (
            "softmax.vjp",
            "The smallest input found",
            "entry [0] is",
            "the formula says",
            "x = [",
            "g = [",
            "float64",
        ):
            assert part in text


class TestWrongCalls:
    def test_an_unknown_formula(self):
        with pytest.raises(UnknownFormulaError, match=r"softmax\.vjp"):
            ga.verify(softmax_backward, "softmax.vpj")

    def test_a_claim_is_missing(self):
        with pytest.raises(ArgumentError, match="'in A', 'in B'"):
            ga.verify(lambda A, B, G: G @ B.T, "matmul.vjp")

    def test_a_claim_is_unknown(self):
        with pytest.raises(ArgumentError, match="no claim 'in C'"):
            ga.verify(lambda A, B, G: G @ B.T, "matmul.vjp", "in C")

    def test_parameters_that_do_not_fit(self):
        with pytest.raises(ArgumentError, match="take these by name, or in this order"):
            ga.verify(lambda x: x, "softmax.vjp")

    def test_a_batch_axis_that_is_none(self):
        with pytest.raises(ArgumentError, match="its batch axes: C, R"):
            ga.verify(softmax_backward, "softmax.vjp", batch_axes=("N",))

    def test_a_library_that_is_none(self):
        with pytest.raises(ArgumentError, match="choose among numpy, cupy, torch, jax"):
            ga.verify(softmax_backward, "softmax.vjp", library="tensorflow")

    def test_a_formula_about_no_operation(self):
        with pytest.raises(ArgumentError, match="choose another formula"):
            ga.verify(softmax_backward, "cauchy-schwarz")


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed")
def test_a_function_of_pytorch():
    import torch

    def backward(x, g):
        p = torch.softmax(x, -1)
        return p * (g - (g * p).sum(-1, keepdim=True))

    assert ga.verify(backward, "softmax.vjp", library="torch").right
    assert not failure(lambda x, g: -backward(x, g), "softmax.vjp", library="torch").right


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")
def test_a_function_of_jax():
    import jax

    def backward(x, g):
        return jax.vjp(jax.nn.softmax, x)[1](g)[0]

    options = {"library": "jax", "dtypes": ("float32",), "flushes_subnormals": True}
    assert ga.verify(backward, "softmax.vjp", **options).right
    assert not failure(lambda x, g: -backward(x, g), "softmax.vjp", **options).right


def test_the_fixture(pytester):
    """A test of somebody who has gradatlas installed: the right function passes, the wrong one fails with the report."""
    pytester.makepyfile(
        """
        import numpy as np

        def backward(x, g, sign):
            e = np.exp(x - np.max(x, initial=-np.inf))
            p = e / np.sum(e)
            return p * (g - sign * np.sum(g * p, dtype=x.dtype))

        def test_right(verify_formula):
            verify_formula(lambda x, g: backward(x, g, 1), "softmax.vjp", examples=20)

        def test_wrong(verify_formula):
            verify_formula(lambda x, g: backward(x, g, -1), "softmax.vjp", examples=20)
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*The smallest input found*"])


def test_a_function_that_changes_its_mind():
    turned = []

    def fickle(x, g):
        if x.size and not turned:
            turned.append(x)
            return softmax_backward(x, g) + 1
        return softmax_backward(x, g)

    with pytest.raises(VerificationError, match=r"softmax\.vjp: the function gives different results .*\n.*ulps off"):
        ga.verify(fickle, "softmax.vjp", examples=20)


def test_a_dtype_that_is_not_floating():
    with pytest.raises(ArgumentError, match="got the dtype 'int64': choose among float16"):
        ga.verify(softmax_backward, "softmax.vjp", dtypes=("int64",))
