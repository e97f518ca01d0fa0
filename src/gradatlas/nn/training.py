"""Training: `fit` goes through the data epoch after epoch, and can be killed at any moment and go on as if nothing happened.

All randomness follows from one key: the order of the samples from the number of the epoch, the dropout of a step from its
epoch and batch. So a position is two numbers, and what is resumed is the same to the last bit.
"""

from __future__ import annotations

import dataclasses
import inspect
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from gradatlas.backend import library_of
from gradatlas.backend.memory import keep_memory
from gradatlas.engine.array import plain_of
from gradatlas.engine.transforms import value_and_grad
from gradatlas.engine.trees import assemble, flatten
from gradatlas.errors import ArgumentError, TrainingError, describe
from gradatlas.nn.checkpoints import Position, read_checkpoint, write_checkpoint
from gradatlas.nn.data import Batches, batches_of, length_of
from gradatlas.nn.keys import Key, child, seed_sequence
from gradatlas.nn.layer import Layer, whole
from gradatlas.nn.metrics import Metric, Metrics, loss_of, metrics_of, number
from gradatlas.nn.progress import Bar
from gradatlas.optim.optimizers import Adam

__all__ = ["EarlyStopping", "Fitted", "evaluate", "fit", "predict"]


class _Optimizing(Protocol):
    def init(self, params: Any) -> Any: ...

    def update(self, grads: Any, state: Any, params: Any) -> tuple[Any, Any]: ...


Callback = Callable[[int, dict[str, float], Any], object]


@dataclass(frozen=True)
class EarlyStopping:
    """Stop when a value of the history has not become better for some epochs.

    monitor: its name. patience: after how many epochs without a better value. least: how much better counts. mode:
    "min" where less is better, or "max". restore_best: give back the parameters of the best epoch.
    """

    monitor: str = "validation_loss"
    patience: int = 5
    least: float = 0.0
    mode: str = "min"
    restore_best: bool = True

    def __post_init__(self) -> None:
        whole("EarlyStopping", "patience", self.patience)
        if self.mode not in ("min", "max"):
            raise ArgumentError("EarlyStopping", f"got mode={self.mode!r}", "choose min or max")
        if not self.least >= 0:
            raise ArgumentError("EarlyStopping", f"got least={self.least!r}", "give a number from 0 on")

    def better(self, value: float, best: float | None) -> bool:
        """Whether a value is better than the best so far."""
        if best is None or math.isnan(best):
            return True
        return value < best - self.least if self.mode == "min" else value > best + self.least


@dataclass(frozen=True)
class Fitted:
    """What a training gives back.

    params, state, optimizer_state: trees. history: a list for each value, one entry an epoch. epochs: how many were gone
    through. best_epoch: counted from 1, where early stopping looked for it. stopped: "epochs", "early" or "callback".
    """

    params: Any
    state: Any
    optimizer_state: Any
    history: dict[str, list[float]]
    epochs: int
    best_epoch: int | None = None
    stopped: str = "epochs"


# ------------------------------------------------------------------------------------------------ what is trained


def _accepted(f: Callable[..., Any], names: Sequence[str]) -> set[str]:
    """Which of these keywords a function takes."""
    try:
        parameters = inspect.signature(f).parameters
    except (TypeError, ValueError):
        return set()
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return set(names)
    return {name for name in names if name in parameters}


@dataclass(frozen=True)
class _Objective:
    """The model and its loss as one function of parameters, state and a batch: (loss, (prediction, new state))."""

    model: Any
    loss: Metric | None
    metrics: dict[str, Metric] = field(default_factory=dict)

    def __call__(self, params: Any, state: Any, batch: Any, train: bool, key: Key) -> tuple[Any, tuple[Any, Any]]:
        if self.loss is None:
            args = batch if isinstance(batch, tuple) else (batch,)
            return self.model(params, *args, **self._keywords(train, key)), (None, state)
        x, target = self.parts(batch)
        prediction, state = self.predicted(params, state, x, train, key)
        return self.loss(prediction, target), (prediction, state)

    def _keywords(self, train: bool, key: Key) -> dict[str, Any]:
        given = {"train": train, "key": key}
        return {name: given[name] for name in _accepted(self.model, list(given))}

    def predicted(self, params: Any, state: Any, x: Any, train: bool, key: Key) -> tuple[Any, Any]:
        """The model's result, and its new state."""
        if isinstance(self.model, Layer):
            return self.model.apply(params, state, x, train=train, key=key)
        return self.model(params, x, **self._keywords(train, key)), state

    def parts(self, batch: Any) -> tuple[Any, Any]:
        """A batch's inputs and targets."""
        if not isinstance(batch, tuple | list) or len(batch) != 2:
            raise ArgumentError("fit", f"got a batch {describe(batch)}", "give data as (x, y), inputs and targets")
        return batch[0], batch[1]

    def measured(self, batch: Any, value: float, prediction: Any) -> dict[str, float]:
        """The loss and the metrics of a batch."""
        found = {"loss": value}
        for name, metric in self.metrics.items():
            found[name] = number("fit", f"the metric {name}", metric(prediction, self.parts(batch)[1]))
        return found


