"""The kernels of a convolution as images."""

import numpy as np
from numpy.typing import NDArray


def filter_images(kernel: NDArray[np.float32], channels: int) -> NDArray[np.float32]:
    """Return a kernel as one image per filter: (filters, height, width, channels).

    `kernel` is (height, width, channels, filters) as Keras stores it, or depthwise,
    (height, width, inputs, multiplier), which gives one image of 1 channel per input and
    multiplier; `channels` are those of the convolution's input.
    """
    if kernel.shape[2] != channels:  # depthwise
        return kernel.reshape(*kernel.shape[:2], -1).transpose(2, 0, 1)[..., None]
    return kernel.transpose(3, 0, 1, 2)
