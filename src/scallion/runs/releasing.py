"""Gives back the memory of images that are mapped from the disk while a run goes through them."""

from scallion.callbacks import Callback
from scallion.callbacks.callback import Logs
from scallion.images.mapped import Reader
from scallion.runs.data import Splits


class Releasing(Callback):
    """Counts the batches of a run; `size` is the number of images in one."""

    def __init__(self, splits: Splits, size: int) -> None:
        super().__init__()
        self._reader = Reader(splits.train.x)  # the splits of a folder are parts of one map
        self._size = size

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self._reader.read(self._size)

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self._reader.read(self._size)

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self._reader.read(self._size)
