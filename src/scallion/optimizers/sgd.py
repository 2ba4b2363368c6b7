"""Stochastic gradient descent."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scallion.optimizers.optimizer import Optimizer, Rate, checked_number, require_float


class SGD(Optimizer):
    """Gradient descent with momentum: v = momentum * v - rate * g, then w += v.

    With `nesterov`, w += momentum * v - rate * g instead.
    """

    def __init__(
        self,
        learning_rate: Rate = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        **arguments: Any,
    ) -> None:
        """Accept the arguments of Optimizer, too."""
        super().__init__(learning_rate, **arguments)
        self.momentum = checked_number("momentum", require_float("momentum", momentum), most=1.0)
        self.nesterov = bool(nesterov)

    def _initial_slots(self) -> dict[str, float]:
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
