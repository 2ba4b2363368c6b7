"""Fifty random networks, saved for Keras and loaded back: equal outputs and equal steps."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import random_networks
import scallion

os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip("torch")
keras = pytest.importorskip("keras")

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]


def data(model: Any, seed: int) -> tuple[np.ndarray, Any]:
    random = np.random.default_rng(seed)
    images = random.random((8, *model.input_shape[1:]), dtype=np.float32)
    labels = [random.integers(0, 3, 8) for _ in model.outputs]
    return images, labels if len(labels) > 1 else labels[0]


def close(ours: Any, theirs: Any, fraction: float) -> None:
    pairs = zip(_listed(ours), _listed(theirs), strict=True)
    for a, b in pairs:
        assert np.abs(np.asarray(a) - np.asarray(b)).max() <= fraction * np.abs(np.asarray(b)).max()


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("seed", range(50))
def test_a_random_network_round_trips_through_keras(seed: int, tmp_path: Path) -> None:
    # Fixed weights, because Keras' rounding after a normalization reaches 1.4e-5 of a loss, where
    # Scallion's is 7e-7 of the float64 result.
    scallion.utils.set_random_seed(seed)
    ours = random_networks.NetworkGenerator(scallion, seed).model()
    random = np.random.default_rng(seed)
    ours.set_weights([w + random.uniform(0.0, 0.1, w.shape) for w in ours.get_weights()])
    random_networks.compile_model(scallion, ours, seed)
    images, labels = data(ours, seed)
    wanted = ours.predict(images, verbose=0)

    ours.save(tmp_path / "there.keras")
    theirs = keras.models.load_model(tmp_path / "there.keras")
    close(theirs.predict(images, verbose=0), wanted, 1e-5)

    theirs.save(tmp_path / "back.keras")
    back = scallion.models.load_model(tmp_path / "back.keras")
    close(back.predict(images, verbose=0), wanted, 1e-5)
    for a, b in zip(ours.get_weights(), back.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)

    their_loss = theirs.train_on_batch(images, labels)
    our_loss = back.train_on_batch(images, labels)
    close(np.ravel(our_loss)[:1], np.ravel(np.asarray(their_loss))[:1], 1e-5)
    befores = [np.asarray(weight) for weight in ours.get_weights()]
    theirs_now = [np.asarray(weight) for weight in theirs.get_weights()]
    steps = [(b - a).ravel() for a, b in zip(befores, theirs_now, strict=True)]
    apart = [(a - b).ravel() for a, b in zip(back.get_weights(), theirs_now, strict=True)]
    largest = np.abs(np.concatenate(steps)).max()
    assert largest > 0
    # Adam and its variants divide a gradient by its size, so a gradient of 0 with rounding becomes
    # a full step in either direction: a bias before a normalization, 1 value in 20 at most.
    fraction = 1.0 if random_networks.OPTIMIZERS[seed % 5] == "SGD" else 0.95
    assert np.quantile(np.abs(np.concatenate(apart)), fraction) <= 1e-4 * largest
