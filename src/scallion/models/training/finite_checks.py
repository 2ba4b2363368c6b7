"""Checks that nothing non-finite is trained on, saved, or given as an answer."""

from collections.abc import Sequence
from math import isfinite
from typing import Any

import numpy as np

from scallion.errors import DataError, StateError, TrainingError
from scallion.layers.base.variable import describe_non_finite

_HINT = "a lower learning rate, such as {:g}, and pixels from 0 to 1: x / 255"


def require_finite_weights(model: Any, what: str) -> None:
    """Raise StateError where a weight is NaN or infinite; `what` says what cannot be done."""
    found = describe_non_finite(model.weights) if model.built else None
    if found is not None:
        raise StateError(
            f"model {model.name!r} {what}: {found}",
            hint="train it again with a lower learning rate, or load weights of an earlier epoch",
        )


def require_finite_epoch(model: Any, epoch: int) -> None:
    """Raise TrainingError where a weight is NaN or infinite after an epoch, counted from 0."""
    found = describe_non_finite(model.weights)
    if found is not None:
        rate = model.optimizer.learning_rate
        raise TrainingError(
            f"epoch {epoch + 1}: {found}, so training stops. Received: learning_rate={rate:g}",
            hint=_HINT.format(min(rate / 10, 0.1)),
        )


def non_finite_loss(loss: float, where: str, rate: float) -> TrainingError:
    """Return the error for a loss that is NaN or infinite."""
    return TrainingError(
        f"{where}: the loss is NaN or infinite, so training stops. "
        f"Received: loss={loss}, learning_rate={rate:g}",
        hint=_HINT.format(min(rate / 10, 0.1)),
    )


def require_finite_outputs(model: Any, outputs: Sequence[np.ndarray], indices: np.ndarray) -> None:
    """Raise StateError or DataError where an output of the images at `indices` is not finite."""
    for output in outputs:
        if np.isfinite(output).all():
            continue
        require_finite_weights(model, "has no answer")
        wrong = ~np.isfinite(output)
        image = int(indices[np.argwhere(wrong)[0][0]])
        raise DataError(
            f"image {image}: values overflow within model {model.name!r}, so it has no answer. "
            f"Received: {output[wrong].flat[0]}",
            hint="give the images the range that the model was trained on, such as x / 255",
        )


def require_finite_evaluation(model: Any, loss: float) -> None:
    """Raise StateError or DataError where the loss of an evaluation is NaN or infinite."""
    if isfinite(loss):
        return
    require_finite_weights(model, "cannot be evaluated")
    raise DataError(
        f"the loss of model {model.name!r} is NaN or infinite on these images. Received: {loss}",
        hint="give the images the range that the model was trained on, such as x / 255",
    )
