"""Image formats: one list for training and prediction."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scallion.images.reading.formats import (
    FORMAT_NUMBERS,
    FORMAT_OF_SUFFIX,
    KERAS_SUFFIXES,
    has_image_suffix,
)
from scallion.images.reading.scanning import scan_folder
from scallion.images.resizing import ResizeRule
from scallion.runs.inspection.predict_inputs import read_inputs


class Resizer:
    """A stand-in for a classifier, which only resizes images."""

    shape = (8, 8, 3)

    def prepare(self, paths: list[Path]) -> np.ndarray:
        return np.stack([ResizeRule(8, 8, 3).apply(path) for path in paths])


@pytest.mark.parametrize("suffix", [*FORMAT_OF_SUFFIX, ".JFIF"])
def test_training_and_prediction_read_the_same_suffixes(tmp_path: Path, suffix: str) -> None:
    file = io.BytesIO()
    Image.new("RGB", (9, 9)).save(file, FORMAT_OF_SUFFIX[suffix.lower()])
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"1{suffix}").write_bytes(file.getvalue())
        (tmp_path / name / "1.txt").write_bytes(file.getvalue())
    trained = [str(tmp_path / path) for path in scan_folder(tmp_path).paths]
    assert trained == [str(tmp_path / "cat" / f"1{suffix}"), str(tmp_path / "dog" / f"1{suffix}")]
    (batch,) = read_inputs([tmp_path], Resizer())
    assert batch.names == trained


def test_keras_suffixes_are_read_too() -> None:
    assert all(has_image_suffix(f"1{suffix}") for suffix in KERAS_SUFFIXES)


# Stored in caches: a number may be added, never changed.
def test_format_numbers_stay() -> None:
    assert dict(FORMAT_NUMBERS) == {
        "JPEG": 0, "PNG": 1, "WEBP": 2, "TIFF": 3, "BMP": 4, "GIF": 5, "PPM": 6,
    }  # fmt: skip
    assert set(FORMAT_OF_SUFFIX.values()) == set(FORMAT_NUMBERS)
