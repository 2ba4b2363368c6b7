"""RMSprop."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scallion.optimizers.optimizer import Optimizer, Rate, checked_number


class RMSprop(Optimizer):
    """Divide each gradient by the root of its running mean square (Tieleman, Hinton 2012).

    `centered` divides by the running variance instead; `momentum` accumulates the steps.
    """

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **arguments: Any,
    ) -> None:
        """Accept the arguments of Optimizer, too."""
        super().__init__(learning_rate, **arguments)
        self.rho = checked_number("rho", rho, most=1.0)
        self.momentum = checked_number("momentum", momentum, most=1.0)
        self.epsilon = checked_number("epsilon", epsilon)
        self.centered = bool(centered)

    def _initial_slots(self) -> dict[str, float]:
        slots = {"velocity": 0.0}
        if self.momentum:
            slots["momentum"] = 0.0
        if self.centered:
            slots["average_gradient"] = 0.0
        return slots

    def _step(
        self, w: np.ndarray, g: np.ndarray, slots: Mapping[str, np.ndarray], rate: np.float32
    ) -> None:
        rho, one_minus_rho, v = np.float32(self.rho), np.float32(1 - self.rho), slots["velocity"]
        v[...] = rho * v + one_minus_rho * g * g
        variance = v
        if self.centered:
            mean = slots["average_gradient"]
            mean[...] = rho * mean + one_minus_rho * g
            variance = v - mean * mean
        step = rate * g / np.sqrt(variance + np.float32(self.epsilon))
        if self.momentum:
            m = slots["momentum"]
            m[...] = np.float32(self.momentum) * m + step
            step = m
        w -= step

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "rho": self.rho,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "centered": self.centered,
        }
