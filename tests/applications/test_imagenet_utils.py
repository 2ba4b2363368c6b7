"""ImageNet's preprocessing and class names match Keras."""

import hashlib

import numpy as np
import pytest

from scallion.applications import imagenet_utils
from scallion.errors import ArgumentError, ShapeError


# From Keras 3.15.1 for the pixel (0, 127.5, 255).
@pytest.mark.parametrize(
    ("mode", "wanted"),
    [
        ("tf", [-1.0, 0.0, 1.0]),
        ("torch", [-2.1179039, 0.19642865, 2.64]),
        ("caffe", [151.061, 10.721001, -123.68]),
    ],
)
def test_preprocessing_matches_keras(mode: str, wanted: list[float]) -> None:
    pixel = np.array([[[[0, 127.5, 255]]]], np.float32)
    found = imagenet_utils.preprocess_input(pixel, mode=mode)
    np.testing.assert_allclose(found.ravel(), wanted, rtol=1e-6)


def test_integer_images_become_float32_and_stay_unchanged() -> None:
    images = np.full((2, 4, 4, 3), 255, np.uint8)
    found = imagenet_utils.preprocess_input(images, mode="tf")
    assert found.dtype == np.float32
    assert (found == 1).all()
    assert (images == 255).all()


@pytest.mark.parametrize("options", [{"mode": "jax"}, {"data_format": "channels_first"}])
def test_unknown_modes_and_formats_raise(options: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"Received|channels_last"):
        imagenet_utils.preprocess_input(np.zeros((1, 4, 4, 3)), **options)


def test_class_names_are_keras_file() -> None:
    data = imagenet_utils.CLASS_INDEX.read_bytes()
    # The checksum in keras/src/applications/imagenet_utils.py.
    assert hashlib.md5(data).hexdigest() == "c2c37ea517e94d9795004a39431a14cb"


def test_predictions_are_decoded_best_first() -> None:
    scores = np.zeros((2, 1000), np.float32)
    scores[0, [285, 281, 282]] = [0.5, 0.2, 0.3]
    scores[1, 967] = 1
    first, second = imagenet_utils.decode_predictions(scores, top=3)
    assert [name for _, name, _ in first] == ["Egyptian_cat", "tiger_cat", "tabby"]
    assert second[0] == ("n07920052", "espresso", 1.0)
    assert len(imagenet_utils.decode_predictions(scores)[0]) == 5


@pytest.mark.parametrize("shape", [(1000,), (2, 10), (1, 1000, 1)])
def test_predictions_of_another_shape_raise(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match=r"\(n, 1000\). Received"):
        imagenet_utils.decode_predictions(np.zeros(shape))


def test_an_unknown_mode_names_the_argument() -> None:
    with pytest.raises(ArgumentError) as raised:
        imagenet_utils.preprocess_input(np.zeros(3), mode="x")
    assert (raised.value.field, raised.value.value) == ("mode", "x")
