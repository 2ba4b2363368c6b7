"""Batch normalization: each channel brought to the same scale over the batch."""

from dataclasses import dataclass
from math import prod
from typing import Any

from scallion import initializers
from scallion.initializers import Initializer
from scallion.layers.layer import Layer
from scallion.layers.spec import Shape, Spec, WeightSpec


@dataclass(frozen=True, slots=True, eq=False)
class Normalizing(Spec):
    """Each channel with mean `beta` and deviation `gamma` over the batch (Ioffe, Szegedy 2015).

    At prediction the moving mean and variance stand in for the batch's.

    >>> Normalizing().arithmetic((15, 15, 32))
    '32 + 32 + 32 + 32 = 128'
    """

    axis: int = -1
    momentum: float = 0.99
    epsilon: float = 1e-3
    center: bool = True
    scale: bool = True
    beta_initializer: Initializer = initializers.Zeros()
    gamma_initializer: Initializer = initializers.Ones()
    moving_mean_initializer: Initializer = initializers.Zeros()
    moving_variance_initializer: Initializer = initializers.Ones()

    def weights(self, *shapes: Shape) -> tuple[WeightSpec, ...]:
        shape = (shapes[0][-1],)
        learned = [
            WeightSpec("gamma", shape, self.gamma_initializer) if self.scale else None,
            WeightSpec("beta", shape, self.beta_initializer) if self.center else None,
        ]
        return (
            *(weight for weight in learned if weight),
            WeightSpec("moving_mean", shape, self.moving_mean_initializer, False),
            WeightSpec("moving_variance", shape, self.moving_variance_initializer, False),
        )

    def macs(self, *shapes: Shape) -> int:
        return prod(shapes[0])

    def config(self) -> dict[str, Any]:
        return {
            "axis": self.axis,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
        }


class BatchNormalization(Layer):
    """Normalizes each channel by the batch's mean and variance."""

    spec: Normalizing

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        *,
        name: str | None = None,
        trainable: bool = True,
    ) -> None:
        super().__init__(
            Normalizing(axis, momentum, epsilon, center, scale), name=name, trainable=trainable
        )
