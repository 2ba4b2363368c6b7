"""Arithmetic of MobileNets and EfficientNets: numbers of channels, and padding at stride 2."""

from scallion.layers.base.tensor import Tensor

Padding2D = tuple[tuple[int, int], tuple[int, int]]


def rounded_channels(channels: float, divisor: int = 8) -> int:
    """Return the nearest multiple of `divisor`, at least it, and no more than 10% fewer channels.

    >>> rounded_channels(32 * 0.35), rounded_channels(16 * 0.75)
    (16, 16)
    """
    rounded = max(divisor, int(channels + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * channels else rounded


def correct_padding(x: Tensor, kernel_size: int) -> Padding2D:
    """Return the padding before a "valid" convolution with stride 2, as TensorFlow's "same"."""
    half = kernel_size // 2
    height, width = x.image_shape[:2]
    return ((half - 1 + height % 2, half), (half - 1 + width % 2, half))


__all__ = ["correct_padding", "rounded_channels"]
