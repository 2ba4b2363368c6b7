"""A baseline for a network: softmax regression on the pixels."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion import session
from scallion.layers import Dense, Flatten, Input, Rescaling
from scallion.losses import SparseCategoricalCrossentropy
from scallion.mapped_memory import chunk_slices
from scallion.models import Model
from scallion.optimizers import Adam
from scallion.schedules import CosineDecay

MAX_IMAGES = 20_000  # to train on: enough for so few weights
_MAX_PIXELS = 300_000_000  # of all training images together: downsampled in about a second
_MAX_WEIGHTS = 100_000  # trained in about two seconds; above, images are downsampled
_EPOCHS, _BATCH_SIZE, _LEARNING_RATE = 8, 64, 2e-3


def linear_predictions(
    x: NDArray[Any], y: NDArray[Any], inputs: NDArray[Any], *, classes: int, scale: float = 1.0
) -> NDArray[np.int64]:
    """Train a linear model and return the classes that it predicts for `inputs`: int64 (n,).

    It is trained on images `x` (m, h, w, c) and labels `y` (m,), at most the first 20,000; pixels
    are multiplied by `scale`, and large images are downsampled. The result depends on the images
    only, and the session stays unchanged.
    """
    count = min(MAX_IMAGES, max(_BATCH_SIZE, _MAX_PIXELS // x[0].size))
    factor = _downsampling_factor(x.shape[1:], classes)
    images, labels = downsample(x[:count], factor), y[:count]
    with session.isolated_session():
        image = Input(images.shape[1:])
        pixels = image if scale == 1.0 else Rescaling(scale)(image)
        logits = Dense(classes, kernel_initializer="zeros")(Flatten()(pixels))
        model = Model(image, logits)
        steps = _EPOCHS * -(-len(images) // _BATCH_SIZE)
        loss = SparseCategoricalCrossentropy(from_logits=True)
        model.compile(Adam(CosineDecay(_LEARNING_RATE, steps)), loss)
        model.seed = 0
        model.fit(images, labels, batch_size=_BATCH_SIZE, epochs=_EPOCHS, verbose=0)
        outputs = model.predict(downsample(inputs, factor), batch_size=256, verbose=0)
    return outputs.argmax(axis=1).astype(np.int64)


def downsample(x: NDArray[Any], factor: int) -> NDArray[Any]:
    """Average blocks of `factor` x `factor` pixels: (n, h, w, c) -> (n, h // factor, ...).

    Incomplete blocks at the right and bottom are dropped. uint8 stays uint8, other types become
    float32.

    >>> downsample(np.arange(8.0).reshape(1, 2, 4, 1), 2).reshape(-1).tolist()
    [2.5, 4.5]
    """
    if factor == 1:
        return x
    height, width = x.shape[1] // factor, x.shape[2] // factor
    dtype = np.uint8 if x.dtype == np.uint8 else np.float32
    small = np.empty((len(x), height, width, x.shape[3]), dtype)
    for place in chunk_slices(x):
        part = x[place, : height * factor, : width * factor]
        blocks = part.reshape(len(part), height, factor, width, factor, -1)
        means = blocks.mean(axis=(2, 4), dtype=np.float32)
        small[place] = np.rint(means) if dtype is np.uint8 else means
    return small


def _downsampling_factor(shape: tuple[int, ...], classes: int) -> int:
    """Return the factor that keeps the number of weights small."""
    height, width, channels = shape
    factor = 1
    while (height // factor) * (width // factor) * channels * classes > _MAX_WEIGHTS:
        if min(height, width) < 2 * (factor + 1):
            break
        factor += 1
    return factor
