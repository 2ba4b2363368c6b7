"""Preprocessing and augmentation layers: random in training only, before all trainable layers."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scallion import layers, session
from scallion.engine import IndexedBatch, Objective, create
from scallion.errors import ScallionError, ShapeError, StateError, UnsupportedError
from scallion.graph import Graph
from scallion.losses import MeanSquaredError
from scallion.models import Model, Sequential
from scallion.optimizers import SGD

SIDE = 6
NUMBERED = np.arange(SIDE * SIDE, dtype=np.uint8).reshape(1, SIDE, SIDE, 1)


def seen(*links: layers.Layer, images: np.ndarray, seed: int = 1, steps: int = 1) -> np.ndarray:
    """Return the output of some layers in the last of some training steps."""
    x = start = layers.Input(images.shape[1:])
    for link in links:
        x = link(x)
    graph = Graph((start,), (layers.Flatten()(x),))
    engine = create(graph, Objective((MeanSquaredError(),), (1.0,), SGD()))
    target = np.zeros((len(images), int(np.prod(x.image_shape))), np.float32)
    batch = IndexedBatch((images,), np.arange(len(images)), (target,))
    for step in range(steps):
        result = engine.train(batch, seed=seed, step=step)
    return result.outputs[0].reshape(len(images), *x.image_shape)


def distinct(images: np.ndarray) -> int:
    return len(np.unique(images.reshape(len(images), -1), axis=0))


EVERY = [
    layers.RandomFlip,
    lambda: layers.RandomTranslation(0.3, 0.3),
    lambda: layers.RandomRotation(0.2),
    lambda: layers.RandomZoom(0.4),
    lambda: layers.RandomContrast(0.5),
    lambda: layers.RandomBrightness(0.1),
    lambda: layers.RandomErasing(fill_value=0.0),
]


@pytest.mark.parametrize("make", EVERY)
def test_augmentation_is_inactive_in_inference(make: Any) -> None:
    images = np.repeat(NUMBERED, 5, axis=0)
    start = layers.Input(images.shape[1:])
    model = Model(start, layers.Flatten()(make()(start)))
    np.testing.assert_array_equal(model.predict(images, verbose=0), images.reshape(5, -1))
    model.compile("sgd", "mse")
    assert model.evaluate(images, images.reshape(5, -1), verbose=0) == 0


@pytest.mark.parametrize("make", EVERY)
def test_draws_differ_per_image_and_step_and_repeat(make: Any) -> None:
    images = np.repeat(NUMBERED, 40, axis=0)
    first, second = (seen(make(), images=images, steps=steps) for steps in (1, 2))
    assert distinct(first) >= 4
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(seen(make(), images=images), first)
    assert not np.array_equal(seen(make(), images=images, seed=2), first)


def test_a_layers_own_seed_overrides_the_runs() -> None:
    images = np.repeat(NUMBERED, 40, axis=0)
    first, second = (
        seen(layers.RandomRotation(0.2, seed=3), images=images, seed=seed) for seed in (1, 2)
    )
    np.testing.assert_array_equal(first, second)


def test_horizontal_and_vertical_flips_are_independent() -> None:
    images = np.repeat(NUMBERED, 400, axis=0)
    found = seen(layers.RandomFlip(), images=images)
    wanted = [images[0], images[0, ::-1], images[0, :, ::-1], images[0, ::-1, ::-1]]
    counts = [sum(np.array_equal(one, each) for one in found) for each in wanted]
    assert sum(counts) == 400
    assert min(counts) > 60


def test_two_flips_in_sequence_draw_differently() -> None:
    images = np.repeat(NUMBERED, 40, axis=0)
    twice = [layers.RandomFlip("horizontal"), layers.RandomFlip("horizontal")]
    assert distinct(seen(*twice, images=images)) == 2


def test_random_crop_is_centered_in_inference() -> None:
    images = np.repeat(NUMBERED, 200, axis=0)
    corners = seen(layers.RandomCrop(4, 3), images=images)[:, 0, 0, 0]
    wanted = NUMBERED[0, : SIDE - 3, : SIDE - 2, 0].ravel()
    assert sorted(set(corners)) == sorted(wanted)
    start = layers.Input(images.shape[1:])
    model = Model(start, layers.RandomCrop(4, 3)(start))
    np.testing.assert_array_equal(model.predict(NUMBERED, verbose=0), NUMBERED[:, 1:5, 1:4])


def test_translation_by_whole_pixels_is_exact() -> None:
    layer = layers.RandomTranslation(2.5 / SIDE, 0.0, "constant", "nearest", fill_value=99.0)
    found = seen(layer, images=np.repeat(NUMBERED, 300, axis=0))[:, :, 0, 0]
    column = NUMBERED[0, :, 0, 0]
    frame = np.pad(column, 2, constant_values=99)
    counts = [(found == frame[down : down + SIDE]).all(axis=1).sum() for down in range(5)]
    assert sum(counts) == 300
    assert min(counts) > 30


def test_random_erasing_fills_only_the_rectangle_with_noise() -> None:
    images = np.zeros((50, 20, 20, 3), np.float32)
    layer = layers.RandomErasing((1.0, 1.0), (0.25, 0.25), value_range=(-4, 4))
    found = seen(layer, images=images)
    erased = found[found != 0]
    assert erased.size == 50 * 10 * 10 * 3
    inner = erased[np.abs(erased) < 4]
    # Normal noise of deviation 4 is clipped at 4: 68.3 % lie within, with a deviation of 0.54 * 4.
    assert inner.size / erased.size == pytest.approx(0.683, abs=0.01)
    assert inner.std() / 4 == pytest.approx(0.540, abs=0.01)
    assert abs(inner.mean()) < 0.1


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_random_numbers_do_not_depend_on_threads(threads: int) -> None:
    images = np.repeat(NUMBERED, 37, axis=0)
    links = [layers.RandomRotation(0.3), layers.RandomErasing(0.8), layers.RandomContrast(0.3)]
    session.set_threads(1)
    wanted = seen(*links, images=images)
    again = [type(link).from_config(link.get_config()) for link in links]
    session.set_threads(threads)
    np.testing.assert_array_equal(seen(*again, images=images), wanted)


def test_augmentation_after_trainable_layers_is_refused() -> None:
    first = layers.Conv2D(2, 3, name="first")
    late, head = layers.RandomFlip(name="late"), [layers.Flatten(), layers.Dense(1)]
    model = Sequential([layers.Input((SIDE, SIDE, 1)), first, late, *head])
    model.compile("sgd", "mse")
    y = np.zeros((1, 1), np.float32)
    with pytest.raises(UnsupportedError, match=r"'late' \(RandomFlip\) follows") as caught:
        model.fit(NUMBERED, y, verbose=0)
    assert caught.value.hint == "put it right after Input, or freeze the layers before it"
    first.trainable = False
    model.fit(NUMBERED, y, verbose=0)


def test_adapted_normalization_standardizes_images() -> None:
    images = np.random.default_rng(1).integers(0, 256, (50, 5, 4, 3), np.uint8)
    layer = layers.Normalization()
    layer.adapt(images)
    start = layers.Input(images.shape[1:])
    found = Model(start, layer(start)).predict(images, verbose=0)
    np.testing.assert_allclose(found.mean(axis=(0, 1, 2)), 0, atol=1e-6)
    np.testing.assert_allclose(found.std(axis=(0, 1, 2)), 1, atol=1e-6)


def test_given_mean_and_variance_are_not_adapted() -> None:
    with pytest.raises(StateError, match="was given its mean"):
        layers.Normalization(mean=1.0, variance=2.0).adapt(NUMBERED)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda x: layers.Normalization(axis=0)(x), "has the axes 1 to 3 after the batch"),
        (
            lambda x: layers.Normalization(mean=[1.0, 2.0], variance=[1.0, 2.0])(x),
            "one value per index",
        ),
        (lambda x: layers.RandomFlip()(layers.Flatten()(x)), "three axes"),
        (lambda _: layers.RandomFlip("sideways"), "`mode` must be one of 'horizontal'"),
        (lambda _: layers.Resizing(4, 4, "lanczos3"), "'bilinear' or 'nearest'"),
        (lambda _: layers.RandomZoom(-1.0), "above -1 up to 1"),
        (lambda _: layers.RandomContrast(0.1, 255), "`value_range` must be two numbers"),
        (lambda _: layers.RandomErasing(fill_value=[1, 2]), "three of them for a colour"),
    ],
)
def test_impossible_arguments_are_refused(make: Any, words: str) -> None:
    with pytest.raises(ScallionError, match=words) as caught:
        make(layers.Input((5, 4, 3)))
    assert caught.value.hint


def test_adapt_requires_images_of_the_layers_shape() -> None:
    layer = layers.Normalization()
    layer.build((None, 5, 4, 3))
    with pytest.raises(ShapeError, match=r"means of the shape \(3,\)"):
        layer.adapt(NUMBERED)


MAPPED = """
import resource, sys
import numpy as np
from scallion import layers
from scallion.models import Sequential

