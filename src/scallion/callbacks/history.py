"""What happened: a list of numbers for each loss and metric, one an epoch."""

from scallion.callbacks.callback import Callback, Logs


class History(Callback):
    """The record that `fit` returns: `history` (a dict of lists), `epoch` and `params`."""

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        self.model.history = self
