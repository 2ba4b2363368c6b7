"""Merging layers: element-wise arithmetic on several inputs, and concatenation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Unpack

from scallion.errors import ArgumentError, ShapeError
from scallion.layers.base.layer import Layer, LayerOptions
from scallion.layers.base.spec import Shape, Spec
from scallion.layers.base.tensor import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class MergeSpec(Spec):
    """The base of element-wise merges; sides of 1 are broadcast."""

    takes_list: ClassVar[bool] = True

    def output_shape(self, *shapes: Shape) -> Shape:
        """Return the broadcast shape. Raises ShapeError if there is none."""
        if len({len(shape) for shape in shapes}) > 1:
            raise _shapes_differ(shapes)
        sides: list[int] = []
        for lengths in zip(*shapes, strict=True):
            if len({length for length in lengths if length != 1}) > 1:
                raise _shapes_differ(shapes)
            sides.append(max(lengths))
        return tuple(sides)


@dataclass(frozen=True, slots=True, eq=False)
class AddSpec(MergeSpec):
    """Add all inputs element by element.

    >>> AddSpec().output_shape((8, 8, 16), (8, 8, 16))
    (8, 8, 16)
    """


class Add(Layer):
    """Add all inputs: `Add()([x, y])`."""

    spec: AddSpec

    def __init__(self, **options: Unpack[LayerOptions]) -> None:
        super().__init__(AddSpec(), **options)


@dataclass(frozen=True, slots=True, eq=False)
class SubtractSpec(MergeSpec):
    """Subtract the second input from the first, element by element."""

    def output_shape(self, *shapes: Shape) -> Shape:
        if len(shapes) != 2:
            raise ShapeError(f"it takes two inputs. Received: {len(shapes)}", hint="[x, y]")
        return MergeSpec.output_shape(self, *shapes)


class Subtract(Layer):
    """Subtract the second input from the first: `Subtract()([x, y])`."""

    spec: SubtractSpec

    def __init__(self, **options: Unpack[LayerOptions]) -> None:
        super().__init__(SubtractSpec(), **options)


@dataclass(frozen=True, slots=True, eq=False)
class MultiplySpec(MergeSpec):
    """Multiply all inputs element by element.

    >>> MultiplySpec().output_shape((8, 8, 16), (1, 1, 16))
    (8, 8, 16)
    """


class Multiply(Layer):
    """Multiply all inputs: `Multiply()([x, gate])`."""

    spec: MultiplySpec

    def __init__(self, **options: Unpack[LayerOptions]) -> None:
        super().__init__(MultiplySpec(), **options)


@dataclass(frozen=True, slots=True, eq=False)
class AverageSpec(MergeSpec):
    """Average all inputs element by element."""


class Average(Layer):
    """Average all inputs."""

    spec: AverageSpec

    def __init__(self, **options: Unpack[LayerOptions]) -> None:
        super().__init__(AverageSpec(), **options)


@dataclass(frozen=True, slots=True, eq=False)
class MaximumSpec(MergeSpec):
    """Take the maximum of all inputs element by element."""


class Maximum(Layer):
    """Take the element-wise maximum of all inputs."""

    spec: MaximumSpec

    def __init__(self, **options: Unpack[LayerOptions]) -> None:
        super().__init__(MaximumSpec(), **options)


@dataclass(frozen=True, slots=True, eq=False)
class MinimumSpec(MergeSpec):
    """Take the minimum of all inputs element by element."""


class Minimum(Layer):
    """Take the element-wise minimum of all inputs."""

    spec: MinimumSpec

    def __init__(self, **options: Unpack[LayerOptions]) -> None:
        super().__init__(MinimumSpec(), **options)


@dataclass(frozen=True, slots=True, eq=False)
class ConcatenateSpec(Spec):
    """Concatenate all inputs along an axis; the batch is axis 0.

    >>> ConcatenateSpec().output_shape((8, 8, 16), (8, 8, 3))
    (8, 8, 19)
    """

    takes_list: ClassVar[bool] = True

    axis: int = -1

    def output_shape(self, *shapes: Shape) -> Shape:
        axis = self.image_axis(shapes[0])
        others = {(*shape[:axis], *shape[axis + 1 :]) for shape in shapes}
        if len({len(shape) for shape in shapes}) > 1 or len(others) > 1:
            raise _not_concatenable(self.axis, shapes)
        length = sum(shape[axis] for shape in shapes)
        return (*shapes[0][:axis], length, *shapes[0][axis + 1 :])

    def image_axis(self, shape: Shape) -> int:
        """Return the axis, counted without the batch. Raises ShapeError if it does not exist."""
        rank = len(shape) + 1
        if not -rank < self.axis < rank or self.axis == 0:
            raise ShapeError(
                f"an axis of an image is 1 to {rank - 1}, or negative, counted from the end. "
                f"Received: axis={self.axis!r}",
                hint="axis=-1",
                field="axis",
                value=self.axis,
            )
        return self.axis % rank - 1


class Concatenate(Layer):
    """Concatenate all inputs, by default along the channels: `Concatenate()([x, y])`."""

    spec: ConcatenateSpec

    def __init__(self, axis: int = -1, **options: Unpack[LayerOptions]) -> None:
        if not isinstance(axis, int) or isinstance(axis, bool):
            raise ArgumentError(
                f"`axis` must be an integer. Received: axis={axis!r}",
                hint="axis=-1",
                field="axis",
                value=axis,
            )
        super().__init__(ConcatenateSpec(axis), **options)


def add(inputs: Sequence[Tensor], **options: Any) -> Tensor:
    """Return the sum of tensors: see Add."""
    return Add(**options)(list(inputs))


def subtract(inputs: Sequence[Tensor], **options: Any) -> Tensor:
    """Return the difference of two tensors: see Subtract."""
    return Subtract(**options)(list(inputs))


def multiply(inputs: Sequence[Tensor], **options: Any) -> Tensor:
    """Return the product of tensors: see Multiply."""
    return Multiply(**options)(list(inputs))


def average(inputs: Sequence[Tensor], **options: Any) -> Tensor:
    """Return the mean of tensors: see Average."""
    return Average(**options)(list(inputs))


def maximum(inputs: Sequence[Tensor], **options: Any) -> Tensor:
    """Return the element-wise maximum of tensors: see Maximum."""
    return Maximum(**options)(list(inputs))


def minimum(inputs: Sequence[Tensor], **options: Any) -> Tensor:
    """Return the element-wise minimum of tensors: see Minimum."""
    return Minimum(**options)(list(inputs))


def concatenate(inputs: Sequence[Tensor], axis: int = -1, **options: Any) -> Tensor:
    """Return the concatenated tensors: see Concatenate."""
    return Concatenate(axis, **options)(list(inputs))


def _not_concatenable(axis: int, shapes: tuple[Shape, ...]) -> ShapeError:
    listed = " and ".join(str((None, *shape)) for shape in dict.fromkeys(shapes))
    hint = f"make all other sides than that of axis {axis} equal"
    ranks = {len(shape) for shape in shapes}
    if len(ranks) > 1:
        hint = "Flatten() or GlobalAveragePooling2D() turns an image into one axis"
    else:
        differing = [
            axis for axis, sides in enumerate(zip(*shapes, strict=True), 1) if len(set(sides)) > 1
        ]
        if len(differing) == 1:
            hint = f"axis={differing[0]}"
    return ShapeError(f"its inputs differ in more than axis {axis}: {listed}", hint=hint)


def _shapes_differ(shapes: tuple[Shape, ...]) -> ShapeError:
    listed = " and ".join(str((None, *shape)) for shape in dict.fromkeys(shapes))
    return ShapeError(f"its inputs have different shapes, {listed}", hint=_hint_for(shapes))


def _hint_for(shapes: tuple[Shape, ...]) -> str:
    """Return the layer that turns the first differing shape into the last one, if one can."""
    target = shapes[-1]
    other = next(shape for shape in shapes if shape != target)
    if len(other) != len(target):
        return "Flatten() or GlobalAveragePooling2D() turns an image into one axis"
    if len(target) == 1:
        return f"Dense({target[0]}) on the input of {(None, *other)}"
    if len(target) == 3:
        return _convolution_hint(other, target)
    return "give all inputs the same shape"


def _convolution_hint(first: Shape, second: Shape) -> str:
    """Return the convolution that turns the larger image into the shape of the smaller one."""
    large, small = (first, second) if first[0] >= second[0] else (second, first)
    for stride in range(1, large[0] + 1):
        if all(-(-a // stride) == b for a, b in zip(large[:2], small[:2], strict=True)):
            strides = f", strides={stride}" if stride > 1 else ""
            return (
                f'Conv2D({small[2]}, 1{strides}, padding="same") on the input of {(None, *large)}'
            )
    kernel = (large[0] - small[0] + 1, large[1] - small[1] + 1)
    if min(kernel) >= 1:
        return f"Conv2D({small[2]}, {kernel}) on the input of {(None, *large)}"
    return "give all inputs the same shape"
