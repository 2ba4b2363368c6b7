"""What a training loop asks of an engine. There are two: `native` (C++) and `reference` (NumPy)."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from scallion.losses import Loss
from scallion.optimizers import Optimizer


@dataclass(frozen=True, slots=True)
class Objective:
    """What training minimises, and how: a loss and a weight an output, and the optimizer."""

    losses: tuple[Loss, ...]
    loss_weights: tuple[float, ...]
    optimizer: Optimizer


@dataclass(frozen=True, slots=True)
class IndexedBatch:
    """One batch. The images stay where they are; only their places are handed on.

    `inputs` are whole arrays, one a model input: (images, ...), of any number type.
    `indices` are int64 (n,): which images, the same for all inputs.
    `targets` are gathered, one an output: int64 (n,) classes, or float32 (n, ...).
    `weights` are float32 (n,), one an image, or None where all count 1.
    """

    inputs: tuple[np.ndarray, ...]
    indices: np.ndarray
    targets: tuple[np.ndarray, ...]
    weights: np.ndarray | None = None


@dataclass(frozen=True, slots=True)
class StepResult:
    """What comes back: the losses and the outputs that they were computed from.

    `loss` is the weighted total with penalties; `losses` has one mean an output.
    `outputs` are float32 (n, ...), one an output, and are the caller's to keep.
    """

    loss: float
    losses: tuple[float, ...]
    outputs: tuple[np.ndarray, ...]


class Engine(Protocol):
    """Runs one graph. Weights and optimizer state are the caller's arrays, changed in place."""

    def train(self, batch: IndexedBatch, *, seed: int, step: int) -> StepResult:
        """Forward, backward, update. Dropout draws from (seed, step): see `engine.random`."""
        ...

    def test(self, batch: IndexedBatch) -> StepResult:
        """Forward as at prediction, and the loss."""
        ...

    def predict(
        self, inputs: tuple[np.ndarray, ...], indices: np.ndarray
    ) -> tuple[np.ndarray, ...]:
        """Forward as at prediction: float32 (n, ...), one an output. Raises DataError for pixels
        that are NaN or infinite."""
        ...

    def forward(
        self,
        inputs: tuple[np.ndarray, ...],
        indices: np.ndarray,
        *,
        training: bool | None,
        seed: int,
        step: int,
    ) -> tuple[np.ndarray, ...]:
        """Forward as a model is called. In training dropout drops, statistics follow the batch and
        move, and nothing is learned; with None each call of a layer says it: see `Node.trains`."""
        ...
