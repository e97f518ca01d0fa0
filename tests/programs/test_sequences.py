"""The programs that read digits as sequences, and the small networks beside them."""

import numpy as np
import pytest

from gradatlas import programs
from gradatlas.programs import sequences

ROWS = {
    "P2": sequences.RNN,
    "P8-rnn": sequences.SMALL_RNN,
    "P8-simple": sequences.SIMPLE,
    "P8-cnn": sequences.SMALL_CNN,
}


@pytest.mark.parametrize("row", ROWS)
def test_they_are_found(row):
    assert programs.program(row) is ROWS[row]


def test_a_digit_is_a_sequence_of_its_rows():
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    data = sequences.RNN.data(None, 0)
    assert data.x.shape[1:] == (8, 8)
    known = {image.tobytes(): label for image, label in zip((images / 16).astype(np.float32), labels, strict=True)}
    assert all(known[image.reshape(64).tobytes()] == label for image, label in zip(data.x, data.y, strict=True))


def test_p2_by_hand():
    data = sequences.RNN.data(None, 0)
    params = sequences.RNN.init(0, data, "float64")
    cell, dense = params
    h = np.zeros((4, 32))
    for t in range(8):
        h = np.maximum(data.x[:4, t].astype(np.float64) @ cell["w"] + h @ cell["u"] + cell["b"], 0)
    logits = sequences.RNN.network(params, data.x[:4].astype(np.float64))
    np.testing.assert_allclose(logits, h @ dense["w"] + dense["b"], atol=1e-12)
    np.testing.assert_allclose(cell["u"] @ cell["u"].T, np.eye(32), atol=1e-12)


def test_both_ways_are_two_networks():
    data = sequences.SMALL_RNN.data(None, 0)
    params = sequences.SMALL_RNN.init(0, data, "float64")
    x = data.x[:4].astype(np.float64)
    cell, dense = params
    ends = []
    for direction, order in (("forward", range(8)), ("backward", range(7, -1, -1))):
        h = np.zeros((4, 32))
        for t in order:
            h = np.tanh(x[:, t] @ cell[direction]["w"] + h @ cell[direction]["u"] + cell[direction]["b"])
        ends.append(h)
    wanted = np.concatenate(ends, axis=1) @ dense["w"] + dense["b"]
    np.testing.assert_allclose(sequences.SMALL_RNN.network(params, x), wanted, atol=1e-12)


@pytest.mark.parametrize("row", ROWS)
def test_mnist_is_read_too(row, mnist_folder):
    outcome = programs.run(ROWS[row], data=mnist_folder, epochs=1, progress=False)
    assert "6 for training, 4 held out" in outcome.about
    shape = ROWS[row].data(mnist_folder, 0).x.shape
    assert shape == ((6, 28, 28, 1) if row == "P8-cnn" else (6, 28, 28))


def test_what_the_data_are_is_said_as_it_is():
    assert "eight time steps" in sequences.RNN.data(None, 0).about
    assert "time steps" not in sequences.SIMPLE.data(None, 0).about
    assert sequences.SMALL_CNN.data(None, 0).x.shape[1:] == (8, 8, 1)
