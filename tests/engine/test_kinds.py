"""The kinds of records: from one stated fact both modes follow, adjoint to each other, saving what the rule names."""

from typing import Any

import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.engine.linear_maps import broadcast_to
from gradatlas.ops.kinds import Record, elementwise, gather, general, linear, locally_constant, multilinear

cube_prime = elementwise("cube_prime", lambda lib, x: 3 * x * x, derivatives=(lambda x: 6.0 * x,))
cube = elementwise("cube", lambda lib, x: x * x * x, derivatives=(cube_prime,))
ratio = elementwise("ratio", lambda lib, x, y: x / y, derivatives=(lambda y: 1.0 / y, lambda y, out: -out / y))
root_prime = elementwise(
    "root_prime",
    lambda lib, x, *, order: x ** (1 / order - 1) / order,
    derivatives=(lambda x, order: (1 / order - 1) / order * x ** (1 / order - 2),),
)
root = elementwise("root", lambda lib, x, *, order=2: x ** (1 / order), derivatives=(root_prime,))
steep = elementwise("steep", lambda lib, x: lib.sqrt(x), derivatives=(lambda out: 0.5 / out,))
total = linear(
    "total",
    lambda lib, x, *, axis: lib.sum(x, axis=axis),
    adjoint=lambda g, x, axis: broadcast_to(xp.expand_dims(g, axis=axis), x.shape),
)
pair = linear(
    "pair", lambda lib, *arrays: lib.stack(arrays), adjoint=lambda g, arrays: [g[k] for k in range(len(arrays))]
)
choose = linear(
    "choose",
    lambda lib, c, x, y: lib.where(c, x, y),
    adjoint=(None, lambda g, c: choose(c, g, 0.0), lambda g, c: choose(c, 0.0, g)),
    takes=("bool", "floating", "floating"),
)
shuffle = gather("shuffle", lambda lib, x, index, *, axis=0: lib.take(x, index, axis=axis), takes=("any", "integer"))
frame = gather("frame", lambda lib, x: lib.concat((lib.zeros_like(x[:1]), x, lib.zeros_like(x[:1]))), takes="any")
contract = multilinear(
    "contract",
    "(n),(n)->()",
    lambda lib, x, y: lib.sum(x * y, axis=-1),
    slots=(lambda g, y: xp.expand_dims(g, axis=-1) * y, lambda g, x: xp.expand_dims(g, axis=-1) * x),
)
step = locally_constant("step", lambda lib, x: lib.floor(x), jumps="integers")
square_sum = general(
    "square_sum",
    lambda lib, x, y: lib.sum(x * x) * y,
    vjp=lambda g, x, y: (2.0 * g * y * x, g * contract(x, x)),
    jvp=(lambda t, x, y: 2.0 * contract(x, t) * y, lambda t, x: contract(x, x) * t),
)

INDEX = np.array([2, 0, 0, 1])
CASES: dict[str, tuple[Any, tuple[tuple[int, ...], ...]]] = {
    "elementwise": (cube, ((3,),)),
    "elementwise with broadcasting": (lambda x, y: ratio(x, 2.0 + y * y), ((3, 1), (2,))),
    "elementwise with a keyword": (lambda x: root(1.0 + x * x, order=3), ((3,),)),
    "elementwise of a number": (lambda x: ratio(x, 2.0) + ratio(2.0, 3.0 + x * x), ((3,),)),
    "linear": (lambda x: total(x, axis=1), ((2, 3),)),
    "linear in many": (pair, ((3,), (3,), (3,))),
    "linear, with a condition": (lambda x, y: choose(np.array([True, False, True]), x, y), ((3,), (3,))),
    "linear, with a number": (lambda x: choose(np.array([True, False, True]), x, 1.0), ((3,),)),
    "gather": (lambda x: shuffle(x, INDEX), ((3, 2),)),
    "gather from nowhere": (frame, ((3,),)),
    "multilinear": (contract, ((2, 3), (3,))),
    "general": (square_sum, ((3,), ())),
}


@pytest.mark.parametrize("case", CASES)
def test_both_modes_follow_from_the_one_fact(case: str) -> None:
    f, shapes = CASES[case]
    rng = np.random.default_rng(1)
    args = tuple(rng.standard_normal(shape) for shape in shapes)
    ga.check_grads(f, args, order=2)
    for one in range(len(args)):
        held = lambda x, one=one: f(*args[:one], x, *args[one + 1 :])  # noqa: E731
        ga.check_grads(held, (args[one],), order=2)


