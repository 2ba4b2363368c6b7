"""What costs nothing: a linear model on the pixels, to hold a network's score against."""

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

LARGEST = 20_000  # images are enough for so few numbers
_PIXELS = 300_000_000  # of all training images together: what is shrunk in a second
_WEIGHTS = 100_000  # above, images are shrunk: what is trained in two seconds
_EPOCHS, _BATCH, _RATE = 8, 64, 2e-3


def linear_predictions(
    x: NDArray[Any], y: NDArray[Any], asked: NDArray[Any], *, classes: int, scale: float = 1.0
) -> NDArray[np.int64]:
    """The classes that softmax regression on the pixels gives the images `asked`: int64 (n,).

    It is trained on images `x` (n, h, w, c) and labels `y`, on the first 20,000 where there are
    more; pixels are multiplied by `scale`, and large images shrunk. The same images give the same
    answers, and the session stays as it is.
    """
    count = min(LARGEST, max(_BATCH, _PIXELS // x[0].size))
    factor = _factor(x.shape[1:], classes)
    images, labels = shrunk(x[:count], factor), y[:count]
    with session.isolated_session():
        image = Input(images.shape[1:])
        pixels = image if scale == 1.0 else Rescaling(scale)(image)
        answer = Dense(classes, kernel_initializer="zeros")(Flatten()(pixels))
        model = Model(image, answer)
        steps = _EPOCHS * -(-len(images) // _BATCH)
        loss = SparseCategoricalCrossentropy(from_logits=True)
        model.compile(Adam(CosineDecay(_RATE, steps)), loss)
        model.seed = 0
        model.fit(images, labels, batch_size=_BATCH, epochs=_EPOCHS, verbose=0)
        rows = model.predict(shrunk(asked, factor), batch_size=256, verbose=0)
    return rows.argmax(axis=1).astype(np.int64)


def shrunk(x: NDArray[Any], factor: int) -> NDArray[Any]:
    """Images whose pixels are the means of `factor` x `factor` old ones; what is left over at the
    right and at the bottom is cut off. Bytes stay bytes, others become float32.

    >>> shrunk(np.arange(8.0).reshape(1, 2, 4, 1), 2).reshape(-1).tolist()
    [2.5, 4.5]
    """
    if factor == 1:
        return x
    height, width = x.shape[1] // factor, x.shape[2] // factor
    kind = np.uint8 if x.dtype == np.uint8 else np.float32
    small = np.empty((len(x), height, width, x.shape[3]), kind)
    for place in chunk_slices(x):
        part = x[place, : height * factor, : width * factor]
        blocks = part.reshape(len(part), height, factor, width, factor, -1)
        means = blocks.mean(axis=(2, 4), dtype=np.float32)
        small[place] = np.rint(means) if kind is np.uint8 else means
    return small


def _factor(shape: tuple[int, ...], classes: int) -> int:
    """By how much images are shrunk, so that the model has not too many weights."""
    height, width, channels = shape
    factor = 1
    while (height // factor) * (width // factor) * channels * classes > _WEIGHTS:
        if min(height, width) < 2 * (factor + 1):
            break
        factor += 1
    return factor
