"""Losses as functions: one number a prediction. Keras' names for them."""

from typing import Any

import numpy as np

from scallion.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
)
from scallion.losses.divergence import KLDivergence
from scallion.losses.focal import BinaryFocalCrossentropy, CategoricalFocalCrossentropy
from scallion.losses.hinge import CategoricalHinge, Hinge, SquaredHinge
from scallion.losses.loss import Loss
from scallion.losses.regression import Huber, LogCosh, MeanAbsoluteError, MeanSquaredError
from scallion.losses.relative import (
    CosineSimilarity,
    MeanAbsolutePercentageError,
    MeanSquaredLogarithmicError,
    Poisson,
)


def _values(kind: type[Loss], y_true: Any, y_pred: Any, **arguments: Any) -> np.ndarray:
    return kind(**arguments).values(np.asarray(y_true), np.asarray(y_pred, np.float32))


def sparse_categorical_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
) -> np.ndarray:
    """One loss a prediction: see SparseCategoricalCrossentropy."""
    arguments = {"from_logits": from_logits, "ignore_class": ignore_class, "axis": axis}
    return _values(SparseCategoricalCrossentropy, y_true, y_pred, **arguments)


def categorical_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> np.ndarray:
    """One loss a prediction: see CategoricalCrossentropy."""
    arguments = {"from_logits": from_logits, "label_smoothing": label_smoothing, "axis": axis}
    return _values(CategoricalCrossentropy, y_true, y_pred, **arguments)


def binary_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> np.ndarray:
    """One loss an image: see BinaryCrossentropy."""
    arguments = {"from_logits": from_logits, "label_smoothing": label_smoothing, "axis": axis}
    return _values(BinaryCrossentropy, y_true, y_pred, **arguments)


def mean_squared_error(y_true: Any, y_pred: Any) -> np.ndarray:
    """One loss an image: see MeanSquaredError."""
    return _values(MeanSquaredError, y_true, y_pred)


def mean_absolute_error(y_true: Any, y_pred: Any) -> np.ndarray:
    """One loss an image: see MeanAbsoluteError."""
    return _values(MeanAbsoluteError, y_true, y_pred)


def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> np.ndarray:
    """One loss an image: see Huber."""
    return _values(Huber, y_true, y_pred, delta=delta)


def log_cosh(y_true: Any, y_pred: Any) -> np.ndarray:
    """One loss an image: see LogCosh."""
    return _values(LogCosh, y_true, y_pred)


def kl_divergence(y_true: Any, y_pred: Any) -> np.ndarray:
    """One loss an image: see KLDivergence."""
    return _values(KLDivergence, y_true, y_pred)


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> np.ndarray:
    """One loss an image: see MeanAbsolutePercentageError."""
    return _values(MeanAbsolutePercentageError, y_true, y_pred)


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> np.ndarray:
    """One loss an image: see MeanSquaredLogarithmicError."""
    return _values(MeanSquaredLogarithmicError, y_true, y_pred)


def poisson(y_true: Any, y_pred: Any) -> np.ndarray:
    """One loss an image: see Poisson."""
    return _values(Poisson, y_true, y_pred)


def hinge(y_true: Any, y_pred: Any) -> np.ndarray:
    """One loss an image: see Hinge."""
    return _values(Hinge, y_true, y_pred)


def squared_hinge(y_true: Any, y_pred: Any) -> np.ndarray:
    """One loss an image: see SquaredHinge."""
    return _values(SquaredHinge, y_true, y_pred)


def categorical_hinge(y_true: Any, y_pred: Any) -> np.ndarray:
    """One loss a prediction: see CategoricalHinge."""
    return _values(CategoricalHinge, y_true, y_pred)


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> np.ndarray:
    """One loss a prediction: see CosineSimilarity."""
    return _values(CosineSimilarity, y_true, y_pred, axis=axis)


def categorical_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> np.ndarray:
    """One loss a prediction: see CategoricalFocalCrossentropy."""
    return _values(
        CategoricalFocalCrossentropy, y_true, y_pred, alpha=alpha, gamma=gamma,
        from_logits=from_logits, label_smoothing=label_smoothing, axis=axis,
    )  # fmt: skip


def binary_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> np.ndarray:
    """One loss an image: see BinaryFocalCrossentropy."""
    return _values(
        BinaryFocalCrossentropy, y_true, y_pred, apply_class_balancing=apply_class_balancing,
        alpha=alpha, gamma=gamma, from_logits=from_logits, label_smoothing=label_smoothing,
        axis=axis,
    )  # fmt: skip
