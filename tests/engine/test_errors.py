"""Bad input: each a typed error that names the function, what it saw, and the mend."""

from collections.abc import Callable
from typing import Any

import array_api_strict
import numpy as np
import pytest

import gradatlas as ga
from gradatlas import errors, xp

X = np.ones((2, 3))
STRICT = array_api_strict.ones((2, 3))


def total(x: Any) -> Any:
    return xp.sum(x * x)


CASES: dict[str, tuple[type[errors.GradatlasError], Callable[[], Any], tuple[str, ...]]] = {
    "shapes that do not broadcast": (
        errors.ShapeError,
        lambda: xp.add(X, np.ones((3, 2))),
        ("add: ", "float64 (2, 3), float64 (3, 2)", "xp.reshape"),
    ),
    "shapes that do not broadcast, under a transform": (
        errors.ShapeError,
        lambda: ga.grad(lambda x: xp.sum(x * np.ones(4)))(X),
        ("multiply: ", "float64 (2, 3), float64 (4,)", "make the shapes fit"),
    ),
    "an axis out of range": (
        errors.AxisError,
        lambda: ga.grad(lambda x: xp.sum(xp.sum(x, axis=2)))(X),
        ("sum: ", "float64 (2, 3)", "axis=2", "from -2 to 1"),
    ),
    "an axis named twice": (errors.AxisError, lambda: xp.sum(X, axis=(0, -2)), ("sum: ", "(0, -2)", "each once")),
    "an axis of a number": (errors.AxisError, lambda: xp.flip(np.float64(1), axis=0), ("flip: ", "it has no axis")),
    "an integer array to differentiate in": (
        errors.DTypeError,
        lambda: ga.grad(total)(np.arange(3)),
        ("grad: ", "argument 0 is int64 (3,)", "xp.astype(x, xp.float64)"),
    ),
    "an integer leaf to differentiate in": (
        errors.DTypeError,
        lambda: ga.vjp(lambda t: total(t["x"]), {"x": X, "steps": np.arange(2)}),
        ("vjp: ", "argument 0['steps'] is int64 (2,)", "xp.astype"),
    ),
    "an integer array where reals are needed": (
        errors.DTypeError,
        lambda: xp.exp(np.arange(3)),
        ("exp: ", "int64 (3,)", "xp.astype(x, xp.float64)"),
    ),
    "an object array": (
        errors.DTypeError,
        lambda: ga.grad(total)(np.array([1.0, None], dtype=object)),
        ("grad: ", "object (2,)", "convert it"),
    ),
    "a masked array, which is no array here": (
        errors.DTypeError,
        lambda: ga.grad(total)(np.ma.ones(3)),
        ("grad: ", "argument 0 is MaskedArray", "pass arrays"),
    ),
    "an object array in an operation": (
        errors.DTypeError,
        lambda: xp.sin(np.array([1.0, None], dtype=object)),
        ("sin: ", "object (2,)", "convert it"),
    ),
    "a Python integer to differentiate in": (
        errors.DTypeError,
        lambda: ga.grad(lambda x: x * x)(3),
        ("grad: ", "argument 0 is int", "pass a float"),
    ),
    "a word to differentiate in": (
        errors.DTypeError,
        lambda: ga.jvp(lambda t: t[0], (["x"],), (["y"],)),
        ("jvp: ", "argument 0[0] is str", "pass arrays"),
    ),
    "a list where an array is needed": (errors.DTypeError, lambda: xp.sin([1.0]), ("sin: ", "list", "xp.asarray")),
    "arrays of two libraries": (
        errors.LibraryMismatchError,
        lambda: ga.grad(lambda x: xp.sum(x * X))(STRICT),
        ("multiply: ", "array_api_strict", "numpy", "one library"),
    ),
    "arrays on two devices": (
        errors.DeviceMismatchError,
        lambda: xp.add(STRICT, array_api_strict.ones((2, 3), device=array_api_strict.Device("device1"))),
        ("add: ", "CPU_DEVICE", "device1", "to_device"),
    ),
    "a gradient of no scalar": (
        errors.NotScalarError,
        lambda: ga.grad(xp.sin)(X),
        ("grad: ", "float64 (2, 3)", "xp.sum or xp.mean", "jacobian"),
    ),
    "a gradient of shape (1,)": (
        errors.NotScalarError,
        lambda: ga.value_and_grad(lambda x: xp.sum(x, axis=(0, 1), keepdims=True))(X),
        ("value_and_grad: ", "float64 (1, 1)"),
    ),
    "a gradient of a tree": (
        errors.NotScalarError,
        lambda: ga.grad(lambda x: {"loss": total(x)})(X),
        ("grad: ", "a tree of 1 arrays", "has_aux"),
    ),
    "a gradient of a complex number": (
        errors.NotScalarError,
        lambda: ga.grad(lambda x: xp.sum(x))(X + 1j),
        ("grad: ", "complex128 ()", "real part"),
    ),
    "an output that does not depend on the input": (
        errors.IndependentOutputError,
        lambda: ga.grad(lambda x: xp.sum(xp.asarray(np.ones(2))))(X),
        ("grad: ", "float64 ()", "argument 0", "allow_independent=True"),
    ),
    "an output cut off from the input": (
        errors.IndependentOutputError,
        lambda: ga.grad(lambda x: total(ga.stop_gradient(x)))(X),
        ("grad: ", "does not depend on argument 0"),
    ),
    "an output that depends through steps alone": (
        errors.IndependentOutputError,
        lambda: ga.grad(lambda x, y: xp.sum(xp.floor(x)), (0, 1))(X, X),
        ("grad: ", "argument 0, argument 1"),
    ),
    "an output of nothing": (errors.DTypeError, lambda: ga.vjp(lambda x: "word", X), ("vjp: ", "str", "has_aux")),
    "argnums outside the arguments": (
        errors.ArgumentError,
        lambda: ga.grad(total, 1)(X),
        ("grad: ", "argnums=1", "1 positional"),
    ),
    "argnums twice": (errors.ArgumentError, lambda: ga.grad(total, (0, -1))(X), ("grad: ", "twice")),
    "no pair with has_aux": (
        errors.ArgumentError,
        lambda: ga.grad(total, has_aux=True)(X),
        ("grad: ", "has_aux=True", "(output, aux)"),
    ),
    "primals that are no tuple": (errors.ArgumentError, lambda: ga.jvp(total, X, X), ("jvp: ", "(x,)")),
    "a tangent of another structure": (
        errors.ArgumentError,
        lambda: ga.jvp(total, (X,), (X, X)),
        ("jvp: ", "tangents have the structure (*, *)", "(*,)"),
    ),
    "a tangent of another shape": (
        errors.ShapeError,
        lambda: ga.jvp(total, (X,), (np.ones(3),)),
        ("jvp: ", "float64 (3,)", "(2, 3)"),
    ),
    "a tangent of another dtype": (
        errors.DTypeError,
        lambda: ga.jvp(total, (X,), (X.astype(np.float32),)),
        ("jvp: ", "float32 (2, 3)", "xp.astype"),
    ),
    "a tangent of another library": (
        errors.LibraryMismatchError,
        lambda: ga.jvp(total, (X,), (STRICT,)),
        ("jvp: ", "array_api_strict", "numpy"),
    ),
    "a tangent on another device": (
        errors.DeviceMismatchError,
        lambda: ga.jvp(total, (STRICT,), (STRICT.to_device(array_api_strict.Device("device2")),)),
        ("jvp: ", "device2", "CPU_DEVICE"),
    ),
    "a cotangent of another shape": (
        errors.ShapeError,
        lambda: ga.vjp(xp.sin, X)[1](np.ones(2)),
        ("vjp: ", "float64 (2,)", "(2, 3)"),
    ),
    "a cotangent of another structure": (
        errors.ArgumentError,
        lambda: ga.vjp(xp.sin, X)[1]((X, X)),
        ("vjp: ", "cotangents have the structure (*, *)"),
    ),
    "a complex cotangent of a real output": (
        errors.DTypeError,
        lambda: ga.vjp(total, X)[1](1j),
        ("vjp: ", "complex", "real part"),
    ),
    "a complex jacobian without holomorphic": (
        errors.DTypeError,
        lambda: ga.jacfwd(xp.exp)(X + 0j),
        ("jacfwd: ", "holomorphic=True"),
    ),
    "a mode check_grads does not know": (
        errors.ArgumentError,
        lambda: ga.check_grads(total, (X,), 1, modes="backward"),
        ("check_grads: ", "'backward'", '"fwd" and "rev"'),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_refused_with_the_mend(case: str) -> None:
    kind, call, words = CASES[case]
    with pytest.raises(errors.GradatlasError) as caught:
        call()
    assert type(caught.value) is kind
    for word in words:
        assert word in str(caught.value)
    assert str(caught.value) == f"{caught.value.function}: {caught.value.seen}: {caught.value.mend}"


CONVERSIONS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "float": (lambda x: float(x[0]), "float: .* cannot become a Python float: branch with xp.where"),
    "int": (lambda x: int(x[0]), "int: "),
    "complex": (lambda x: complex(x[0]), "complex: "),
    "bool": (lambda x: bool(x[0] > 0) and bool(x[0]), "bool: "),
    "if": (lambda x: 1 if x[0] else 2, "bool: .*branch with xp.where"),
    "range": (lambda x: range(x[0]), "index: "),
    "len": (lambda x: len(x), r"len: .*use x\.shape\[0\]"),
    "for": (lambda x: [y for y in x], r"iter: .*range\(x\.shape\[0\]\)"),  # noqa: C416
    "plain": (lambda x: x.plain, "Array.plain: .*stop_gradient"),
    "numpy.asarray": (np.asarray, "numpy.asarray: .*gradatlas.xp instead of numpy"),
    "numpy.array of a list": (lambda x: np.array([x, x]), "numpy.asarray: "),
    "numpy.concatenate": (lambda x: np.concatenate([x, x]), "numpy.concatenate: .*gradatlas.xp.concatenate"),
    "numpy.sum": (np.sum, "numpy.sum: .*gradatlas.xp.sum"),
    "numpy.asarray with dtype": (lambda x: np.asarray(x, dtype=np.float32), "numpy.asarray: "),
}


@pytest.mark.parametrize("transform", [ga.grad, lambda f: lambda x: ga.jvp(f, (x,), (x,))], ids=["grad", "jvp"])
@pytest.mark.parametrize("case", CONVERSIONS)
def test_a_traced_array_becomes_nothing_else_in_silence(case: str, transform: Any) -> None:
    convert, message = CONVERSIONS[case]

    def f(x: Any) -> Any:
        convert(x)
        return xp.sum(x)

    with pytest.raises(errors.TracerConversionError, match=message):
        transform(f)(np.ones(3))


def test_a_numpy_ufunc_refuses_a_traced_array() -> None:
    with pytest.raises(TypeError, match="does not support ufuncs"):
        ga.grad(lambda x: np.sum(np.sin(x)))(np.ones(3))


def test_allow_independent_gives_zeros(home: Any) -> None:
    x = home.normal(2)
    g = ga.grad(lambda x: xp.sum(home.normal(3)), allow_independent=True)(x)
    home.close(g, np.zeros(2))
    value, g = ga.value_and_grad(lambda x: 1.5, allow_independent=True)(x)
    assert float(home.host(value)) == 1.5
    home.close(g, np.zeros(2))


def test_an_error_within_the_function_is_its_own() -> None:
    class Own(Exception):
        pass

    def f(x: Any) -> Any:
        raise Own

    with pytest.raises(Own):
        ga.grad(f)(np.ones(2))
