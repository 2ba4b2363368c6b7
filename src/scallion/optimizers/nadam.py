"""Nadam."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scallion.optimizers.optimizer import Optimizer, Rate, checked_number

_DECAY = np.float32(0.96)


class Nadam(Optimizer):
    """Adam with Nesterov momentum (Dozat 2016)."""

    interleaved_slots = ("momentum", "velocity")

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
        self._steps_multiplied, self._product = 0, np.float32(1)

    def _initial_slots(self) -> dict[str, float]:
        return dict.fromkeys(self.interleaved_slots, 0.0)

    def _momentum_of(self, step: int) -> np.float32:
        """Return the momentum of a step, counted from 1: it grows from beta_1 / 2 to beta_1."""
        power = np.power(_DECAY, np.float32(step))
        return np.float32(np.float32(self.beta_1) * (np.float32(1) - np.float32(0.5) * power))

    def _momentum_product(self, step: int) -> np.float32:
        """Return the product of the momenta of the steps 1 to `step`."""
        if self._steps_multiplied > step:  # an earlier state has been restored
            self._steps_multiplied, self._product = 0, np.float32(1)
        while self._steps_multiplied < step:
            self._steps_multiplied += 1
            self._product = np.float32(self._product * self._momentum_of(self._steps_multiplied))
        return self._product

    def _step(
        self, w: np.ndarray, g: np.ndarray, slots: Mapping[str, np.ndarray], rate: np.float32
    ) -> None:
        m, v, one = slots["momentum"], slots["velocity"], np.float32(1)
        time = self.iterations + 1
        momentum, next_momentum = self._momentum_of(time), self._momentum_of(time + 1)
        product = self._momentum_product(time)
        m += (g - m) * np.float32(1 - self.beta_1)
        v += (g * g - v) * np.float32(1 - self.beta_2)
        ahead = next_momentum * m / (one - product * next_momentum)
        ahead += (one - momentum) * g / (one - product)
        power = np.power(np.float32(self.beta_2), np.float32(time))
        w -= ahead * rate / (np.sqrt(v / (one - power)) + np.float32(self.epsilon))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
        }
