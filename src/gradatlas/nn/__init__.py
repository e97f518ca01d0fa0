"""Networks: layers whose parameters are trees of arrays, initialisers, training, and saving.

from gradatlas import nn

model = nn.Sequential(nn.Dense(512, "relu"), nn.Dense(10))
params = model.init(0, (784,))
logits = model(params, x)
"""

from __future__ import annotations

from gradatlas.nn import initializers, keys
from gradatlas.nn.attention import Attention, MultiHeadAttention
from gradatlas.nn.composition import Function, Residual, Sequential
from gradatlas.nn.convolution import (
    AvgPool,
    Conv1D,
    Conv2D,
    Conv3D,
    ConvTranspose1D,
    ConvTranspose2D,
    ConvTranspose3D,
    GlobalAvgPool,
    GlobalMaxPool,
    MaxPool,
)
from gradatlas.nn.dense import Activation, Dense, Dropout, Embedding, Flatten
from gradatlas.nn.layer import Layer, count_parameters, summary
from gradatlas.nn.loading import load
from gradatlas.nn.metrics import accuracy, binary_accuracy
from gradatlas.nn.normalization import BatchNorm, GroupNorm, LayerNorm, RMSNorm
from gradatlas.nn.recurrent import GRU, LSTM, Bidirectional, SimpleRNN
from gradatlas.nn.saving import save
from gradatlas.nn.training import EarlyStopping, Fitted, evaluate, fit, predict

__all__ = [
    "GRU",
    "LSTM",
    "Activation",
    "Attention",
    "AvgPool",
    "BatchNorm",
    "Bidirectional",
    "Conv1D",
    "Conv2D",
    "Conv3D",
    "ConvTranspose1D",
    "ConvTranspose2D",
    "ConvTranspose3D",
    "Dense",
    "Dropout",
    "EarlyStopping",
    "Embedding",
    "Fitted",
    "Flatten",
    "Function",
    "GlobalAvgPool",
    "GlobalMaxPool",
    "GroupNorm",
    "Layer",
    "LayerNorm",
    "MaxPool",
    "MultiHeadAttention",
    "RMSNorm",
    "Residual",
    "Sequential",
    "SimpleRNN",
    "accuracy",
    "binary_accuracy",
    "count_parameters",
    "evaluate",
    "fit",
    "initializers",
    "keys",
    "load",
    "predict",
    "save",
    "summary",
]
