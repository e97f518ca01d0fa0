"""Real data that come with scikit-learn, brought into the shapes that the programs take.

Its digits are 1,797 handwritten digits of 8 x 8 pixels with 17 grey levels (Alpaydin and Kaynak 1998); its diabetes set is 442
people with ten measurements each and how far the disease had gone a year later (Efron et al. 2004).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradatlas.errors import MissingProgramError
from gradatlas.nn.keys import child, generator
from gradatlas.programs.program import Data

__all__ = ["DIGITS", "HELD_OUT", "diabetes", "digits", "parted"]

DIGITS = tuple("0123456789")
HELD_OUT = 0.2
"""The share of the samples that is held out."""

_ABOUT_DIGITS = "scikit-learn's 1,797 handwritten digits of 8 x 8 pixels"
_ABOUT_DIABETES = "scikit-learn's diabetes set, 442 people"


def parted(x: Any, y: Any, seed: int, about: str, held_out: float = HELD_OUT, **more: Any) -> Data:
    """x and y in a random order that the seed decides, the last held_out of them held out.

    x, y: NumPy arrays with the samples along the first axis. more: classes and details of the Data.
    """
    order = generator(child(seed, 2)).permutation(len(x))
    cut = len(x) - round(len(x) * held_out)
    fit, test = order[:cut], order[cut:]
    return Data(x[fit], y[fit], x[test], y[test], f"{about}; {len(fit):,} for training, {len(test):,} held out", **more)


def digits(form: str, seed: int) -> Data:
    """The handwritten digits, ink from 0 to 1, as float32, with int64 labels.

    form: "28x28x1", enlarged three times with a border of two; "784", the same as vectors; "32x32x3", enlarged four times, paper
    and ink each in a colour drawn for the picture; "8x8", as they are: eight rows, time steps of eight numbers.
    Raises MissingProgramError where scikit-learn is not installed.
    """
    ink, labels = _digits()
    about = _ABOUT_DIGITS
    if form in ("28x28x1", "784"):
        x = np.pad(_enlarged(ink, 3), ((0, 0), (2, 2), (2, 2)))[..., None]
        about += ", enlarged three times, with a border of two to 28 x 28"
        if form == "784":
            x = x.reshape(len(x), 784)
            about += ", as vectors of 784"
    elif form == "32x32x3":
        x = _tinted(_enlarged(ink, 4), seed)
        about += ", enlarged four times to 32 x 32, paper and ink tinted at random: they stand in for CIFAR-10, and are easier"
    elif form == "8x8":
        x = ink
        about += ", read row by row: eight time steps of eight numbers"
    else:
        raise ValueError(f"digits: no form {form!r}")
    return parted(np.ascontiguousarray(x, dtype=np.float32), labels, seed, about, classes=DIGITS)


def diabetes(form: str, seed: int) -> Data:
    """The diabetes set as float32, each column with mean 0 and variance 1 over the samples for training.

    form: "above median", ten columns, the target (n, 1) is 1 where the disease went further than the training samples' median,
    else 0; "one column", the body mass index (n, 1), the target (n, 1) is how far it went, with mean 0 and variance 1.
    Raises MissingProgramError where scikit-learn is not installed.
    """
    columns, target = _diabetes()
    about = _ABOUT_DIABETES
    if form == "above median":
        found = parted(
            columns,
            target,
            seed,
            f"{about}, ten measurements each, told apart by whether the disease went further than the median",
        )
        y, y_test = ((y > np.median(found.y))[:, None] for y in (found.y, found.y_test))
    elif form == "one column":
        found = parted(columns[:, 2:3], target, seed, f"{about}; the course of the disease from the body mass index")
        centre, spread = found.y.mean(), found.y.std()
        y, y_test = (((y - centre) / spread)[:, None] for y in (found.y, found.y_test))
    else:
        raise ValueError(f"diabetes: no form {form!r}")
    centre, spread = found.x.mean(axis=0), found.x.std(axis=0)
    x, x_test = ((x - centre) / spread for x in (found.x, found.x_test))
    return Data(
        x.astype(np.float32), y.astype(np.float32), x_test.astype(np.float32), y_test.astype(np.float32), found.about
    )


def _enlarged(x: np.ndarray[Any, Any], times: int) -> np.ndarray[Any, Any]:
    """Pictures (n, a, b) with each pixel a square of times x times."""
    return x.repeat(times, axis=1).repeat(times, axis=2)


def _tinted(ink: np.ndarray[Any, Any], seed: int) -> np.ndarray[Any, Any]:
    """Ink (n, a, b) in colour on coloured paper (n, a, b, 3): dark paper and bright ink, or the other way round."""
    draw = generator(child(seed, 3))
    dark = draw.uniform(0.0, 0.4, (len(ink), 1, 1, 3))
    bright = draw.uniform(0.6, 1.0, (len(ink), 1, 1, 3))
    turned = draw.random((len(ink), 1, 1, 1)) < 0.5
    paper, pen = np.where(turned, bright, dark), np.where(turned, dark, bright)
    found: np.ndarray[Any, Any] = paper + (pen - paper) * ink[..., None]
    return found


def _sklearn() -> Any:
    try:
        from sklearn import datasets
    except ImportError:
        mend = "pip install 'gradatlas[programs]', or pass the real data with --data"
        raise MissingProgramError(
            "run", "scikit-learn, whose data the program learns from, is not installed", mend
        ) from None
    return datasets


def _digits() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    found = _sklearn().load_digits()
    return found.images / 16.0, found.target.astype(np.int64)


def _diabetes() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    found = _sklearn().load_diabetes(scaled=False)
    return found.data, found.target
