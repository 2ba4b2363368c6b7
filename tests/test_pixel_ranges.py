"""Pixels of another type or range than in training: converted where certain, else refused."""

from typing import Any

import numpy as np
import pytest

from scallion.errors import DataError
from scallion.pixel_ranges import PixelRange, convert_pixels, find_mismatch

UNIT = np.linspace(0, 1, 60, dtype=np.float32).reshape(5, 2, 2, 3)
BYTES = np.round(UNIT * 255).astype(np.uint8)
MASKS = (UNIT > 0.5).astype(np.uint8)
TRAINED = {
    "bytes": PixelRange("uint8", 0, 255),
    "bytes as floats": PixelRange("float32", 0, 250),
    "unit": PixelRange("float32", 0.01, 0.99),
    "symmetric": PixelRange("float32", -1, 1),
    "standardized": PixelRange("float32", -2.1, 2.6),
    "masks": PixelRange("uint8", 0, 1),
    "uint16": PixelRange("uint16", 0, 65535),
    "kelvin": PixelRange("float32", 180, 3200),
    "elevation": PixelRange("float32", -1000, 1490),
}
FIT: list[tuple[str, Any]] = [
    ("bytes", BYTES),
    ("bytes", BYTES.astype(np.int64)),
    ("bytes", BYTES.astype(np.uint16)),
    ("bytes", BYTES.astype(np.float64)),
    ("bytes", BYTES * 0),
    ("bytes", BYTES // 3),
    ("bytes as floats", BYTES),
    ("unit", UNIT),
    ("unit", UNIT * 0.3),
    ("unit", UNIT.astype(np.float64) * 1.1 - 0.05),
    ("unit", MASKS.astype(np.float32)),
    ("masks", MASKS),
    ("symmetric", UNIT * 2 - 1),
    ("symmetric", UNIT * 0.9 + 0.05),
    ("standardized", UNIT * 6 - 3),
    ("standardized", UNIT),
    ("uint16", (UNIT * 40000).astype(np.uint16)),
    ("uint16", (UNIT * 900).astype(np.uint16)),
    ("kelvin", UNIT * 20 + 250),
    ("elevation", UNIT * 40 + 3),
]
CERTAIN: list[tuple[str, Any, Any]] = [
    ("bytes", MASKS.astype(bool), MASKS * 255),
    ("unit", MASKS.astype(bool), MASKS.astype(np.float32)),
    ("unit", BYTES, BYTES / np.float32(255)),
]
# The edit is an expression over `images`: what it gives must fit.
REFUSED: list[tuple[str, Any]] = [
    ("bytes", UNIT),
    ("bytes", MASKS),
    ("bytes", MASKS.astype(np.int32)),
    ("bytes", (UNIT * 65535).astype(np.uint16)),
    ("bytes", (UNIT * 1e9).astype(np.int64)),
    ("bytes", BYTES.view(np.int8)),
    ("bytes", UNIT * 2 - 1),
    ("bytes", UNIT * 5 - 2),
    ("bytes", UNIT * 600 - 300),
    ("unit", BYTES.astype(np.float32)),
    ("unit", BYTES.astype(np.int64)),
    ("unit", MASKS),
    ("unit", (UNIT * 65535).astype(np.uint16)),
    ("unit", UNIT * 1e6),
    ("unit", UNIT * 2 - 1),
    ("unit", UNIT * 5 - 2),
    ("symmetric", BYTES),
    ("symmetric", UNIT * 65535),
    ("standardized", BYTES),
    ("standardized", BYTES.astype(np.float32) * 100),
    ("uint16", UNIT),
    ("uint16", BYTES),
    ("uint16", MASKS),
    ("uint16", BYTES.view(np.int8)),
    ("uint16", BYTES.astype(np.float32)),
    ("uint16", UNIT * 2 - 1),
    ("uint16", UNIT * 5 - 2),
    ("uint16", UNIT * 100),
    ("uint16", UNIT * 2490 - 1000),
    ("elevation", BYTES),
    ("elevation", UNIT * 2 - 1),
    ("elevation", UNIT * 5 - 2),
    ("kelvin", BYTES),
    ("kelvin", UNIT * 5 - 2),
    ("symmetric", UNIT),
    ("symmetric", MASKS),
    ("unit", BYTES.view(np.int8)),
    ("symmetric", BYTES.view(np.int8)),
    ("elevation", BYTES.view(np.int8)),
    ("unit", (UNIT * 65535 - 32768).astype(np.int16)),
    ("bytes", (UNIT * 65535 - 32768).astype(np.int16)),
    ("symmetric", (UNIT * 65535 - 32768).astype(np.int16)),
    ("bytes", (UNIT * 4095).astype(np.uint16)),
    ("unit", (UNIT * 1023).astype(np.uint16)),
]


@pytest.mark.parametrize(("kind", "images"), FIT)
def test_images_like_those_in_training_stay_as_they_are(kind: str, images: Any) -> None:
    assert convert_pixels(images, TRAINED[kind]) is images


@pytest.mark.parametrize(("kind", "images", "expected"), CERTAIN)
def test_images_whose_meaning_is_certain_are_converted(
    kind: str, images: Any, expected: Any
) -> None:
    found = convert_pixels(images, TRAINED[kind])
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(("kind", "images"), REFUSED)
def test_other_ranges_are_refused_with_an_edit_that_works(kind: str, images: Any) -> None:
    with pytest.raises(DataError, match="the model takes pixels from") as raised:
        convert_pixels(images, TRAINED[kind])
    edited = eval(str(raised.value.hint), {"np": np, "images": images})
    assert find_mismatch(edited, TRAINED[kind]) is None


@pytest.mark.parametrize(
    ("bits", "edit", "unit"),
    [(10, "images / 4", 1023), (12, "images / 16", 4095), (16, "images / 257", 65535)],
)
def test_pixels_of_a_camera_keep_their_bits(bits: int, edit: str, unit: int) -> None:
    images = (UNIT * ((1 << bits) - 1)).astype(np.uint16)
    for kind, expected in (("bytes", edit), ("unit", f"images / {unit}")):
        mismatch = find_mismatch(images, TRAINED[kind])
        assert mismatch is not None
        assert mismatch.edit == expected


def test_nothing_is_said_of_no_images_and_of_nan() -> None:
    assert find_mismatch(BYTES[:0], TRAINED["unit"]) is None
    assert find_mismatch(UNIT * np.nan, TRAINED["unit"]) is None