def test_the_scatter_add_of_a_gather_follows_from_its_forward(home: Any) -> None:
    x, g = home.normal(3, 2), home.normal(4, 2, seed=1)
    index = home.lib.asarray(INDEX, device=home.device)
    (found,) = ga.vjp(lambda x: shuffle(x, index), x)[1](g)
    expected = np.zeros((3, 2))
    np.add.at(expected, INDEX, home.host(g))
    home.close(found, expected)
    second = ga.grad(lambda g: xp.sum(ga.vjp(lambda x: shuffle(x, index), x)[1](g)[0] ** 2))(g)
    home.close(second, 2 * expected[INDEX])


def test_the_index_map_counts_from_one_and_gives_zero_for_nowhere() -> None:
    from gradatlas.engine.space import Space

    assert frame.index_map(np, Space.of(np.ones(3))).tolist() == [0, 1, 2, 3, 0]  # type: ignore[attr-defined]


def test_a_condition_keeps_out_what_the_other_branch_does() -> None:
    x = np.array([4.0, 0.0])
    f = lambda x: xp.sum(choose(x > 0, steep(x), 0.0))  # noqa: E731
    with np.errstate(divide="ignore"):
        np.testing.assert_array_equal(ga.grad(f)(x), [0.25, 0.0])
        np.testing.assert_array_equal(ga.jvp(steep, (x,), (np.array([1.0, 0.0]),))[1], [0.25, 0.0])


def test_a_locally_constant_record_has_no_derivative() -> None:
    np.testing.assert_array_equal(ga.grad(lambda x: xp.sum(x * step(x)))(np.array([1.5, 2.5])), [1.0, 2.0])
    assert step.kinks == {"integers": "0: it jumps, and has no derivative there"}
    assert not ga.jvp(step, (np.array([1.5]),), (np.array([1.0]),))[1].any()


def test_a_multilinear_record_conjugates_what_it_holds() -> None:
    x, y = np.array([1.0 + 2.0j, 3.0j]), np.array([2.0 - 1.0j, 1.0 + 1.0j])
    (gx, gy) = ga.vjp(contract, x, y)[1](1.0 + 1.0j)
    np.testing.assert_allclose(gx, (1 + 1j) * y.conj())
    np.testing.assert_allclose(gy, (1 + 1j) * x.conj())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: elementwise("f", lambda lib, x: x, derivatives=(lambda z: z,)),
            "f: a rule names 'z': it may name x, out",
        ),
        (lambda: linear("f", lambda lib, x, *, axis: x, adjoint=lambda x: x), "f: a rule's first parameter must be g"),
        (
            lambda: linear("f", lambda lib, x, *rest: x, adjoint=lambda g: g),
            "f: a forward of \\*arrays has these alone",
        ),
        (lambda: elementwise("f", lambda lib, out: out, derivatives=(1.0,)), "f: no argument may be called out"),
        (lambda: cube(1.0, 2.0), r"cube: takes 1 positional arguments \(x\) and was given 2"),
        (lambda: root(1.0, power=2), r"root: has no keyword power: choose of order"),
    ],
)
def test_a_record_that_does_not_fit_is_refused_when_it_is_made(make: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        make()


def test_a_rule_that_gives_another_shape_is_refused() -> None:
    bad = linear("bad", lambda lib, x: lib.sum(x, axis=0), adjoint=lambda g: pair(g, g, g))
    with pytest.raises(ga.errors.ShapeError, match=r"bad: the rule gave a cotangent of shape \(3, 2\) .* \(2, 2\)"):
        ga.vjp(bad, np.ones((2, 2)))[1](np.ones(2))
    worse = general("worse", lambda lib, x: lib.sum(x), vjp=lambda g, x: g, jvp=lambda t: t)
    with pytest.raises(ga.errors.ShapeError, match=r"worse: the rule gave a tangent of shape \(3,\)"):
        ga.jvp(worse, (np.ones(3),), (np.ones(3),))


def test_two_kinds_of_number_are_not_mixed() -> None:
    mixed = elementwise("mixed", lambda lib, x, y: x * y, derivatives=(lambda y: y, lambda x: x), takes="numeric")
    with pytest.raises(ga.errors.DTypeError, match=r"mixed: got float64 \(2,\), int64 \(2,\), and libraries differ"):
        mixed(np.ones(2), np.arange(2))
    assert ratio(np.ones(2), np.ones(2) * 1j).dtype == np.complex128


def test_a_record_says_what_it_is() -> None:
    assert repr(cube) == "<elementwise cube>"
    assert isinstance(cube, Record)
    assert (cube.argument_names, root.defaults, pair.variadic) == (("x",), {"order": 2}, "arrays")
