"""Training curves: loss, accuracy and learning rate per epoch, and the noise of a curve."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion.errors import ArgumentError, DataError

Curve = NDArray[np.float64]

WINDOW = 3  # epochs of the moving average
MIN_EPOCHS = 5  # below, a trend is a guess


@dataclass(frozen=True, slots=True, eq=False)
class TrainingCurves:
    """One value per epoch, (epochs,) each; None where it was not measured.

    Accuracies are fractions from 0 to 1. `first_epoch` is the number of the first value's epoch.
    """

    loss: Curve
    val_loss: Curve | None = None
    accuracy: Curve | None = None
    val_accuracy: Curve | None = None
    learning_rate: Curve | None = None
    first_epoch: int = 1

    @property
    def epochs(self) -> int:
        """The number of epochs."""
        return len(self.loss)

    @property
    def is_finite(self) -> bool:
        """True if no loss or accuracy is NaN or infinite."""
        curves = (self.loss, self.val_loss, self.accuracy, self.val_accuracy)
        return all(np.isfinite(curve).all() for curve in curves if curve is not None)

    @property
    def accuracy_gap(self) -> float | None:
        """Training minus validation accuracy, averaged over the last three epochs."""
        if self.accuracy is None or self.val_accuracy is None:
            return None
        return float((self.accuracy - self.val_accuracy)[-WINDOW:].mean())

    @property
    def best_index(self) -> int | None:
        """The index of the epoch with the best validation accuracy, of equal ones the lower loss.

        A run keeps the weights of this epoch.
        """
        if self.val_accuracy is None or not np.isfinite(self.val_accuracy).any():
            return None
        tie = np.zeros(self.epochs) if self.val_loss is None else self.val_loss
        order = np.lexsort((tie, -self.val_accuracy))
        return int(order[0])

    @property
    def training_accuracy_at_best(self) -> float | None:
        """The training accuracy of the epoch with the best validation accuracy."""
        if self.accuracy is None or self.best_index is None:
            return None
        return float(self.accuracy[self.best_index])

    def epoch_number(self, index: int) -> int:
        """Return the number of the epoch at an index, as a user counts."""
        return self.first_epoch + index


def training_curves(history: Any) -> TrainingCurves:
    """Convert the `History` of `fit`, or a dict of lists with Keras' names, to curves.

    The accuracy is the first column with `acc` in its name. Raises ArgumentError for another type,
    DataError where there is no loss or columns differ in length.
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
    return TrainingCurves(curves[0], *curves[1:], first_epoch=max(first, 1))  # type: ignore[arg-type]


def moving_average(curve: Curve) -> Curve:
    """Return means over three epochs, centred on each epoch with two neighbours: (n,) -> (n - 2,).

    >>> moving_average(np.array([3.0, 6.0, 0.0, 3.0])).tolist()
    [3.0, 3.0]
    """
    return np.convolve(curve, np.full(WINDOW, 1 / WINDOW), mode="valid")


def lowest_epoch(curve: Curve) -> int:
    """Return the index of the epoch where the moving average is lowest."""
    return int(np.argmin(moving_average(curve))) + WINDOW // 2


def noise_std(curve: Curve) -> float:
    """Estimate the standard deviation of a curve's noise between epochs, whatever its trend.

    Second differences of a straight trend are 0, and those of independent noise of deviation s have
    deviation sqrt(6) s. The median makes single jumps count little.

    >>> noise_std(np.array([1.0, 2.0, 3.0, 4.0, 5.0]))
    0.0
    """
    if len(curve) < WINDOW:
        return 0.0
    return float(np.median(np.abs(np.diff(curve, 2)))) / (0.6745 * sqrt(6))


def standard_error(curve: Curve) -> float:
    """Return the standard error of a difference between two values of the moving average."""
    return noise_std(curve) * sqrt(2 / WINDOW)
