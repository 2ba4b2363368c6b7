"""Adamax and Lion: steps whose size hardly follows the size of the gradient."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scallion.errors import ArgumentError
from scallion.optimizers.optimizer import Optimizer, Rate, number


class Adamax(Optimizer):
    """Adam with the largest gradient in place of the mean square (Kingma, Ba 2014, section 7)."""

    paired = ("momentum", "norm")

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **arguments: Any,
    ) -> None:
        """Also takes what all optimizers take: see Optimizer."""
        super().__init__(learning_rate, **arguments)
        self.beta_1 = number("beta_1", beta_1, below=1.0)
        self.beta_2 = number("beta_2", beta_2, below=1.0)
        self.epsilon = number("epsilon", epsilon)

    def _fillings(self) -> dict[str, float]:
        return dict.fromkeys(self.paired, 0.0)

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


class Lion(Optimizer):
    """Steps of one size, in the direction of the mean gradient (Chen et al. 2023)."""

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        **arguments: Any,
    ) -> None:
        """Also takes what all optimizers take: see Optimizer."""
        super().__init__(learning_rate, **arguments)
        self.beta_1 = number("beta_1", beta_1, most=1.0)
        if not self.beta_1:
            raise ArgumentError(
                f"`beta_1` is above 0 and at most 1. Received: beta_1={beta_1!r}", hint="beta_1=0.9"
            )
        self.beta_2 = number("beta_2", beta_2, most=1.0)

    def _fillings(self) -> dict[str, float]:
        return {"momentum": 0.0}

    def _step(
        self, w: np.ndarray, g: np.ndarray, slots: Mapping[str, np.ndarray], rate: np.float32
    ) -> None:
        m, one = slots["momentum"], np.float32(1)
        beta_1, beta_2 = np.float32(self.beta_1), np.float32(self.beta_2)
        w -= rate * np.sign(m * beta_1 + g * (one - beta_1))
        m[...] = m * beta_2 + g * (one - beta_2)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "beta_1": self.beta_1, "beta_2": self.beta_2}
