"""Batches by their number, as Keras' PyDataset gives them."""

from typing import Any


class PyDataset:
    """The base: override `__getitem__`, which gives batch `index`, and `__len__`, their number.

    A batch is `(images, labels)` or `(images, labels, weights)`. `fit` takes the batches in a
    shuffled order unless `shuffle=False`. The three arguments are taken as Keras takes them and
    change nothing: batches are made between two steps.
    """

    def __init__(
        self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10
    ) -> None:
        self.workers = workers
        self.use_multiprocessing = use_multiprocessing
        self.max_queue_size = max_queue_size

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError

    @property
    def num_batches(self) -> int | None:
        """How many batches there are: `len()` unless overridden."""
        return len(self)

    def on_epoch_begin(self) -> None:
        """Called before the first batch of a pass."""

    def on_epoch_end(self) -> None:
        """Called after the last batch of a pass."""


Sequence = PyDataset
"""What Keras called it before version 3."""
