"""RMSprop and Adagrad: each weight's own rate, by the size of its gradients."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scallion.optimizers.optimizer import Optimizer, Rate, number


class RMSprop(Optimizer):
    """Divides each gradient by the root of its running mean square (Tieleman, Hinton 2012).

    `centered` takes the running variance instead, `momentum` adds up the steps.
    """

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **arguments: Any,
    ) -> None:
        """Also takes what all optimizers take: see Optimizer."""
        super().__init__(learning_rate, **arguments)
        self.rho = number("rho", rho, most=1.0)
        self.momentum = number("momentum", momentum, most=1.0)
        self.epsilon = number("epsilon", epsilon)
        self.centered = bool(centered)

    def _fillings(self) -> dict[str, float]:
        fillings = {"velocity": 0.0}
        if self.momentum:
            fillings["momentum"] = 0.0
        if self.centered:
            fillings["average_gradient"] = 0.0
        return fillings

    def _step(
        self, w: np.ndarray, g: np.ndarray, slots: Mapping[str, np.ndarray], rate: np.float32
    ) -> None:
        rho, rest, v = np.float32(self.rho), np.float32(1 - self.rho), slots["velocity"]
        v[...] = rho * v + rest * g * g
        spread = v
        if self.centered:
            mean = slots["average_gradient"]
            mean[...] = rho * mean + rest * g
            spread = v - mean * mean
        step = rate * g / np.sqrt(spread + np.float32(self.epsilon))
        if self.momentum:
            m = slots["momentum"]
            m[...] = np.float32(self.momentum) * m + step
            step = m
        w -= step

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "rho": self.rho,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "centered": self.centered,
        }


class Adagrad(Optimizer):
    """Divides each gradient by the root of the sum of all its squares (Duchi et al. 2011)."""

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **arguments: Any,
    ) -> None:
        """Also takes what all optimizers take: see Optimizer."""
        super().__init__(learning_rate, **arguments)
        self.initial_accumulator_value = number(
            "initial_accumulator_value", initial_accumulator_value
        )
        self.epsilon = number("epsilon", epsilon)

    def _fillings(self) -> dict[str, float]:
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


class Adadelta(Optimizer):
    """Steps as large as earlier steps, over the root of the mean square of gradients (Zeiler 2012).

    Keras' `learning_rate` multiplies the paper's step; 1.0 is the paper's.
    """

    paired = ("accumulated_grad", "accumulated_delta_var")

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        **arguments: Any,
    ) -> None:
        """Also takes what all optimizers take: see Optimizer."""
        super().__init__(learning_rate, **arguments)
        self.rho = number("rho", rho, most=1.0)
        self.epsilon = number("epsilon", epsilon)

    def _fillings(self) -> dict[str, float]:
        return dict.fromkeys(self.paired, 0.0)

    def _step(
        self, w: np.ndarray, g: np.ndarray, slots: Mapping[str, np.ndarray], rate: np.float32
    ) -> None:
        rho, rest, epsilon = (np.float32(x) for x in (self.rho, 1 - self.rho, self.epsilon))
        squares, moved = slots["accumulated_grad"], slots["accumulated_delta_var"]
        squares[...] = rho * squares + rest * g * g
        step = -np.sqrt(moved + epsilon) * g / np.sqrt(squares + epsilon)
        moved[...] = rho * moved + rest * step * step
        w += rate * step

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rho": self.rho, "epsilon": self.epsilon}
