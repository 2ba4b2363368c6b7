"""Gradient descent."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scallion.optimizers.optimizer import Optimizer, Rate, number, whole_refused


class SGD(Optimizer):
    """Gradient descent, with momentum if asked: v = momentum * v - rate * g, then w += v."""

    def __init__(
        self,
        learning_rate: Rate = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        **arguments: Any,
    ) -> None:
        """Also takes what all optimizers take: see Optimizer."""
        super().__init__(learning_rate, **arguments)
        self.momentum = number("momentum", whole_refused("momentum", momentum), most=1.0)
        self.nesterov = bool(nesterov)

    def _fillings(self) -> dict[str, float]:
        return {"momentum": 0.0} if self.momentum else {}

    def _step(
        self, w: np.ndarray, g: np.ndarray, slots: Mapping[str, np.ndarray], rate: np.float32
    ) -> None:
        if not self.momentum:
            w -= g * rate
            return
        momentum, v = np.float32(self.momentum), slots["momentum"]
        v[...] = v * momentum - g * rate
        w += v * momentum - g * rate if self.nesterov else v

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "momentum": self.momentum, "nesterov": self.nesterov}
