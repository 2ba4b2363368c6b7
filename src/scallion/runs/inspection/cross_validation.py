"""Out-of-fold predictions: each image is predicted by a network that was not trained on it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion.applications import model_registry
from scallion.errors import ArgumentError
from scallion.insight.metrics.predictions import Predictions, as_predictions


def out_of_fold_predictions(
    x: NDArray[Any],
    labels: NDArray[np.integer],
    classes: int,
    *,
    folds: int = 3,
    epochs: int = 4,
    model: str = "quick",
    scale: float = 1 / 255,
    seed: int = 0,
) -> Predictions:
    """Predict each of the images `x` (n, h, w, c) by cross-validation with `folds` folds.

    Trains one named `model` per fold on the images of the other folds; pixels are multiplied by
    `scale`. Raises ArgumentError for fewer than two folds, and for more folds than images.
    """
    if folds < 2:
        raise ArgumentError(
            f"cross-validation needs two folds or more. Received: folds={folds!r}", hint="folds=3"
        )
    if folds > len(x):
        raise ArgumentError(
            f"each fold needs an image, and there are {len(x)} images. Received: folds={folds!r}",
            hint=f"folds={max(len(x), 2)}" if len(x) > 1 else "more images",
        )
    architecture, recipe = model_registry.find(model)
    part = np.random.default_rng(seed).permutation(len(x)) % folds
    logits = np.zeros((len(x), classes))
    for fold in range(folds):
        train, held_out = part != fold, part == fold
        network = architecture.build(x.shape[1:], classes, scale=scale)
        recipe.initialize(network, x[train], scale)
        steps = epochs * -(-int(train.sum()) // recipe.batch_size)
        recipe.compile(network, steps=steps)
        network.fit(x[train], labels[train], batch_size=recipe.batch_size, epochs=epochs, verbose=0)
        logits[held_out] = network.predict(x[held_out], batch_size=256, verbose=0)
    exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
    return as_predictions(labels, exponents / exponents.sum(axis=1, keepdims=True))
