"""Initializers with fixed values."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from scallion.errors import ArgumentError
from scallion.initializers.initializer import Initializer, Shape


@dataclass(frozen=True)
class Zeros(Initializer):
    """All values 0."""

    def draw(self, shape: Shape, random: np.random.Generator) -> np.ndarray:
        return np.zeros(shape)


@dataclass(frozen=True)
class Ones(Initializer):
    """All values 1."""

    def draw(self, shape: Shape, random: np.random.Generator) -> np.ndarray:
        return np.ones(shape)


@dataclass(frozen=True)
class Constant(Initializer):
    """All values `value`; an array is broadcast over the leading axes."""

    value: Any = 0.0

    def draw(self, shape: Shape, random: np.random.Generator) -> np.ndarray:
        return np.broadcast_to(np.asarray(self.value, np.float32), shape)


@dataclass(frozen=True)
class Identity(Initializer):
    """`gain` on the diagonal of a matrix, 0 elsewhere."""

    gain: float = 1.0

    def draw(self, shape: Shape, random: np.random.Generator) -> np.ndarray:
        if len(shape) != 2:
            raise ArgumentError(
                f"Identity initializes matrices, which have two axes. Received: shape={shape}",
                hint='"orthogonal" also initializes convolution kernels',
            )
        return self.gain * np.eye(*shape)

    def get_config(self) -> dict[str, Any]:
        # Keras leaves the gain out and so loses it; its from_config accepts it.
        return {} if self.gain == 1.0 else {"gain": self.gain}
