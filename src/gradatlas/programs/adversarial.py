"""P8's generative adversarial network: a generator learns a mixture in the plane from a discriminator's verdicts alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import gradatlas.xp as xp
from gradatlas import nn, optim
from gradatlas.backend import library_of
from gradatlas.engine.transforms import stop_gradient, value_and_grad
from gradatlas.errors import ArgumentError, TrainingError
from gradatlas.nn.keys import child, generator
from gradatlas.nn.metrics import number
from gradatlas.nn.progress import Bar
from gradatlas.programs.comparison import Steps
from gradatlas.programs.datasets.mixture import centres, covered, mixture
from gradatlas.programs.program import Data, Job, Program, Trained

__all__ = [
    "DISCRIMINATOR",
    "GAN",
    "GENERATOR",
    "NOISE",
    "PROGRAMS",
    "adversarial_step",
    "discriminator_loss",
    "generator_loss",
    "saturating_loss",
    "train",
]

NOISE = 8
"""How many numbers the generator makes a sample of."""

STEPS = 250
"""How many steps an epoch has: a training goes by steps, each on samples drawn anew."""

GENERATOR = nn.Sequential(nn.Dense(64, "relu"), nn.Dense(64, "relu"), nn.Dense(2))
DISCRIMINATOR = nn.Sequential(nn.Dense(64, "relu"), nn.Dense(64, "relu"), nn.Dense(1))


def discriminator_loss(discriminator: Any, generator: Any, x: Any, z: Any) -> Any:
    """mean -log D(x) + mean -log(1 - D(G(z))), D the sigmoid of the network's logit; G is held.

    discriminator, generator: parameters. x: samples (batch, 2). z: noise (batch, NOISE). Source: Goodfellow et al. 2014.
    """
    made = stop_gradient(GENERATOR(generator, z))
    real, fake = DISCRIMINATOR(discriminator, x), DISCRIMINATOR(discriminator, made)
    return xp.add(xp.mean(xp.softplus(xp.negative(real))), xp.mean(xp.softplus(fake)))


def generator_loss(generator: Any, discriminator: Any, z: Any) -> Any:
    """mean -log D(G(z)), the loss that does not saturate: its gradient stays where D is sure that a sample is made."""
    return xp.mean(xp.softplus(xp.negative(DISCRIMINATOR(discriminator, GENERATOR(generator, z)))))


def saturating_loss(generator: Any, discriminator: Any, z: Any) -> Any:
    """mean log(1 - D(G(z))), the loss of the game of two: its gradient vanishes where D is sure that a sample is made."""
    return xp.negative(xp.mean(xp.softplus(DISCRIMINATOR(discriminator, GENERATOR(generator, z)))))


def adversarial_step(
    params: Any, states: Any, x: Any, z: tuple[Any, Any], optimizer: optim.Optimizer
) -> tuple[Any, Any, tuple[float, float]]:
    """One step of the discriminator on x and noise z[0], then one of the generator on noise z[1] against the new discriminator.

    params, states: dicts of "generator" and "discriminator". Returns both anew, and the losses (discriminator, generator), each
    before its step.
    """
    d, g = params["discriminator"], params["generator"]
    first, slopes = value_and_grad(discriminator_loss)(d, g, x, z[0])
    d, of_d = optimizer.update(slopes, states["discriminator"], d)
    second, slopes = value_and_grad(generator_loss)(g, d, z[1])
    g, of_g = optimizer.update(slopes, states["generator"], g)
    losses = number("run", "the loss", first), number("run", "the loss", second)
    return {"generator": g, "discriminator": d}, {"generator": of_g, "discriminator": of_d}, losses


def _begun(key: Any, data: Data, dtype: Any) -> Any:
    """The parameters of both networks."""
    return {
        "generator": GENERATOR.init(child(key, 0), (NOISE,), dtype),
        "discriminator": DISCRIMINATOR.init(child(key, 1), (2,), dtype),
    }


def _drawn(job: Job, epoch: int) -> Iterator[tuple[Any, tuple[Any, Any]]]:
    """The samples and the noise of each step of an epoch, where the data lie."""
    rng = generator(child(job.key, epoch))
    library = library_of(job.data.x)
    assert library is not None
    size, count = job.program.batch_size, job.data.x.shape[0]

    def placed(entries: Any) -> Any:
        return library.namespace.asarray(entries, device=None if library.one_device else library.device(job.data.x))

    for _ in range(STEPS):
        rows = rng.integers(0, count, size)
        noise = rng.standard_normal((2, size, NOISE), dtype=np.float32)
        x = library.namespace.take(job.data.x, placed(rows), axis=0)
        yield x, (placed(noise[0]), placed(noise[1]))


def _samples(params: Any, key: Any, count: int) -> Any:
    """Samples that the generator makes, (count, 2), of NumPy parameters."""
    z = generator(key).standard_normal((count, NOISE), dtype=np.float32)
    return np.asarray(GENERATOR(params["generator"], z))


def train(job: Job) -> Trained:
    """Train both networks in turn, and look after each epoch how the generator's samples cover the mixture.

    History: the mean losses of both, "near" the share of 2,000 samples near a mode, "modes" how many modes are covered.
    """
    if job.resume and job.checkpoint is None:
        raise ArgumentError("run", "got resume without a checkpoint", "name the file to go on from")
    optimizer = job.program.optimizer
    names = ("discriminator_loss", "generator_loss", "near", "modes")
    at: dict[str, Any] = {
        "params": job.params,
        "states": {name: optimizer.init(part) for name, part in job.params.items()},
        "history": {name: [] for name in names},
        "epoch": 0,
    }
    if job.resume and job.checkpoint is not None and os.path.exists(job.checkpoint):
        at = nn.load(job.checkpoint, like={**at, "history": nn.loading.ANYTHING})
        at["history"] = {name: [float(value) for value in at["history"][name]] for name in names}
    params, states, history = at["params"], at["states"], at["history"]
    with Bar(job.progress, job.epochs, STEPS) as bar:
        for epoch in range(at["epoch"], job.epochs):
            total = np.zeros(2)
            for step, (x, z) in enumerate(_drawn(job, epoch), 1):
                params, states, losses = adversarial_step(params, states, x, z, optimizer)
                if not np.isfinite(losses).all():
                    seen = f"the losses are {losses} in epoch {epoch + 1}, batch {step}"
                    raise TrainingError("run", seen, "lower the learning rate", epoch + 1, step)
                total += losses
                bar.moved(epoch, step, dict(zip(names, total / step, strict=False)))
            near, modes = covered(_samples(_on_host(params), child(job.key, epoch, 1), 2_000))
            values = dict(zip(names, (*(total / STEPS).tolist(), near, float(modes)), strict=True))
            for name, value in values.items():
                history[name].append(value)
            bar.closed(epoch, values)
            if job.checkpoint is not None:
                kept = {"params": params, "states": states, "epoch": epoch + 1}
                nn.save(job.checkpoint, {**kept, "history": {k: np.asarray(v) for k, v in history.items()}})
    return Trained(params, history, max(job.epochs, at["epoch"]))


def _first_steps(program: Program, steps: int, seed: int) -> Steps:
    """The first steps in float64; the loss of each is the sum of both networks' losses. A batch is (x, (noise, noise))."""
    data = program.data(None, seed)
    params = initial = program.init(seed, data, "float64")
    states = {name: program.optimizer.init(part) for name, part in params.items()}
    rng = generator(child(seed, 4))
    size = program.batch_size
    batches: list[tuple[Any, Any]] = []
    found = []
    for step in range(steps):
        x = data.x[np.arange(step * size, (step + 1) * size) % len(data.x)].astype(np.float64)
        z = rng.standard_normal((size, NOISE)), rng.standard_normal((size, NOISE))
        params, states, losses = adversarial_step(params, states, x, z, program.optimizer)
        batches.append((x, z))
        found.append(sum(losses))
    return Steps(initial, batches, found)


