"""The callback that stops a run that is worse than others were at the same epoch."""

from collections.abc import Sequence

from scallion.callbacks import Callback
from scallion.callbacks.callback import Logs

AccuracyFloor = Sequence[float | None]
"""The least validation accuracy after each epoch, None where any will do.

The last value holds for all later epochs.
"""


class Pruning(Callback):
    """Stops training after an epoch whose validation accuracy is below the floor of that epoch."""

    def __init__(self, floor: AccuracyFloor) -> None:
        super().__init__()
        self.floor = floor
        self.is_pruned = False

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Stop training if the epoch was too bad."""
        least = self.floor[min(epoch, len(self.floor) - 1)] if self.floor else None
        if least is not None and (logs or {}).get("val_accuracy", 1.0) < least:
            self.is_pruned = True
            self.model.stop_training = True