images = np.memmap(sys.argv[1], np.uint8, "r", shape=(40_000, 64, 64, 3))
labels = np.arange(len(images)) % 3
start = [layers.Input((64, 64, 3)), layers.Rescaling(1 / 255), layers.RandomFlip("horizontal")]
end = [layers.Conv2D(4, 3, 4), layers.Flatten(), layers.Dense(3, "softmax")]
model = Sequential([*start, *end])
model.compile("adam", "sparse_categorical_crossentropy")
small = np.array(images[:64])
model.fit(small, labels[:64], verbose=0)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
model.fit(images, labels, steps_per_epoch=5, batch_size=32, validation_split=0.1,
          validation_steps=2, verbose=0)
model.predict(images[-64:], verbose=0)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_memory_mapped_images_are_not_copied(tmp_path: Path) -> None:
    """491 MB of images, mostly a hole in the file; a run reads only a few of them.
    On Linux the peak is counted in kilobytes, elsewhere in bytes."""
    with (tmp_path / "images.u8").open("wb") as file:
        file.truncate(40_000 * 64 * 64 * 3)
    ran = subprocess.run(
        [sys.executable, "-c", MAPPED, str(tmp_path / "images.u8")],
        check=True,
        capture_output=True,
        text=True,
    )
    grown = int(ran.stdout) * (1024 if sys.platform == "linux" else 1)
    assert grown < 40e6