def _objective(function: str, model: Any, loss: str | Metric | None, metrics: Metrics) -> _Objective:
    if not callable(model):
        raise ArgumentError(function, f"got {describe(model)} to train", "pass a layer, or a function of parameters")
    if loss is None:
        if isinstance(model, Layer):
            raise ArgumentError(function, f"got the layer {model.name} and no loss", "pass loss='mean_squared_error'")
        if metrics:
            raise ArgumentError(
                function,
                "got metrics beside a function that gives the loss",
                "pass a model that gives predictions, and loss=",
            )
        return _Objective(model, None)
    return _Objective(model, loss_of(loss), metrics_of(metrics))


def _summed(
    totals: dict[str, tuple[float, float]], values: dict[str, float], weight: int
) -> dict[str, tuple[float, float]]:
    """totals with the values of a batch in them: sums weighted by the samples, and the samples."""
    found = dict(totals)
    for name, value in values.items():
        total, count = totals.get(name, (0.0, 0.0))
        found[name] = (total + value * weight, count + weight)
    return found


def _means(totals: dict[str, tuple[float, float]], prefix: str = "") -> dict[str, float]:
    return {prefix + name: total / max(count, 1.0) for name, (total, count) in totals.items()}


def _evaluated(objective: _Objective, params: Any, state: Any, batches: Batches) -> dict[str, float]:
    totals: dict[str, tuple[float, float]] = {}
    for batch in batches.epoch(0):
        value, (prediction, _) = objective(params, state, batch, False, None)
        values = objective.measured(batch, number("fit", "the loss", value), prediction)
        totals = _summed(totals, values, length_of(batch))
    return _means(totals)


def evaluate(
    model: Any,
    params: Any,
    data: Any,
    *,
    loss: str | Metric | None = None,
    metrics: Metrics = None,
    state: Any = None,
    batch_size: int = 256,
) -> dict[str, float]:
    """The loss and the metrics over data, not as in training: means over the samples. The arguments are those of `fit`."""
    objective = _objective("evaluate", model, loss, metrics)
    batches = batches_of("evaluate", data, batch_size, np.random.SeedSequence(0), shuffle=False)
    return _evaluated(objective, params, state, batches)


def predict(model: Any, params: Any, x: Any, *, state: Any = None, batch_size: int = 256) -> Any:
    """The model's result for all samples of x, an array or a tree of arrays, a batch at a time; not as in training."""
    objective = _Objective(model, None)
    batches = batches_of("predict", x, batch_size, np.random.SeedSequence(0), shuffle=False)
    if batches.samples is None:
        raise ArgumentError("predict", f"got {describe(x)}", "pass arrays with the samples along the first axis")
    found = [flatten(objective.predicted(params, state, batch, False, None)[0]) for batch in batches.epoch(0)]
    joined = []
    for parts in zip(*(leaves for leaves, _ in found), strict=True):
        library = library_of(plain_of(parts[0]))
        if library is None:
            raise ArgumentError("predict", f"the model gave {describe(parts[0])}", "let it give arrays")
        joined.append(library.namespace.concat([plain_of(part) for part in parts], axis=0))
    return assemble(found[0][1], joined)


# ------------------------------------------------------------------------------------------------ the training


