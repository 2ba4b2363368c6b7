"""Images with 16 or 32 bits per pixel are scaled by one rule wherever they are read."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scallion import images
from scallion.images import ResizeRule
from scallion.utils import image_dataset_from_directory, img_to_array, load_img

CAMERA = 4095  # a camera with 12 bits


@pytest.fixture
def camera_folder(tmp_path: Path) -> Path:
    """16-bit images with values from 0 to 4095: 24 of two classes, whose class is in the middle."""
    for number in range(24):
        values = np.full((8, 8), (number % 2) * 2048, np.uint16)
        values[0] = np.linspace(0, CAMERA if number == 5 else 2200, 8)
        place = tmp_path / "deep" / ("dark", "light")[number % 2]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(values).save(place / f"{number:02}.png")
    return tmp_path / "deep"


def expected(path: str) -> np.ndarray:
    return np.rint(np.asarray(Image.open(path)) * (255 / CAMERA))


@pytest.mark.parametrize("color_mode", ["grayscale", "rgb", "rgba"])
def test_datasets_scale_all_images_by_the_camera(camera_folder: Path, color_mode: str) -> None:
    dataset = image_dataset_from_directory(
        camera_folder, color_mode=color_mode, image_size=(8, 8), shuffle=False, verbose=False
    )
    found = np.concatenate([x for x, _ in dataset])
    wanted = np.stack([expected(path) for path in dataset.file_paths])
    assert found.max() == 255
    for channel in range(min(3, found.shape[-1])):
        np.testing.assert_allclose(found[..., channel], wanted, atol=1)


def test_training_and_validation_subsets_are_scaled_alike(camera_folder: Path) -> None:
    """Only one of the subsets has the brightest image, whichever it is."""
    subsets = image_dataset_from_directory(
        camera_folder, image_size=(8, 8), validation_split=0.5, subset="both", seed=3, verbose=False
    )
    for dataset in subsets:
        light = [x for batch, y in dataset for x, label in zip(batch, y, strict=True) if label]
        assert {float(x[4, 4, 0]) for x in light} == {128.0}


def test_every_reading_path_gives_the_same_pixels(camera_folder: Path) -> None:
    trained = images.load(camera_folder, size=8, seed=0)
    assert trained.resize_rule is not None
    assert trained.resize_rule.value_range == (0.0, CAMERA)
    dataset = image_dataset_from_directory(
        camera_folder, color_mode="grayscale", image_size=(8, 8), batch_size=None, verbose=False,
        shuffle=False,
    )  # fmt: skip
    by_path = dict(zip(dataset.file_paths, dataset, strict=True))
    for split in trained.splits:
        for pixels, name in zip(split.x, split.paths, strict=True):
            path = str(camera_folder / name)
            np.testing.assert_array_equal(by_path[path][0], pixels)
            np.testing.assert_array_equal(trained.resize_rule.apply(path), pixels)
            np.testing.assert_array_equal(trained.resize_rule.apply(Image.open(path)), pixels)


@pytest.mark.parametrize(("dtype", "kind"), [(np.uint16, "png"), (np.uint16, "tif")])
@pytest.mark.parametrize("color_mode", ["rgb", "rgba"])
def test_a_single_image_is_scaled_by_its_type(
    tmp_path: Path, dtype: type, kind: str, color_mode: str
) -> None:
    path = tmp_path / f"deep.{kind}"
    Image.fromarray(np.array([[0, 257, 32896, 65535]], dtype)).save(path)
    found = img_to_array(load_img(path, color_mode=color_mode))
    assert found[0, :, :3].tolist() == [[value] * 3 for value in (0, 1, 128, 255)]
    np.testing.assert_array_equal(ResizeRule(1, 4, 3).apply(path), found[..., :3])


def test_floats_are_scaled_from_their_lowest_to_their_highest(tmp_path: Path) -> None:
    path = tmp_path / "deep.tif"
    Image.fromarray(np.array([[-1, 0, np.nan, 1]], np.float32)).save(path)
    assert img_to_array(load_img(path))[0, :, 0].tolist() == [0, 128, 0, 255]
    assert np.asarray(load_img(path, color_mode="grayscale")).tolist() == [[0, 128, 0, 255]]


def test_greyscale_keeps_the_stored_values_as_keras_does(tmp_path: Path) -> None:
    path = tmp_path / "deep.png"
    Image.fromarray(np.array([[0, 300, 65535]], np.uint16)).save(path)
    found = load_img(path, color_mode="grayscale", target_size=(2, 3), interpolation="bilinear")
    assert img_to_array(found)[0, :, 0].tolist() == [0, 300, 65535]


def test_strips_give_the_pixels_of_the_whole_image(monkeypatch: pytest.MonkeyPatch) -> None:
    from scallion.images.reading import decoding, high_depth

    values = np.random.default_rng(0).normal(0, 50, (40, 30)).astype(np.float32)
    deep = Image.fromarray(values)
    clear = Image.fromarray(np.random.default_rng(1).integers(0, 256, (40, 30, 4), np.uint8))
    rule = ResizeRule(40, 30, 3)
    whole = [rule.apply(image) for image in (deep, clear)]
    monkeypatch.setattr(high_depth, "_STRIP", 100)
    monkeypatch.setattr(decoding, "LARGE", 500)
    for image, pixels in zip((deep, clear), whole, strict=True):
        np.testing.assert_array_equal(rule.apply(image), pixels)
