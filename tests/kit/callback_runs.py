"""A small compiled model, and a driver that calls a callback's epoch hooks with given values."""

from typing import Any

import numpy as np

from scallion.layers import Dense, Input
from scallion.models import Model
from scallion.optimizers import SGD
from scallion.utils import set_random_seed

X, Y = np.random.default_rng(0).random((20, 4)), np.arange(20) % 2


def network(rate: float = 0.1) -> Model:
    set_random_seed(2)
    start = Input((4,))
    model = Model(start, Dense(2, activation="softmax")(start))
    model.compile(SGD(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


class FakeModel:
    """A model whose only weight is the number of its last epoch."""

    def __init__(self) -> None:
        self.stop_training = False
        self.metrics: list[Any] = []
        self.epoch = 0

    def get_weights(self) -> list[int]:
        return [self.epoch]

    def set_weights(self, weights: list[int]) -> None:
        self.epoch = weights[0]


def run_epochs(callback: Any, values: list[float], monitor: str = "val_loss") -> FakeModel:
    """Return the model after epochs with these values of `monitor`, or until training stops."""
    model = FakeModel()
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        model.epoch = epoch
        callback.on_epoch_end(epoch, {monitor: value})
        if model.stop_training:
            break
    callback.on_train_end()
    return model
