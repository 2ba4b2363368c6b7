"""Adamax."""

from collections.abc import Mapping

import numpy as np

from scallion.optimizers.moment_optimizer import MomentOptimizer


class Adamax(MomentOptimizer):
    """Adam with the infinity norm of past gradients (Kingma, Ba 2014, section 7)."""

    interleaved_slots = ("momentum", "norm")

    def _step(
        self, w: np.ndarray, g: np.ndarray, slots: Mapping[str, np.ndarray], rate: np.float32
    ) -> None:
        m, u = slots["momentum"], slots["norm"]
        m += (g - m) * np.float32(1 - self.beta_1)
        np.maximum(np.float32(self.beta_2) * u, np.abs(g), out=u)
        power = np.power(np.float32(self.beta_1), np.float32(self.iterations + 1))
        w -= rate * m / ((1 - power) * (u + np.float32(self.epsilon)))
