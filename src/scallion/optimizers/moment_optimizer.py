"""The base of Adam, Adamax and Nadam."""

from typing import Any

from scallion.optimizers.optimizer import Optimizer, Rate, checked_number


class MomentOptimizer(Optimizer):
    """Keeps running averages of the gradients (beta_1) and of their magnitudes (beta_2)."""

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

    def _initial_slots(self) -> dict[str, float]:
        return dict.fromkeys(self.interleaved_slots, 0.0)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
        }
