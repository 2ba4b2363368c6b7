"""TerminateOnNaN: stopping when the loss is NaN or infinite."""

from math import isfinite

from scallion.callbacks.callback import Callback, Logs
from scallion.callbacks.progress_bar import write
from scallion.errors import TrainingError


class TerminateOnNaN(Callback):
    """Stop training when the loss is NaN or infinite; with `raise_error` raise TrainingError.

    Without this callback, `fit` raises TrainingError.
    """

    def __init__(self, raise_error: bool = False) -> None:
        super().__init__()
        self.raise_error = raise_error

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Check the loss."""
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
