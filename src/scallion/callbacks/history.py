"""History: losses and metrics of all epochs."""

from collections.abc import Mapping
from typing import Any

from scallion.callbacks.callback import Callback, Logs


class History(Callback):
    """The record that `fit` returns: `history`, a dict of one list per metric, and `epoch`."""

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[Any]] = {}
        self.epoch: list[int] = []

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Reset the list of epochs; `history` is continued, as in Keras."""
        self.epoch = []

    def get_state(self) -> dict[str, Any]:
        """Return the values and epochs so far."""
        return {"history": self.history, "epoch": self.epoch}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Restore what `get_state` returned."""
        self.history = state["history"]
        self.epoch = state["epoch"]

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Append the values of the epoch."""
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        self.model.history = self
