"""Damaged and hostile files: the rest of a folder is read, and the bad file is named."""

import errno
import io
import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scallion import images
from scallion.errors import DataError
from scallion.images.reading import decoding

Folder = Callable[..., Path]
TWO = {"cat": 12, "dog": 12}


def encoded(kind: str) -> bytes:
    file = io.BytesIO()
    random = np.random.default_rng(0)
    Image.fromarray(random.integers(0, 256, (24, 24, 3), np.uint8)).save(file, kind)
    return file.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_claiming(
    width: int, height: int, *, depth: int = 8, colour: int = 2, data: int = 100_000
) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(bytes(data)))
    return b"\x89PNG\r\n\x1a\n" + head + pixels + chunk(b"IEND", b"")


def png_with(kind: bytes, data: bytes) -> bytes:
    """Return a valid PNG with one more chunk after its header."""
    png = encoded("PNG")
    return png[:33] + chunk(kind, data) + png[33:]


def jpeg_claiming(width: int, height: int) -> bytes:
    jpeg = encoded("JPEG")
    size = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:size] + struct.pack(">HH", height, width) + jpeg[size + 4 :]


def jpeg_of_scans(side: int, count: int) -> bytes:
    """Return a progressive JPEG whose last scan is repeated: some kilobytes, minutes of work."""
    file = io.BytesIO()
    Image.new("L", (side, side)).save(file, "JPEG", progressive=True)
    jpeg = file.getvalue()[:-2]
    return jpeg + jpeg[jpeg.rindex(b"\xff\xda") :] * count + b"\xff\xd9"


def tiff(*tags: tuple[int, int, int, int]) -> bytes:
    """Return a little-endian TIFF with these tags: number, type, count, value."""
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)


def tiff_shape(width: int, height: int) -> tuple[tuple[int, int, int, int], ...]:
    return ((256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1),
            (262, 3, 1, 1), (273, 4, 1, 8), (278, 4, 1, height), (279, 4, 1, 16))  # fmt: skip


