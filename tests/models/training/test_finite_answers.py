"""Nothing non-finite is trained on, saved or given as an answer."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import scallion
from scallion import layers
from scallion.callbacks import ModelCheckpoint, TerminateOnNaN
from scallion.datasets.pipeline import Dataset
from scallion.engine import is_available
from scallion.errors import DataError, StateError, TrainingError
from scallion.models.inspection import first_non_finite_layer

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.random((64, 8, 8, 1), np.float32)
LABELS = RANDOM.integers(0, 2, 64)
BEYOND = {"float64": np.full((64, 8, 8, 1), 1e39), "longdouble": np.full((64, 8, 8, 1), -1e39, "g")}

every_engine = pytest.mark.parametrize(
    "engine",
    [
        "reference",
        pytest.param("native", marks=pytest.mark.skipif(not is_available("native"), reason="")),
    ],
)
pytestmark = [every_engine, pytest.mark.filterwarnings("ignore:(overflow|invalid):RuntimeWarning")]


def model(engine: str, rate: float = 0.01, activation: str = "softmax") -> scallion.Model:
    scallion.utils.set_random_seed(1)
    network = scallion.Sequential(
        [
            scallion.Input((8, 8, 1)),
            layers.Conv2D(4, 3, activation="relu", name="stem"),
            layers.Flatten(),
            layers.Dense(2, activation=activation),
        ]
    )
    loss = "sparse_categorical_crossentropy" if activation == "softmax" else "mse"
    network.compile(scallion.optimizers.SGD(rate), loss, engine=engine)
    return network


def with_nan(engine: str) -> scallion.Model:
    network = model(engine)
    kernel = network.layers[0].weights[0]
    values = kernel.numpy()
    values[1, 1, 0, 2] = np.nan
    kernel.assign(values)
    return network


@pytest.mark.parametrize("images", BEYOND.values(), ids=BEYOND)
def test_pixels_that_overflow_float32_are_refused(engine: str, images: np.ndarray) -> None:
    network, dataset = model(engine), Dataset.from_tensor_slices((images, LABELS)).batch(8)
    calls: list[Callable[[], Any]] = [
        lambda: network.fit(images, LABELS, verbose=0),
        lambda: network.fit(dataset, verbose=0),
        lambda: network.fit(IMAGES, LABELS, validation_data=(images, LABELS), verbose=0),
        lambda: network.evaluate(images, LABELS, verbose=0),
        lambda: network.predict(images, verbose=0),
        lambda: network.predict_on_batch(images),
        lambda: network.train_on_batch(images, LABELS),
    ]
    for call in calls:
        with pytest.raises(DataError, match=r"image 0 has pixels beyond the range of float32"):
            call()


@pytest.mark.parametrize("rate", [1e36, 1e37, 3e38])
def test_a_learning_rate_that_breaks_the_weights_ends_training(engine: str, rate: float) -> None:
    network = model(engine, rate)
    with pytest.raises(TrainingError, match=r"^epoch \d"):
        network.fit(IMAGES, LABELS, batch_size=64, epochs=3, verbose=0)


def test_weights_are_checked_after_each_epoch(engine: str) -> None:
    network = model(engine, activation="linear")
    poison = scallion.callbacks.LambdaCallback(
        on_train_batch_end=lambda *_, **__: (
            network.layers[0].weights[0].assign(np.full((3, 3, 1, 4), np.inf))
        )
    )
    with pytest.raises(
        TrainingError, match=r"epoch 1: 36 of 330 weights are NaN or infinite, the first in 'stem/"
    ):
        network.fit(IMAGES, IMAGES[:, 0, :2, 0], batch_size=64, callbacks=[poison], verbose=0)


def test_a_model_with_nan_gives_no_answer(engine: str) -> None:
    network, found = with_nan(engine), r"1 of 330 weights are NaN or infinite, .*'stem/kernel'"
    for call in (network.predict, network.predict_on_batch):
        with pytest.raises(StateError, match=f"has no answer: {found}"):
            call(IMAGES)
    with pytest.raises(StateError, match=f"cannot be evaluated: {found}"):
        network.evaluate(IMAGES, LABELS, verbose=0)
    assert first_non_finite_layer(network, IMAGES) == "stem"


def test_a_model_with_nan_is_not_saved(engine: str, tmp_path: Path) -> None:
    network = with_nan(engine)
    with pytest.raises(StateError, match="cannot be saved"):
        network.save(tmp_path / "model.keras")
    with pytest.raises(StateError, match="cannot be saved"):
        network.save_weights(tmp_path / "model.weights.h5")
    assert not list(tmp_path.iterdir())


def test_values_that_overflow_within_the_network_are_no_answer(engine: str) -> None:
    network = model(engine)
    network.layers[0].weights[0].assign(np.full((3, 3, 1, 4), 3e38))
    with pytest.raises(DataError, match="image 0: values overflow within model"):
        network.predict(IMAGES + 9, verbose=0)
    with pytest.raises(DataError, match=r"the loss of model .* is NaN or infinite"):
        network.evaluate(IMAGES + 9, LABELS, verbose=0)


def test_terminate_on_nan_still_ends_training_without_an_error(engine: str, tmp_path: Path) -> None:
    network = model(engine, 1e37)
    best = ModelCheckpoint(tmp_path / "best.keras", "val_loss", save_best_only=True)
    with pytest.warns(UserWarning, match="epoch 1: the model is not saved: 3"):
        history = network.fit(
            IMAGES,
            LABELS,
            validation_split=0.2,
            epochs=3,
            verbose=0,
            callbacks=[TerminateOnNaN(), best],
        )
    assert len(history.history["loss"]) == 1
    assert not list(tmp_path.iterdir())
