"""Adadelta."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scallion.optimizers.optimizer import Optimizer, Rate, checked_number


class Adadelta(Optimizer):
    """Scale each gradient by RMS(earlier steps) / RMS(gradients) (Zeiler 2012).

    `learning_rate` multiplies the step, as in Keras; the paper has 1.0.
    """

    interleaved_slots = ("accumulated_grad", "accumulated_delta_var")

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        **arguments: Any,
    ) -> None:
        """Accept the arguments of Optimizer, too."""
        super().__init__(learning_rate, **arguments)
        self.rho = checked_number("rho", rho, most=1.0)
        self.epsilon = checked_number("epsilon", epsilon)

    def _initial_slots(self) -> dict[str, float]:
        return dict.fromkeys(self.interleaved_slots, 0.0)

    def _step(
        self, w: np.ndarray, g: np.ndarray, slots: Mapping[str, np.ndarray], rate: np.float32
    ) -> None:
        rho, one_minus_rho, epsilon = (
            np.float32(x) for x in (self.rho, 1 - self.rho, self.epsilon)
        )
        grad_squares, step_squares = slots["accumulated_grad"], slots["accumulated_delta_var"]
        grad_squares[...] = rho * grad_squares + one_minus_rho * g * g
        step = -np.sqrt(step_squares + epsilon) * g / np.sqrt(grad_squares + epsilon)
        step_squares[...] = rho * step_squares + one_minus_rho * step * step
        w += rate * step

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rho": self.rho, "epsilon": self.epsilon}
