"""Dropout: noise that keeps a network from leaning on single numbers."""

from dataclasses import dataclass
from typing import Any

from scallion.layers.layer import Layer
from scallion.layers.spec import Spec


@dataclass(frozen=True, slots=True, eq=False)
class Dropping(Spec):
    """In training, each number is 0 with probability `rate`, else divided by 1 - rate."""

    rate: float
    seed: int | None = None

    def config(self) -> dict[str, Any]:
        return {"rate": self.rate, "seed": self.seed, "noise_shape": None}


class Dropout(Layer):
    """In training, drops each number with probability `rate`."""

    spec: Dropping

    def __init__(self, rate: float, seed: int | None = None, *, name: str | None = None) -> None:
        super().__init__(Dropping(rate, seed), name=name)
