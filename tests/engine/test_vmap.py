"""vmap: JAX's semantics of axes and trees, maps within maps, and every derivative within and without."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.errors import ArgumentError, AxisError, DTypeError, MutationError, ShapeError, TracerConversionError

RNG = np.random.default_rng(5)
X = RNG.normal(size=(3, 4))
W = RNG.normal(size=(4, 4))


def loss(x: Any) -> Any:
    return xp.sum(xp.tanh(W @ x) ** 2)


def vector(x: Any) -> Any:
    return xp.tanh(W @ x) * x[0]


def loop(f: Any, *arrays: Any) -> Any:
    return np.stack([np.asarray(f(*row)) for row in zip(*arrays, strict=True)])


class TestAxes:
    def test_the_first_axis_unless_told(self, home: Any) -> None:
        x, w = home.normal(3, 4), home.normal(4, 2, seed=1)
        home.close(ga.vmap(lambda x: x @ w)(x), home.host(x) @ home.host(w))

    @pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, -3])
    def test_any_axis_in_and_out(self, axis: int) -> None:
        x = RNG.normal(size=(2, 3, 5))
        wanted = np.moveaxis(np.cumsum(np.ones_like(x), axis=0) * 0 + np.sin(x), axis, 0)
        got = ga.vmap(xp.sin, in_axes=axis)(x)
        np.testing.assert_array_equal(got, wanted)
        np.testing.assert_array_equal(ga.vmap(xp.sin, in_axes=axis, out_axes=axis)(x), np.sin(x))

    def test_arguments_that_are_not_mapped(self) -> None:
        got = ga.vmap(lambda x, w: w @ x, in_axes=(0, None))(X, W)
        np.testing.assert_allclose(got, X @ W.T, rtol=1e-13)

    def test_keywords_are_mapped_over_their_first_axis(self) -> None:
        got = ga.vmap(lambda x, *, scale: x * scale)(X, scale=np.arange(3.0))
        np.testing.assert_array_equal(got, X * np.arange(3.0)[:, None])

    def test_anything_may_pass_that_is_not_mapped(self) -> None:
        got = ga.vmap(lambda x, name, k: x * k if name == "times" else x, in_axes=(0, None, None))(X, "times", 3)
        np.testing.assert_array_equal(got, X * 3)

    def test_size_without_a_mapped_argument(self) -> None:
        got = ga.vmap(lambda x: x + 1.0, in_axes=None, axis_size=5)(X)
        np.testing.assert_array_equal(got, np.broadcast_to(X + 1, (5, 3, 4)))

    def test_an_output_that_does_not_depend_on_the_example(self) -> None:
        same, other = ga.vmap(lambda x: (W, x), out_axes=(None, 1))(X)
        np.testing.assert_array_equal(same, W)
        np.testing.assert_array_equal(other, X.T)
        repeated = ga.vmap(lambda x: W, out_axes=-1)(X)
        np.testing.assert_array_equal(repeated, np.broadcast_to(W[..., None], (4, 4, 3)))

    def test_a_number_is_repeated(self) -> None:
        np.testing.assert_array_equal(ga.vmap(lambda x: 2.0)(X), np.full(3, 2.0))

    @pytest.mark.parametrize("count", [0, 1])
    def test_batches_of_none_and_of_one(self, count: int) -> None:
        got = ga.vmap(ga.grad(loss))(X[:count])
        assert got.shape == (count, 4)
        np.testing.assert_allclose(got, np.array([ga.grad(loss)(x) for x in X[:count]]).reshape(count, 4))


class TestTrees:
    class Pair(NamedTuple):
        a: Any
        b: Any

    @dataclass
    class Layer:
        w: Any
        b: Any
        name: str = field(default="", metadata={"static": True})

    def test_in_axes_reach_as_far_down_as_they_are_written(self) -> None:
        tree = {"w": W, "rest": [X, (X + 1,)]}
        f = ga.vmap(lambda t, k: t["w"] @ t["rest"][0] + t["rest"][1][0] * k, in_axes=({"w": None, "rest": 0}, None))
        np.testing.assert_allclose(f(tree, 2.0), X @ W.T + (X + 1) * 2, rtol=1e-13)
        one = ga.vmap(lambda t: t["rest"][0], in_axes=({"w": None, "rest": [0, (None,)]},))
        np.testing.assert_array_equal(one(tree), X)

    def test_tuples_named_tuples_and_dataclasses(self) -> None:
        pair, layer = self.Pair(X, X.T), self.Layer(W, X, "first")
        got = ga.vmap(lambda p: self.Pair(p.b, p.a), in_axes=(self.Pair(0, 1),), out_axes=self.Pair(1, 0))(pair)
        assert type(got) is self.Pair
        np.testing.assert_array_equal(got.a, X.T)
        made = ga.vmap(lambda lay: lay, in_axes=(self.Layer(None, 0, "first"),))(layer)
        assert made.name == "first"
        assert made.w.shape == (3, 4, 4)

    def test_none_is_no_leaf(self) -> None:
        got = ga.vmap(lambda t: {"x": t["x"], "y": None})({"x": X, "y": None})
        assert got["y"] is None

    def test_arrays_in_arrays_out(self) -> None:
        assert type(ga.vmap(loss)(X)) is np.ndarray
        assert type(ga.vmap(loss)(ga.Array(X))) is ga.Array


class TestNesting:
    def test_maps_within_maps(self) -> None:
        outer = ga.vmap(ga.vmap(lambda a, b: a * b, (None, 0)), (0, None))(X[0], X[1])
        np.testing.assert_array_equal(outer, np.outer(X[0], X[1]))
        kernel = ga.vmap(ga.vmap(lambda a, b: xp.sum((a - b) ** 2), (0, None)), (None, 0), out_axes=1)(X, W)
        np.testing.assert_allclose(kernel, ((X[:, None] - W) ** 2).sum(-1), rtol=1e-13)

    def test_within_a_map_arrays_are_one_example(self) -> None:
        seen = []

        def f(x: Any) -> Any:
            seen.append((x.shape, x.ndim, x.size))
            return ga.vmap(lambda y: seen.append((y.shape, y.ndim, y.size)) or y)(x)

        ga.vmap(f)(np.zeros((2, 3, 4)))
        assert seen == [((3, 4), 2, 12), ((4,), 1, 4)]

    def test_numpy_may_ask_for_shapes(self) -> None:
        seen = []
        ga.vmap(ga.grad(lambda x: seen.append((np.shape(x), np.ndim(x), np.size(x))) or xp.sum(x)))(X)
        assert seen == [((4,), 1, 4)]

    def test_saved_arrays_are_watched_in_whole(self) -> None:
        """The last example is looked at as the first is."""
        x = X.copy()
        with ga.debug_mutation():
            _, pull = ga.vjp(lambda x: ga.vmap(lambda row: xp.sum(row * row))(x), x)
        x[2, 3] += 1.0
        with pytest.raises(MutationError):
            pull(np.ones(3))

    def test_closing_over_an_outer_example(self) -> None:
        got = ga.vmap(lambda x: ga.vmap(lambda y: x @ y)(W))(X)
        np.testing.assert_allclose(got, X @ W.T, rtol=1e-13)

    def test_closing_over_what_is_differentiated(self) -> None:
        gradient = ga.grad(lambda w: xp.sum(ga.vmap(lambda x: xp.tanh(w @ x))(X) ** 2))(W)
        wanted = ga.grad(lambda w: xp.sum(xp.tanh(X @ w.mT) ** 2))(W)
        np.testing.assert_allclose(gradient, wanted, rtol=1e-12)

    def test_stopped_gradients_stay_batched(self) -> None:
        got = ga.vmap(ga.grad(lambda x: xp.sum(ga.stop_gradient(x) * x)))(X)
        np.testing.assert_array_equal(got, X)
        outside = ga.grad(lambda x: xp.sum(ga.vmap(lambda y: ga.stop_gradient(y) * y)(x)))(X)
        np.testing.assert_array_equal(outside, X)

    def test_a_pullback_may_be_mapped(self) -> None:
        _, pull = ga.vjp(vector, X[0])
        np.testing.assert_allclose(ga.vmap(lambda g: pull(g)[0])(np.eye(4)), ga.jacrev(vector)(X[0]), rtol=1e-13)


def along(f: Any) -> Any:
    """The tangent of f along 1, ..., 1."""
    return lambda x: ga.jvp(f, (x,), (xp.ones_like(x),))[1]


DERIVED = {
    "grad": lambda f: ga.grad(f),
    "jvp": along,
    "jvp of grad": lambda f: along(ga.grad(f)),
    "grad of jvp": lambda f: ga.grad(along(f)),
    "grad of grad": lambda f: ga.grad(lambda x: xp.sum(ga.grad(f)(x) ** 2)),
    "hessian": lambda f: ga.hessian(f),
    "value and grad": lambda f: lambda x: ga.value_and_grad(f)(x)[1],
    "hvp": lambda f: lambda x: ga.hvp(f, (x,), (x,)),
    "checkpoint": lambda f: ga.grad(ga.checkpoint(f)),
    "jacfwd of grad of checkpoint": lambda f: ga.jacfwd(ga.grad(ga.checkpoint(f))),
    "linearize": lambda f: lambda x: ga.linearize(ga.grad(f), x)[1](x),
    "third order": lambda f: ga.jacfwd(ga.jacrev(ga.jacfwd(f))),
}


@pytest.mark.parametrize("name", DERIVED)
class TestDerivatives:
    def test_map_of_a_derivative(self, name: str) -> None:
        f = DERIVED[name](loss)
        np.testing.assert_allclose(ga.vmap(f)(X), loop(f, X), rtol=1e-11, atol=1e-12)

    def test_map_of_a_map_of_a_derivative(self, name: str) -> None:
        f = DERIVED[name](loss)
        stack = np.stack([X, -X])
        wanted = np.stack([loop(f, X), loop(f, -X)])
        np.testing.assert_allclose(ga.vmap(ga.vmap(f))(stack), wanted, rtol=1e-11, atol=1e-12)

    def test_derivative_of_a_map(self, name: str) -> None:
        """Of the sum over the examples: it falls apart into the examples' own."""
        f = DERIVED[name]
        mapped = f(lambda x: xp.sum(ga.vmap(loss)(x)))(X)
        plain = f(lambda x: loss(x[0, :]) + loss(x[1, :]) + loss(x[2, :]))(X)
        np.testing.assert_allclose(mapped, plain, rtol=1e-11, atol=1e-12)

    def test_derivative_of_a_map_of_a_derivative(self, name: str) -> None:
        def of_all(x: Any) -> Any:
            return xp.sum(xp.sin(ga.vmap(DERIVED[name](loss))(x)))

        def one_by_one(x: Any) -> Any:
            return sum(xp.sum(xp.sin(DERIVED[name](loss)(x[k, :]))) for k in range(3))

        np.testing.assert_allclose(ga.grad(of_all)(X), ga.grad(one_by_one)(X), rtol=1e-10, atol=1e-11)
        t = np.ones_like(X)
        got, wanted = ga.jvp(of_all, (X,), (t,))[1], ga.jvp(one_by_one, (X,), (t,))[1]
        np.testing.assert_allclose(got, wanted, rtol=1e-10, atol=1e-11)


