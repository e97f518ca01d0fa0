"""Training: known results are reached, and a run that was killed goes on to the same bits."""

import math
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from gradatlas import errors, nn, optim, xp
from gradatlas.engine.trees import flatten


def line(samples=64, seed=0):
    """Inputs, and targets that lie on a plane but for noise."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(samples, 3))
    y = x @ np.asarray([[1.0], [-2.0], [0.5]]) + 0.3 + 0.1 * rng.normal(size=(samples, 1))
    return x, y


def leaves(tree):
    return [np.asarray(x) for x in flatten(tree)[0]]


def same(a, b):
    for left, right in zip(leaves(a), leaves(b), strict=True):
        assert left.dtype == right.dtype
        assert left.tobytes() == right.tobytes()


def test_the_memory_of_a_step_is_kept_for_the_next(monkeypatch):
    asked = []
    monkeypatch.setattr("gradatlas.nn.training.keep_memory", lambda: asked.append(True))
    model = nn.Dense(1)
    nn.fit(model, model.init(0, (3,), "float64"), line(), loss="mean_squared_error", epochs=1, progress=False)
    assert asked


# ------------------------------------------------------------------------------------------------ known results


def test_linear_regression_reaches_the_closed_form():
    x, y = line()
    model = nn.Dense(1)
    found = nn.fit(
        model,
        model.init(0, (3,), "float64"),
        (x, y),
        loss="mean_squared_error",
        optimizer=optim.SGD(0.1, momentum=0.5),
        epochs=300,
        batch_size=64,
    )
    solution = np.linalg.lstsq(np.hstack([x, np.ones((64, 1))]), y, rcond=None)[0]
    np.testing.assert_allclose(np.vstack([found.params["w"], found.params["b"][None]]), solution, atol=1e-10)
    assert found.history["loss"][-1] == pytest.approx(
        float(np.mean((np.hstack([x, np.ones((64, 1))]) @ solution - y) ** 2))
    )


def test_xor_is_learned():
    x = np.asarray([[0, 0], [0, 1], [1, 0], [1, 1]], dtype="float32")
    y = np.asarray([[0], [1], [1], [0]], dtype="float32")
    model = nn.Sequential(nn.Dense(8, "tanh"), nn.Dense(1))
    found = nn.fit(
        model,
        model.init(1, (2,)),
        (x, y),
        loss="binary_cross_entropy_with_logits",
        optimizer=optim.Adam(0.05),
        epochs=200,
        batch_size=4,
        metrics={"right": lambda p, t: nn.binary_accuracy(p, t, threshold=0.0)},
    )
    assert found.history["right"][-1] == 1.0
    assert found.history["loss"][-1] < 0.05
    assert found.history["loss"][0] > 0.5
    assert all(x.dtype == np.float32 for x in leaves((found.params, found.optimizer_state["mean"])))


@pytest.mark.parametrize("recurrent", [nn.LSTM(8), nn.GRU(8), nn.SimpleRNN(8)], ids=lambda layer: layer.name)
def test_which_half_of_a_sequence_is_larger(recurrent):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(128, 6, 1)).astype("float32")
    y = (x[:, :3, 0].sum(axis=1) < x[:, 3:, 0].sum(axis=1)).astype("int64")
    model = nn.Sequential(recurrent, nn.Dense(2))
    found = nn.fit(
        model,
        model.init(0, x),
        (x, y),
        loss="softmax_cross_entropy",
        optimizer=optim.Adam(0.03),
        epochs=30,
        metrics=["accuracy"],
    )
    assert found.history["accuracy"][-1] > 0.93


def test_convolution_with_batch_norm_and_dropout_learns_where_a_bar_lies():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 96)
    x = rng.normal(scale=0.3, size=(96, 8, 8, 1)).astype("float32")
    x[y == 1, 3, :, 0] += 1
    x[y == 0, :, 3, 0] += 1
    model = nn.Sequential(
        nn.Conv2D(4, 3), nn.BatchNorm(momentum=0.8), xp.relu, nn.GlobalAvgPool(), nn.Dropout(0.1), nn.Dense(2)
    )
    found = nn.fit(
        model,
        model.init(0, x),
        (x, y),
        loss="softmax_cross_entropy",
        optimizer=optim.Adam(0.02),
        epochs=12,
        metrics=["accuracy"],
        validation=(x, y),
    )
    assert found.history["validation_accuracy"][-1] == 1.0
    logits = nn.predict(model, found.params, x, state=found.state, batch_size=40)
    assert logits.shape == (96, 2)
    assert nn.evaluate(
        model, found.params, (x, y), loss="softmax_cross_entropy", metrics=["accuracy"], state=found.state
    ) == pytest.approx(
        {"loss": found.history["validation_loss"][-1], "accuracy": found.history["validation_accuracy"][-1]}, rel=1e-6
    )


# ------------------------------------------------------------------------------------------------ one step after the other


def test_steps_are_those_of_a_loop_by_hand():
    x, y = line(10)
    model = nn.Dense(1)
    params = model.init(0, (3,), "float64")
    found = nn.fit(
        model,
        params,
        (x, y),
        loss="mean_squared_error",
        optimizer=optim.SGD(0.1),
        epochs=2,
        batch_size=4,
        shuffle=False,
    )
    w, b = params["w"], params["b"]
    for _ in range(2):
        losses = []
        for batch in (slice(0, 4), slice(4, 8), slice(8, 10)):
            error = x[batch] @ w + b - y[batch]
            losses.append((float(np.mean(error**2)), len(error)))
            w, b = w - 0.1 * 2 * x[batch].T @ error / len(error), b - 0.1 * 2 * error.mean(axis=0)
    np.testing.assert_allclose(found.params["w"], w, rtol=1e-12)
    np.testing.assert_allclose(found.params["b"], b, rtol=1e-12)
    assert found.history["loss"][1] == pytest.approx(sum(v * n for v, n in losses) / 10, rel=1e-12)  # weighted
    assert found.optimizer_state["step"] == 6


def seen_batches(data, **options):
    """The batches that a training goes through, as lists."""
    seen = []

    def loss(params, x):
        seen.append(np.asarray(x).ravel().tolist())
        return xp.sum(params * 1.0) * float(np.mean(x) * 0 + 1)

    nn.fit(loss, np.zeros(1), data, optimizer=optim.SGD(0.0), **options)
    return seen


def test_the_last_batch_may_be_smaller():
    x = np.arange(7.0)
    assert list(map(len, seen_batches(x, batch_size=3))) == [3, 3, 1]
    assert list(map(len, seen_batches(x, batch_size=3, drop_last=True))) == [3, 3]
    assert seen_batches(x, batch_size=4, shuffle=False) == [[0, 1, 2, 3], [4, 5, 6]]
    assert list(map(len, seen_batches(x, batch_size=100))) == [7]


def test_the_order_follows_from_the_key_and_the_epoch():
    x = np.arange(20.0)
    first = seen_batches(x, batch_size=20, epochs=2, key=5)
    assert first == seen_batches(x, batch_size=20, epochs=2, key=5)
    assert first != seen_batches(x, batch_size=20, epochs=2, key=6)
    assert first[0] != first[1]
    assert sorted(first[0]) == sorted(first[1]) == x.tolist()


def test_data_from_elsewhere():
    batches = [np.ones(2), np.zeros(3)]
    assert seen_batches(batches, epochs=2) == [[1, 1], [0, 0, 0]] * 2
    assert seen_batches(lambda epoch: [np.full(2, float(epoch))], epochs=3) == [[0, 0], [1, 1], [2, 2]]
    assert seen_batches(iter(batches)) == [[1, 1], [0, 0, 0]]


def test_trees_of_inputs_and_several_arrays():
    x = {"a": np.ones((6, 2)), "b": (np.zeros((6, 1)),)}

    def model(params, x):
        return xp.dense(xp.concat([x["a"], x["b"][0]], axis=1), params)

    found = nn.fit(model, np.zeros((3, 1)), (x, np.ones((6, 1))), loss="mean_squared_error", batch_size=4, epochs=3)
    assert found.history["loss"][0] > found.history["loss"][-1]
    assert nn.predict(model, found.params, x).shape == (6, 1)


def test_a_model_that_is_a_function_is_told_train_and_key():
    told = []

    def model(params, x, *, train, key):
        told.append((train, key is not None))
        return x * params

    x = np.ones((2, 1))
    nn.fit(model, np.ones(1), (x, x), loss="mean_squared_error", validation=(x, x))
    assert told == [(True, True), (False, False)]


def test_each_step_has_a_key_of_its_own():
    keys = []

    def loss(params, x, key):
        keys.append(tuple(key.generate_state(4)))
        return xp.sum(params)

    nn.fit(loss, np.ones(1), np.ones(6), batch_size=2, epochs=3, key=1)
    assert len(set(keys)) == 9
    again = list(keys)
    keys.clear()
    nn.fit(loss, np.ones(1), np.ones(6), batch_size=2, epochs=3, key=1)
    assert keys == again


def test_dropout_differs_by_step_and_follows_from_the_key():
    model = nn.Sequential(nn.Dropout(0.5), nn.Dense(1))
    x, y = line(16)

    def run(key):
        return nn.fit(
            model,
            model.init(0, (3,)),
            (x, y),
            loss="mean_squared_error",
            epochs=2,
            batch_size=16,
            shuffle=False,
            key=key,
        ).params

    same(run(3), run(3))
    assert (leaves(run(3))[0] != leaves(run(4))[0]).any()


def test_on_every_library(home):
    x, y = home.normal(8, 3, dtype="float32"), home.normal(8, 1, seed=1, dtype="float32")
    model = nn.Sequential(nn.Dense(4, "tanh"), nn.BatchNorm(), nn.Dropout(0.25), nn.Dense(1))
    params = model.init(0, x)
    found = nn.fit(
        model,
        params,
        (x, y),
        loss="mean_squared_error",
        optimizer=optim.Clipped(optim.Adam(), global_norm=1.0),
        epochs=2,
        batch_size=3,
        validation=(x, y),
    )
    for tree in (found.params, found.state, found.optimizer_state["mean"]):
        assert all(home.owns(leaf) and str(leaf.dtype).endswith("float32") for leaf in flatten(tree)[0])
    assert home.owns(nn.predict(model, found.params, x, state=found.state, batch_size=3))
    assert all(map(math.isfinite, found.history["validation_loss"]))


# ------------------------------------------------------------------------------------------------ stopping


def test_early_stopping_waits_and_gives_back_the_best():
    """The loss of validation is |w - 2|, and each epoch adds 1 to w: 0 after the second epoch, then worse."""
    x = np.ones((1, 1))

    def model(params, x):
        return x * params

    def loss(prediction, target):
        return xp.mean(xp.abs(prediction - target)) if target[0, 0] == 2 else -xp.mean(prediction)

    options = {"loss": loss, "optimizer": optim.SGD(1.0), "epochs": 50, "validation": (x, 2 * x)}
    found = nn.fit(model, np.zeros(1), (x, x), early_stopping=nn.EarlyStopping(patience=3), **options)
    assert found.history["validation_loss"] == [1.0, 0.0, 1.0, 2.0, 3.0]
    assert (found.epochs, found.best_epoch, found.stopped) == (5, 2, "early")
    assert found.params[0] == 2.0
    last = nn.fit(
        model, np.zeros(1), (x, x), early_stopping=nn.EarlyStopping(patience=1, restore_best=False), **options
    )
    assert (last.epochs, last.params[0]) == (3, 3.0)
    up = nn.EarlyStopping("validation_loss", patience=3, mode="max", least=0.5)
    assert nn.fit(model, np.zeros(1), (x, x), early_stopping=up, **options).epochs == 50


def test_callbacks_see_each_epoch_and_may_stop():
    seen = []

    def callback(epoch, values, params):
        seen.append((epoch, sorted(values), float(params[0])))
        return epoch == 2

    found = nn.fit(
        lambda params, x: xp.sum(params),
        np.zeros(1),
        np.ones(3),
        optimizer=optim.SGD(1.0),
        epochs=9,
        callbacks=[callback],
    )
    assert seen == [(1, ["loss"], -1.0), (2, ["loss"], -2.0)]
    assert found.stopped == "callback"


def test_what_a_callback_stopped_goes_on(tmp_path):
    stopped = train(tmp_path / "c", callbacks=[lambda epoch, values, params: epoch == 2])
    assert (stopped.epochs, stopped.stopped) == (2, "callback")
    alike(train(tmp_path / "c", resume=True), train())


def test_what_early_stopping_ended_stays_so(tmp_path):
    x, y = line(20)
    early = nn.EarlyStopping("loss", patience=2, least=100.0)
    options = {"loss": "mean_squared_error", "early_stopping": early, "checkpoint": tmp_path / "c", "epochs": 9}
    model = nn.Dense(1)
    first = nn.fit(model, model.init(0, x), (x, y), **options)
    assert (first.epochs, first.stopped) == (3, "early")
    alike(nn.fit(model, model.init(0, x), (x, y), resume=True, **options), first)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_no_number_stops(tmp_path, bad):
    """The third batch of the second epoch; what the caller had and the checkpoint of the first epoch stay."""
    params = {"w": np.ones(1)}

    def data(epoch):
        return [np.asarray([bad if (epoch, batch) == (1, 2) else 1.0]) for batch in range(4)]

    def loss(params, x):
        return xp.sum(params["w"] * x)

    path = tmp_path / "c"
    nn.fit(loss, params, data, checkpoint=path)
    before = path.read_bytes()
    with pytest.raises(errors.TrainingError, match="epoch 2, batch 3") as caught:
        nn.fit(loss, params, data, checkpoint=path, epochs=3)
    assert (caught.value.epoch, caught.value.batch) == (2, 3)
    assert "learning rate" in str(caught.value)
    assert params["w"][0] == 1.0
    assert path.read_bytes() == before


def test_gradients_that_are_no_numbers_name_their_batch():
    """sqrt has an infinite slope at 0, where its value is fine."""
    with pytest.raises(errors.TrainingError, match="a gradient is infinite or undefined in epoch 1, batch 1"):
        nn.fit(
            lambda w, x: xp.sum(xp.sqrt(w)),
            np.zeros(1),
            np.ones(1),
            optimizer=optim.Clipped(optim.SGD(), global_norm=1.0),
        )


# ------------------------------------------------------------------------------------------------ killed and resumed

MODEL = nn.Sequential(nn.Dense(5, "tanh"), nn.BatchNorm(), nn.Dropout(0.3), nn.Dense(1))


def train(path=None, epochs=4, samples=50, key=7, **options):
    x, y = line(samples)
    return nn.fit(
        MODEL,
        MODEL.init(0, x.astype("f4")),
        (x.astype("f4"), y.astype("f4")),
        loss="mean_squared_error",
        optimizer=optim.Adam(optim.schedules.InverseTime(0.05, 0.1)),
        epochs=epochs,
        batch_size=8,
        validation=(x.astype("f4"), y.astype("f4")),
        metrics=["mean_absolute_error"],
        early_stopping=nn.EarlyStopping(patience=50),
        key=key,
        checkpoint=path,
        **options,
    )


def alike(a, b):
    same((a.params, a.state, a.optimizer_state), (b.params, b.state, b.optimizer_state))
    assert a.history == b.history
    assert (a.epochs, a.best_epoch, a.stopped) == (b.epochs, b.best_epoch, b.stopped)


def test_resuming_gives_the_same_bits(tmp_path):
    whole = train()
    train(tmp_path / "c", epochs=2)
    alike(train(tmp_path / "c", resume=True), whole)
    alike(train(tmp_path / "c", resume=True), whole)  # and again, where all is done
    assert leaves(train(key=8).params)[0].tobytes() != leaves(whole.params)[0].tobytes()


def test_resuming_without_a_file_begins_anew(tmp_path):
    alike(train(tmp_path / "c", resume=True), train())


@pytest.mark.parametrize("stop", [1, 3, 7, 9, 14])
def test_ctrl_c_anywhere_leaves_a_checkpoint_to_resume(tmp_path, stop):
    """Interrupted while a step is computed: the checkpoint holds the steps before, in the middle of an epoch too."""
    x, y = (part.astype("f4") for part in line(20))
    steps = []

    def run(interrupt, **options):
        def loss(prediction, target):
            steps.append(1)
            if len(steps) == interrupt:
                raise KeyboardInterrupt
            return xp.mean_squared_error(prediction, target)

        steps.clear()
        return nn.fit(MODEL, MODEL.init(0, x), (x, y), loss=loss, epochs=3, batch_size=4, key=1, **options)

    whole = run(None)
    with pytest.raises(KeyboardInterrupt):
        run(stop, checkpoint=tmp_path / "c")
    found = run(None, checkpoint=tmp_path / "c", resume=True)
    assert len(steps) == 15 - (stop - 1)
    alike(found, whole)


def test_data_from_elsewhere_are_skipped_on_resuming(tmp_path):
    def data(epoch):
        return [np.full((2, 1), float(10 * epoch + batch)) for batch in range(3)]

    def run(interrupt=None, **options):
        seen = []

        def loss(w, x):
            if len(seen) == interrupt:
                raise KeyboardInterrupt
            seen.append(float(np.asarray(x)[0, 0]))
            return xp.sum((w * x) ** 2)

        try:
            return seen, nn.fit(loss, np.ones(1), data, optimizer=optim.SGD(1e-4), epochs=2, **options).params
        except KeyboardInterrupt:
            return seen, None

    whole, params = run()
    first, _ = run(4, checkpoint=tmp_path / "c")
    rest, resumed = run(None, checkpoint=tmp_path / "c", resume=True)
    assert first + rest == whole
    same(params, resumed)


PROGRAM = """
import sys, time
sys.path.insert(0, sys.argv[2])
import test_training
print("ready", flush=True)
slowly = [lambda *epoch: time.sleep(0.02)]
test_training.train(sys.argv[1], epochs=40, resume=True, checkpoint_every=2, callbacks=slowly)
print("done", flush=True)
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX's")
def test_a_training_that_is_killed_again_and_again_ends_with_the_same_bits(tmp_path, request):
    path = tmp_path / "c"
    rng = np.random.default_rng(1)
    for kill in (True, True, False):
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(path), os.path.dirname(__file__)], stdout=subprocess.PIPE, text=True
        )
        request.addfinalizer(process.kill)
        assert process.stdout.readline() == "ready\n"
        if kill:
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.1 + float(rng.uniform(0, 0.1)))
            process.send_signal(signal.SIGKILL)
        rest = process.communicate(timeout=120)[0]
        assert rest == ("" if kill else "done\n")
        if path.exists():
            nn.load(path)
    alike(train(path, epochs=40, resume=True), train(epochs=40))