TRUNCATED = {
    f"{kind.lower()}-{tenth}0%": encoded(kind)[: len(encoded(kind)) * tenth // 10]
    for kind in ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF")
    for tenth in range(10)
}


BAD = {
    "zero bytes": b"",
    "wrong magic": b"\x00\x01\x02\x03" * 40,
    "text": b"<html>404 Not Found</html>",
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>",
    "png bomb": png_claiming(60_000, 60_000),
    "png beyond the limit": png_claiming(9_000, 9_000),
    "png of width 0": png_claiming(0, 7),
    "png with a text of 100 MB": png_with(b"zTXt", b"a\0\0" + zlib.compress(bytes(10**8), 9)),
    "png of 16 bits beyond the limit": png_claiming(9_000, 9_000, depth=16, colour=0),
    "jpeg of 20,000 scans": jpeg_of_scans(256, 20_000),
    "large jpeg of 500 scans": jpeg_of_scans(2_048, 500),
    "heic photo": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40),
    "avif image": b"\0\0\0\x18ftypavif\0\0\0\0mif1avif" + bytes(40),
    "jpeg bomb": jpeg_claiming(65_500, 65_500),
    "gif bomb": b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0, 0, 0) + b",",
    "tiff without tags": tiff(),
    "tiff of four billion rows": tiff(*tiff_shape(1, 2**32 - 1)),
    "tiff with a cycle of pages": b"II*\0" + struct.pack("<IHI", 8, 0, 8),
    "tiff with tags of a gigabyte": tiff((256, 4, 2**28, 8), (257, 4, 2**28, 8)),
    "tiff of 65,535 channels": tiff(*tiff_shape(8, 8), (277, 3, 1, 65_535)),
    "tiff that begins after its end": b"II*\0" + struct.pack("<I", 2**31),
    "empty webp": b"RIFF\xff\xff\xff\xffWEBPVP8 " + bytes(30),
    "bmp of a negative size": b"BM" + struct.pack("<IHHIIiiHH", 70, 0, 0, 54, 40, -9, -9, 1, 24),
}


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of valid images, into which the bad files are put."""
    place = tmp_path_factory.mktemp("few")
    for number in range(24):
        folder = place / ("cat", "dog")[number % 2]
        folder.mkdir(exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 256, (8, 8, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:02}.png")
    return place


@pytest.mark.parametrize("name", BAD)
def test_invalid_files_are_left_out_and_named(few: Path, name: str) -> None:
    bad = few / "cat" / "bad.png"
    bad.write_bytes(BAD[name])
    try:
        found = images.load(few, size=8)
    finally:
        bad.unlink()
    assert sum(map(len, found.splits)) == 24
    (finding,) = found.notes()
    assert list(finding.evidence["files"]) == ["cat/bad.png"]
    assert finding.evidence["files"]["cat/bad.png"]


def test_truncated_files_are_left_out_or_complete(few: Path, tmp_path: Path) -> None:
    """The last tenth of a GIF or a WebP may be empty; then the image is complete."""
    bad = few / "dog" / "truncated"
    bad.mkdir()
    try:
        for name, data in TRUNCATED.items():
            (bad / f"{name}.png").write_bytes(data)
        found = images.load(few, size=8)
    finally:
        for path in bad.iterdir():
            path.unlink()
        bad.rmdir()
    (finding,) = found.notes()
    assert finding.evidence["count"] >= len(TRUNCATED) - 6
    assert sum(map(len, found.splits)) + finding.evidence["count"] == 24 + len(TRUNCATED)


def load_and_change(
    place: Path, change: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> images.ImageSet:
    """Load a folder, and change one file between listing and reading."""
    scan = images.loading.scanning.scan_folder

    def scan_then_change(root: Path) -> object:
        listing = scan(root)
        change(place / "cat" / "0003.png")
        return listing

    monkeypatch.setattr(images.loading.scanning, "scan_folder", scan_then_change)
    return images.load(place)


def test_a_file_replaced_by_a_link_is_not_followed(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = folder(TWO)
    secret = tmp_path / "secret.png"
    Image.new("RGB", (8, 8), "red").save(secret)

    def swap(path: Path) -> None:
        path.unlink()
        path.symlink_to(secret)

    found = load_and_change(place, swap, monkeypatch)
    assert sum(map(len, found.splits)) == 23


@pytest.mark.parametrize(
    ("change", "left"),
    [
        (lambda path: path.unlink(), 23),
        (lambda path: path.write_bytes(b"now something else"), 23),
        (lambda path: Image.new("RGB", (8, 8)).save(path), 24),
        (lambda path: (path.unlink(), path.mkdir()), 23),
    ],
    ids=["vanishes", "breaks", "changes", "becomes a folder"],
)
def test_files_may_change_while_they_are_read(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None], left: int
) -> None:
    found = load_and_change(folder(TWO), change, monkeypatch)
    assert sum(map(len, found.splits)) == left


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_does_not_block_reading(folder: Folder) -> None:
    place = folder(TWO)
    os.mkfifo(place / "cat" / "pipe.png")
    found = images.load(place)
    assert sum(map(len, found.splits)) == 24
    assert "not a regular file" in found.notes()[0].sentence


def test_files_without_permission_are_named(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = folder(TWO)
    real = os.open

    def refuse(path: object, *arguments: int, **options: int) -> int:
        if str(path).endswith("0005.png"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path, *arguments, **options)

    monkeypatch.setattr(decoding.os, "open", refuse)
    found = images.load(place)
    assert found.notes()[0].evidence["files"] == {"cat/0005.png": "Permission denied"}


@pytest.mark.parametrize("count", [0, 1])
def test_folders_with_few_images_are_refused(folder: Folder, count: int) -> None:
    with pytest.raises(DataError) as caught:
        images.load(folder({"cat": count, "dog": 0}))
    assert caught.value.hint


def test_a_folder_without_readable_images_is_refused(folder: Folder) -> None:
    place = folder({"cat": 0, "dog": 0})
    for kind in ("cat", "dog"):
        for number in range(5):
            (place / kind / f"{number}.png").write_bytes(b"nothing")
    with pytest.raises(DataError, match="none of 10 images can be read, such as 'cat/"):
        images.load(place)


def test_nothing_is_written_into_the_image_folder(folder: Folder) -> None:
    place = folder(TWO)
    before = sorted(place.rglob("*"))
    images.check(images.load(place))
    assert sorted(place.rglob("*")) == before


def test_a_small_file_of_16_bits_takes_no_gigabytes(tmp_path: Path) -> None:
    """Before it was converted in strips, this file of 130 KB took 1.7 GB."""
    side = 8_000
    data = png_claiming(side, side, depth=16, colour=0, data=side * (1 + 2 * side))
    path = tmp_path / "large.png"
    path.write_bytes(data)
    assert len(data) < 200_000
    code = (
        "import resource, sys; from scallion.images import ResizeRule; "
        "assert ResizeRule(8, 8, 3).apply(sys.argv[1]).max() == 0; "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    pytest.importorskip("resource")
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    kilobytes = int(done.stdout) // (1024 if sys.platform == "darwin" else 1)
    assert kilobytes < 700_000
