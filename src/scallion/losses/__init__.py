"""Losses: what training minimises, with Keras' names, arguments and numbers."""

from scallion.losses.base import Loss
from scallion.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
)
from scallion.losses.functions import (
    binary_crossentropy,
    categorical_crossentropy,
    mean_absolute_error,
    mean_squared_error,
    sparse_categorical_crossentropy,
)
from scallion.losses.regression import MeanAbsoluteError, MeanSquaredError
from scallion.losses.table import get, resolve

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "Loss",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "SparseCategoricalCrossentropy",
    "binary_crossentropy",
    "categorical_crossentropy",
    "get",
    "mean_absolute_error",
    "mean_squared_error",
    "resolve",
    "sparse_categorical_crossentropy",
]
