"""Lion."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scallion.errors import ArgumentError
from scallion.optimizers.optimizer import Optimizer, Rate, checked_number


class Lion(Optimizer):
    """Step by the sign of the averaged gradient, always by the rate (Chen et al. 2023)."""

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        **arguments: Any,
    ) -> None:
        """Accept the arguments of Optimizer, too."""
        super().__init__(learning_rate, **arguments)
        self.beta_1 = checked_number("beta_1", beta_1, most=1.0)
        if not self.beta_1:
            raise ArgumentError(
                f"`beta_1` must be above 0 and at most 1. Received: beta_1={beta_1!r}",
                hint="beta_1=0.9",
                field="beta_1",
                value=beta_1,
            )
        self.beta_2 = checked_number("beta_2", beta_2, most=1.0)

    def _initial_slots(self) -> dict[str, float]:
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