def test_a_generator_as_key_is_kept_by_the_checkpoint(tmp_path):
    train(tmp_path / "c", epochs=2, key=np.random.default_rng(3))
    found = train(tmp_path / "c", epochs=4, key=np.random.default_rng(99), resume=True)
    alike(found, train(epochs=4, key=np.random.default_rng(3)))


# ------------------------------------------------------------------------------------------------ checkpoints that do not fit


def test_checkpoints_of_another_training(tmp_path):
    path = tmp_path / "c"
    train(path, epochs=1)
    with pytest.raises(errors.ArgumentError, match="another key"):
        train(path, resume=True, key=8)
    with pytest.raises(errors.ArgumentError, match="samples=50 then and 40 now"):
        train(path, resume=True, samples=40)
    other = nn.Dense(1)
    x, y = line(50)
    options = {"loss": "mean_squared_error", "key": 7, "checkpoint": path, "resume": True}
    with pytest.raises(errors.LoadError, match=r"is missing"):
        nn.fit(other, other.init(0, (3,)), (x, y), **options)
    params = MODEL.init(0, (3,))
    with pytest.raises(errors.LoadError, match=r"optimizer/mean is not wanted"):
        nn.fit(MODEL, params, (x, y), optimizer=optim.SGD(0.1), **options)
    nn.save(path, params)
    with pytest.raises(errors.LoadError, match="checkpoint is missing"):
        train(path, resume=True)
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(errors.LoadError, match=r"c holds"):
        train(path, resume=True)


