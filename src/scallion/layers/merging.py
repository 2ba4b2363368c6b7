"""Layers that make one tensor out of several."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Unpack

from scallion.errors import ArgumentError, ShapeError
from scallion.layers.layer import Layer, LayerOptions
from scallion.layers.spec import Shape, Spec
from scallion.layers.tensor import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class MergeSpec(Spec):
    """The base of merges number by number; a side of 1 is stretched to the other's."""

    takes_list: ClassVar[bool] = True

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
class AddSpec(MergeSpec):
    """The sum of all inputs, number by number.

    >>> AddSpec().output_shape((8, 8, 16), (8, 8, 16))
    (8, 8, 16)
    """


class Add(Layer):
    """The sum of all inputs: `Add()([x, y])`."""

    spec: AddSpec

    def __init__(self, **options: Unpack[LayerOptions]) -> None:
        super().__init__(AddSpec(), **options)


@dataclass(frozen=True, slots=True, eq=False)
class SubtractSpec(MergeSpec):
    """The first input less the second, number by number."""

    def output_shape(self, *shapes: Shape) -> Shape:
        if len(shapes) != 2:
            raise ShapeError(f"it takes two inputs. Received: {len(shapes)}", hint="[x, y]")
        return MergeSpec.output_shape(self, *shapes)


class Subtract(Layer):
    """The first input less the second: `Subtract()([x, y])`."""

    spec: SubtractSpec

    def __init__(self, **options: Unpack[LayerOptions]) -> None:
        super().__init__(SubtractSpec(), **options)


@dataclass(frozen=True, slots=True, eq=False)
class MultiplySpec(MergeSpec):
    """The product of all inputs, number by number.

    >>> MultiplySpec().output_shape((8, 8, 16), (1, 1, 16))
    (8, 8, 16)
    """


class Multiply(Layer):
    """The product of all inputs: `Multiply()([x, gate])`."""

    spec: MultiplySpec

    def __init__(self, **options: Unpack[LayerOptions]) -> None:
        super().__init__(MultiplySpec(), **options)


@dataclass(frozen=True, slots=True, eq=False)
class AverageSpec(MergeSpec):
    """The mean of all inputs, number by number."""


class Average(Layer):
    """The mean of all inputs."""

    spec: AverageSpec

    def __init__(self, **options: Unpack[LayerOptions]) -> None:
        super().__init__(AverageSpec(), **options)


@dataclass(frozen=True, slots=True, eq=False)
class MaximumSpec(MergeSpec):
    """The largest of all inputs, number by number."""


class Maximum(Layer):
    """The largest of all inputs."""

    spec: MaximumSpec

    def __init__(self, **options: Unpack[LayerOptions]) -> None:
        super().__init__(MaximumSpec(), **options)


@dataclass(frozen=True, slots=True, eq=False)
class MinimumSpec(MergeSpec):
    """The smallest of all inputs, number by number."""


class Minimum(Layer):
    """The smallest of all inputs."""

    spec: MinimumSpec

    def __init__(self, **options: Unpack[LayerOptions]) -> None:
        super().__init__(MinimumSpec(), **options)


@dataclass(frozen=True, slots=True, eq=False)
class ConcatenateSpec(Spec):
    """All inputs behind each other along an axis; the batch is axis 0.

    >>> ConcatenateSpec().output_shape((8, 8, 16), (8, 8, 3))
    (8, 8, 19)
    """

    takes_list: ClassVar[bool] = True

    axis: int = -1

    def output_shape(self, *shapes: Shape) -> Shape:
        place = self.place(shapes[0])
        others = {(*shape[:place], *shape[place + 1 :]) for shape in shapes}
        if len({len(shape) for shape in shapes}) > 1 or len(others) > 1:
            raise _unjoined(self.axis, shapes)
        length = sum(shape[place] for shape in shapes)
        return (*shapes[0][:place], length, *shapes[0][place + 1 :])

    def place(self, shape: Shape) -> int:
        """The axis, counted in one image. Raises ShapeError where there is none such."""
        rank = len(shape) + 1
        if not -rank < self.axis < rank or self.axis == 0:
            raise ShapeError(
                f"an axis of an image is 1 to {rank - 1}, or counted from the end. "
                f"Received: axis={self.axis!r}",
                hint="axis=-1",
            )
        return self.axis % rank - 1


class Concatenate(Layer):
    """All inputs behind each other, channels behind channels: `Concatenate()([x, y])`."""

    spec: ConcatenateSpec

    def __init__(self, axis: int = -1, **options: Unpack[LayerOptions]) -> None:
        if not isinstance(axis, int) or isinstance(axis, bool):
            raise ArgumentError(
                f"`axis` is a whole number. Received: axis={axis!r}", hint="axis=-1"
            )
        super().__init__(ConcatenateSpec(axis), **options)


def add(inputs: Sequence[Tensor], **options: Any) -> Tensor:
    """The sum of tensors: see Add."""
    return Add(**options)(list(inputs))


def subtract(inputs: Sequence[Tensor], **options: Any) -> Tensor:
    """The first tensor less the second: see Subtract."""
    return Subtract(**options)(list(inputs))


def multiply(inputs: Sequence[Tensor], **options: Any) -> Tensor:
    """The product of tensors: see Multiply."""
    return Multiply(**options)(list(inputs))


def average(inputs: Sequence[Tensor], **options: Any) -> Tensor:
    """The mean of tensors: see Average."""
    return Average(**options)(list(inputs))


def maximum(inputs: Sequence[Tensor], **options: Any) -> Tensor:
    """The largest of tensors: see Maximum."""
    return Maximum(**options)(list(inputs))


def minimum(inputs: Sequence[Tensor], **options: Any) -> Tensor:
    """The smallest of tensors: see Minimum."""
    return Minimum(**options)(list(inputs))


def concatenate(inputs: Sequence[Tensor], axis: int = -1, **options: Any) -> Tensor:
    """Tensors behind each other: see Concatenate."""
    return Concatenate(axis, **options)(list(inputs))


def _unjoined(axis: int, shapes: tuple[Shape, ...]) -> ShapeError:
    listed = " and ".join(str((None, *shape)) for shape in dict.fromkeys(shapes))
    hint = f"bring them to one shape but for axis {axis}"
    ranks = {len(shape) for shape in shapes}
    if len(ranks) > 1:
        hint = "Flatten() or GlobalAveragePooling2D() makes a row of an image"
    else:
        differing = [
            place for place, sides in enumerate(zip(*shapes, strict=True), 1) if len(set(sides)) > 1
        ]
        if len(differing) == 1:
            hint = f"axis={differing[0]}"
    return ShapeError(f"its inputs differ in more than axis {axis}: {listed}", hint=hint)


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
