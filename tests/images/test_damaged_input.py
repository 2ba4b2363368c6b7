"""Folders from strangers: whatever lies in them, the rest is read, and the bad file is named."""

import errno
import io
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scallion import files, images
from scallion.errors import DataError, FileError
from scallion.images.reading import decoding, image_cache, parallel_decoding

Folder = Callable[..., Path]
TWO = {"cat": 12, "dog": 12}


def encoded(kind: str) -> bytes:
    file = io.BytesIO()
    random = np.random.default_rng(0)
    Image.fromarray(random.integers(0, 256, (24, 24, 3), np.uint8)).save(file, kind)
    return file.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_claiming(width: int, height: int) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(bytes(100_000)))
    return b"\x89PNG\r\n\x1a\n" + head + pixels + chunk(b"IEND", b"")


def png_with(kind: bytes, data: bytes) -> bytes:
    """A healthy PNG with one more chunk behind its header."""
    png = encoded("PNG")
    return png[:33] + chunk(kind, data) + png[33:]


def jpeg_claiming(width: int, height: int) -> bytes:
    jpeg = encoded("JPEG")
    size = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:size] + struct.pack(">HH", height, width) + jpeg[size + 4 :]


def tiff(*tags: tuple[int, int, int, int]) -> bytes:
    """A little-endian TIFF with these tags: number, type, count, value."""
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)


