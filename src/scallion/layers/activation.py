"""Activations as layers of their own, with their numbers."""

from dataclasses import dataclass
from typing import Any, Unpack

from scallion import activations
from scallion.activations import Function
from scallion.errors import ArgumentError, ShapeError
from scallion.layers.arguments import number
from scallion.layers.layer import Layer, Options
from scallion.layers.spec import Shape, Spec


@dataclass(frozen=True, slots=True, eq=False)
class Elementwise(Spec):
    """An activation on its own, by name."""

    activation: Function


class Activation(Layer):
    """An activation as a layer of its own: `Activation("relu")`."""

    spec: Elementwise

    def __init__(self, activation: Any, **options: Unpack[Options]) -> None:
        super().__init__(Elementwise(activations.get(activation)), **options)


@dataclass(frozen=True, slots=True, eq=False)
class Rectifying(Spec):
    """max(x, 0), with Keras' ceiling, slope below and threshold."""

    max_value: float | None = None
    negative_slope: float = 0.0
    threshold: float = 0.0


class ReLU(Layer):
    """max(x, 0); or up to `max_value`, or with a slope below `threshold`."""

    spec: Rectifying

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **options: Unpack[Options],
    ) -> None:
        spec = Rectifying(
            None if max_value is None else number("max_value", max_value, least=0),
            number("negative_slope", negative_slope, least=0),
            number("threshold", threshold, least=0),
        )
        super().__init__(spec, **options)


@dataclass(frozen=True, slots=True, eq=False)
class Softening(Spec):
    """Softmax along an axis, or several: numbers become shares that add up to 1."""

    axis: int | tuple[int, ...] = -1

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        axes = (self.axis,) if isinstance(self.axis, int) else self.axis
        rank = len(shape) + 1
        if any(not -rank < axis < rank or axis == 0 for axis in axes):
            raise ShapeError(
                f"an axis of an image is 1 to {rank - 1}, or counted from the end. "
                f"Received: axis={self.axis!r}",
                hint="axis=-1",
            )
        return shape


class Softmax(Layer):
    """Numbers become shares that add up to 1."""

    spec: Softening

    def __init__(self, axis: int | tuple[int, ...] = -1, **options: Unpack[Options]) -> None:
        axes = tuple(axis) if isinstance(axis, list | tuple) else (axis,)
        if not axes or not all(isinstance(one, int) for one in axes):
            raise ArgumentError(
                f"`axis` is a whole number or several. Received: axis={axis!r}", hint="axis=-1"
            )
        super().__init__(Softening(axes if isinstance(axis, list | tuple) else axis), **options)


@dataclass(frozen=True, slots=True, eq=False)
class Scaling(Spec):
    """x * scale + offset."""

    scale: float
    offset: float = 0.0


class Rescaling(Layer):
    """x * scale + offset: brings pixels into a small range."""

    spec: Scaling

    def __init__(self, scale: float, offset: float = 0.0, **options: Unpack[Options]) -> None:
        super().__init__(Scaling(number("scale", scale), number("offset", offset)), **options)


__all__ = [
    "Activation",
    "Elementwise",
    "ReLU",
    "Rectifying",
    "Rescaling",
    "Scaling",
    "Softening",
    "Softmax",
]
