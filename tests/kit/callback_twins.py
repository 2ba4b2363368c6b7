"""A small network and data, for comparing callbacks with those of Keras."""

from typing import Any

import numpy as np


def network(package: Any) -> Any:
    """Return a small compiled network of Scallion or Keras, with equal weights."""
    start = package.Input((6,))
    hidden = package.layers.Dense(5, activation="tanh")(start)
    model = package.Model(start, package.layers.Dense(3, activation="softmax")(hidden))
    random = np.random.default_rng(3)
    model.set_weights([random.normal(size=w.shape).astype("f") for w in model.get_weights()])
    model.compile(
        package.optimizers.SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


def data(images: int = 50) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(images)
    return random.normal(size=(images, 6)).astype(np.float32), random.integers(0, 3, images)
