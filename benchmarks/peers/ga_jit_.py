"""The workloads in gradatlas on NumPy arrays, each step recorded once by `ga.jit` and replayed."""

import gradatlas as ga
from peers import gradatlas_
from peers.gradatlas_ import VERSION, attention, cnn, dense, lstm, numbers, overhead, small

__all__ = ["VERSION", "attention", "cnn", "dense", "lstm", "numbers", "overhead", "small"]

gradatlas_.transformed = ga.jit
