"""Dropout: noise that keeps a network from leaning on single numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Unpack

from scallion.layers.arguments import number, refuse, seed_or_none
from scallion.layers.layer import Layer, Options
from scallion.layers.spec import Spec


@dataclass(frozen=True, slots=True, eq=False)
class Dropping(Spec):
    """In training, each number is 0 with probability `rate`, else divided by 1 - rate."""

    constants: ClassVar[Mapping[str, Any]] = {"noise_shape": None}

    rate: float
    seed: int | None = None


class Dropout(Layer):
    """In training, drops each number with probability `rate`, and grows the others to match."""

    spec: Dropping

    def __init__(
        self,
        rate: float,
        noise_shape: Any = None,
        seed: int | None = None,
        **options: Unpack[Options],
    ) -> None:
        refuse("Dropout", noise_shape=noise_shape)
        super().__init__(
            Dropping(number("rate", rate, least=0, most=1), seed_or_none(seed)), **options
        )
