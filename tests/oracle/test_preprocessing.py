"""Preprocessing and augmentation, compared with Keras with equal random numbers."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from typing import Any

import numpy as np
import pytest

from scallion import layers, utils
from scallion.engine.reference import augmentation, preprocessing
from scallion.engine.reference.layer_call import ForwardFunction, LayerCall
from scallion.errors import ArgumentError

os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip("torch")
keras = pytest.importorskip("keras")

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

IMAGES = np.random.default_rng(5).uniform(0, 255, (9, 7, 6, 3)).astype(np.float32)
SEED, STEP, PLACE = 77, 3, 1
MODES = ("constant", "nearest", "reflect", "wrap")


@contextmanager
def drawing(columns: np.ndarray) -> Iterator[None]:
    """Replace Keras' random numbers by these columns, one after another."""
    module = keras.src.backend.random
    left = list(columns.T)

    def uniform(shape: Any, minval: float = 0.0, maxval: float = 1.0, **_: Any) -> Any:
        count = 2 if len(shape) == 2 and shape[1] == 2 else 1
        drawn = np.stack([left.pop(0) for _ in range(count)], axis=1)
        drawn = drawn.reshape(shape) if prod(shape) == drawn.size else drawn.reshape(())
        scaled = np.float32(minval) + (np.float32(maxval) - np.float32(minval)) * drawn
        return keras.ops.convert_to_tensor(scaled.astype(np.float32))

    own = module.uniform
    module.uniform = uniform
    try:
        yield
    finally:
        module.uniform = own


