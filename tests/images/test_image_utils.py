"""Keras' functions between files, Pillow and arrays; sizes and values are Keras 3.15's."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scallion.errors import ArgumentError, DataError, MissingFileError, UnknownNameError
from scallion.utils import array_to_img, img_to_array, load_img, save_img


@pytest.fixture
def image_file(tmp_path: Path) -> Path:
    pixels = np.arange(10 * 30 * 3, dtype=np.uint8).reshape(10, 30, 3)
    path = tmp_path / "wide.png"
    Image.fromarray(pixels).save(path)
    return path


@pytest.mark.parametrize(
    ("mode", "shape"), [("rgb", (10, 30, 3)), ("rgba", (10, 30, 4)), ("grayscale", (10, 30, 1))]
)
def test_a_file_becomes_an_array(image_file: Path, mode: str, shape: tuple[int, ...]) -> None:
    array = img_to_array(load_img(image_file, color_mode=mode))
    assert (array.shape, array.dtype) == (shape, np.float32)


def test_the_target_size_may_crop_the_centre(image_file: Path) -> None:
    assert load_img(image_file, target_size=(6, 8)).size == (8, 6)
    cropped = load_img(image_file, target_size=(10, 10), keep_aspect_ratio=True)
    whole = img_to_array(load_img(image_file))
    np.testing.assert_array_equal(img_to_array(cropped), whole[:, 10:20])


def test_files_may_be_text_bytes_paths_or_memory(image_file: Path) -> None:
    memory = io.BytesIO(image_file.read_bytes())
    for given in (str(image_file), str(image_file).encode(), image_file, memory):
        assert load_img(given).size == (30, 10)


def test_a_saved_array_is_loaded_unchanged(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (7, 9, 3))
    save_img(tmp_path / "a.png", pixels, scale=False)
    np.testing.assert_array_equal(img_to_array(load_img(tmp_path / "a.png")), pixels)
    with pytest.warns(UserWarning, match="no transparency"):
        save_img(tmp_path / "a.jpg", np.zeros((4, 4, 4)))
    assert load_img(tmp_path / "a.jpg").size == (4, 4)


def test_scaling_maps_lowest_to_0_and_highest_to_255() -> None:
    image = np.array([[[-1.0], [0.0], [1.0]]])
    assert np.asarray(array_to_img(image)).tolist() == [[0, 127, 255]]
    assert np.asarray(array_to_img(np.full((1, 1, 1), 7.0))).tolist() == [[0]]
    assert array_to_img(np.full((1, 1, 1), 300.0), scale=False).mode == "I"


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 2), (1, 4, 4, 3)])
def test_arrays_that_are_not_images_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ArgumentError, match="1, 3 or 4 channels"):
        array_to_img(np.zeros(shape))


def test_missing_and_damaged_files_are_named(tmp_path: Path, image_file: Path) -> None:
    with pytest.raises(MissingFileError, match="nothere"):
        load_img(tmp_path / "nothere.png")
    (tmp_path / "truncated.png").write_bytes(image_file.read_bytes()[:60])
    with pytest.raises(DataError, match=r"truncated\.png cannot be read"):
        load_img(tmp_path / "truncated.png")
    with pytest.raises(UnknownNameError, match="did you mean 'nearest'"):
        load_img(image_file, target_size=(4, 4), interpolation="nearst")


@pytest.mark.parametrize("given", [None, 3, [1], b"\0"])
def test_what_is_no_file_is_an_error_with_a_hint(given: object) -> None:
    with pytest.raises((TypeError, OSError)) as caught:
        load_img(given)
    assert caught.value.hint
