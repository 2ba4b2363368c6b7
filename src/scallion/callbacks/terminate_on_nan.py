"""Stop when the loss is no longer a number."""

from math import isfinite

from scallion.callbacks.callback import Callback, Logs
from scallion.callbacks.progress_bar import write
from scallion.errors import TrainingError


class TerminateOnNaN(Callback):
    """End training quietly once the loss is NaN or infinite; `raise_error` raises instead.

    Without it, `fit` raises TrainingError itself.
    """

    def __init__(self, raise_error: bool = False) -> None:
        super().__init__()
        self.raise_error = raise_error

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        loss = (logs or {}).get("loss")
        if loss is None or isfinite(loss):
            return
        if self.raise_error:
            raise TrainingError(
                f"NaN or Inf loss encountered at batch {batch}. Loss value: {loss}",
                hint="a lower learning rate, and pixels between 0 and 1",
            )
        write(f"Batch {batch}: Invalid loss, terminating training\n")
        self.model.stop_training = True
