"""The typed errors of gradatlas, and how their messages are made; every floor may import this module.

Each error is raised with three parts, so that no message can leave one out: the function that was called, what it saw
(the shapes, dtypes or libraries, with their values), and the mend. They print as one line, `function: seen: mend`.
"""

import numpy as np

__all__ = [
    "ArgumentError",
    "AxisError",
    "CheckpointError",
    "CompilationError",
    "ConvergenceError",
    "CreationError",
    "CustomRuleError",
    "DTypeError",
    "DataFileError",
    "DeviceMismatchError",
    "GradatlasError",
    "GradientCheckError",
    "IndependentOutputError",
    "KinkDetectedError",
    "LibraryMismatchError",
    "LinearAlgebraError",
    "LoadError",
    "MissingProgramError",
    "MutationError",
    "NotScalarError",
    "OptionError",
    "OutOfMemoryError",
    "OutOfRangeError",
    "ShapeError",
    "SharingError",
    "TracerConversionError",
    "TrainingError",
    "UnknownFormulaError",
    "UnknownProgramError",
    "VerificationError",
    "describe",
]


class GradatlasError(Exception):
    """The base of every error that gradatlas raises on purpose.

    function: the public name that was called, such as "conv2d". seen: what was wrong, with the values seen.
    mend: what to do instead. str() of the error is "function: seen: mend".
    """

    def __init__(self, function: str, seen: str, mend: str) -> None:
        super().__init__(function, seen, mend)
        self.function = function
        self.seen = seen
        self.mend = mend

    def __str__(self) -> str:
        return f"{self.function}: {self.seen}: {self.mend}"

    def name(self, function: str) -> None:
        """Say that function was called: what the caller knows, where one operation is made of others."""
        self.function = function
        self.args = (function, *self.args[1:])


class ArgumentError(GradatlasError, TypeError):
    """An argument that is missing, or a tree whose structure is not the one that is needed."""


class ShapeError(GradatlasError, ValueError):
    """Shapes that do not fit each other or the operation."""


class OutOfRangeError(ShapeError, IndexError):
    """An index or a key that does not fit the array."""


class AxisError(GradatlasError, ValueError, IndexError):
    """An axis outside the range the array has, or named twice."""


class DTypeError(GradatlasError, TypeError):
    """A dtype that has no derivative, or that the operation does not take (integer, boolean, object)."""


class LibraryMismatchError(GradatlasError, TypeError):
    """Arrays of two libraries in one call."""


class CreationError(GradatlasError, ValueError):
    """A shape, a step or a device that no array can be made with, or a copy that is needed and forbidden."""


class DeviceMismatchError(GradatlasError, ValueError):
    """Arrays on two devices in one call."""


class LinearAlgebraError(GradatlasError, np.linalg.LinAlgError):
    """A matrix that has no inverse, is not positive definite, or on which an iteration did not converge."""


class MissingProgramError(GradatlasError, RuntimeError):
    """A program that is needed and not installed."""


class OptionError(GradatlasError, ValueError):
    """A keyword or a number that a function does not offer, such as reduction="average"."""


class OutOfMemoryError(CreationError, MemoryError):
    """An array larger than the memory there is."""


class SharingError(CreationError, BufferError):
    """An array whose memory no other library can be given."""


class NotScalarError(GradatlasError, TypeError):
    """A function that returns no scalar where its gradient was asked for."""


class IndependentOutputError(GradatlasError, ValueError):
    """An output that does not depend on the input it was to be differentiated in."""


class TracerConversionError(GradatlasError, TypeError):
    """A traced array used where a plain number, a truth value or another library's array was needed."""


class CustomRuleError(GradatlasError, TypeError):
    """A custom rule that is missing, gives what does not fit, or is asked for a mode that it has no rule for."""


class CheckpointError(GradatlasError, RuntimeError):
    """A checkpointed function that did not repeat itself when it was run again."""


class CompilationError(GradatlasError, RuntimeError):
    """The C kernels were asked for and could not be built or loaded; the message holds what the compiler said."""


class GradientCheckError(GradatlasError, AssertionError):
    """A derivative that differs from the numerical one."""


class LoadError(GradatlasError, ValueError):
    """A file of parameters that is damaged, of another shape, or no such file at all."""


class DataFileError(GradatlasError, ValueError):
    """A file of a data set that is missing, damaged or foreign; `path` is the file, `offset` the byte where it went wrong."""

    def __init__(self, function: str, seen: str, mend: str, path: str = "", offset: int = 0) -> None:
        super().__init__(function, seen, mend)
        self.args = (function, seen, mend, path, offset)
        self.path = path
        self.offset = offset


class TrainingError(GradatlasError, ArithmeticError):
    """A training whose loss or gradients are no numbers any more; `epoch` and `batch` say where, from 1."""

    def __init__(self, function: str, seen: str, mend: str, epoch: int = 0, batch: int = 0) -> None:
        super().__init__(function, seen, mend)
        self.args = (function, seen, mend, epoch, batch)
        self.epoch = epoch
        self.batch = batch


class VerificationError(GradatlasError, AssertionError):
    """A function that does not compute what a proven formula says; `report` has the smallest failing input."""

    def __init__(self, function: str, seen: str, mend: str, report: object = None) -> None:
        super().__init__(function, seen, mend)
        self.args = (function, seen, mend, report)
        self.report = report


class KinkDetectedError(GradientCheckError):
    """A function that bends sharply, or jumps, where its derivative was to be checked: differences cannot judge it there."""


class ConvergenceError(GradatlasError, RuntimeError):
    """An iteration that did not come close enough to its limit; `residual` is how far it was from it."""

    def __init__(self, function: str, seen: str, mend: str, residual: float = float("nan")) -> None:
        super().__init__(function, seen, mend)
        self.args = (function, seen, mend, residual)
        self.residual = residual


class MutationError(GradatlasError, RuntimeError):
    """A saved array that changed between the forward and the backward pass."""


class UnknownFormulaError(GradatlasError, LookupError):
    """A formula id that the registry does not hold; `nearest` are the ids it may have been meant for."""

    def __init__(self, function: str, seen: str, mend: str, nearest: tuple[str, ...] = ()) -> None:
        super().__init__(function, seen, mend)
        self.args = (function, seen, mend, nearest)
        self.nearest = nearest


class UnknownProgramError(GradatlasError, LookupError):
    """A program's row or name that the registry does not hold; `nearest` are those it may have been meant for."""

    def __init__(self, function: str, seen: str, mend: str, nearest: tuple[str, ...] = ()) -> None:
        super().__init__(function, seen, mend)
        self.args = (function, seen, mend, nearest)
        self.nearest = nearest


def describe(value: object) -> str:
    """What a message says of an argument: dtype and shape of an array, such as `float32 (3, 4)`, else its type."""
    shape = getattr(value, "shape", None)
    dtype = getattr(value, "dtype", None)
    if shape is None or dtype is None:
        return type(value).__name__
    name = str(dtype).rpartition(".")[2]
    return f"{name} {tuple(shape)}"
