"""Losses: what training minimises. Each is a function of one image's target and output."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Loss:
    """The base. `per_image` is the loss of each image, `gradient` its slope at the outputs."""

    name: str = "loss"

    def per_image(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        """(n,) losses."""
        raise NotImplementedError

    def gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        """The slope of each image's loss at its own outputs, shaped as `y_pred`."""
        raise NotImplementedError