def fit(
    model: Any,
    params: Any,
    data: Any,
    *,
    loss: str | Metric | None = None,
    optimizer: _Optimizing | None = None,
    state: Any = None,
    epochs: int = 1,
    batch_size: int = 32,
    validation: Any = None,
    metrics: Metrics = None,
    key: Key = 0,
    shuffle: bool = True,
    drop_last: bool = False,
    callbacks: Sequence[Callback] = (),
    early_stopping: EarlyStopping | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_every: int | None = None,
    resume: bool = False,
    progress: bool = True,
) -> Fitted:
    """Train parameters, and give back the trained ones; what was given stays as it is.

    model: a layer or a function model(params, x), with loss a function (prediction, target) or its name (the mean over a batch);
    or without loss a function of (params, *batch) that gives it. A function may take the keywords train and key.
    params: a tree of floating arrays. state: of layers that keep one, such as batch normalisation (made anew if left out).
    data, validation: (x, y), arrays or trees of arrays with the samples along their first axis; or an iterable of batches; or a
    function of the epoch, from 0, that gives one. Batches may differ in size: values are means over the samples.
    optimizer: Adam with its defaults unless given. epochs: how many in all, those before a resumption too. shuffle: the samples
    of arrays, anew each epoch. drop_last: leave out a last batch of arrays that is not full. metrics: names or functions of
    (prediction, target). key: for the order and for dropout.
    callbacks: functions of (epoch from 1, values of the epoch, params), called after each; one that returns True ends the
    training. checkpoint: a file, written after each epoch, every checkpoint_every batches, and on Ctrl-C; resume: go on from
    it where there is one, to the same parameters to the last bit. progress: a bar, on a terminal alone.
    Reads the loss and metrics of each batch from the device, and lets the process keep its memory (`gradatlas.keep_memory`).
    Raises TrainingError where a loss is infinite or undefined, which names epoch and batch and leaves the checkpoint as it was;
    ArgumentError or ShapeError for what does not fit; LoadError for a checkpoint that is damaged or of another training.

    >>> x = np.linspace(-1, 1, 64, dtype="float32")[:, None]
    >>> model = nn.Sequential(nn.Dense(8, "tanh"), nn.Dense(1))
    >>> fitted = nn.fit(model, model.init(0, (1,)), (x, x**2), loss="mean_squared_error", epochs=20)
    >>> fitted.history["loss"][-1] < fitted.history["loss"][0]
    True
    """
    whole("fit", "epochs", epochs, 0)
    if checkpoint_every is not None:
        whole("fit", "checkpoint_every", checkpoint_every)
    if checkpoint is None and (resume or checkpoint_every):
        raise ArgumentError(
            "fit", "got resume or checkpoint_every without a file", "say checkpoint='training.safetensors'"
        )
    objective = _objective("fit", model, loss, metrics)
    optimizer = Adam() if optimizer is None else optimizer
    if not callable(getattr(optimizer, "init", None)) or not callable(getattr(optimizer, "update", None)):
        raise ArgumentError("fit", f"got the optimizer {describe(optimizer)}", "pass one of gradatlas.optim")
    seeds = seed_sequence(key, "fit")
    run = _Run(objective, optimizer, seeds, epochs, list(callbacks), early_stopping, checkpoint, checkpoint_every)
    start = Position(params, _state(model, state, params, data), optimizer.init(params))
    if resume and checkpoint is not None and os.path.exists(checkpoint):
        drawn = isinstance(key, np.random.Generator)  # what a generator gave then, it will not give again
        start, run.seeds = read_checkpoint(checkpoint, start, None if drawn else seeds)
    batches = batches_of("fit", data, batch_size, run.seeds, shuffle=shuffle, drop_last=drop_last)
    if batches.once and (epochs > 1 or (start.epoch, start.batch) != (0, 0)):
        what = "several epochs" if epochs > 1 else "resuming"
        raise ArgumentError(
            "fit", f"got an iterator for {what}", "pass a list, or a function of the epoch that gives one"
        )
    setting = {"batch_size": batch_size, "samples": batches.samples or 0, "shuffle": shuffle, "drop_last": drop_last}
    run.begin(start, setting)
    held_out = None
    if validation is not None:
        held_out = batches_of("fit", validation, batch_size, run.seeds, shuffle=False)
        if held_out.once and epochs > 1:
            raise ArgumentError("fit", "got an iterator for validation", "pass a list, or a function of the epoch")
    if early_stopping is not None:
        known = {"loss", *objective.metrics}
        known |= {f"validation_{name}" for name in known} if held_out is not None else set()
        if early_stopping.monitor not in known:
            raise ArgumentError(
                "fit",
                f"early stopping looks at {early_stopping.monitor!r}",
                f"choose one of {', '.join(sorted(known))}" + ("" if held_out else ", or pass validation="),
            )
    keep_memory()  # every step makes arrays of the same sizes as the one before
    try:
        with Bar(progress, epochs, len(batches)) as bar:
            return run.all(batches, held_out, bar)
    except KeyboardInterrupt:
        run.save()
        raise


def _state(model: Any, state: Any, params: Any, data: Any) -> Any:
    """The state to begin with: what was given, or made for the inputs among whole arrays; None where the layer keeps none."""
    if state is not None or not isinstance(model, Layer) or not isinstance(data, tuple) or len(data) != 2:
        return state
    leaves, _ = flatten(params)
    dtype = plain_of(leaves[0]).dtype if leaves else "float32"
    made = model.init_state(data[0], dtype)
    return made if flatten(made)[0] else None


