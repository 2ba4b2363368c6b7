"""What costs nothing: a linear model on the pixels, to hold a network's score against."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion import session
from scallion.layers import Dense, Flatten, Input, Rescaling
from scallion.losses import SparseCategoricalCrossentropy
from scallion.models import Model
from scallion.optimizers import Adam
from scallion.schedules import CosineDecay

LARGEST = 20_000  # images are enough for so few numbers
_EPOCHS, _BATCH, _RATE = 8, 64, 2e-3


def linear_predictions(
    x: NDArray[Any], y: NDArray[Any], asked: NDArray[Any], *, classes: int, scale: float = 1.0
) -> NDArray[np.int64]:
    """The classes that softmax regression on the pixels gives the images `asked`: int64 (n,).

    It is trained on images `x` (n, h, w, c) and labels `y`, on the first 20,000 where there are
    more; pixels are multiplied by `scale`. The same images give the same answers, and no random
    number is taken from the session.
    """
    images, labels = x[:LARGEST], y[:LARGEST]
    with session.fresh_names():
        image = Input(x.shape[1:])
        pixels = image if scale == 1.0 else Rescaling(scale)(image)
        answer = Dense(classes, kernel_initializer="zeros")(Flatten()(pixels))
        model = Model(image, answer)
    steps = _EPOCHS * -(-len(images) // _BATCH)
    model.compile(Adam(CosineDecay(_RATE, steps)), SparseCategoricalCrossentropy(from_logits=True))
    model.seed = 0
    model.fit(images, labels, batch_size=_BATCH, epochs=_EPOCHS, verbose=0)
    return model.predict(asked, batch_size=256, verbose=0).argmax(axis=1).astype(np.int64)
