"""Nadam."""

from collections.abc import Mapping

import numpy as np

from scallion.optimizers.moment_optimizer import MomentOptimizer

_DECAY = np.float32(0.96)


class Nadam(MomentOptimizer):
    """Adam with Nesterov momentum (Dozat 2016)."""

    _steps_multiplied = 0
    _product = np.float32(1)  # of the momenta of these steps

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
