"""Adamax."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scallion.optimizers.optimizer import Optimizer, Rate, checked_number


class Adamax(Optimizer):
    """Adam with the infinity norm of past gradients (Kingma, Ba 2014, section 7)."""

    interleaved_slots = ("momentum", "norm")

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **arguments: Any,
    ) -> None:
        """Accept the arguments of Optimizer, too."""
        super().__init__(learning_rate, **arguments)
        self.beta_1 = checked_number("beta_1", beta_1, below=1.0)
        self.beta_2 = checked_number("beta_2", beta_2, below=1.0)
        self.epsilon = checked_number("epsilon", epsilon)

    def _initial_slots(self) -> dict[str, float]:
        return dict.fromkeys(self.interleaved_slots, 0.0)

    def _step(
        self, w: np.ndarray, g: np.ndarray, slots: Mapping[str, np.ndarray], rate: np.float32
    ) -> None:
        m, u = slots["momentum"], slots["norm"]
        m += (g - m) * np.float32(1 - self.beta_1)
        np.maximum(np.float32(self.beta_2) * u, np.abs(g), out=u)
        power = np.power(np.float32(self.beta_1), np.float32(self.iterations + 1))
        w -= rate * m / ((1 - power) * (u + np.float32(self.epsilon)))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
        }
