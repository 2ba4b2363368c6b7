"""Slicing: the layer that `x[:, 1:-1, ::2]` adds to a network."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Unpack

from scallion.errors import ArgumentError, ShapeError
from scallion.layers.base.argument_checks import is_integer
from scallion.layers.base.layer import Layer, LayerOptions
from scallion.layers.base.spec import Shape, Spec

Range = tuple[int | None, int | None, int | None]


@dataclass(frozen=True, slots=True, eq=False)
class SliceSpec(Spec):
    """Take every `step`-th element from `start` to `stop` of each axis after the batch.

    >>> SliceSpec(((1, -1, None), (None, None, 2))).output_shape((8, 8, 3))
    (6, 4, 3)
    """

    ranges: tuple[Range, ...]

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        if len(self.ranges) > len(shape):
            raise ShapeError(
                f"the input has {len(shape)} axes after the batch. "
                f"Received: {len(self.ranges)} slices after that of the batch",
                hint="one slice per axis, the batch included: x[:, 1:-1, 1:-1, :]",
                field="ranges",
                value=self.ranges,
            )
        sides = tuple(len(range(*one)) for one in self.indices(shape))
        if 0 in sides:
            raise ShapeError(
                f"nothing is left of an input of {(None, *shape)}. Received: ranges={self.ranges}",
                hint="slices within the shape",
                field="ranges",
                value=self.ranges,
            )
        return sides

    def indices(self, shape: Shape) -> tuple[tuple[int, int, int], ...]:
        """Return start, stop and step per axis of this shape, all of them positive."""
        ranges = (*self.ranges, *[(None, None, None)] * (len(shape) - len(self.ranges)))
        return tuple(slice(*one).indices(side) for one, side in zip(ranges, shape, strict=True))


class Slice(Layer):
    """Take a part of each image: `Slice(((1, -1), (None, None, 2)))` is `x[:, 1:-1, ::2]`.

    Each range is `(start, stop)` or `(start, stop, step)`, for the axes after the batch.
    """

    spec: SliceSpec

    def __init__(
        self, ranges: Sequence[Sequence[int | None]], **options: Unpack[LayerOptions]
    ) -> None:
        super().__init__(SliceSpec(tuple(_checked_range(one) for one in ranges)), **options)


def _checked_range(one: Sequence[int | None]) -> Range:
    start, stop, step = (*one, None)[:3] if len(one) == 2 else tuple(one)
    for bound in (start, stop, step):
        if bound is not None and not is_integer(bound, least=-(2**31)):
            raise ArgumentError(
                f"the bounds of a slice are integers or None. Received: {tuple(one)!r}",
                hint="(1, -1, None)",
                field="ranges",
                value=one,
            )
    if step is not None and step < 1:
        raise ArgumentError(
            f"the step of a slice must be 1 or more. Received: {step}",
            hint="layers.RandomFlip mirrors images",
            field="ranges",
            value=one,
        )
    return (
        None if start is None else int(start),
        None if stop is None else int(stop),
        None if step is None else int(step),
    )


__all__ = ["Slice", "SliceSpec"]
