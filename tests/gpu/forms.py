"""The elementwise forms that derivatives are made of, and points at which they are computed."""

from __future__ import annotations

import functools
import importlib
import inspect
import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from gradatlas.backend import products
from gradatlas.backend.fusion import Body, UnfusableError, fuse

CHAPTERS = ("_floating", "_activation_forms", "_angle_forms", "_special_forms")
STATIC = {"low": -1.5, "high": 2.0, "order": 2}  # keywords that have no default
DTYPES = ("float32", "float64")


PLAIN = {
    1: [
        "abs",
        "acos",
        "acosh",
        "asin",
        "asinh",
        "atan",
        "atanh",
        "ceil",
        "cos",
        "cosh",
        "exp",
        "expm1",
        "floor",
        "isfinite",
        "isinf",
        "isnan",
        "log",
        "log10",
        "log1p",
        "log2",
        "round",
        "sign",
        "sin",
        "sinh",
        "sqrt",
        "tan",
        "tanh",
        "trunc",
    ],
    2: ["atan2", "copysign", "hypot", "maximum", "minimum", "pow"],
}
"""Functions of the array API that are lines of C, by how many arguments they take."""


def function(name: str) -> Callable[..., Any]:
    """The form that is one function."""
    return lambda lib, *args: getattr(lib, name)(*args)


class Form(NamedTuple):
    """A form with the keywords it is run with."""

    name: str
    call: Callable[..., Any]
    count: int
    options: dict[str, Any]

    def body(self, dtype: str) -> Body:
        """What its kernel does."""
        return fuse(self.call, [dtype] * self.count, self.options)

    def points(self, dtype: str) -> list[np.ndarray]:
        """Its arguments: what is special, what is large and small, and a plain range; several arguments crosswise."""
        limits = np.finfo(dtype)
        tiny, most = float(limits.smallest_normal), float(limits.max)
        special = [0.0, tiny, 4 * tiny, most**0.25, most / 4, most, 0.5, 1.0, 2.0, float("inf")]
        plain = np.linspace(-30, 30, 241) if self.count == 1 else np.linspace(-5, 5, 21) + 0.01
        with np.errstate(all="ignore"):
            one = np.asarray([*special, *(-np.asarray(special)), float("nan"), *plain]).astype(dtype)
        return [
            np.asarray(column, dtype=dtype) for column in zip(*itertools.product(one, repeat=self.count), strict=True)
        ]


@functools.cache
def forms() -> tuple[Form, ...]:
    """Every public form of the chapters that takes arrays and gives one."""
    found = []
    for chapter in CHAPTERS:
        module = importlib.import_module(f"gradatlas.ops.{chapter}")
        for name in module.__all__:
            call = getattr(module, name)
            parameters = list(inspect.signature(call).parameters.values()) if inspect.isfunction(call) else []
            if not parameters or parameters[0].name != "lib" or call.__module__ != module.__name__:
                continue
            if name in (
                "arrays",
                "has_float64",
                "is_complex",
                "power_of_two",
                "two_product",
                "where",
            ):  # parts of forms
                continue
            count = sum(p.kind is p.POSITIONAL_OR_KEYWORD for p in parameters[1:])
            options = {
                p.name: STATIC[p.name] if p.default is p.empty or p.name in STATIC else p.default
                for p in parameters
                if p.kind is p.KEYWORD_ONLY
            }
            found.append(Form(f"{chapter.removesuffix('_forms').strip('_')}_{name}", call, count, options))
    found += [Form(f"array_api_{name}", function(name), count, {}) for count, names in PLAIN.items() for name in names]
    found.append(Form("product_or_zero", products._chosen, 2, {}))
    return tuple(found)


def fusable(dtype: str) -> list[tuple[Form, Body]]:
    """The forms that have a kernel, with its body."""
    found = []
    for form in forms():
        try:
            found.append((form, form.body(dtype)))
        except UnfusableError:
            continue
    return found