class TestCustomRules:
    """The rules of custom functions are followed for all examples at once."""

    @staticmethod
    def reverse(calls: list[str]) -> Any:
        @ga.custom_vjp
        def f(x: Any, y: Any) -> Any:
            return xp.sin(x) * y, {"x": x}

        def fwd(x: Any, y: Any) -> Any:
            return f(x, y), (x, {"y": y, "note": "kept"})

        def bwd(saved: Any, g: Any) -> Any:
            calls.append("bwd")
            x, rest = saved
            assert rest["note"] == "kept"
            return 3.0 * g[0] * xp.cos(x) * rest["y"] + g[1]["x"], xp.sum(2.0 * g[0] * xp.sin(x))

        f.defvjp(fwd, bwd)
        return f

    @staticmethod
    def both() -> Any:
        @ga.custom_jvp
        def f(x: Any, y: Any) -> Any:
            return xp.sin(x) * y, {"x": x}

        @f.defjvp
        def rule(primals: Any, tangents: Any) -> Any:
            (x, y), (dx, dy) = primals, tangents
            return f(x, y), (3.0 * xp.cos(x) * y * dx + 2.0 * xp.sin(x) * dy, {"x": dx})

        return f

    @pytest.mark.parametrize("kind", ["reverse", "both"])
    @pytest.mark.parametrize("axes", [(0, 0), (0, None), (None, 0)])
    def test_values_and_gradients(self, kind: str, axes: Any) -> None:
        calls: list[str] = []
        f = self.reverse(calls) if kind == "reverse" else self.both()
        x, y = X, np.asarray([2.0, 3.0, 5.0])
        given = (x if axes[0] == 0 else x[0], y if axes[1] == 0 else y[0])
        rows = [(x[k if axes[0] == 0 else 0], y[k if axes[1] == 0 else 0]) for k in range(3)]

        def total(x: Any, y: Any) -> Any:
            out, rest = f(x, y)
            return xp.sum(out * out) + xp.sum(rest["x"])

        np.testing.assert_allclose(ga.vmap(total, axes)(*given), [total(*row) for row in rows])
        gradient = ga.grad(total, (0, 1))
        got = ga.vmap(gradient, axes)(*given)
        wanted = [gradient(*row) for row in rows]
        for k in (0, 1):
            np.testing.assert_allclose(got[k], np.stack([each[k] for each in wanted]), rtol=1e-12)
        before = len(calls)
        outside = ga.grad(lambda x, y: xp.sum(ga.vmap(total, axes)(x, y)), (0, 1))(*given)
        assert len(calls) - before == (1 if kind == "reverse" else 0)
        for k in (0, 1):
            stacked = np.stack([each[k] for each in wanted])
            np.testing.assert_allclose(outside[k], stacked if axes[k] == 0 else stacked.sum(0), rtol=1e-12)
        twice = ga.vmap(ga.grad(lambda x, y: xp.sum(ga.grad(total)(x, y) ** 2)), axes)(*given)
        np.testing.assert_allclose(
            twice, np.stack([ga.grad(lambda x, y: xp.sum(ga.grad(total)(x, y) ** 2))(*row) for row in rows]), rtol=1e-11
        )

    def test_forward_mode(self) -> None:
        f = self.both()
        y = np.asarray(2.0)
        got = ga.vmap(lambda x: ga.jvp(lambda x: f(x, y)[0], (x,), (x,))[1])(X)
        np.testing.assert_allclose(got, 3.0 * np.cos(X) * 2.0 * X, rtol=1e-12)
        got = ga.jvp(ga.vmap(lambda x: f(x, y)[0]), (X,), (X,))[1]
        np.testing.assert_allclose(got, 3.0 * np.cos(X) * 2.0 * X, rtol=1e-12)

    def test_the_jacobian_of_a_custom_function(self) -> None:
        f = self.reverse([])
        jac = ga.jacrev(lambda x: f(x, np.asarray(2.0))[0])(X[0])
        np.testing.assert_allclose(jac, np.diag(3.0 * np.cos(X[0]) * 2.0), rtol=1e-12)

    def test_maps_within_maps(self) -> None:
        f = self.both()
        got = ga.vmap(ga.vmap(lambda x: ga.grad(lambda x: f(x, 2.0)[0])(x)))(X)
        np.testing.assert_allclose(got, 6.0 * np.cos(X), rtol=1e-12)

    def test_batched_arguments_that_are_not_differentiated(self) -> None:
        @ga.custom_vjp
        def plain(k: Any, x: Any) -> Any:
            return k * x

        held = ga.custom_vjp(plain.f, nondiff_argnums=(0,))
        held.defvjp(lambda k, x: (k * x, None), lambda k, saved, g: (10.0 * k * g,))
        got = ga.vmap(ga.grad(lambda x, k: held(k, x)))(np.ones(3), np.arange(3.0))
        np.testing.assert_array_equal(got, 10.0 * np.arange(3.0))


