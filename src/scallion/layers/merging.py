"""Layers that make one tensor out of several."""

from dataclasses import dataclass
from typing import ClassVar, Unpack

from scallion.errors import ShapeError
from scallion.layers.layer import Layer, Options
from scallion.layers.spec import Shape, Spec


@dataclass(frozen=True, slots=True, eq=False)
class Merging(Spec):
    """The base of merges number by number; a side of 1 is stretched to the other's."""

    takes_many: ClassVar[bool] = True

    def output_shape(self, *shapes: Shape) -> Shape:
        """The common shape. Raises ShapeError where there is none."""
        if len({len(shape) for shape in shapes}) > 1:
            raise _misfit(shapes)
        sides: list[int] = []
        for lengths in zip(*shapes, strict=True):
            if len({length for length in lengths if length != 1}) > 1:
                raise _misfit(shapes)
            sides.append(max(lengths))
        return tuple(sides)


@dataclass(frozen=True, slots=True, eq=False)
class Adding(Merging):
    """The sum of all inputs, number by number.

    >>> Adding().output_shape((8, 8, 16), (8, 8, 16))
    (8, 8, 16)
    """


class Add(Layer):
    """The sum of all inputs: `Add()([x, y])`."""

    spec: Adding

    def __init__(self, **options: Unpack[Options]) -> None:
        super().__init__(Adding(), **options)


def _misfit(shapes: tuple[Shape, ...]) -> ShapeError:
    listed = " and ".join(str((None, *shape)) for shape in dict.fromkeys(shapes))
    return ShapeError(f"its inputs have different shapes, {listed}", hint=_bridge(shapes))


def _bridge(shapes: tuple[Shape, ...]) -> str:
    """A layer that brings the first shape that differs to the last one, where one is enough."""
    target = shapes[-1]
    other = next(shape for shape in shapes if shape != target)
    if len(other) != len(target):
        return "Flatten() or GlobalAveragePooling2D() makes a row of an image"
    if len(target) == 1:
        return f"Dense({target[0]}) on the input of {(None, *other)}"
    if len(target) == 3:
        return _bridge_of_images(other, target)
    return "bring all inputs to one shape"


def _bridge_of_images(first: Shape, second: Shape) -> str:
    """A convolution that brings the larger image to the smaller one's shape."""
    large, small = (first, second) if first[0] >= second[0] else (second, first)
    for stride in range(1, large[0] + 1):
        if all(-(-a // stride) == b for a, b in zip(large[:2], small[:2], strict=True)):
            steps = f", strides={stride}" if stride > 1 else ""
            return f'Conv2D({small[2]}, 1{steps}, padding="same") on the input of {(None, *large)}'
    kernel = (large[0] - small[0] + 1, large[1] - small[1] + 1)
    if min(kernel) >= 1:
        return f"Conv2D({small[2]}, {kernel}) on the input of {(None, *large)}"
    return "bring all inputs to one shape"
