"""The README's program runs as printed, and its commands exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

README = (Path(__file__).parents[1] / "README.md").read_text()


def test_the_program_of_the_readme_computes_what_it_says() -> None:
    (program,) = re.findall(r"```python\n(.*?)```", README, re.S)
    names: dict[str, Any] = {}
    exec(compile(program, "README.md", "exec"), names)
    params, x, y = names["params"], names["x"], names["y"]
    hidden = np.tanh(x @ params["W"] + params["b"])
    error = hidden @ params["v"] - y
    assert np.allclose(names["value"], np.mean(error**2))
    assert type(names["gradient"]["W"]) is np.ndarray
    inner = 2 * error[:, None] * params["v"] * (1 - hidden**2) / len(x)
    assert np.allclose(names["gradient"]["W"], x.T @ inner)
    assert np.allclose(names["curvature"], 2 * hidden.T @ hidden @ np.ones(4) / len(x))


def test_the_pictures_of_the_readme_are_there() -> None:
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert len(pictures) == 4
    assert all((Path(__file__).parents[1] / picture).is_file() for picture in pictures)