def _on_host(params: Any) -> Any:
    """The same parameters as NumPy arrays."""
    return {name: tuple({k: _fetched(v) for k, v in layer.items()} for layer in part) for name, part in params.items()}


def _fetched(leaf: Any) -> Any:
    library = library_of(leaf)
    assert library is not None
    return library.to_numpy(leaf)


def _mixture(source: Path | None, seed: int) -> Data:
    if source is not None:
        seen = f"got the folder {source}, and the mixture is made"
        raise ArgumentError("run", seen, "leave --data out: no real data set is of this kind")
    return mixture(seed)


def _picture(data: Data, params: Any) -> dict[str, Any]:
    """500 samples of the mixture and as many of the generator, and the centres of the modes."""
    return {
        "data": data.x_test[:500].astype(np.float64).round(3).tolist(),
        "samples": _samples(params, 0, 500).astype(np.float64).round(3).tolist(),
        "centres": centres().round(4).tolist(),
    }


GAN = Program(
    row="P8-gan",
    name="gan",
    title="Generative adversarial network",
    summary=(
        "A generator makes points in the plane from noise; a discriminator tells them from points of a mixture of eight normal "
        "distributions on a circle. In turn each takes a step of Adam, the generator on the loss that does not saturate."
    ),
    faults=("The document only names this program and gives none; it is ours.",),
    data=_mixture,
    network=lambda params, z: GENERATOR(params["generator"], z),
    begin=_begun,
    training=train,
    first=_first_steps,
    loss=generator_loss,
    optimizer=optim.Adam(0.001, beta1=0.5),
    epochs=20,
    batch_size=128,
    metrics=(),
    metric="near",
    threshold=0.75,
    parameters=9_283,
    shown=_picture,
    remarks=(
        "The data are made up, and the generator never sees them: it has the discriminator's verdicts alone.",
        "A sample counts as near within three standard deviations of a mode, as 98.9 % of the mixture's own do; a mode as "
        "covered where at least a quarter of its due number of samples lie near it.",
        "Such a game has no loss that only falls, and a generator can leave a mode out: the figures of each seed say how many it "
        "covers. Where the discriminator can do no better than a coin, its loss is log 4 = 1.386.",
        "Adam with a beta1 of 0.5, as Radford, Metz and Chintala 2016 take it for such games; otherwise Keras's defaults.",
    ),
)

PROGRAMS = (GAN,)
