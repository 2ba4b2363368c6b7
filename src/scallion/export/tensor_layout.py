"""Tensors of an exported network, with the order of their axes.

Keras' images are (N, H, W, C); the convolutions of ONNX and PyTorch take (N, C, H, W).
"""

from dataclasses import dataclass
from typing import Any, Literal

from numpy.typing import NDArray

from scallion.layers.base.spec import Shape

Layout = Literal["keras", "channels_first", "flat_channels_first"]
"""`keras`: the axes as Keras has them. `channels_first`: an image (C, H, W).
`flat_channels_first`: such an image, flattened; a Dense after it has reordered rows instead."""

TO_CHANNELS_FIRST, TO_CHANNELS_LAST = (2, 0, 1), (1, 2, 0)


@dataclass(frozen=True, slots=True)
class ExportTensor:
    """A tensor: its name, its shape in Keras' order without the batch, and its layout.

    `image_shape` is the shape (H, W, C) before an image was flattened.
    """

    name: str
    shape: Shape
    layout: Layout = "keras"
    image_shape: Shape = ()

    def axis(self, keras_axis: int) -> int:
        """Return where an axis of Keras, which counts the batch, is in this layout."""
        rank = len(self.shape) + 1
        axis = keras_axis % rank
        return (0, 2, 3, 1)[axis] if self.layout == "channels_first" else axis

    def arrange(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return an array with the axes of `shape`, some of them of size 1, in this layout."""
        if self.layout == "channels_first":
            return array.transpose(TO_CHANNELS_FIRST)
        if self.layout == "flat_channels_first" and array.size > 1:
            return array.reshape(self.image_shape).transpose(TO_CHANNELS_FIRST).reshape(-1)
        return array
