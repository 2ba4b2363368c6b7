"""Compute custom losses in NumPy, between the two parts of a step of the native engine."""

from collections.abc import Sequence

import numpy as np

from scallion.engine.interface import IndexedBatch, Objective
from scallion.losses import derived


class DerivedLosses:
    """The derived losses of one step: `numbers` are their outputs."""

    def __init__(self, numbers: Sequence[int], objective: Objective, batch: IndexedBatch) -> None:
        self._numbers = numbers
        self._objective = objective
        self._batch = batch
        self._values: dict[int, float] = {}

    def write_gradients(
        self, outputs: tuple[np.ndarray, ...], gradients: Sequence[np.ndarray]
    ) -> None:
        """Write the gradient at each output with a derived loss into its array."""
        for number in self._numbers:
            value, gradient = derived.value_and_gradient(
                self._objective.losses[number],
                self._batch.targets[number],
                outputs[number],
                self._batch.weights,
            )
            self._values[number] = value
            np.multiply(gradient, self._objective.loss_weights[number], gradients[number])

    def write_values(self, losses: list[float], outputs: tuple[np.ndarray, ...]) -> None:
        """Write the loss of each output that has a derived loss."""
        for number in self._numbers:
            if number not in self._values:
                self._values[number] = self._objective.losses[number].batch_loss(
                    self._batch.targets[number], outputs[number], self._batch.weights
                )
            losses[number] = self._values[number]
