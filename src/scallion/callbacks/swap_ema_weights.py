"""SwapEMAWeights: evaluate with the moving averages of the weights."""

import numpy as np

from scallion.callbacks.callback import Callback, Logs
from scallion.errors import StateError
from scallion.layers.base.variable import Variable


class SwapEMAWeights(Callback):
    """Evaluate and predict with the averages of an optimizer with `use_ema=True`.

    The weights of training come back afterwards. With `swap_on_epoch` the averages are in the model
    at the end of each epoch, too, for a ModelCheckpoint that follows in the list.
    """

    def __init__(self, swap_on_epoch: bool = False) -> None:
        super().__init__()
        self.swap_on_epoch = swap_on_epoch
        self._swapped = False

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Put the weights of training back."""
        if self.swap_on_epoch:
            self._swap(to_averages=False)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Put the averages into the model, and keep them there after the last epoch."""
        if not self.swap_on_epoch or self._swapped:
            return
        self._swap(to_averages=True)
        if epoch == (self.params or {}).get("epochs", 0) - 1:
            for variable, average in self._pairs():
                average[...] = variable.value

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Put the averages into the model."""
        self._swap(to_averages=True)

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Put the weights of training back."""
        self._swap(to_averages=False)

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Put the averages into the model."""
        self._swap(to_averages=True)

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """Put the weights of training back."""
        self._swap(to_averages=False)

    def _pairs(self) -> list[tuple[Variable, np.ndarray]]:
        optimizer = self.model.optimizer
        if not optimizer.use_ema:
            raise StateError(
                "SwapEMAWeights needs an optimizer that averages the weights. "
                f"Received: use_ema={optimizer.use_ema}",
                hint=f"{type(optimizer).__name__}(use_ema=True)",
            )
        averages = optimizer.slots.get("average", [])
        return list(zip(optimizer.variables, averages, strict=True))

    def _swap(self, *, to_averages: bool) -> None:
        if self._swapped is to_averages:
            return
        for variable, average in self._pairs():
            weights = np.array(variable.value)
            variable.assign(average)
            average[...] = weights
        self._swapped = to_averages
