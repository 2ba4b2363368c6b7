"""Adam and AdamW."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scallion.optimizers.moment_optimizer import MomentOptimizer
from scallion.optimizers.optimizer import Rate, checked_number


class Adam(MomentOptimizer):
    """Adam (Kingma, Ba 2014): step by the running mean of gradients over their running RMS.

    `epsilon` is the paper's epsilon-hat, added to the RMS. `amsgrad` divides by the largest RMS so
    far (Reddi et al. 2018).
    """

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **arguments: Any,
    ) -> None:
        """Accept the arguments of Optimizer, too."""
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **arguments)
        self.amsgrad = bool(amsgrad)

    def _initial_slots(self) -> dict[str, float]:
        slots = super()._initial_slots()
        return {**slots, "velocity_hat": 0.0} if self.amsgrad else slots

    def step_size(self) -> np.float32:
        """Return the bias-corrected rate of the next update, in Keras' float32 arithmetic."""
        one, time = np.float32(1), np.float32(self.iterations + 1)
        power_1 = np.power(np.float32(self.beta_1), time)
        power_2 = np.power(np.float32(self.beta_2), time)
        return np.float32(self.learning_rate) * np.sqrt(one - power_2) / (one - power_1)

    def _step(
        self, w: np.ndarray, g: np.ndarray, slots: Mapping[str, np.ndarray], rate: np.float32
    ) -> None:
        m, v = slots["momentum"], slots["velocity"]
        m += (g - m) * np.float32(1 - self.beta_1)
        v += (g * g - v) * np.float32(1 - self.beta_2)
        if self.amsgrad:
            np.maximum(slots["velocity_hat"], v, out=slots["velocity_hat"])
            v = slots["velocity_hat"]
        w -= m * self.step_size() / (np.sqrt(v) + np.float32(self.epsilon))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "amsgrad": self.amsgrad}


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov, Hutter 2019): w -= w * weight_decay * rate."""

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **arguments: Any,
    ) -> None:
        """Accept the arguments of Optimizer, too."""
        super().__init__(
            learning_rate,
            beta_1,
            beta_2,
            epsilon,
            amsgrad,
            weight_decay=checked_number("weight_decay", weight_decay),
            **arguments,
        )
