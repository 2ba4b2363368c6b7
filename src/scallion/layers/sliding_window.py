"""A window that slides over an image: what convolutions and poolings share."""

from dataclasses import dataclass

from scallion.errors import ShapeError
from scallion.layers.spec import (
    Padding,
    Pair,
    Shape,
    as_image_shape,
    output_size,
    output_size_arithmetic,
)


@dataclass(frozen=True, slots=True)
class SlidingWindow:
    """Size, steps, padding and gaps, each for height and width; `argument` is Keras' for the size.

    >>> Window("pool_size", (2, 2), (2, 2)).places((13, 13, 32))
    (6, 6)
    """

    argument: str
    size: Pair
    strides: Pair
    padding: Padding = "valid"
    dilation: Pair = (1, 1)

    def places(self, shape: Shape) -> Pair:
        """How many places it takes, down and across. Raises ShapeError where there are none."""
        height, width, _ = as_image_shape(shape)
        down, across = (
            output_size(side, size, stride, self.padding, gap)
            for side, size, stride, gap in self._sides(height, width)
        )
        if min(down, across) < 1:
            raise self._misfit(height, width)
        return down, across

    def _sides(self, height: int, width: int) -> list[tuple[int, int, int, int]]:
        sides = zip((height, width), self.size, self.strides, self.dilation, strict=True)
        return list(sides)

    def _misfit(self, height: int, width: int) -> ShapeError:
        kind = "kernel" if self.argument == "kernel_size" else "window"
        gaps = (
            "" if self.dilation == (1, 1) else f", {self.dilation[0]}x{self.dilation[1]} dilated,"
        )
        sums = [
            output_size_arithmetic(side, size, stride, self.padding, gap)
            for side, size, stride, gap in self._sides(height, width)
        ]
        arithmetic = " and ".join(dict.fromkeys(sums)) + " places"
        return ShapeError(
            f"a {self.size[0]}x{self.size[1]} {kind}{gaps} does not fit "
            f"a {height}x{width} image: {arithmetic}",
            hint=self._edits(height, width),
        )

    def _edits(self, height: int, width: int) -> str:
        largest = [
            min(size, (side - 1) // gap + 1) for side, size, _, gap in self._sides(height, width)
        ]
        same = 'padding="same"'
        if max(largest) == 1 and self.argument == "pool_size":
            return same
        return f"{same}, or {self.argument}=({largest[0]}, {largest[1]})"
