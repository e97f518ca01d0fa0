"""What a program is: data, a network, a loss, an optimiser, and the figure it must reach; and how one is run.

    outcome = run(program("P1"), seed=0)
    outcome.history["validation_accuracy"], outcome.figures["validation_accuracy"]

All randomness follows from the seed: how the samples are parted into those for training and those held out, the initial
parameters, and the order of the samples.
"""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gradatlas import nn
from gradatlas.backend import default_library, library_of, numpy_library
from gradatlas.engine.trees import assemble, flatten
from gradatlas.errors import ArgumentError, MissingProgramError
from gradatlas.nn.keys import child
from gradatlas.nn.layer import count_parameters
from gradatlas.optim import Adam

__all__ = ["LIBRARIES", "Data", "Job", "Outcome", "Program", "Trained", "run"]

LIBRARIES = ("numpy", "cupy")
"""The array libraries that a program can run on."""


@dataclass(frozen=True)
class Data:
    """Samples for training and samples held out, as NumPy arrays or trees of them, the samples along the first axes.

    about: one sentence that says what they are and where they come from. classes: the names of the labels, where there are
    labels. details: what else a program knows of them, such as its vocabulary.
    """

    x: Any
    y: Any
    x_test: Any
    y_test: Any
    about: str
    classes: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    def map(self, f: Callable[[Any], Any]) -> Data:
        """The same with f applied to every array of samples."""

        def of(tree: Any) -> Any:
            leaves, structure = flatten(tree)
            return assemble(structure, [f(leaf) for leaf in leaves])

        return dataclasses.replace(self, x=of(self.x), y=of(self.y), x_test=of(self.x_test), y_test=of(self.y_test))

    def first(self, count: int) -> Data:
        """The same with at most count samples for training, and as many held out."""
        return self.map(lambda leaf: leaf[:count])


@dataclass(frozen=True)
class Trained:
    """What a training gives: the parameters, a list per value with one entry an epoch, and the epochs gone through."""

    params: Any
    history: dict[str, list[float]]
    epochs: int


@dataclass(frozen=True)
class Job:
    """One training to be done: what, on which data (in the array library already), from which parameters, with which key.

    checkpoint, resume: as in `nn.fit`; where progress is True, show a bar (`gradatlas.nn.progress.Bar`).
    """

    program: Program
    data: Data
    params: Any
    key: Any
    epochs: int
    progress: bool = False
    checkpoint: str | os.PathLike[str] | None = None
    resume: bool = False


def _no_figures(data: Data, params: Any) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Program:
    """One program of the documents.

    row, name: what it is found by, "P1" and "cnn". title: a few words. summary: what the document's program is, in our words.
    faults: of the document's program, one sentence each. remarks: what else differs here, and why.
    data: a function (folder or None, seed) of the data; None asks for those that come with an installed package.
    network: a layer, or a function (params, x); then begin(key, data, dtype) makes its parameters.
    loss, optimizer, epochs, batch_size, metrics: as in `nn.fit`. training: what does the training, where `nn.fit` alone does not.
    metric: the name in the history of the value that is judged, threshold what it must reach after the last epoch, with
    larger_is_better False where it must not exceed it. parameters: how many numbers are trained.
    figures: further figures of (data, params), numbers by name. shown: further things of (data, params), such as attention
    weights, as lists and numbers that JSON takes; shown_before: the same of (data, first parameters). variants: the program with
    something changed, by what it is, "as written".
    compared: a function of the seed that gives the same data in every installation, where `data` does not, for the comparison
    with another framework. first: its first steps, (program, steps, seed), where one loss and one optimiser do not make a step.
    """

    row: str
    name: str
    title: str
    summary: str
    faults: tuple[str, ...]
    data: Callable[[Path | None, int], Data]
    network: Any
    loss: Any
    metric: str
    threshold: float
    parameters: int
    larger_is_better: bool = True
    optimizer: Any = field(default_factory=Adam)
    epochs: int = 10
    batch_size: int = 32
    metrics: Any = ("accuracy",)
    begin: Callable[[Any, Data, Any], Any] | None = None
    training: Callable[[Job], Trained] | None = None
    figures: Callable[[Data, Any], dict[str, float]] = _no_figures
    shown: Callable[[Data, Any], dict[str, Any]] = _no_figures
    shown_before: Callable[[Data, Any], dict[str, Any]] = _no_figures
    variants: Mapping[str, Program] = field(default_factory=dict)
    compared: Callable[[int], Data] | None = None
    first: Callable[[Program, int, int], Any] | None = None
    remarks: tuple[str, ...] = ()

    def init(self, seed: int, data: Data, dtype: Any = "float32") -> Any:
        """The initial parameters of a seed, as NumPy arrays: those of a run with the same seed."""
        key = child(seed, 0)
        if self.begin is not None:
            return self.begin(key, data, dtype)
        leaves, structure = flatten(data.x)
        shapes = assemble(structure, [tuple(leaf.shape[1:]) for leaf in leaves])
        return self.network.init(key, shapes, dtype)

    def reached(self, value: float) -> bool:
        """Whether a value of the metric is good enough."""
        return value >= self.threshold if self.larger_is_better else value <= self.threshold

    def fit(self, job: Job) -> Trained:
        """Do a training, with `training` or with `nn.fit`."""
        if self.training is not None:
            return self.training(job)
        found = nn.fit(
            self.network,
            job.params,
            (job.data.x, job.data.y),
            loss=self.loss,
            optimizer=self.optimizer,
            epochs=job.epochs,
            batch_size=self.batch_size,
            validation=(job.data.x_test, job.data.y_test),
            metrics=self.metrics,
            key=job.key,
            checkpoint=job.checkpoint,
            resume=job.resume,
            progress=job.progress,
        )
        return Trained(found.params, found.history, found.epochs)


