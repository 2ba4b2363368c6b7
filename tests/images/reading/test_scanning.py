"""Scanning folders: names, links, what is skipped, what is refused."""

import errno
import io
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scallion import images
from scallion.errors import DataError, MissingFileError

Folder = Callable[..., Path]
TEN = {"cat": 20, "dog": 40}
TWO = {"cat": 12, "dog": 12}


def encoded(format_: str) -> bytes:
    file = io.BytesIO()
    random = np.random.default_rng(0)
    Image.fromarray(random.integers(0, 256, (24, 24, 3), np.uint8)).save(file, format_)
    return file.getvalue()


@pytest.mark.parametrize(
    "name",
    ["größe", "猫と犬", "кошка", "قطة", "🐈", "a b", "new\nline", "tab\there", "'quoted'", "-rf",
     "%s{0}", "\u202egnp", "x" * 200],
)  # fmt: skip
def test_names_in_any_script_are_printable(folder: Folder, name: str) -> None:
    place = folder({name: 12, "dog": 12})
    (place / name / f"{name}.png").write_bytes(b"broken")
    found = images.load(place)
    assert sum(map(len, found.splits)) == 24
    assert len(found.class_names) == 2
    (finding,) = found.notes()
    assert finding.sentence.isprintable()
    assert all(text.isprintable() for text in found.class_names)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_names_that_are_not_unicode_are_read(folder: Folder) -> None:
    place = folder(TWO)
    odd = os.fsencode(place) + b"/cat/\xff\xfe.png"
    with open(odd, "wb") as file:  # noqa: PTH123 (a name of bytes)
        file.write(encoded("PNG"))
    found = images.load(place)
    assert sum(map(len, found.splits)) == 25
    assert images.check(found) is not None


def test_normalised_class_names_are_one_class(folder: Folder) -> None:
    place = folder({"train/caf\u00e9": 4, "train/b": 4, "val/cafe\u0301": 2, "val/b": 2})
    assert images.load(place, splits=(0.5, 0.25, 0.25)).class_names == ("b", "caf\u00e9")


def test_symbolic_links_are_never_followed(folder: Folder, tmp_path: Path) -> None:
    place = folder(TWO)
    secret = tmp_path / "secret"
    secret.mkdir()
    Image.new("RGB", (8, 8)).save(secret / "secret.png")
    (place / "cat" / "out").symlink_to(secret)
    (place / "cat" / "loop").symlink_to(place)
    (place / "cat" / "self.png").symlink_to(place / "cat" / "self.png")
    (place / "cat" / "file.png").symlink_to(secret / "secret.png")
    found = images.load(place)
    assert sum(map(len, found.splits)) == 24
    assert found.listing.skipped_files.counts == {"symbolic links": 4}


def test_unreadable_folders_are_counted(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    place = folder({"cat": 12, "cat/closed": 3, "dog": 12})
    real = os.scandir

    def refuse(path: object) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(images.loading.scanning.os, "scandir", refuse)
    found = images.load(place)
    assert found.listing.skipped_files.counts == {"unreadable folders": 1}


def test_files_that_are_not_data_are_counted(folder: Folder) -> None:
    place = folder(TEN)
    for name in (".DS_Store", "cat/Thumbs.db", "cat/.hidden.png", "readme.txt", "loose.png"):
        (place / name).write_bytes(b"")
    for name in ("__MACOSX", "runs"):
        (place / name).mkdir()
    (place / "cat" / "link.png").symlink_to(place / "cat" / "0000.png")
    (place / "bird").symlink_to(place / "cat")
    found = images.load(place)
    assert found.class_names == ("cat", "dog")
    assert sum(map(len, found.splits)) == 60
    assert found.listing.skipped_files.counts == {
        "hidden": 2,
        "system files": 1,
        "other files": 1,
        "images outside a class folder": 1,
        "folders that hold no data": 2,
        "symbolic links": 2,
    }


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({}, "has no images in class folders"),
        ({"cat": 0, "dog": 0}, "has no images"),
        ({"cat": 9}, "there is only one class: 'cat'"),
        ({"cat": 9, "dog": 0}, "class folders without images: 'dog'"),
        ({"cat": 9, "dog": 2}, "too few images for three splits: 'dog'"),
        (
            {"train/a": 3, "train/b": 3, "val/a": 1},
            "the validation split has no images of 'b'",
        ),
        (
            {"train/a": 3, "train/b": 3, "test/a": 1, "test/b": 1, "test/c": 1},
            "the train split has no images of 'c'",
        ),
        (
            {"train/a": 3, "train/Bee": 3, "val/a": 1, "val/bee": 1},
            r"the train split has no images of 'bee' \(it has 'Bee'\)",
        ),
        ({"train/a": 1, "train/b": 1, "val/a": 1, "valid/a": 1}, "two folders are the validation"),
        ({"val/a": 1, "test/a": 1}, "there are no images to train on"),
    ],
)
def test_folders_that_are_not_a_data_set_are_refused(
    folder: Folder, tmp_path: Path, counts: dict[str, int], words: str
) -> None:
    (tmp_path / "pets").mkdir()
    with pytest.raises(DataError, match=words) as caught:
        images.load(folder(counts))
    assert caught.value.hint


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="nothere does not exist"):
        images.load(tmp_path / "nothere")


@pytest.mark.slow
def test_ten_thousand_classes_are_read(tmp_path: Path) -> None:
    data = encoded("BMP")
    for kind in range(10_000):
        place = tmp_path / "many" / f"{kind:05}"
        place.mkdir(parents=True)
        (place / "0.bmp").write_bytes(data)
    with pytest.raises(DataError, match=r"too few images for three splits: '00000'"):
        images.load(tmp_path / "many")
