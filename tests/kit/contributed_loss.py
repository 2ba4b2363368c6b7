"""The worked example of a new loss, PinballLoss, file by file, as CONTRIBUTING.md shows it."""

from typing import Any

import numpy as np

from scallion.losses.loss import Loss, loss_per_prediction, match_rank

# src/scallion/losses/regression.py


class PinballLoss(Loss):
    """The loss of quantile regression: its minimum is the `quantile` of the targets.

    It is quantile * (t - y) where the output y is below the target t, else (1 - quantile) * (y - t)
    (Koenker and Bassett 1978).
    """

    def __init__(
        self,
        quantile: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str = "pinball_loss",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.quantile = float(quantile)

    def per_prediction(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        target = match_rank(y_true, y_pred, self.name).astype(y_pred.dtype)
        error, quantile = target - y_pred, y_pred.dtype.type(self.quantile)
        return np.maximum(quantile * error, (quantile - 1) * error).mean(axis=-1)

    def prediction_gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        target = match_rank(y_true, y_pred, self.name).astype(y_pred.dtype)
        gradient = np.where(y_pred < target, -self.quantile, 1 - self.quantile)
        return gradient.astype(y_pred.dtype) / y_pred.dtype.type(y_pred.shape[-1])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "quantile": self.quantile}


def pinball_loss(y_true: Any, y_pred: Any, quantile: float = 0.5) -> np.ndarray:
    """Return one loss per prediction, as PinballLoss computes it."""
    return loss_per_prediction(PinballLoss, y_true, y_pred, quantile=quantile)


# src/scallion/losses/__init__.py: import both, and add both names to __all__

# tests/kit/loss_cases.py: case("PinballLoss", "numbers", {"quantile": 0.9})

# The registry and saved models find it by its name. The native engine refuses it by name until it
# has a kernel in native/kernels/loss.cpp, and a row in `LOSSES` of
# src/scallion/engine/lowering/losses.py; the reference engine trains with it.
