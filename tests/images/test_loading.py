"""Loading folders as pixels, labels and names."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scallion import images
from scallion.errors import ArgumentError
from scallion.images.value_range import find_value_range

Folder = Callable[..., Path]
TEN = {"cat": 20, "dog": 40}


def all_paths(found: images.ImageSet) -> set[str]:
    return {*found.train.paths, *found.validation.paths, *found.test.paths}


def test_pixels_and_labels_are_those_of_the_files(folder: Folder) -> None:
    place = folder(TEN)
    found = images.load(place)
    for split in (found.train, found.validation, found.test):
        for pixels, label, path in zip(split.x, split.y, split.paths, strict=True):
            assert np.array_equal(pixels, np.asarray(Image.open(place / path)))
            assert found.class_names[label] == path.split("/")[0]


def test_grey_images_have_one_channel_without_colours(folder: Folder) -> None:
    place = folder(TEN, grey=True)
    assert images.load(place).image_shape == (8, 8, 1)
    colour = np.zeros((8, 8, 3), np.uint8)
    colour[..., 0] = 200
    Image.fromarray(colour).save(place / "dog" / "colour.png")
    assert images.load(place).image_shape == (8, 8, 3)
    assert images.load(place, channels=1).image_shape == (8, 8, 1)


@pytest.mark.parametrize(
    ("top", "dtype", "expected"),
    [
        (200, np.uint16, (0, 255)),
        (256, np.uint16, (0, 1023)),
        (4095, np.uint16, (0, 4095)),
        (4096, np.uint16, (0, 16383)),
        (65535, np.uint16, (0, 65535)),
        (0.75, np.float32, (0, 1)),
        (255.0, np.float32, (0, 255)),
        (1e6, np.float32, (0.5, 1e6)),
    ],
)
def test_the_value_range_is_that_of_the_camera(
    folder, top: float, dtype: type, expected: tuple[float, float]
) -> None:

    place = folder({"a": 1, "b": 1}, grey=True)
    low = 0.5 if dtype == np.float32 else 1
    Image.fromarray(np.array([[low, top]], dtype)).save(place / "a" / "deep.tif")
    assert find_value_range(place.rglob("*.*")) == expected


def test_damaged_files_are_left_out_and_named(folder: Folder) -> None:
    place = folder(TEN)
    (place / "cat" / "broken.jpg").write_bytes(b"not an image")
    found = images.load(place)
    assert len(all_paths(found)) == 60
    (note,) = found.notes()
    assert (note.code, note.severity) == ("unreadable", "warning")
    assert "'cat/broken.jpg': it is not an image" in note.sentence


def test_all_damaged_and_unread_files_are_named(folder: Folder) -> None:
    place = folder(TEN)
    for number in range(3):
        (place / "cat" / f"broken{number}.jpg").write_bytes(b"not an image")
    (place / "dog" / "scan.dcm").write_bytes(b"")
    damaged, unread = images.load(place).notes()
    assert all(f"'cat/broken{number}.jpg'" in damaged.sentence for number in range(3))
    assert (unread.code, unread.severity) == ("unread-formats", "warning")
    assert "1 DICOM images, such as 'dog/scan.dcm'" in unread.sentence
    assert "convert them" in unread.advice


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"size": "0"}, "a size is a number of pixels"),
        ({"size": "64x64x3"}, "a size is a number of pixels"),
        ({"size": 100_000}, "a size is a number of pixels"),
        ({"fit": "squash"}, "unknown way to fit"),
        ({"channels": 2}, "1 channel"),
        ({"group": "("}, "not a regular expression"),
        ({"splits": (0.5, 0.5)}, "three fractions"),
        ({"seed": -1}, "a seed is"),
    ],
)
def test_invalid_arguments_are_refused(
    folder: Folder, arguments: dict[str, object], words: str
) -> None:
    with pytest.raises(ArgumentError, match=words) as caught:
        images.load(folder(TEN), **arguments)
    assert caught.value.hint