@dataclass(frozen=True)
class Outcome:
    """A run: the program, its seed, the data in a sentence, the array library, the trained parameters (NumPy arrays), the
    history, the figures after the last epoch, the seconds of the training on the clock and of the processor, and how many
    parameters there are."""

    program: Program
    seed: int
    about: str
    array_library: str
    params: Any
    history: dict[str, list[float]]
    figures: dict[str, float]
    shown: dict[str, Any]
    epochs: int
    seconds: float
    processor_seconds: float
    parameters: int

    @property
    def final(self) -> float:
        """The value that is judged, after the last epoch."""
        return self.figures[self.program.metric]


def run(
    program: Program,
    seed: int = 0,
    data: Data | str | os.PathLike[str] | None = None,
    array_library: str = "numpy",
    epochs: int | None = None,
    out: str | os.PathLike[str] | None = None,
    progress: bool = True,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
) -> Outcome:
    """Run a program: read its data, train its network, and judge what came of it.

    seed: decides all that is random. data: a folder with the real data set; the data themselves; or None for those that come
    with an installed package. array_library: "numpy" or "cupy". epochs: the program's own unless given. out: a file for the
    trained parameters (safetensors). progress: a bar, on a terminal alone. checkpoint, resume: as in `nn.fit`.
    Raises DataFileError for a data file that is damaged or foreign, ArgumentError for arguments that do not fit,
    MissingProgramError where a package that is needed is not installed.
    """
    to_library = _converter(array_library)
    if out is not None and not Path(out).absolute().parent.is_dir():
        raise ArgumentError("run", f"there is no folder {Path(out).absolute().parent}", "make it first")
    if not isinstance(data, Data):
        data = program.data(None if data is None else Path(data), seed)
    params = program.init(seed, data)
    before = program.shown_before(data, params)
    leaves, structure = flatten(params)
    job = Job(
        program=program,
        data=data.map(to_library),
        params=assemble(structure, [to_library(leaf) for leaf in leaves]),
        key=child(seed, 1),
        epochs=program.epochs if epochs is None else epochs,
        progress=progress,
        checkpoint=checkpoint,
        resume=resume,
    )
    begun = time.perf_counter(), time.process_time()
    trained = program.fit(job)
    seconds, of_processor = time.perf_counter() - begun[0], time.process_time() - begun[1]
    leaves, structure = flatten(trained.params)
    params = assemble(structure, [_fetched(leaf) for leaf in leaves])
    if out is not None:
        nn.save(out, params)
    last = {name: values[-1] for name, values in trained.history.items() if values}
    return Outcome(
        program=program,
        seed=seed,
        about=data.about,
        array_library=array_library,
        params=params,
        history=trained.history,
        figures={**last, **program.figures(data, params)},
        shown={**before, **program.shown(data, params)},
        epochs=trained.epochs,
        seconds=seconds,
        processor_seconds=of_processor,
        parameters=count_parameters(params),
    )


def _converter(array_library: str) -> Callable[[Any], Any]:
    """The function that brings a NumPy array into the library of this name."""
    if array_library == "numpy":
        return numpy_library().as_array
    if array_library != "cupy":
        raise ArgumentError("run", f"got array_library={array_library!r}", f"choose one of {', '.join(LIBRARIES)}")
    try:
        import cupy
    except ImportError:
        mend = "pip install 'gradatlas[cuda12]' or 'gradatlas[cuda13]', or run on numpy"
        raise MissingProgramError("run", "CuPy is not installed", mend) from None
    if not cupy.is_available():
        raise MissingProgramError("run", "CuPy sees no CUDA device", "run on numpy, or look at the driver")
    found: Callable[[Any], Any] = cupy.asarray
    return found


def _fetched(leaf: Any) -> Any:
    return (library_of(leaf) or default_library()).to_numpy(leaf)
