"""Whitening filters of the first convolution of `quick` for colour images."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from scallion import layers
from scallion.applications import model_registry
from scallion.models import Model
from scallion.models.builtin.whitening import NOISE, whiten
from scallion.runs import Settings, prepare


def correlated_images(count: int = 60, side: int = 12, channels: int = 3) -> NDArray[np.uint8]:
    """Return images whose neighbouring pixels are correlated, as in photographs."""
    random = np.random.default_rng(5)
    rough = random.normal(size=(count, side + 2, side + 2, channels))
    soft = sum(rough[:, i : i + side, j : j + side] for i in range(3) for j in range(3))
    shared = soft.mean(axis=3, keepdims=True)
    return np.clip(128 + 15 * (soft + 3 * shared), 0, 255).astype(np.uint8)


def network(images: NDArray[np.uint8]) -> Model:
    return model_registry.find("quick").architecture.build(images.shape[1:], 3, scale=1 / 255)


def patches(images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the non-overlapping 2x2 patches as rows."""
    n, height, width, channels = images.shape
    cut = images.reshape(n, height // 2, 2, width // 2, 2, channels).transpose(0, 1, 3, 2, 4, 5)
    return cut.reshape(-1, 4 * channels) / 255


# By definition of whitening: mean 0, uncorrelated, and variance v / (v + noise) for each eigenvalue
# v of the patches' covariance, computed by NumPy's `cov` and `eigvalsh`.
@pytest.mark.parametrize("channels", [2, 3, 4])
def test_filter_outputs_are_uncorrelated_with_equal_variance(channels: int) -> None:
    images = correlated_images(channels=channels)
    model = network(images)
    whiten(model, images, 1 / 255)
    kernel, bias = model.get_layer("conv2d").get_weights()
    seen = patches(images) @ kernel.reshape(4 * channels, -1).astype(float) + bias
    half = seen[:, : 4 * channels]
    assert np.allclose(seen[:, 4 * channels :], -half, atol=1e-6)
    assert np.allclose(seen.mean(axis=0), 0, atol=1e-4)
    own = np.linalg.eigvalsh(np.cov(patches(images), rowvar=False))[::-1]
    assert np.allclose(np.cov(half, rowvar=False), np.diag(own / (own + NOISE)), atol=1e-3)


def test_training_does_not_change_the_filters() -> None:
    images = correlated_images()
    model = network(images)
    whiten(model, images, 1 / 255)
    before = model.get_layer("conv2d").get_weights()
    recipe = model_registry.find("quick").recipe
    recipe.compile(model, steps=2)
    model.fit(images, np.arange(60) % 3, batch_size=30, epochs=1, verbose=0)
    for one, other in zip(before, model.get_layer("conv2d").get_weights(), strict=True):
        assert np.array_equal(one, other)


def test_a_trainable_convolution_is_not_whitened() -> None:
    images = correlated_images(channels=1)
    model = network(images)
    before = model.get_weights()
    whiten(model, images, 1 / 255)
    assert all(np.array_equal(*pair) for pair in zip(before, model.get_weights(), strict=True))


def test_fewer_filters_keep_the_largest_components(tmp_path: Path) -> None:
    images = correlated_images()
    np.savez(tmp_path / "some.npz", x_train=images, y_train=np.arange(60) % 3)
    kernels = []
    for overrides in ({}, {"filters": 8}):
        prepared = prepare(Settings(str(tmp_path / "some.npz"), overrides=overrides))
        kernels.append(prepared.model.get_layer("conv2d").get_weights()[0])
    every, fewer = kernels
    assert fewer.shape == (2, 2, 3, 8)
    assert np.array_equal(fewer, every[..., [0, 1, 2, 3, 12, 13, 14, 15]])


def test_extra_filters_keep_their_initial_weights() -> None:
    images = correlated_images(channels=1)
    image = layers.Input((12, 12, 1))
    kept = layers.Conv2D(11, 2, trainable=False)
    model = Model(image, kept(image))
    before = kept.get_weights()[0]
    whiten(model, images, 1 / 255)
    after = kept.get_weights()[0]
    assert np.array_equal(before[..., 8:], after[..., 8:])
    assert not np.isclose(before[..., :8], after[..., :8]).any(axis=(0, 1, 2)).all()


def test_images_smaller_than_a_filter_change_nothing() -> None:
    images = np.zeros((4, 1, 1, 3), np.uint8)
    model = network(images)
    before = model.get_weights()
    whiten(model, images, 1 / 255)
    assert all(np.array_equal(*pair) for pair in zip(before, model.get_weights(), strict=True))


def test_constant_images_give_finite_filters() -> None:
    images = np.full((4, 6, 6, 3), 200, np.uint8)
    model = network(images)
    whiten(model, images, 1 / 255)
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
