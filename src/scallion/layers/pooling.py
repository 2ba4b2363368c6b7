"""Pooling layers: over windows, and global over the whole image."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Unpack

from scallion.layers.base.argument_checks import (
    checked_padding,
    checked_pair,
    require_channels_last,
)
from scallion.layers.base.layer import Layer, LayerOptions
from scallion.layers.base.sliding_window import SlidingWindow
from scallion.layers.base.spec import Family, Padding, Pair, Shape, Spec, as_image_shape


@dataclass(frozen=True, slots=True, eq=False)
class PoolingSpec(Spec):
    """The base of pooling over windows: (H, W, C) -> (H', W', C). Has no weights."""

    family: ClassVar[Family] = "pooling"
    fixed_config: ClassVar[Mapping[str, Any]] = {"data_format": "channels_last"}

    pool_size: Pair = (2, 2)
    strides: Pair = (2, 2)
    padding: Padding = "valid"

    def output_shape(self, *shapes: Shape) -> Shape:
        window = SlidingWindow("pool_size", self.pool_size, self.strides, self.padding)
        return (*window.output_size(shapes[0]), shapes[0][2])


@dataclass(frozen=True, slots=True, eq=False)
class MaxPooling2DSpec(PoolingSpec):
    """Take the maximum of each window and channel.

    >>> MaxPooling2DSpec().output_shape((13, 13, 32))
    (6, 6, 32)
    """


class MaxPooling2D(Layer):
    """Max pooling over windows of the image: `MaxPooling2D((2, 2))`."""

    spec: MaxPooling2DSpec

    def __init__(
        self,
        pool_size: int | Pair = (2, 2),
        strides: int | Pair | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        spec = MaxPooling2DSpec(*_window(pool_size, strides, padding, data_format))
        super().__init__(spec, **options)


@dataclass(frozen=True, slots=True, eq=False)
class AveragePooling2DSpec(PoolingSpec):
    """Take the mean of each window and channel, without counting padding."""


class AveragePooling2D(Layer):
    """Average pooling over windows of the image."""

    spec: AveragePooling2DSpec

    def __init__(
        self,
        pool_size: int | Pair = (2, 2),
        strides: int | Pair | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        spec = AveragePooling2DSpec(*_window(pool_size, strides, padding, data_format))
        super().__init__(spec, **options)


def _window(
    pool_size: int | Pair, strides: int | Pair | None, padding: str, data_format: str | None
) -> tuple[Pair, Pair, Padding]:
    require_channels_last(data_format)
    size = checked_pair(pool_size, "pool_size")
    step = size if strides is None else checked_pair(strides, "strides")
    return size, step, checked_padding(padding)


@dataclass(frozen=True, slots=True, eq=False)
class GlobalPoolingSpec(Spec):
    """The base of global pooling: (H, W, C) -> (C,), or (1, 1, C) with `keepdims`."""

    family: ClassVar[Family] = "pooling"
    fixed_config: ClassVar[Mapping[str, Any]] = {"data_format": "channels_last"}

    keepdims: bool = False

    def output_shape(self, *shapes: Shape) -> Shape:
        channels = as_image_shape(shapes[0])[2]
        return (1, 1, channels) if self.keepdims else (channels,)


@dataclass(frozen=True, slots=True, eq=False)
class GlobalAveragePooling2DSpec(GlobalPoolingSpec):
    """Take the mean of each channel over the whole image."""


class GlobalAveragePooling2D(Layer):
    """Global average pooling: the mean of each channel over the whole image."""

    spec: GlobalAveragePooling2DSpec

    def __init__(
        self,
        data_format: str | None = None,
        keepdims: bool = False,
        **options: Unpack[LayerOptions],
    ) -> None:
        require_channels_last(data_format)
        super().__init__(GlobalAveragePooling2DSpec(bool(keepdims)), **options)


@dataclass(frozen=True, slots=True, eq=False)
class GlobalMaxPooling2DSpec(GlobalPoolingSpec):
    """Take the maximum of each channel over the whole image."""


class GlobalMaxPooling2D(Layer):
    """Global max pooling: the maximum of each channel over the whole image."""

    spec: GlobalMaxPooling2DSpec

    def __init__(
        self,
        data_format: str | None = None,
        keepdims: bool = False,
        **options: Unpack[LayerOptions],
    ) -> None:
        require_channels_last(data_format)
        super().__init__(GlobalMaxPooling2DSpec(bool(keepdims)), **options)
