"""Adagrad."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scallion.optimizers.optimizer import Optimizer, Rate, checked_number


class Adagrad(Optimizer):
    """Divide each gradient by the root of the sum of its squares so far (Duchi et al. 2011)."""

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **arguments: Any,
    ) -> None:
        """Accept the arguments of Optimizer, too."""
        super().__init__(learning_rate, **arguments)
        self.initial_accumulator_value = checked_number(
            "initial_accumulator_value", initial_accumulator_value
        )
        self.epsilon = checked_number("epsilon", epsilon)

    def _initial_slots(self) -> dict[str, float]:
        return {"accumulator": self.initial_accumulator_value}

    def _step(
        self, w: np.ndarray, g: np.ndarray, slots: Mapping[str, np.ndarray], rate: np.float32
    ) -> None:
        total = slots["accumulator"]
        total += g * g
        w -= rate * g / np.sqrt(total + np.float32(self.epsilon))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "initial_accumulator_value": self.initial_accumulator_value,
            "epsilon": self.epsilon,
        }
