"""Poolings: one number for each window, or for the whole image."""

from dataclasses import dataclass

from scallion.errors import ShapeError
from scallion.layers.layer import Layer
from scallion.layers.spec import Padding, Pair, Shape, Spec, as_padding, as_pair, slide


@dataclass(frozen=True, slots=True, eq=False)
class Pooling(Spec):
    """The base of poolings over windows: (H, W, C) -> (H', W', C). Has no weights."""

    pool_size: Pair = (2, 2)
    strides: Pair = (2, 2)
    padding: Padding = "valid"

    def output_shape(self, *shapes: Shape) -> Shape:
        height, width, channels = shapes[0]
        sides = tuple(
            slide(size, window, stride, self.padding)
            for size, window, stride in zip(
                (height, width), self.pool_size, self.strides, strict=True
            )
        )
        if min(sides) < 1:
            raise ShapeError(
                f"a {self.pool_size[0]}x{self.pool_size[1]} window does not fit "
                f"a {height}x{width} image",
                hint='use padding="same", a smaller window, or one pooling layer fewer',
            )
        return (*sides, channels)


@dataclass(frozen=True, slots=True, eq=False)
class MaxPooling(Pooling):
    """The largest number of each window.

    >>> MaxPooling().output_shape((13, 13, 32))
    (6, 6, 32)
    """


class MaxPooling2D(Layer):
    """The largest number of each window of the image."""

    spec: MaxPooling

    def __init__(
        self,
        pool_size: int | Pair = (2, 2),
        strides: int | Pair | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        *,
        name: str | None = None,
    ) -> None:
        window = as_pair(pool_size, "pool_size")
        stride = window if strides is None else as_pair(strides, "strides")
        super().__init__(MaxPooling(window, stride, as_padding(padding)), name=name)


@dataclass(frozen=True, slots=True, eq=False)
class AveragePooling(Pooling):
    """The mean of each window; padding does not count."""


class AveragePooling2D(Layer):
    """The mean of each window of the image."""

    spec: AveragePooling

    def __init__(
        self,
        pool_size: int | Pair = (2, 2),
        strides: int | Pair | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        *,
        name: str | None = None,
    ) -> None:
        window = as_pair(pool_size, "pool_size")
        stride = window if strides is None else as_pair(strides, "strides")
        super().__init__(AveragePooling(window, stride, as_padding(padding)), name=name)


@dataclass(frozen=True, slots=True, eq=False)
class GlobalAveragePooling(Spec):
    """The mean of each channel over the whole image: (H, W, C) -> (C,)."""

    keepdims: bool = False

    def output_shape(self, *shapes: Shape) -> Shape:
        channels = shapes[0][-1]
        return (1, 1, channels) if self.keepdims else (channels,)


class GlobalAveragePooling2D(Layer):
    """The mean of each channel over the whole image."""

    spec: GlobalAveragePooling

    def __init__(
        self, data_format: str | None = None, keepdims: bool = False, *, name: str | None = None
    ) -> None:
        super().__init__(GlobalAveragePooling(keepdims), name=name)
