"""The five workloads as gradient steps, one module for each engine; `compare.py` runs each in a process of its own.

A module has one function for each workload. It takes the workload's arrays (NumPy, float32) by name and returns a
function without arguments that carries out one gradient step and gives (loss, gradients), arrays of the engine's own;
`numbers` turns these into NumPy arrays, and `overhead` gives the gradient of a chain of sines on three numbers.
"""