def both(
    operation: ForwardFunction, kind: str, *arguments: Any, training: bool = True, **options: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Return the outputs of Scallion's and Keras' layer for the images."""
    ours = getattr(layers, kind)(*arguments, **options)
    call = LayerCall(ours.spec, {}, training=training, seed=SEED, step=STEP, operation=PLACE)
    found = operation(call, IMAGES).output
    theirs = getattr(keras.layers, kind)(*arguments, **options)
    numbers = (
        augmentation.uniforms(call, len(IMAGES), 6)
        if hasattr(ours.spec, "seed")
        else np.zeros((len(IMAGES), 0))
    )
    with drawing(numbers):
        wanted = keras.ops.convert_to_numpy(theirs(IMAGES, training=training))
    return found, wanted


def assert_alike(found: np.ndarray, wanted: np.ndarray) -> None:
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() <= 1e-5 * np.abs(wanted).max()


@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
@pytest.mark.parametrize("fill_mode", MODES)
@pytest.mark.parametrize(
    ("kind", "operation", "arguments"),
    [
        ("RandomTranslation", augmentation.random_translation, (0.4, (-0.9, 0.2))),
        ("RandomRotation", augmentation.random_rotation, (0.4,)),
        ("RandomZoom", augmentation.random_zoom, ((-0.5, 0.9), 0.4)),
        ("RandomZoom", augmentation.random_zoom, (0.7,)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_sampled_pixels_match_keras(
    kind: str, operation: ForwardFunction, arguments: Any, fill_mode: str, interpolation: str
) -> None:
    options = {"fill_mode": fill_mode, "interpolation": interpolation, "fill_value": 40.0}
    found, wanted = both(operation, kind, *arguments, **options)
    assert np.abs(found - IMAGES).max() > 1
    if interpolation == "bilinear":
        assert_alike(found, wanted)
    else:
        # A position between two pixels may round to either.
        assert (np.abs(found - wanted) > 1e-3).mean() < 0.01


@pytest.mark.parametrize(
    ("kind", "operation", "arguments"),
    [
        ("RandomFlip", augmentation.random_flip, ("horizontal",)),
        ("RandomContrast", augmentation.random_contrast, (0.6,)),
        ("RandomContrast", augmentation.random_contrast, ((0.1, 0.9), (50, 200))),
        ("RandomBrightness", augmentation.random_brightness, (0.6,)),
        ("RandomBrightness", augmentation.random_brightness, ((-0.1, 0.4), (20, 200))),
        ("RandomErasing", augmentation.random_erasing, ((0.5, 0.8), (0.1, 0.5), 30.0)),
        ("RandomErasing", augmentation.random_erasing, (1.0, 0.3, (10.0, 20.0, 400.0))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_changed_pixels_match_keras(kind: str, operation: ForwardFunction, arguments: Any) -> None:
    found, wanted = both(operation, kind, *arguments)
    assert np.abs(found - IMAGES).max() > 1
    assert_alike(found, wanted)


@pytest.mark.parametrize("size", [(4, 4), (9, 7), (7, 3)])
def test_cropped_windows_match_keras(size: tuple[int, int]) -> None:
    """Keras crops all images of a batch at the same position, so each batch has one image."""
    ours = layers.RandomCrop(*size)
    call = LayerCall(ours.spec, {}, training=True, seed=SEED, step=STEP, operation=PLACE)
    found = augmentation.random_crop(call, IMAGES).output
    theirs = keras.layers.RandomCrop(*size)
    for image, numbers in enumerate(augmentation.uniforms(call, len(IMAGES))):
        with drawing(numbers[None, :2]):
            wanted = theirs(IMAGES[image : image + 1], training=True)
        assert_alike(found[image : image + 1], keras.ops.convert_to_numpy(wanted))


@pytest.mark.parametrize("size", [(3, 3), (12, 4), (5, 9), (7, 6), (20, 20)])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"interpolation": "nearest"},
        {"antialias": True},
        # Without it, Keras on PyTorch has another kernel than on TensorFlow and JAX.
        {"interpolation": "bicubic", "antialias": True},
        {"crop_to_aspect_ratio": True},
        {"pad_to_aspect_ratio": True, "fill_value": 9.0},
    ],
    ids=str,
)
def test_resized_images_match_keras(size: tuple[int, int], options: dict[str, Any]) -> None:
    found, wanted = both(preprocessing.resizing, "Resizing", *size, training=False, **options)
    assert_alike(found, wanted)


@pytest.mark.parametrize("size", [(3, 3), (4, 6), (12, 4), (9, 20)])
def test_center_crops_match_keras(size: tuple[int, int]) -> None:
    assert_alike(*both(preprocessing.center_crop, "CenterCrop", *size, training=False))


@pytest.mark.parametrize("axis", [-1, None, (1, 3), (2, 3), (1, 2, 3)])
@pytest.mark.parametrize("invert", [False, True])
def test_adapt_computes_keras_statistics(axis: Any, invert: bool) -> None:
    ours, theirs = (
        package.Normalization(axis=axis, invert=invert) for package in (layers, keras.layers)
    )
    ours.adapt(IMAGES)
    theirs.adapt(IMAGES)
    for held, wanted in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        assert_alike(held, wanted)
    call = LayerCall(ours.spec, {weight.name: weight.value for weight in ours.weights})
    found = preprocessing.normalization(call, IMAGES).output
    assert_alike(found, keras.ops.convert_to_numpy(theirs(IMAGES)))


def test_adapt_reads_each_source_of_batches_once_to_its_end() -> None:
    class Batches(utils.PyDataset):
        def __len__(self) -> int:
            return 3

        def __getitem__(self, index: int) -> Any:
            return parts[index % 3], np.zeros(2)

    parts = [IMAGES[:1], IMAGES[1:2], IMAGES[2:]]
    whole = layers.Normalization()
    whole.adapt(IMAGES)
    sources = (Batches(), iter(parts), ((part, 0) for part in parts), parts, IMAGES.tolist())
    for source in sources:
        found = layers.Normalization()
        found.adapt(source)
        for part, wanted in zip(found.get_weights(), whole.get_weights(), strict=True):
            assert_alike(part, wanted)
    with pytest.raises(ArgumentError, match="no images"):
        layers.Normalization().adapt(iter([]))


def test_given_mean_and_variance_match_keras() -> None:
    given = {"mean": [1.0, 20.0, 30.0], "variance": [4.0, 0.0, 90.0]}
    assert_alike(*both(preprocessing.normalization, "Normalization", training=False, **given))


WRONG = [
    ("RandomRotation", (2,)),
    ("RandomRotation", ("far",)),
    ("RandomRotation", ((0.1, 0.2, 0.3),)),
    ("RandomZoom", (-1.0,)),
    ("RandomZoom", (3,)),
    ("RandomTranslation", (2, 0)),
    ("RandomTranslation", ("far", 0)),
    ("RandomContrast", (-0.5,)),
    ("RandomContrast", (1.5,)),
    ("RandomBrightness", (0.1, 5)),
    ("RandomBrightness", (1.5,)),
    ("RandomErasing", (2,)),
    ("RandomErasing", (1.0, 2)),
    ("Normalization", (-1, 1.0)),
    ("Normalization", (-1, [1.0], [1.0, 2.0])),
    ("Normalization", (-1, [[1.0]], [[1.0]])),
]


@pytest.mark.parametrize(("kind", "arguments"), WRONG)
def test_arguments_that_keras_refuses_raise(kind: str, arguments: Any) -> None:
    for package in (layers, keras.layers):
        with pytest.raises(ValueError, match=r"."):
            getattr(package, kind)(*arguments)