class TestErrors:
    def test_lengths_that_differ_are_named(self) -> None:
        with pytest.raises(ShapeError, match=r"axis 0 of argument 0\['a'\] has 3, axis 1 of argument 1 has 4"):
            ga.vmap(lambda t, y: y, in_axes=(0, 1))({"a": X}, W)
        with pytest.raises(ShapeError, match=r"axis 0 of argument 0 has 3, axis 0 of argument k has 4"):
            ga.vmap(lambda x, k: x)(X, k=W)
        with pytest.raises(ShapeError, match="axis_size is 7"):
            ga.vmap(lambda x: x, axis_size=7)(X)

    def test_axes_that_are_not_there(self) -> None:
        with pytest.raises(AxisError, match=r"argument 0 is float64 \(3, 4\), which has no axis 2"):
            ga.vmap(lambda x: x, in_axes=2)(X)
        with pytest.raises(AxisError, match=r"argument 0 is float64 \(\)"):
            ga.vmap(lambda x: x)(np.float64(1.0))
        with pytest.raises(AxisError, match="axis 3 of an output with 2 axes"):
            ga.vmap(lambda x: x, out_axes=3)(X)

    def test_axes_that_fit_no_tree(self) -> None:
        with pytest.raises(ArgumentError, match=r"in_axes=\(0,\) has 1 entries, and 2"):
            ga.vmap(lambda x, y: x, in_axes=(0,))(X, X)
        with pytest.raises(ArgumentError, match="in_axes has"):
            ga.vmap(lambda x: x, in_axes=({"a": 0},))((X, X))
        with pytest.raises(ArgumentError, match="out_axes has"):
            ga.vmap(lambda x: x, out_axes={"a": 0})(X)
        with pytest.raises(ArgumentError, match="out_axes is None"):
            ga.vmap(lambda x: x, out_axes=None)(X)

    def test_what_cannot_be_mapped(self) -> None:
        with pytest.raises(ArgumentError, match="argument 0 is float"):
            ga.vmap(lambda x: x)(1.0)
        with pytest.raises(ArgumentError, match="no argument is mapped"):
            ga.vmap(lambda x: x, in_axes=None)(X)
        with pytest.raises(DTypeError, match="returned str"):
            ga.vmap(lambda x: "text")(X)

    def test_branches_on_values_say_what_to_do(self) -> None:
        with pytest.raises(TracerConversionError, match=r"xp\.where or gradatlas\.cond"):
            ga.vmap(lambda x: x if x > 0 else -x)(X[0])
        with pytest.raises(TracerConversionError, match=r"xp\.where or gradatlas\.cond"):
            ga.vmap(ga.grad(lambda x: x if x > 0 else -x))(X[0])
        with pytest.raises(TracerConversionError, match=r"xp\.take"):
            ga.vmap(lambda i: [1, 2, 3][i])(np.arange(3))
        with pytest.raises(TracerConversionError, match=r"gradatlas\.xp instead of numpy"):
            ga.vmap(lambda x: np.asarray(x))(X)

    def test_shapes_that_depend_on_values_are_refused(self) -> None:
        with pytest.raises(TracerConversionError, match=r"choose with xp\.where, which keeps it"):
            ga.vmap(lambda x: x[x > 0])(X)
        with pytest.raises(ShapeError, match=r"xp\.where"):
            ga.vmap(lambda x: xp.nonzero(x)[0])(np.asarray([[0.0, 1.0], [1.0, 1.0]]))

    def test_an_example_kept_beyond_its_map(self) -> None:
        kept = []
        ga.vmap(lambda x: kept.append(x) or x)(X)
        with pytest.raises(TracerConversionError, match="vmap that has ended"):
            kept[0] + 1.0


