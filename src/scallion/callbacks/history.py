"""What happened: a list of numbers for each loss and metric, one an epoch."""

from collections.abc import Mapping
from typing import Any

from scallion.callbacks.callback import Callback, Logs


class History(Callback):
    """The record that `fit` returns: `history` (a dict of lists), `epoch` and `params`."""

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[Any]] = {}
        self.epoch: list[int] = []

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.epoch = []

    def get_state(self) -> dict[str, Any]:
        return {"history": self.history, "epoch": self.epoch}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self.history = state["history"]
        self.epoch = state["epoch"]

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        self.model.history = self