def shape_of_tiff(width: int, height: int) -> tuple[tuple[int, int, int, int], ...]:
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
    "png of no width": png_claiming(0, 7),
    "png with a text of 100 MB": png_with(b"zTXt", b"a\0\0" + zlib.compress(bytes(10**8), 9)),
    "jpeg bomb": jpeg_claiming(65_500, 65_500),
    "gif bomb": b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0, 0, 0) + b",",
    "tiff without tags": tiff(),
    "tiff of four billion rows": tiff(*shape_of_tiff(1, 2**32 - 1)),
    "tiff with a circle of pages": b"II*\0" + struct.pack("<IHI", 8, 0, 8),
    "tiff with tags of a gigabyte": tiff((256, 4, 2**28, 8), (257, 4, 2**28, 8)),
    "tiff of a million colours a pixel": tiff(*shape_of_tiff(8, 8), (277, 3, 1, 65_535)),
    "tiff that begins after its end": b"II*\0" + struct.pack("<I", 2**31),
    "webp of nothing": b"RIFF\xff\xff\xff\xffWEBPVP8 " + bytes(30),
    "bmp of a negative size": b"BM" + struct.pack("<IHHIIiiHH", 70, 0, 0, 54, 40, -9, -9, 1, 24),
}


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A healthy folder that the bad files are put beside."""
    place = tmp_path_factory.mktemp("few")
    for number in range(24):
        folder = place / ("cat", "dog")[number % 2]
        folder.mkdir(exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 256, (8, 8, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:02}.png")
    return place


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_is_no_picture_is_left_out_and_named(few: Path, name: str) -> None:
    bad = few / "cat" / "bad.png"
    bad.write_bytes(BAD[name])
    try:
        found = images.load(few, size=8)
    finally:
        bad.unlink()
    assert sum(map(len, found.parts)) == 24
    (finding,) = found.notes()
    assert list(finding.evidence["files"]) == ["cat/bad.png"]
    assert finding.evidence["files"]["cat/bad.png"]


def test_pictures_cut_at_every_tenth_are_left_out_or_read_whole(few: Path, tmp_path: Path) -> None:
    """A GIF's or a WebP's last tenth may hold nothing; then the picture is there."""
    bad = few / "dog" / "cut"
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
    assert sum(map(len, found.parts)) + finding.evidence["count"] == 24 + len(TRUNCATED)


@pytest.mark.parametrize(
    "name",
    ["größe", "猫と犬", "кошка", "قطة", "🐈", "a b", "new\nline", "tab\there", "'quoted'", "-rf",
     "%s{0}", "\u202egnp", "x" * 200],
)  # fmt: skip
def test_names_in_every_script_are_read_and_printable(folder: Folder, name: str) -> None:
    place = folder({name: 12, "dog": 12})
    (place / name / f"{name}.png").write_bytes(b"broken")
    found = images.load(place)
    assert sum(map(len, found.parts)) == 24
    assert len(found.class_names) == 2
    (finding,) = found.notes()
    assert finding.sentence.isprintable()
    assert all(text.isprintable() for text in found.class_names)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_names_that_are_no_unicode_are_read(folder: Folder) -> None:
    place = folder(TWO)
    odd = os.fsencode(place) + b"/cat/\xff\xfe.png"
    with open(odd, "wb") as file:  # noqa: PTH123 (a name of bytes)
        file.write(encoded("PNG"))
    found = images.load(place)
    assert sum(map(len, found.parts)) == 25
    assert images.check(found) is not None


def test_one_script_written_in_two_ways_is_one_class(folder: Folder) -> None:
    place = folder({"train/caf\u00e9": 4, "train/b": 4, "val/cafe\u0301": 2, "val/b": 2})
    assert images.load(place, splits=(0.5, 0.25, 0.25)).class_names == ("b", "caf\u00e9")


def test_links_are_never_followed(folder: Folder, tmp_path: Path) -> None:
    place = folder(TWO)
    secret = tmp_path / "secret"
    secret.mkdir()
    Image.new("RGB", (8, 8)).save(secret / "secret.png")
    (place / "cat" / "out").symlink_to(secret)
    (place / "cat" / "loop").symlink_to(place)
    (place / "cat" / "self.png").symlink_to(place / "cat" / "self.png")
    (place / "cat" / "file.png").symlink_to(secret / "secret.png")
    found = images.load(place)
    assert sum(map(len, found.parts)) == 24
    assert found.listing.skipped_files.counts == {"links": 4}


def test_a_file_that_becomes_a_link_is_not_followed(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = folder(TWO)
    secret = tmp_path / "secret.png"
    Image.new("RGB", (8, 8), "red").save(secret)

    def swap(path: Path) -> None:
        path.unlink()
        path.symlink_to(secret)

    found = load_while(place, swap, monkeypatch)
    assert sum(map(len, found.parts)) == 23


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_not_waited_for(folder: Folder) -> None:
    place = folder(TWO)
    os.mkfifo(place / "cat" / "pipe.png")
    found = images.load(place)
    assert sum(map(len, found.parts)) == 24
    assert "no regular file" in found.notes()[0].sentence


def load_while(
    place: Path, change: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> images.ImageSet:
    """Load, and change one file after it was listed and before it is read."""
    scan = images.loading.scanning.scan

    def scan_then_change(root: Path) -> object:
        listing = scan(root)
        change(place / "cat" / "0003.png")
        return listing

    monkeypatch.setattr(images.loading.scanning, "scan", scan_then_change)
    return images.load(place)


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
def test_files_that_change_while_they_are_read(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None], left: int
) -> None:
    found = load_while(folder(TWO), change, monkeypatch)
    assert sum(map(len, found.parts)) == left


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


def test_a_folder_without_permission_is_counted(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = folder({"cat": 12, "cat/closed": 3, "dog": 12})
    real = os.scandir

    def refuse(path: object) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(images.loading.scanning.os, "scandir", refuse)
    found = images.load(place)
    assert found.listing.skipped_files.counts == {"folders that cannot be read": 1}


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_where_the_cache_cannot_be_written_pictures_stay_in_memory(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(image_cache, "_write_header", refuse)
    found = images.load(folder(TWO))
    assert sum(map(len, found.parts)) == 24
    (finding,) = found.notes()
    assert finding.code == "no-cache"
    assert not list(files.cache_dir().rglob("*.npy"))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit on the size of a file")
def test_a_disk_that_is_really_full_while_caching(folder: Folder) -> None:
    """No file may grow over 2,000 bytes, as a process may be told, so that writing itself fails."""
    import resource

    place = folder(TWO)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
    try:
        found = images.load(place)
        judged = images.check(found)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert sum(map(len, found.parts)) == 24
    (finding,) = (finding for finding in judged if finding.code == "no-cache")
    assert "File too large" in finding.sentence
    assert [path for path in files.cache_dir().rglob("*") if path.is_file()] == []
    assert images.load(place).cached.place is not None


def test_a_full_disk_and_too_many_pictures_for_the_memory_is_an_error(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(image_cache, "_write_header", refuse)
    monkeypatch.setattr(images.loading, "_MEMORY", 100)
    with pytest.raises(FileError, match="the disk is full") as caught:
        images.load(folder(TWO))
    assert "SCALLION_CACHE" in caught.value.hint


@pytest.mark.parametrize("part", ["pixels.npy", "facts.npy", "cache.json"])
def test_a_damaged_cache_is_written_again(folder: Folder, part: str) -> None:
    place = folder(TWO)
    first = images.load(place)
    (damaged,) = files.cache_dir().rglob(part)
    damaged.write_bytes(damaged.read_bytes()[:-9])
    again = images.load(place)
    assert np.array_equal(first.train.x, again.train.x)
    assert again.cached.place is not None


def test_an_interrupted_reading_leaves_no_cache(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = folder(TWO)

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        images.load(place, report=interrupt)
    assert [path for path in files.cache_dir().rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("count", [0, 1])
def test_no_pictures_and_one_are_refused_in_words(folder: Folder, count: int) -> None:
    with pytest.raises(DataError) as caught:
        images.load(folder({"cat": count, "dog": 0}))
    assert caught.value.hint


def test_where_no_file_is_a_picture_one_is_named(folder: Folder) -> None:
    place = folder({"cat": 0, "dog": 0})
    for kind in ("cat", "dog"):
        for number in range(5):
            (place / kind / f"{number}.png").write_bytes(b"nothing")
    with pytest.raises(DataError, match="not one of 10 pictures can be read, such as 'cat/"):
        images.load(place)


@pytest.mark.slow
def test_ten_thousand_classes_are_read(tmp_path: Path) -> None:
    data = encoded("BMP")
    for kind in range(10_000):
        place = tmp_path / "many" / f"{kind:05}"
        place.mkdir(parents=True)
        (place / "0.bmp").write_bytes(data)
    with pytest.raises(DataError, match=r"too few pictures for three splits: '00000'"):
        images.load(tmp_path / "many")


def test_nothing_is_written_beside_the_pictures(folder: Folder) -> None:
    place = folder(TWO)
    before = sorted(place.rglob("*"))
    images.check(images.load(place))
    assert sorted(place.rglob("*")) == before


def test_large_pictures_are_decoded_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "LARGE", 10)
    held: list[bool] = []
    flat = decoding._flat

    def look(*arguments: object) -> object:
        held.append(decoding._one_large.locked())
        return flat(*arguments)

    monkeypatch.setattr(decoding, "_flat", look)
    decoding.picture(encoded("PNG"), 3)
    assert held == [True]


def test_few_chunks_wait_in_memory() -> None:
    started: list[int] = []
    results = parallel_decoding.in_order(
        lambda task: started.append(task) or task, range(1000), threads=2
    )
    assert next(results) == 0
    assert len(started) <= 2 * parallel_decoding._AHEAD + 2
    results.close()
