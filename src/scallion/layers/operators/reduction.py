"""Sums and means over axes of each image: `ops.sum(x, axis=-1)`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scallion.errors import ArgumentError, ShapeError
from scallion.layers.base.argument_checks import is_integer
from scallion.layers.base.spec import Shape, Spec
from scallion.layers.operators.operation import OperationLayer


def image_axes(axes: Sequence[int], shape: Shape) -> tuple[int, ...]:
    """Return axes, counted with the batch, as axes of one image, in order.

    Raises ShapeError for those that it lacks.
    """
    rank = len(shape) + 1
    for axis in axes:
        if not -rank <= axis < rank or axis % rank == 0:
            raise ShapeError(
                f"the axes of the input after the batch are 1 to {rank - 1}. Received: axis={axis}",
                hint="axis=-1",
                field="axis",
                value=axis,
            )
    return tuple(sorted({axis % rank - 1 for axis in axes}))


def kept_shape(axes: Sequence[int], shape: Shape) -> Shape:
    """Return the shape of one image with sides of 1 for these axes, counted with the batch."""
    gone = image_axes(axes, shape)
    return tuple(1 if axis in gone else side for axis, side in enumerate(shape))


def checked_axes(axis: Any) -> tuple[int, ...]:
    """Return one integer or several as a tuple. Raises ArgumentError for others."""
    several: tuple[Any, ...] = tuple(axis) if isinstance(axis, list | tuple) else (axis,)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    if not several or not all(is_integer(one, least=-(2**31)) for one in several):
        raise ArgumentError(
            f"`axis` is an integer or several. Received: axis={axis!r}",
            hint="axis=-1",
            field="axis",
            value=axis,
        )
    return tuple(int(one) for one in several)


@dataclass(frozen=True, slots=True, eq=False)
class ReductionSpec(Spec):
    """Reduce axes of each image, counted with the batch, which is axis 0.

    >>> SumSpec((-1,)).output_shape((8, 6, 3))
    (8, 6)
    """

    axis: tuple[int, ...]
    keepdims: bool = False

    def image_axes(self, shape: Shape) -> tuple[int, ...]:
        """Return the axes of one image, in order. Raises ShapeError for those it lacks."""
        return image_axes(self.axis, shape)

    def kept_shape(self, shape: Shape) -> Shape:
        """Return the output shape with sides of 1 for the axes that are gone."""
        return kept_shape(self.axis, shape)

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        if self.keepdims:
            return self.kept_shape(shape)
        axes = self.image_axes(shape)
        return tuple(side for axis, side in enumerate(shape) if axis not in axes)

    def config(self) -> dict[str, Any]:
        return {"axis": list(self.axis), "keepdims": self.keepdims}


@dataclass(frozen=True, slots=True, eq=False)
class SumSpec(ReductionSpec):
    """Add the elements along axes of each image."""


@dataclass(frozen=True, slots=True, eq=False)
class MeanSpec(ReductionSpec):
    """Average the elements along axes of each image."""


class Sum(OperationLayer):
    """The sum over axes of each image: `ops.sum(x, axis=-1)`."""

    spec: SumSpec

    def __init__(
        self, axis: int | Sequence[int], keepdims: bool = False, *, name: str | None = None
    ) -> None:
        super().__init__(SumSpec(checked_axes(axis), bool(keepdims)), name=name)


class Mean(OperationLayer):
    """The mean over axes of each image: `ops.mean(x, axis=-1)`."""

    spec: MeanSpec

    def __init__(
        self, axis: int | Sequence[int], keepdims: bool = False, *, name: str | None = None
    ) -> None:
        super().__init__(MeanSpec(checked_axes(axis), bool(keepdims)), name=name)


__all__ = [
    "Mean",
    "MeanSpec",
    "ReductionSpec",
    "Sum",
    "SumSpec",
    "checked_axes",
    "image_axes",
    "kept_shape",
]
