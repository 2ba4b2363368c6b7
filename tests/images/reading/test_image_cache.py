"""The cache of decoded images."""

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scallion import files, images
from scallion.errors import FileError
from scallion.images.reading import image_cache

Folder = Callable[..., Path]
TEN = {"cat": 20, "dog": 40}
TWO = {"cat": 12, "dog": 12}


def test_cached_images_are_not_decoded_again(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = folder(TEN)
    first = images.load(place)
    monkeypatch.setattr(images.ResizeRule, "resize", lambda *_: pytest.fail("decoded again"))
    second = images.load(place)
    assert np.array_equal(first.train.x, second.train.x)
    assert first.resize_rule == second.resize_rule


def test_a_changed_file_is_decoded_again(folder: Folder) -> None:
    place = folder(TEN)
    path = images.load(place).train.paths[0]
    Image.fromarray(np.full((8, 8, 3), 77, np.uint8)).save(place / path)
    assert (images.load(place).train.x[0] == 77).all()


def test_a_cache_of_another_version_is_rebuilt(folder: Folder) -> None:
    place = folder(TWO)
    cached = images.load(place).cached
    info = cached.folder / "cache.json"
    stored = json.loads(info.read_text())
    assert stored["version"] == image_cache.VERSION
    info.write_text(json.dumps({**stored, "version": image_cache.VERSION + 1}))
    request = {"size": None, "fit": None, "channels": None}
    assert image_cache.find_cache(images.load(place).listing, request) is not None
    assert json.loads(info.read_text())["version"] == image_cache.VERSION


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_without_a_cache_images_stay_in_memory(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(image_cache, "_write_header", refuse)
    found = images.load(folder(TWO))
    assert sum(map(len, found.splits)) == 24
    (finding,) = found.notes()
    assert finding.code == "no-cache"
    assert not list(files.cache_dir().rglob("*.npy"))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit on the size of a file")
def test_a_full_disk_leaves_no_cache(folder: Folder) -> None:
    """The process may not write files of more than 2,000 bytes, so writing itself fails."""
    import resource

    place = folder(TWO)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
    try:
        found = images.load(place)
        findings = images.check(found)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert sum(map(len, found.splits)) == 24
    (finding,) = (finding for finding in findings if finding.code == "no-cache")
    assert "File too large" in finding.sentence
    assert [path for path in files.cache_dir().rglob("*") if path.is_file()] == []
    assert images.load(place).cached.folder is not None


def test_too_many_images_for_the_memory_are_refused(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(image_cache, "_write_header", refuse)
    monkeypatch.setattr(images.loading, "_MAX_IN_MEMORY", 100)
    with pytest.raises(FileError, match="the disk is full") as caught:
        images.load(folder(TWO))
    assert "SCALLION_CACHE" in caught.value.hint


@pytest.mark.parametrize("part", ["pixels.npy", "metadata.npy", "cache.json"])
def test_a_damaged_cache_is_written_again(folder: Folder, part: str) -> None:
    place = folder(TWO)
    first = images.load(place)
    (damaged,) = files.cache_dir().rglob(part)
    damaged.write_bytes(damaged.read_bytes()[:-9])
    again = images.load(place)
    assert np.array_equal(first.train.x, again.train.x)
    assert again.cached.folder is not None


def test_an_interruption_leaves_no_cache(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    place = folder(TWO)

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        images.load(place, progress=interrupt)
    assert [path for path in files.cache_dir().rglob("*") if path.is_file()] == []