class TestIndices:
    """Indices that differ from example to example."""

    def test_take(self) -> None:
        i = np.asarray([[0, 2], [1, 1], [3, 0]])
        got = ga.vmap(lambda x, i: xp.take(x, i, axis=0))(X, i)
        np.testing.assert_array_equal(got, np.take_along_axis(X, i, axis=1))
        shared = ga.vmap(lambda i: xp.take(W, i, axis=1))(i)
        np.testing.assert_array_equal(shared, np.stack([W[:, row] for row in i]))

    def test_gradients_of_take(self) -> None:
        i = np.asarray([[0, 2], [1, 1], [3, 0]])
        gradient = ga.grad(lambda x, i: xp.sum(xp.take(x, i, axis=0) ** 2))
        np.testing.assert_array_equal(ga.vmap(gradient)(X, i), loop(gradient, X, i))
        whole = ga.grad(lambda x: xp.sum(ga.vmap(lambda i: xp.take(x, i, axis=0) ** 2)(i)))(X[0])
        np.testing.assert_allclose(whole, np.bincount(i.ravel(), minlength=4) * 2 * X[0], rtol=1e-13)

    def test_square_brackets(self) -> None:
        i = np.asarray([2, 0, 3])
        np.testing.assert_array_equal(ga.vmap(lambda x, i: x[i])(X, i), X[np.arange(3), i])
        np.testing.assert_array_equal(ga.vmap(lambda i: xp.asarray(W)[:, i])(i), W[:, i].T)
        gradient = ga.vmap(ga.grad(lambda x, i: x[i] ** 2))(X, i)
        np.testing.assert_array_equal(gradient, np.where(np.arange(4) == i[:, None], 2 * X, 0.0))
        with pytest.raises(TracerConversionError, match=r"xp\.take_along_axis"):
            ga.vmap(lambda i: xp.asarray(W)[i, i])(i)


def test_an_output_that_all_examples_share_can_be_written_to() -> None:
    found = ga.vmap(lambda x: np.ones(2))(np.zeros((3, 2)))
    found[0] += 1.0
    np.testing.assert_array_equal(found, [[2.0, 2.0], [1.0, 1.0], [1.0, 1.0]])


@pytest.mark.parametrize(
    "f",
    [
        lambda x: xp.count_nonzero(x),
        lambda x: xp.argsort(x),
        lambda x: xp.searchsorted(x, x),
        lambda x: xp.asarray(x).at[np.asarray([0, 0])].multiply(2.0),
    ],
)
def test_a_batch_of_none_has_the_shape_of_one_example(f: Any) -> None:
    some, none = ga.vmap(f)(X), ga.vmap(f)(X[:0])
    assert none.shape == (0, *some.shape[1:])
    assert none.dtype == some.dtype
