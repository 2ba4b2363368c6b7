"""Real images with labels, in the input shape of a network.

The time of a step depends on the number of non-zero gradients after a pooling. On noise, or on one
repeated batch, relus die and gradients vanish as they never do for a user.
"""

from pathlib import Path

import numpy as np

POOL = 512 << 20  # bytes of images


def real_images(
    shape: tuple[int, int, int], file: Path | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return float32 images (n, H, W, C) in [0, 1], at most `POOL` bytes, and their labels.

    These are the training images of Fashion-MNIST, enlarged by an integer factor, padded with
    black and repeated over channels; or `x_train` and `y_train` of an .npz file.
    """
    if file is None:
        from scallion.datasets import fashion_mnist

        (images, labels), _ = fashion_mnist.load_data()
        images = images[..., None]
    else:
        with np.load(file) as arrays:
            images, labels = arrays["x_train"], arrays["y_train"].reshape(-1)
    height, width, channels = shape
    count = POOL // (4 * height * width * channels)
    images, labels = images[:count].astype(np.float32) / 255, labels[:count].astype(np.int64)
    if images.shape[1:] == shape:
        return images, labels
    times = min(height // images.shape[1], width // images.shape[2])
    large = images.repeat(times, axis=1).repeat(times, axis=2)
    over = height - large.shape[1], width - large.shape[2]
    around = [(0, 0), *((side // 2, side - side // 2) for side in over), (0, 0)]
    return np.pad(large, around).repeat(channels // large.shape[3], axis=3), labels
