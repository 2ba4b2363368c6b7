"""Image formats: one list for training and prediction."""

import io
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from scallion.errors import DataError, FileError
from scallion.images.reading import decoding, formats
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


READ_BY_PILLOW = [suffix for suffix, name in FORMAT_OF_SUFFIX.items() if name != "HEIF"]


@pytest.mark.parametrize("suffix", [*READ_BY_PILLOW, ".JFIF"])
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
        "JPEG": 0, "PNG": 1, "WEBP": 2, "TIFF": 3, "BMP": 4, "GIF": 5, "PPM": 6, "HEIF": 7,
    }  # fmt: skip
    assert set(FORMAT_OF_SUFFIX.values()) == set(FORMAT_NUMBERS)


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder as an iPhone's photos are copied: HEIC files beside one JPEG per class."""
    for number, name in enumerate(("cat", "dog")):
        (tmp_path / name).mkdir()
        file = io.BytesIO()
        Image.new("RGB", (9, 9), (number, 0, 0)).save(file, "PNG")
        (tmp_path / name / "IMG_1.HEIC").write_bytes(HEIC + file.getvalue())
        Image.new("RGB", (9, 9)).save(tmp_path / name / "IMG_2.jpg")
    return tmp_path


@pytest.fixture
def without_heif(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "can_read_heif", lambda: False)


@pytest.fixture
def with_heif(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for pillow-heif, which finds a PNG after the first 24 bytes."""

    def opened(file: io.BytesIO, _name: object) -> Image.Image:
        image = Image.open(io.BytesIO(file.getvalue()[len(HEIC) :]))
        image.format = "HEIF"
        return image

    def register() -> None:
        monkeypatch.setitem(Image.OPEN, "HEIF", (opened, None))

    module = types.ModuleType("pillow_heif")
    module.register_heif_opener = register
    monkeypatch.setitem(sys.modules, "pillow_heif", module)
    monkeypatch.setattr(formats, "can_read_heif", lambda: True)


@pytest.mark.usefixtures("without_heif")
def test_unread_formats_are_named_with_how_to_convert_them(photos: Path) -> None:
    listing = scan_folder(photos)
    assert listing.paths == ["cat/IMG_2.jpg", "dog/IMG_2.jpg"]
    assert listing.skipped_files.counts == {"HEIC images": 2}
    (photos / "cat" / "IMG_2.jpg").unlink()
    with pytest.raises(DataError, match=r"'cat'; skipped: HEIC images \(2\)") as caught:
        scan_folder(photos)
    assert "-m pip install pillow-heif" in str(caught.value.hint)
    (photos / "dog" / "IMG_2.jpg").unlink()
    with pytest.raises(DataError, match=r"skipped: HEIC images \(2\)") as caught:
        scan_folder(photos)
    assert "-m pip install pillow-heif" in str(caught.value.hint)


@pytest.mark.usefixtures("without_heif")
def test_a_photo_with_a_wrong_suffix_is_named_too(photos: Path) -> None:
    with pytest.raises(FileError, match="it is a HEIC photo") as caught:
        ResizeRule(8, 8, 3).apply((photos / "cat" / "IMG_1.HEIC").rename(photos / "1.jpg"))
    assert "-m pip install pillow-heif" in str(caught.value.hint)


@pytest.mark.usefixtures("with_heif")
def test_photos_are_read_where_pillow_heif_is_installed(photos: Path) -> None:
    assert len(scan_folder(photos).paths) == 4
    found = ResizeRule(9, 9, 3).apply(photos / "dog" / "IMG_1.HEIC")
    assert found.max() == 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_upright_however_the_phone_was_held(orientation: int, tmp_path: Path) -> None:
    """Both formats state the orientation; a HEIC file also contains the rotation itself."""
    heif = pytest.importorskip("pillow_heif")
    heif.register_heif_opener()
    corners = np.zeros((40, 60, 3), np.uint8)
    corners[:20, :30, 0] = corners[20:, :30, 1] = corners[:20, 30:, 2] = 255
    exif, image = Image.Exif(), Image.fromarray(corners)
    exif[274] = orientation
    image.save(tmp_path / "a.jpg", quality=95, exif=exif.tobytes())
    image.save(tmp_path / "a.heic", quality=95, exif=exif.tobytes())
    jpeg, heic = (ResizeRule(20, 30, 3).apply(tmp_path / f"a.{one}") for one in ("jpg", "heic"))
    assert np.abs(jpeg.astype(int) - heic).mean() < 12
    upright = np.asarray(ImageOps.exif_transpose(Image.open(tmp_path / "a.jpg")))
    assert decoding.read_header(tmp_path / "a.heic").size == upright.shape[1::-1]


@pytest.mark.parametrize(
    ("name", "found"),
    [("a.dcm", "DICOM"), ("a.CR2", "raw camera"), ("a.czi", "microscope"), ("a.avif", "AVIF")],
)
def test_other_unread_formats_have_a_name(name: str, found: str) -> None:
    assert formats.unread_format(name) == found
    assert formats.conversion_hint(formats.describe_unread(found))
