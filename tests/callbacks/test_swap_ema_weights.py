"""SwapEMAWeights: evaluation with averages, training with the weights themselves."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import scallion
from scallion.callbacks import LambdaCallback, ModelCheckpoint, SwapEMAWeights
from scallion.errors import StateError


def model() -> Any:
    """Return a network whose optimizer averages its weights."""
    scallion.utils.set_random_seed(0)
    made = scallion.Sequential([scallion.Input((3,)), scallion.layers.Dense(2)])
    made.compile(scallion.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.9), "mse")
    return made


X = np.random.default_rng(0).normal(size=(24, 3)).astype(np.float32)
Y = X[:, :2]


def test_validation_sees_the_averages_and_training_does_not() -> None:
    plain, swapped, seen = model(), model(), []
    expected = plain.fit(X, Y, epochs=3, verbose=0, shuffle=False).history["loss"]
    watch = LambdaCallback(on_test_begin=lambda _: seen.append(swapped.get_weights()))
    history = swapped.fit(
        X, Y, epochs=3, verbose=0, shuffle=False, validation_data=(X, Y),
        callbacks=[SwapEMAWeights(), watch],
    ).history  # fmt: skip
    np.testing.assert_allclose(history["loss"], expected, rtol=1e-6)
    losses = []
    for weights in seen:
        swapped.set_weights(weights)
        losses.append(swapped.evaluate(X, Y, verbose=0))
    np.testing.assert_allclose(history["val_loss"], losses, rtol=1e-6)
    assert history["val_loss"] != history["loss"]


def test_a_checkpoint_after_it_has_the_averages(tmp_path: Path) -> None:
    made = model()
    checkpoint = ModelCheckpoint(tmp_path / "{epoch}.weights.h5", save_weights_only=True)
    made.fit(X, Y, epochs=2, verbose=0, callbacks=[SwapEMAWeights(swap_on_epoch=True), checkpoint])
    final = made.get_weights()
    made.load_weights(tmp_path / "2.weights.h5")
    for saved, weight in zip(made.get_weights(), final, strict=True):
        np.testing.assert_array_equal(saved, weight)


def test_an_optimizer_without_averages_is_refused() -> None:
    made = model()
    made.compile("sgd", "mse")
    with pytest.raises(StateError, match="averages the weights") as caught:
        made.fit(X, Y, verbose=0, validation_data=(X, Y), callbacks=[SwapEMAWeights()])
    assert caught.value.hint == "SGD(use_ema=True)"