# ------------------------------------------------------------------------------------------------ the bar


def test_nothing_is_printed_into_a_pipe(capfd):
    train(epochs=1)
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX's")
def test_a_bar_on_a_terminal(tmp_path):
    import pty

    program = PROGRAM.replace(
        "epochs=40, resume=True, checkpoint_every=2, callbacks=slowly", "epochs=3, progress=sys.argv[3] == 'yes'"
    )
    shown = {}
    for wanted in ("yes", "no"):
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path / "c"), os.path.dirname(__file__), wanted],
            stdout=subprocess.DEVNULL,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "150"},
        )
        os.close(theirs)
        text = b""
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            text += part
        process.wait()
        os.close(ours)
        assert process.returncode == 0
        shown[wanted] = text.decode()
    assert "epoch 3/3" in shown["yes"]
    assert "validation_loss" in shown["yes"]
    assert shown["no"] == ""


# ------------------------------------------------------------------------------------------------ bad input

X, Y = line(6)
DENSE = nn.Dense(1)
P = DENSE.init(0, (3,), "float64")
MSE = {"loss": "mean_squared_error"}
BAD = {
    "no loss": (lambda: nn.fit(DENSE, P, (X, Y)), errors.ArgumentError, "loss='mean_squared_error'"),
    "an unknown loss": (lambda: nn.fit(DENSE, P, (X, Y), loss="mse"), errors.ArgumentError, "mean_squared_error"),
    "a loss that is none": (lambda: nn.fit(DENSE, P, (X, Y), loss=3), errors.ArgumentError, "pass a name"),
    "no model": (lambda: nn.fit(3, P, (X, Y), **MSE), errors.ArgumentError, "pass a layer"),
    "an unknown metric": (
        lambda: nn.fit(DENSE, P, (X, Y), metrics=["f1"], **MSE),
        errors.ArgumentError,
        "binary_accuracy",
    ),
    "metrics that are a name": (
        lambda: nn.fit(DENSE, P, (X, Y), metrics="accuracy", **MSE),
        errors.ArgumentError,
        "a list of names",
    ),
    "metrics without predictions": (
        lambda: nn.fit(lambda p, x: xp.sum(p), P["w"], X, metrics=["accuracy"]),
        errors.ArgumentError,
        "loss=",
    ),
    "a metric of many numbers": (
        lambda: nn.fit(DENSE, P, (X, Y), metrics={"m": lambda p, t: p}, **MSE),
        errors.ShapeError,
        "the metric m",
    ),
    "data of two lengths": (lambda: nn.fit(DENSE, P, (X, Y[:5]), **MSE), errors.ShapeError, "data[1] float64 (5, 1)"),
    "data that are none": (lambda: nn.fit(DENSE, P, 5, **MSE), errors.ArgumentError, "pass arrays"),
    "data without samples": (lambda: nn.fit(DENSE, P, (X[:0], Y[:0]), **MSE), errors.ShapeError, "0 samples"),
    "data without axes": (
        lambda: nn.fit(DENSE, P, (np.asarray(1.0), np.asarray(1.0)), **MSE),
        errors.ShapeError,
        "first axis",
    ),
    "no targets": (lambda: nn.fit(DENSE, P, X, **MSE), errors.ArgumentError, "(x, y)"),
    "no whole batch": (
        lambda: nn.fit(DENSE, P, (X, Y), drop_last=True, **MSE),
        errors.ShapeError,
        "batch_size of 6 or less",
    ),
    "no batches": (lambda: nn.fit(DENSE, P, [], **MSE), errors.ArgumentError, "epoch 1 had no batch"),
    "batches of size 0": (lambda: nn.fit(DENSE, P, (X, Y), batch_size=0, **MSE), errors.ArgumentError, "batch_size=0"),
    "epochs below 0": (lambda: nn.fit(DENSE, P, (X, Y), epochs=-1, **MSE), errors.ArgumentError, "epochs=-1"),
    "an iterator for two epochs": (
        lambda: nn.fit(DENSE, P, iter([(X, Y)]), epochs=2, **MSE),
        errors.ArgumentError,
        "function of the epoch",
    ),
    "resume without a file": (
        lambda: nn.fit(DENSE, P, (X, Y), resume=True, **MSE),
        errors.ArgumentError,
        "checkpoint=",
    ),
    "an optimizer that is none": (
        lambda: nn.fit(DENSE, P, (X, Y), optimizer="adam", **MSE),
        errors.ArgumentError,
        "gradatlas.optim",
    ),
    "early stopping without validation": (
        lambda: nn.fit(DENSE, P, (X, Y), early_stopping=nn.EarlyStopping(), **MSE),
        errors.ArgumentError,
        "validation=",
    ),
    "a key that is none": (lambda: nn.fit(DENSE, P, (X, Y), key="k", **MSE), errors.ArgumentError, "SeedSequence"),
    "parameters of another layer": (
        lambda: nn.fit(DENSE, {"w": P["w"]}, (X, Y), **MSE),
        errors.ArgumentError,
        "Dense.init",
    ),
    "whole parameters": (
        lambda: nn.fit(DENSE, {"w": np.ones((3, 1), int), "b": np.ones(1, int)}, (X, Y), **MSE),
        errors.DTypeError,
        "params",
    ),
    "shapes that do not fit": (
        lambda: nn.fit(DENSE, P, (X[:, :2], Y), **MSE),
        errors.ShapeError,
        "dense: got x of shape (6, 2)",
    ),
    "a loss of many numbers": (
        lambda: nn.fit(DENSE, P, (X, Y), loss=lambda p, t: p - t),
        errors.NotScalarError,
        "xp.mean",
    ),
    "prediction of no arrays": (lambda: nn.predict(DENSE, P, [X]), errors.ArgumentError, "pass arrays"),
    "accuracy of other shapes": (lambda: nn.accuracy(X, Y), errors.ShapeError, "classes"),
    "binary accuracy of other shapes": (lambda: nn.binary_accuracy(X, Y), errors.ShapeError, "xp.reshape"),
    "no patience": (lambda: nn.EarlyStopping(patience=0), errors.ArgumentError, "patience=0"),
    "a mode that is none": (lambda: nn.EarlyStopping(mode="up"), errors.ArgumentError, "min or max"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name):
    call, kind, says = BAD[name]
    with pytest.raises(kind) as caught:
        call()
    assert says in str(caught.value)
    assert str(caught.value).count(": ") >= 2


def test_metrics_by_hand(home):
    logits = home.array([[1.0, 2.0], [3.0, 0.0], [0.0, 1.0], [5.0, 4.0]])
    assert float(home.host(nn.accuracy(logits, home.array([1, 0, 0, 0], "int64")))) == 0.75
    hot = home.array([[0.0, 1.0], [1.0, 0.0], [1.0, 0.0], [1.0, 0.0]])
    assert float(home.host(nn.accuracy(logits, hot))) == 0.75
    p = home.array([0.2, 0.7, 0.9])
    assert float(home.host(nn.binary_accuracy(p, home.array([0.0, 0.0, 1.0])))) == pytest.approx(2 / 3)
