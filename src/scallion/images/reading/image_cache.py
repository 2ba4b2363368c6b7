"""Decoded pictures on the disk: written once, mapped into memory afterwards, never half there.

A cache is a folder: `pixels.npy` (uint8, one picture after the other), `facts.npy`, `cache.json`.
Its name is a hash of everything that decides its contents, so that it is never out of date.
"""

import hashlib
import json
import os
import secrets
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

VERSION = 2  # of what is in a cache; raised when the same files would be decoded otherwise
KEPT = 4  # caches of one folder: other sizes and splits that were used lately
_PIXELS, _FACTS, _ABOUT = "pixels.npy", "facts.npy", "cache.json"
_HEADER = 128  # bytes before the pixels, which .npy files align to 64
_SETTLED = 1 << 23  # bytes after which the disk takes what there is, while others decode


@dataclass(frozen=True, slots=True, eq=False)
class CachedImages:
    """What a cache gives back: pixels (n, h, w, c), which may be mapped from the disk.

    `place` is None where the pictures are in memory because nothing could be written.
    """

    pixels: NDArray[np.uint8]
    facts: Metadata
    unreadable: tuple[UnreadableFile, ...]
    resize_rule: ResizeRule
    place: Path | None
    why_in_memory: str = ""


def home(root: Path) -> Path:
    """Where the caches of a folder are kept. Raises FileError without a home folder."""
    return files.cache_dir() / "images" / hashlib.sha256(os.fsencode(root)).hexdigest()[:16]


def key(listing: ImageListing, asked: Mapping[str, Any]) -> str:
    """A hash of all that decides the pixels and their order."""
    digest = hashlib.sha256(
        json.dumps([VERSION, pillow_version, dict(asked), listing.class_names]).encode()
    )
    for path in listing.paths:
        digest.update(os.fsencode(path) + b"\0")
    for column in (listing.sizes, listing.times, listing.labels, listing.splits):
        digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()[:32]


def find(listing: ImageListing, asked: Mapping[str, Any]) -> CachedImages | None:
    """The cache that was written for these files and this wish, or None."""
    place = home(listing.root) / key(listing, asked)
    try:
        about = msgspec.json.decode(files.read_bytes(place / _ABOUT))
        resize_rule = ResizeRule.from_dict(about["resize_rule"])
        pixels = np.load(place / _PIXELS, mmap_mode="r", allow_pickle=False)
        facts = np.load(place / _FACTS, allow_pickle=False)
        if pixels.shape != (len(facts), *resize_rule.shape) or facts.dtype != METADATA:
            return None
        unreadable = tuple(UnreadableFile(row, reason) for row, reason in about["unreadable"])
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        return None
    with suppress(OSError):
        os.utime(place)  # the last one used is the last one removed
    return CachedImages(np.asarray(pixels), facts, unreadable, resize_rule, place)


def write(
    listing: ImageListing,
    asked: Mapping[str, Any],
    resize_rule: ResizeRule,
    chunks: Iterable[Chunk],
) -> CachedImages:
    """Write a cache from chunks as they come, and map it. Raises FileError, after which nothing of
    it is left."""
    folder = files.make_folder(home(listing.root))
    place = folder / key(listing, asked)
    growing = folder / f".{secrets.token_hex(8)}.tmp"
    try:
        with files.file_errors(folder, "write"):
            growing.mkdir()
            facts, unreadable = _write_pixels(growing / _PIXELS, resize_rule, chunks)
            np.save(growing / _FACTS, facts)
        about = {
            "folder": os.fsencode(listing.root).decode("utf-8", "replace"),
            "resize_rule": resize_rule.as_dict(),
            "unreadable": [(entry.row, entry.reason) for entry in unreadable],
        }
        files.write_json(growing / _ABOUT, about)
        with files.file_errors(place, "write"):
            _take_place(growing, place)
    finally:
        shutil.rmtree(growing, ignore_errors=True)
    _remove_old(folder)
    cached = find(listing, asked)
    if cached is None:
        raise FileError(
            f"{place} is not what was just written there",
            hint=f"set {files.CACHE_VARIABLE} to a folder on another disk",
        )
    return cached


def in_memory(resize_rule: ResizeRule, chunks: Iterable[Chunk], why: str) -> CachedImages:
    """The pictures without a cache."""
    pixels, facts, unreadable = [], [], []
    for chunk in chunks:
        pixels.append(chunk.pixels)
        facts.append(chunk.facts)
        unreadable.extend(chunk.unreadable)
    return CachedImages(
        np.concatenate(pixels) if pixels else np.empty((0, *resize_rule.shape), np.uint8),
        np.concatenate(facts) if facts else np.empty(0, METADATA),
        tuple(unreadable),
        resize_rule,
        None,
        why,
    )


def _write_pixels(
    path: Path, resize_rule: ResizeRule, chunks: Iterable[Chunk]
) -> tuple[Metadata, list[UnreadableFile]]:
    facts: list[Metadata] = [np.empty(0, METADATA)]
    unreadable: list[UnreadableFile] = []
    with path.open("wb") as file:
        file.write(bytes(_HEADER))
        waiting = 0
        for chunk in chunks:
            # Written, not mapped: what is mapped counts as this process's memory.
            waiting += file.write(chunk.pixels.data)
            if waiting >= _SETTLED:
                os.fsync(file.fileno())
                waiting = 0
            facts.append(chunk.facts)
            unreadable.extend(chunk.unreadable)
        everything = np.concatenate(facts)
        _write_header(file, (len(everything), *resize_rule.shape))
        file.flush()
        os.fsync(file.fileno())
    return everything, unreadable


def _write_header(file: BinaryIO, shape: tuple[int, ...]) -> None:
    """The header of the .npy format 1.0, padded to the room that was left for it."""
    text = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape!r}, }}"
    room = _HEADER - 10
    file.seek(0)
    file.write(b"\x93NUMPY\x01\x00" + room.to_bytes(2, "little"))
    file.write(text.ljust(room - 1).encode() + b"\n")


def _take_place(growing: Path, place: Path) -> None:
    try:
        growing.replace(place)
    except OSError:
        # Another process was faster with the same contents, or a damaged one lies there.
        aside = growing.with_suffix(".old")
        place.replace(aside)
        growing.replace(place)
        shutil.rmtree(aside, ignore_errors=True)


def _remove_old(folder: Path) -> None:
    """Keep the caches of this folder that were used last."""
    with suppress(OSError):
        caches = [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
        caches.sort(key=lambda entry: -entry.stat().st_mtime_ns)
        for entry in caches[KEPT:]:
            shutil.rmtree(entry, ignore_errors=True)


def check_some(cached: CachedImages, listing: ImageListing) -> None:
    """Raise DataError where not one file of the listing is a picture."""
    if not len(cached.facts):
        first = cached.unreadable[0]
        path = printable(listing.paths[first.row])
        raise nothing_readable(len(listing), f"{path!r}: {first.reason}")


def nothing_readable(count: int, example: str) -> DataError:
    """The error where not one file is a picture."""
    return DataError(
        f"not one of {count:,} pictures can be read, such as {example}",
        hint="open one in an image viewer; JPEG, PNG, WebP, TIFF, BMP, GIF and PPM are read",
    )