@dataclass
class _Run:
    """One training on its way. `at` is replaced as a whole after each step, so that it is consistent at any moment."""

    objective: _Objective
    optimizer: _Optimizing
    seeds: np.random.SeedSequence
    epochs: int
    callbacks: list[Callback]
    early_stopping: EarlyStopping | None
    checkpoint: str | os.PathLike[str] | None
    every: int | None

    def begin(self, at: Position, setting: dict[str, Any]) -> None:
        """Stand at a position. Raises ArgumentError where it is that of another training."""
        if at.setting and at.setting != setting:
            changed = ", ".join(
                f"{k}={at.setting[k]!r} then and {setting[k]!r} now" for k in setting if setting[k] != at.setting.get(k)
            )
            raise ArgumentError("fit", f"the checkpoint was made with {changed}", "resume with what it was made with")
        stopped = "" if at.stopped == "callback" else at.stopped  # what a callback stopped may go on
        self.at = dataclasses.replace(at, setting=setting, stopped=stopped)

    def save(self) -> None:
        """Write the checkpoint, where one is wanted."""
        if self.checkpoint is not None:
            write_checkpoint(self.checkpoint, self.at, self.seeds)

    def all(self, batches: Batches, held_out: Batches | None, bar: Bar) -> Fitted:
        """Go through all epochs that are left."""
        stopped = self.at.stopped
        while not stopped and self.at.epoch < self.epochs:
            self.epoch(batches, bar)
            stopped = self.close(held_out, bar)
        at = self.at
        best = at.best
        early = self.early_stopping
        params, state = at.params, at.state
        if early is not None and early.restore_best and best is not None:
            params, state = best["params"], best["state"]
        return Fitted(
            params,
            state,
            at.optimizer,
            {name: list(values) for name, values in at.history.items()},
            at.epoch,
            None if best is None else best["epoch"],
            stopped or "epochs",
        )

    def epoch(self, batches: Batches, bar: Bar) -> None:
        """Go through the batches of an epoch that are left."""
        epoch = self.at.epoch
        for batch in batches.epoch(epoch, self.at.batch):
            self.step(batch)
            bar.moved(epoch, self.at.batch, _means(self.at.totals))
            if self.every and self.at.batch % self.every == 0:
                self.save()
        if not self.at.batch:
            raise ArgumentError("fit", f"epoch {epoch + 1} had no batch", "pass data that give batches in every epoch")

    def step(self, batch: Any) -> None:
        """Make one step."""
        at = self.at
        length = length_of(batch)
        key = child(self.seeds, 2, at.epoch, at.batch)

        def loss(params: Any) -> Any:
            return self.objective(params, at.state, batch, True, key)

        (value, (prediction, state)), grads = value_and_grad(loss, has_aux=True)(at.params)
        seen = number("fit", "the loss", value)
        if not math.isfinite(seen):
            raise TrainingError(
                "fit",
                f"the loss is {seen} in epoch {at.epoch + 1}, batch {at.batch + 1}",
                "lower the learning rate, clip the gradients (gradatlas.optim.Clipped), or look for such numbers in the data",
                at.epoch + 1,
                at.batch + 1,
            )
        values = self.objective.measured(batch, seen, prediction)
        try:
            params, moments = self.optimizer.update(grads, at.optimizer, at.params)
        except TrainingError as error:
            where = f"{error.seen} in epoch {at.epoch + 1}, batch {at.batch + 1}"
            raise TrainingError("fit", where, error.mend, at.epoch + 1, at.batch + 1) from error
        self.at = dataclasses.replace(
            at,
            params=params,
            state=state,
            optimizer=moments,
            batch=at.batch + 1,
            totals=_summed(at.totals, values, length),
        )

    def close(self, held_out: Batches | None, bar: Bar) -> str:
        """End an epoch: validation, history, early stopping, callbacks, checkpoint. Why to stop, or nothing."""
        at = self.at
        values = _means(at.totals)
        if held_out is not None:
            found = _evaluated(self.objective, at.params, at.state, held_out)
            values |= {f"validation_{name}": value for name, value in found.items()}
        history = {name: (*at.history.get(name, ()), value) for name, value in values.items()}
        epoch = at.epoch + 1
        stopped, best, waited = "", at.best, at.waited
        if self.early_stopping is not None:
            value = values[self.early_stopping.monitor]
            if self.early_stopping.better(value, None if best is None else best["value"]):
                best, waited = {"value": value, "epoch": epoch, "params": at.params, "state": at.state}, 0
            else:
                waited += 1
                stopped = "early" if waited >= self.early_stopping.patience else ""
        for callback in self.callbacks:
            if callback(epoch, dict(values), at.params) is True:
                stopped = stopped or "callback"
        self.at = dataclasses.replace(
            at, epoch=epoch, batch=0, totals={}, history=history, best=best, waited=waited, stopped=stopped
        )
        bar.closed(epoch, values)
        self.save()
        return stopped
