"""Keras' PyDataset: batches by index."""

from typing import Any


class PyDataset:
    """Base class of data sets that return batch `index` from `__getitem__`, and have a `__len__`.

    A batch is `(images, labels)` or `(images, labels, weights)`. `fit` reads the batches in a
    shuffled order unless `shuffle=False`. The three arguments are accepted for Keras and change
    nothing: batches are made between two steps.
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
        """Number of batches: `len()` unless overridden."""
        return len(self)

    def on_epoch_begin(self) -> None:
        """Run before the first batch of an epoch; override it if needed."""

    def on_epoch_end(self) -> None:
        """Run after the last batch of an epoch; override it if needed."""


Sequence = PyDataset
"""The name of PyDataset before Keras 3."""
