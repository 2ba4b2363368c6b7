"""The cache of decoded images on disk: written once, memory-mapped afterwards, never incomplete.

A cache is a folder with `pixels.npy` (uint8, one image after the other), `metadata.npy` and
`cache.json`. Its name is a hash of everything that determines its contents, so it never becomes
stale. A cache of another version is ignored and written anew.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import __version__ as pillow_version

from scallion import files
from scallion.errors import DataError, FileError
from scallion.images.reading.chunks import Chunk, UnreadableFile
from scallion.images.reading.listing import ImageListing, printable
from scallion.images.reading.metadata import METADATA, Metadata
from scallion.images.resizing import ResizeRule
from scallion.temporary_files import remove_left_over, temporary_folder, temporary_path

VERSION = 4  # of the cache; raise it when its files change, or when pixels are decoded differently
MAX_CACHES = 4  # per folder: other sizes and splits that were used recently
_PIXELS, _METADATA, _INFO = "pixels.npy", "metadata.npy", "cache.json"
_HEADER = 128  # bytes before the pixels, which .npy files align to 64
_SYNC_BYTES = 1 << 23  # after which data is flushed to disk, while others decode


@dataclass(frozen=True, slots=True, eq=False)
class CachedImages:
    """Decoded images: pixels uint8 (n, h, w, c), which may be memory-mapped, and metadata (n,).

    `folder` is None where the images are in memory because the cache could not be written, for the
    reason `why_in_memory`.
    """

    pixels: NDArray[np.uint8]
    metadata: Metadata
    unreadable: tuple[UnreadableFile, ...]
    resize_rule: ResizeRule
    folder: Path | None
    why_in_memory: str = ""


def caches_folder(root: Path) -> Path:
    """Return the folder with the caches of an image folder. Raises FileError without a home."""
    return files.cache_dir() / "images" / hashlib.sha256(os.fsencode(root)).hexdigest()[:16]


def cache_key(listing: ImageListing, request: Mapping[str, Any]) -> str:
    """Return a hash of everything that determines the pixels and their order.

    `request` holds the size, fit and channels that the user gave.
    """
    digest = hashlib.sha256(
        json.dumps([VERSION, pillow_version, dict(request), listing.class_names]).encode()
    )
    for path in listing.paths:
        digest.update(os.fsencode(path) + b"\0")
    for column in (listing.sizes, listing.times, listing.labels, listing.splits):
        digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()[:32]


def find_cache(listing: ImageListing, request: Mapping[str, Any]) -> CachedImages | None:
    """Open the cache of these files and this request; None where it is missing or unusable."""
    folder = caches_folder(listing.root) / cache_key(listing, request)
    try:
        info = msgspec.json.decode(files.read_bytes(folder / _INFO))
        if info["version"] != VERSION:
            return None
        resize_rule = ResizeRule.from_dict(info["resize_rule"])
        pixels = np.load(folder / _PIXELS, mmap_mode="r", allow_pickle=False)
        metadata = np.load(folder / _METADATA, allow_pickle=False)
        if pixels.shape != (len(metadata), *resize_rule.shape) or metadata.dtype != METADATA:
            return None
        unreadable = tuple(UnreadableFile(row, reason) for row, reason in info["unreadable"])
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        return None
    with suppress(OSError):
        os.utime(folder)  # the most recently used cache is removed last
    return CachedImages(np.asarray(pixels), metadata, unreadable, resize_rule, folder)


def write_cache(
    listing: ImageListing,
    request: Mapping[str, Any],
    resize_rule: ResizeRule,
    chunks: Iterable[Chunk],
) -> CachedImages:
    """Write a cache from chunks as they come, and memory-map it.

    Raises FileError, after which nothing of the cache is left.
    """
    parent = files.make_folder(caches_folder(listing.root))
    folder = parent / cache_key(listing, request)
    for other in parent.parent.glob("*/"):
        remove_left_over(other)
    with files.file_errors(parent, "write"), temporary_folder(parent) as partial:
        metadata, unreadable = _write_pixels(partial / _PIXELS, resize_rule, chunks)
        np.save(partial / _METADATA, metadata)
        info = {
            "version": VERSION,
            "folder": os.fsencode(listing.root).decode("utf-8", "replace"),
            "resize_rule": resize_rule.as_dict(),
            "unreadable": [(entry.row, entry.reason) for entry in unreadable],
        }
        files.write_json(partial / _INFO, info)
        with files.file_errors(folder, "write"):
            _replace_folder(partial, folder)
    _remove_old(parent)
    cached = find_cache(listing, request)
    if cached is None:
        raise FileError(
            f"{folder} does not hold what was just written there",
            hint=f"set {files.CACHE_VARIABLE} to a folder on another disk",
        )
    return cached


def collect_in_memory(
    resize_rule: ResizeRule, chunks: Iterable[Chunk], reason: str
) -> CachedImages:
    """Collect the images in memory, for a `reason` not to write a cache."""
    pixels, metadata, unreadable = [], [], []
    for chunk in chunks:
        pixels.append(chunk.pixels)
        metadata.append(chunk.metadata)
        unreadable.extend(chunk.unreadable)
    return CachedImages(
        np.concatenate(pixels) if pixels else np.empty((0, *resize_rule.shape), np.uint8),
        np.concatenate(metadata) if metadata else np.empty(0, METADATA),
        tuple(unreadable),
        resize_rule,
        None,
        reason,
    )


def require_readable(cached: CachedImages, listing: ImageListing) -> None:
    """Raise DataError where no file of the listing is readable."""
    if not len(cached.metadata):
        first = cached.unreadable[0]
        path = printable(listing.paths[first.row])
        raise nothing_readable_error(len(listing), f"{path!r}: {first.reason}")


def nothing_readable_error(count: int, example: str) -> DataError:
    """Return the error for a data set of which no file is readable."""
    return DataError(
        f"none of {count:,} images can be read, such as {example}",
        hint="open one in an image viewer; JPEG, PNG, WebP, TIFF, BMP, GIF and PPM are supported",
    )


def _write_pixels(
    path: Path, resize_rule: ResizeRule, chunks: Iterable[Chunk]
) -> tuple[Metadata, list[UnreadableFile]]:
    metadata: list[Metadata] = [np.empty(0, METADATA)]
    unreadable: list[UnreadableFile] = []
    with path.open("wb") as file:
        file.write(bytes(_HEADER))
        unsynced = 0
        for chunk in chunks:
            # Written, not mapped: mapped pages count as this process's memory.
            unsynced += file.write(chunk.pixels.data)
            if unsynced >= _SYNC_BYTES:
                os.fsync(file.fileno())
                unsynced = 0
            metadata.append(chunk.metadata)
            unreadable.extend(chunk.unreadable)
        records = np.concatenate(metadata)
        _write_header(file, (len(records), *resize_rule.shape))
        file.flush()
        os.fsync(file.fileno())
    return records, unreadable


def _write_header(file: BinaryIO, shape: tuple[int, ...]) -> None:
    """Write the header of the .npy format 1.0, padded to the space that was left for it."""
    text = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape!r}, }}"
    length = _HEADER - 10
    file.seek(0)
    file.write(b"\x93NUMPY\x01\x00" + length.to_bytes(2, "little"))
    file.write(text.ljust(length - 1).encode() + b"\n")


def _replace_folder(new: Path, folder: Path) -> None:
    try:
        new.replace(folder)
    except OSError:
        # Another process has written the same contents, or there is a damaged cache.
        old = temporary_path(folder.parent)
        folder.replace(old)
        new.replace(folder)
        shutil.rmtree(old, ignore_errors=True)


def _remove_old(parent: Path) -> None:
    """Remove all caches of this folder but the MAX_CACHES most recently used ones."""
    with suppress(OSError):
        caches = [entry for entry in parent.iterdir() if not entry.name.startswith(".")]
        caches.sort(key=lambda entry: -entry.stat().st_mtime_ns)
        for entry in caches[MAX_CACHES:]:
            shutil.rmtree(entry, ignore_errors=True)
