"""Optimizers: how weights follow gradients. Their state is arrays that NumPy owns."""

from collections.abc import Sequence

import numpy as np

from scallion.layers.layer import Variable


class Optimizer:
    """The base. `slots` holds, for each variable, the arrays that the method remembers."""

    def __init__(self, learning_rate: float, *, name: str) -> None:
        self.learning_rate = learning_rate
        self.name = name
        self.iterations = 0
        self.variables: list[Variable] = []
        self.slots: dict[str, list[np.ndarray]] = {}

    def build(self, variables: Sequence[Variable]) -> None:
        """Lay out the state for these variables; asked again with the same ones, keep it."""
        raise NotImplementedError

    def update(self, gradients: Sequence[np.ndarray]) -> None:
        """One step in NumPy, in place: the definition that the native engine is held against."""
        raise NotImplementedError
