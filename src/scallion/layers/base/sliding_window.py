"""Windows that slide over an image, as in convolution and pooling: output sizes and padding."""

from dataclasses import dataclass

from scallion.errors import ShapeError
from scallion.layers.base.spec import Padding, Pair, Shape, as_image_shape


@dataclass(frozen=True, slots=True)
class SlidingWindow:
    """Size, strides, padding and dilation, each for height and width.

    `argument` is Keras' name of the size, for messages.

    >>> SlidingWindow("pool_size", (2, 2), (2, 2)).output_size((13, 13, 32))
    (6, 6)
    """

    argument: str
    size: Pair
    strides: Pair
    padding: Padding = "valid"
    dilation: Pair = (1, 1)

    def output_size(self, shape: Shape) -> Pair:
        """Return the height and width of the output. Raises ShapeError if the window is too large.

        `shape` is (H, W, C).
        """
        height, width, _ = as_image_shape(shape)
        rows, columns = (
            output_size(length, size, stride, self.padding, dilation)
            for length, size, stride, dilation in self._sides(height, width)
        )
        if min(rows, columns) < 1:
            raise self._too_large(height, width)
        return rows, columns

    def _sides(self, height: int, width: int) -> list[tuple[int, int, int, int]]:
        lengths = zip((height, width), self.size, self.strides, self.dilation, strict=True)
        return list(lengths)

    def _too_large(self, height: int, width: int) -> ShapeError:
        name = "kernel" if self.argument == "kernel_size" else "window"
        dilation = (
            "" if self.dilation == (1, 1) else f", {self.dilation[0]}x{self.dilation[1]} dilated,"
        )
        sums = [
            output_size_arithmetic(length, size, stride, self.padding, step)
            for length, size, stride, step in self._sides(height, width)
        ]
        arithmetic = " and ".join(dict.fromkeys(sums)) + " positions"
        return ShapeError(
            f"a {self.size[0]}x{self.size[1]} {name}{dilation} does not fit "
            f"a {height}x{width} image: {arithmetic}",
            hint=self._edits(height, width),
            field=self.argument,
            value=self.size,
        )

    def _edits(self, height: int, width: int) -> str:
        largest = [
            min(size, (length - 1) // dilation + 1)
            for length, size, _, dilation in self._sides(height, width)
        ]
        same = 'padding="same"'
        if max(largest) == 1 and self.argument == "pool_size":
            return same
        return f"{same}, or {self.argument}=({largest[0]}, {largest[1]})"


def output_size(length: int, window: int, stride: int, padding: Padding, dilation: int = 1) -> int:
    """Return the number of window positions along one axis; below 1 if the window is too large.

    >>> output_size(32, 3, 1, "valid"), output_size(32, 3, 2, "same")
    (30, 16)
    >>> output_size(7, 3, 1, "valid", dilation=2)
    3
    """
    if padding == "same":
        return -(-length // stride)
    return (length - dilation * (window - 1) - 1) // stride + 1


def output_size_arithmetic(
    length: int, window: int, stride: int, padding: Padding, dilation: int = 1
) -> str:
    """Return the calculation of `output_size`.

    >>> output_size_arithmetic(2, 3, 1, "valid"), output_size_arithmetic(5, 3, 2, "valid", 3)
    ('(2 - 3) // 1 + 1 = 0', '(5 - 7) // 2 + 1 = 0')
    """
    positions = output_size(length, window, stride, padding, dilation)
    if padding == "same":
        return f"{length} / {stride}, rounded up = {positions}"
    return f"({length} - {dilation * (window - 1) + 1}) // {stride} + 1 = {positions}"


def pad_widths(length: int, window: int, stride: int, padding: Padding, dilation: int = 1) -> Pair:
    """Return the zeros before and after one axis; an odd one goes after, as in Keras.

    >>> pad_widths(32, 3, 1, "same"), pad_widths(32, 3, 2, "same"), pad_widths(32, 3, 2, "valid")
    ((1, 1), (0, 1), (0, 0))
    """
    if padding == "valid":
        return (0, 0)
    out = output_size(length, window, stride, padding, dilation)
    total = max(0, (out - 1) * stride + dilation * (window - 1) + 1 - length)
    return (total // 2, total - total // 2)
