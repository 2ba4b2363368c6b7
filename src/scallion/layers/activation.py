"""Activations as layers of their own, with their numbers."""

from dataclasses import dataclass
from typing import Any

from scallion.layers.layer import Layer
from scallion.layers.spec import Spec


@dataclass(frozen=True, slots=True, eq=False)
class Rectifying(Spec):
    """max(x, 0), with Keras' ceiling, slope below and threshold."""

    max_value: float | None = None
    negative_slope: float = 0.0
    threshold: float = 0.0


class ReLU(Layer):
    """max(x, 0), and its variants."""

    spec: Rectifying

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        *,
        name: str | None = None,
    ) -> None:
        super().__init__(Rectifying(max_value, negative_slope, threshold), name=name)


@dataclass(frozen=True, slots=True, eq=False)
class Softening(Spec):
    """Softmax along an axis: numbers become shares that add up to 1."""

    axis: int = -1


class Softmax(Layer):
    """Numbers become shares that add up to 1."""

    spec: Softening

    def __init__(self, axis: int = -1, *, name: str | None = None) -> None:
        super().__init__(Softening(axis), name=name)


@dataclass(frozen=True, slots=True, eq=False)
class Scaling(Spec):
    """x * scale + offset."""

    scale: float
    offset: float = 0.0

    def config(self) -> dict[str, Any]:
        return {"scale": self.scale, "offset": self.offset}


class Rescaling(Layer):
    """x * scale + offset: brings pixels into a small range."""

    spec: Scaling

    def __init__(self, scale: float, offset: float = 0.0, *, name: str | None = None) -> None:
        super().__init__(Scaling(scale, offset), name=name)
