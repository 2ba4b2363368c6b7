"""The course of a training: the four curves that judgement needs, and how much they tremble."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion.errors import ArgumentError, DataError

Curve = NDArray[np.float64]

WINDOW = 3  # epochs that are averaged before anything is compared


@dataclass(frozen=True, slots=True, eq=False)
class LearningCurves:
    """Loss and accuracy after each epoch, in training and in validation; None where not measured.

    `first` is the number of the first epoch; accuracies are shares from 0 to 1.
    """

    loss: Curve
    val_loss: Curve | None = None
    accuracy: Curve | None = None
    val_accuracy: Curve | None = None
    learning_rate: Curve | None = None
    first: int = 1

    @property
    def count(self) -> int:
        """How many epochs."""
        return len(self.loss)

    @property
    def is_finite(self) -> bool:
        """Whether every number is one."""
        curves = (self.loss, self.val_loss, self.accuracy, self.val_accuracy)
        return all(np.isfinite(curve).all() for curve in curves if curve is not None)

    def epoch(self, place: int) -> int:
        """The number of the epoch at a place, as a user counts."""
        return self.first + place


def course(history: Any) -> LearningCurves:
    """The curves of what `fit` returned, or of a dict of lists with Keras' names.

    The accuracy is the first column whose name has `acc` in it. Raises ArgumentError for other
    things, DataError where there is no loss or a column has another length.
    """
    columns = getattr(history, "history", history)
    if not isinstance(columns, Mapping):
        raise ArgumentError(
            "a history is what fit returns, or a dict of lists. "
            f"Received: {type(history).__name__}",
            hint="history = model.fit(...); insight.diagnose(history)",
        )
    found: dict[str, Curve] = {}
    for name, values in columns.items():  # type: ignore[reportUnknownVariableType]
        found[str(name)] = np.asarray(values, np.float64).reshape(-1)  # type: ignore[reportUnknownArgumentType]
    if not found.get("loss", np.empty(0)).size:
        raise DataError(
            f"the history has no loss. Received: {', '.join(found) or 'no columns'}",
            hint="train for an epoch first: history = model.fit(x, y, epochs=10)",
        )
    accuracy = next((name for name in found if "acc" in name and name[:4] != "val_"), "accuracy")
    names = ("loss", "val_loss", accuracy, f"val_{accuracy}", "learning_rate")
    curves = [found.get(name) for name in names]
    lengths = {len(curve) for curve in curves if curve is not None}
    if len(lengths) > 1:
        raise DataError(
            f"the columns of the history differ in length. Received: {sorted(lengths)}",
            hint="validate after every epoch: validation_freq=1",
        )
    epochs = found.get("epoch")
    first = 1 if epochs is None or not epochs.size else int(epochs[0])
    return LearningCurves(curves[0], *curves[1:], first=max(first, 1))  # type: ignore[arg-type]


def smoothed(curve: Curve) -> Curve:
    """Means over three epochs, one for each epoch that has two neighbours: (n,) -> (n - 2,).

    >>> smoothed(np.array([3.0, 6.0, 0.0, 3.0])).tolist()
    [3.0, 3.0]
    """
    return np.convolve(curve, np.full(WINDOW, 1 / WINDOW), mode="valid")


def lowest(curve: Curve) -> int:
    """The epoch in the middle of the three with the lowest mean, counting from 0."""
    return int(np.argmin(smoothed(curve))) + WINDOW // 2


def tremble(curve: Curve) -> float:
    """The standard deviation of a curve's noise, epoch to epoch, whatever its trend.

    From second differences, which a straight trend leaves at 0 and independent noise of deviation
    s at sqrt(6) s. The median makes single jumps count little.

    >>> tremble(np.array([1.0, 2.0, 3.0, 4.0, 5.0]))
    0.0
    """
    if len(curve) < WINDOW:
        return 0.0
    return float(np.median(np.abs(np.diff(curve, 2)))) / (0.6745 * sqrt(6))


def step_error(curve: Curve) -> float:
    """The standard error of a difference between two three-epoch means of a curve."""
    return tremble(curve) * sqrt(2 / WINDOW)
