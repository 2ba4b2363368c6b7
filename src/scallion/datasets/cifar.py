"""CIFAR-10 and CIFAR-100: finding or downloading the archive, its checks, and its batches."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion.datasets.dataset_arrays import Splits
from scallion.datasets.downloading.download import RemoteFile, RetryPolicy, fetch
from scallion.datasets.formats import cifar_pickle, tar_archive
from scallion.errors import DownloadError, FileError, MissingFileError
from scallion.files import cache_dir, expand_home, read_bytes, sha256

UNPACKED_LIMIT = 400_000_000
_HINT = "delete it, and let Scallion download the data set again"

NamedBatches = Iterator[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class CifarBatch:
    """One file of the data set: its name, its number of images, and its MD5 checksum."""

    name: str
    images: int
    md5: str


@dataclass(frozen=True, slots=True)
class CifarSource:
    """The URL and the files of a data set; `folder` is the one inside the archive."""

    remote: RemoteFile
    archive: str
    folder: str
    train: tuple[CifarBatch, ...]
    test: CifarBatch

    def keras_archives(self) -> tuple[str, ...]:
        """Return the names under which Keras 2 and 3 store the archive."""
        stem = self.folder
        return (f"{stem}-target_archive", f"{stem}_archive", f"{stem}.tar.gz", self.archive)

    def keras_folders(self) -> tuple[str, ...]:
        """Return the folders into which Keras 2 and 3 unpack the archive."""
        return (f"{self.folder}-target/{self.folder}", f"{self.folder}/{self.folder}", self.folder)


def load(
    cifar: CifarSource, label_key: str, classes: int, *, origin: str | None, retry: RetryPolicy
) -> Splits:
    """Return images (n, 32, 32, 3) and labels (n, 1), uint8, from a cache or the network.

    `origin` is a URL to use instead of the official one; the checksum is the same. Raises
    FileError, DownloadError.
    """
    contents: dict[str, tuple[NDArray[np.uint8], NDArray[np.uint8]]] = {}
    known = {batch.name: batch for batch in (*cifar.train, cifar.test)}
    for name, data in _batches(cifar, origin, retry):
        contents[name] = _decode(data, known[name], label_key, classes)
    train = [contents[batch.name] for batch in cifar.train]
    x_train = np.concatenate([x for x, _ in train]) if len(train) > 1 else train[0][0]
    y_train = np.concatenate([y for _, y in train])
    return (x_train, y_train), contents[cifar.test.name]


def _batches(cifar: CifarSource, origin: str | None, retry: RetryPolicy) -> NamedBatches:
    skipped: list[str] = []
    target = cache_dir() / "datasets" / cifar.archive
    for path in (target, *_in_keras_cache(cifar.keras_archives())):
        if _has_checksum(path, cifar.remote.sha256, skipped):
            return _from_archive(path, cifar)
    for folder in _in_keras_cache(cifar.keras_folders()):
        if (batches := _from_folder(folder, cifar, skipped)) is not None:
            return batches
    url = origin or os.environ.get(cifar.remote.variable) or cifar.remote.url
    try:
        fetch(replace(cifar.remote, url=url), target, retry)
    except DownloadError as error:
        notes = "".join(f"\nskipped {note}" for note in skipped)
        raise DownloadError(error.message + notes, hint=error.hint) from error
    return _from_archive(target, cifar)


def _in_keras_cache(names: tuple[str, ...]) -> Iterator[Path]:
    try:
        home = expand_home(os.environ.get("KERAS_HOME") or "~/.keras")
    except FileError:
        return
    yield from (home / "datasets" / name for name in names)


def _has_checksum(path: Path, expected: str, skipped: list[str]) -> bool:
    if not path.is_file():
        return False
    try:
        found = sha256(path)
    except (FileError, MissingFileError) as error:
        skipped.append(error.message)
        return False
    if found != expected:
        size = path.stat().st_size
        skipped.append(f"{path}: SHA-256 {expected} expected, {found} found ({size} bytes)")
    return found == expected


def _from_archive(path: Path, cifar: CifarSource) -> NamedBatches:
    names = {f"{cifar.folder}/{batch.name}" for batch in (*cifar.train, cifar.test)}
    for name, data in tar_archive.read_members(path, names, limit=UNPACKED_LIMIT):
        yield name.rpartition("/")[2], data


def _from_folder(folder: Path, cifar: CifarSource, skipped: list[str]) -> NamedBatches | None:
    """Return the unpacked batches, or None if one is missing or has another MD5."""
    batches = (*cifar.train, cifar.test)
    if not all((folder / batch.name).is_file() for batch in batches):
        return None
    for batch in batches:
        try:
            with (folder / batch.name).open("rb") as file:
                digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False))
        except OSError as error:
            skipped.append(f"{folder / batch.name}: {error.strerror}")
            return None
        if digest.hexdigest() != batch.md5:
            skipped.append(
                f"{folder / batch.name}: MD5 {batch.md5} expected, {digest.hexdigest()} found"
            )
            return None
    return ((batch.name, read_bytes(folder / batch.name)) for batch in batches)


def _decode(
    data: bytes, batch: CifarBatch, label_key: str, classes: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return images (n, 32, 32, 3) and labels (n, 1) of one batch. Raises FileError."""
    content = cifar_pickle.read(data, batch.name)
    return _pixels(content, batch), _labels(content, batch, label_key, classes)


def _pixels(content: Mapping[str, Any], batch: CifarBatch) -> NDArray[np.uint8]:
    pixels = content.get("data")
    if not isinstance(pixels, np.ndarray) or pixels.shape != (batch.images, 3072):
        found = getattr(pixels, "shape", type(pixels).__name__)
        raise FileError(
            f"{batch.name} is damaged: pixels of shape ({batch.images}, 3072) expected, "
            f"{found} found",
            hint=_HINT,
        )
    # The files have channels first; Keras and Scallion have them last.
    return np.ascontiguousarray(pixels.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))


def _labels(
    content: Mapping[str, Any], batch: CifarBatch, label_key: str, classes: int
) -> NDArray[np.uint8]:
    labels = content.get(label_key)
    if not isinstance(labels, list) or len(labels) != batch.images:
        found = len(labels) if isinstance(labels, list) else "none"
        raise FileError(
            f"{batch.name} is damaged: {batch.images} {label_key} expected, {found} found",
            hint=_HINT,
        )
    if not all(type(label) is int and 0 <= label < classes for label in labels):
        raise FileError(
            f"{batch.name} is damaged: its {label_key} are not all from 0 to {classes - 1}",
            hint=_HINT,
        )
    return np.array(labels, np.uint8).reshape(-1, 1)
