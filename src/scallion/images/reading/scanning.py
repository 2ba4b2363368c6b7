"""Scan a folder for images: `class/*.jpg`, or `train|val|test/class/*`.

Symbolic links are never followed, so nothing outside the folder is read and cycles cannot occur.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scallion import files
from scallion.datasets.array_checks import MAX_CLASSES
from scallion.errors import DataError, MissingFileError
from scallion.files import StrPath, file_errors
from scallion.images.reading.formats import (
    conversion_hint,
    describe_unread,
    has_image_suffix,
    unread_format,
)
from scallion.images.reading.listing import (
    SPLITS,
    TEST,
    TRAIN,
    UNASSIGNED,
    VALIDATION,
    ImageListing,
    SkippedFiles,
    normalize_name,
    printable,
    quote_names,
)

SPLIT_NAMES = {
    "train": TRAIN,
    "training": TRAIN,
    "val": VALIDATION,
    "valid": VALIDATION,
    "validation": VALIDATION,
    "test": TEST,
    "testing": TEST,
}
_IGNORED_FOLDERS = {"runs", "__macosx", "__pycache__", "@eadir", "lost+found", "$recycle.bin"}
_SYSTEM_FILES = {"thumbs.db", "desktop.ini", "ehthumbs.db"}
_LAYOUT = "put the images into one folder per class: FOLDER/cat/1.jpg, FOLDER/dog/1.jpg"


@dataclass(slots=True)
class ListedImage:
    """One image file with the name of its class. `size` is bytes, `time` nanoseconds."""

    path: str
    class_name: str
    split: int
    size: int
    time: int
    group: str | None = None
    weight: float = 1.0


def scan_folder(folder: StrPath) -> ImageListing:
    """List all images below the folder with their classes and, where folders name them, splits.

    Raises MissingFileError, FileError, and DataError for folders that are not a data set: fewer
    than two classes, a class that a split lacks, two folders for one split.
    """
    root = resolve_folder(folder)
    skipped = SkippedFiles()
    children = list(_folders(root, "", skipped, outside=True))
    splits = _split_folders(children)
    rows: list[ListedImage] = []
    empty: list[tuple[int, str]] = []
    for name, split in splits.items() if splits else (("", UNASSIGNED),):
        class_folders = _folders(root, name, skipped, outside=True) if name else children
        for class_folder in class_folders:
            inner = f"{name}/{class_folder}" if name else class_folder
            before = len(rows)
            rows.extend(_images(root, inner, normalize_name(class_folder), split, skipped))
            if len(rows) == before:
                empty.append((split, normalize_name(class_folder)))
    for child in children:
        if splits and child not in splits:
            skipped.add("folders that are not splits", child)
    return build_listing(root, rows, skipped, empty)


def resolve_folder(folder: StrPath) -> Path:
    """Return the folder's real path. Raises MissingFileError, FileError where it is unreadable."""
    root = Path(folder)
    if not root.exists():
        raise MissingFileError(f"{folder} does not exist", hint=files.missing_file_hint(folder))
    with file_errors(root, "read"):
        root = root.resolve()
        with os.scandir(root):
            return root


def build_listing(
    root: Path,
    rows: list[ListedImage],
    skipped: SkippedFiles,
    empty: Iterable[tuple[int, str]] = (),
    *,
    numeric: bool = False,
) -> ImageListing:
    """Sort the rows by path and number the classes in the order of their names.

    With `numeric`, class names that are all numbers are sorted as numbers. `empty` are splits and
    names of class folders without images. Raises DataError as `scan_folder` does.
    """
    _require_images(root, rows, skipped)
    by_split: dict[int, set[str]] = {}
    for row in rows:
        by_split.setdefault(row.split, set()).add(row.class_name)
    names = sorted({row.class_name for row in rows} | {name for _, name in empty})
    if numeric and all(name.isdecimal() for name in names):
        names.sort(key=int)
    _check_classes(names, by_split, empty, skipped)
    label = {name: place for place, name in enumerate(names)}
    rows.sort(key=lambda row: row.path)
    return ImageListing(
        root=root,
        paths=[row.path for row in rows],
        labels=np.array([label[row.class_name] for row in rows], np.int64),
        splits=np.array([row.split for row in rows], np.int8),
        sizes=np.array([row.size for row in rows], np.int64),
        times=np.array([row.time for row in rows], np.int64),
        class_names=tuple(names),
        skipped_files=skipped,
        groups=[row.group or row.path for row in rows] if any(row.group for row in rows) else None,
        weights=_weights(rows),
    )


def _weights(rows: list[ListedImage]) -> NDArray[np.float32] | None:
    weights = np.array([row.weight for row in rows], np.float32)
    return None if (weights == 1).all() else weights


def _entries(root: Path, inside: str) -> list[os.DirEntry[str]]:
    place = root / inside
    with file_errors(place, "read"), os.scandir(place) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _folders(root: Path, inside: str, skipped: SkippedFiles, *, outside: bool) -> Iterator[str]:
    """Yield the names of the folders in a folder; everything else is counted as skipped."""
    for entry in _entries(root, inside):
        reason = _reason_to_skip(entry)
        if reason is None and not entry.is_dir(follow_symlinks=False):
            reason = _describe_file(entry.name)
            if outside and has_image_suffix(entry.name):
                reason = "images outside a class folder"
        if reason is None:
            yield entry.name
        else:
            skipped.add(reason, f"{inside}/{entry.name}" if inside else entry.name)


def _images(
    root: Path, inside: str, class_name: str, split: int, skipped: SkippedFiles
) -> Iterator[ListedImage]:
    """Yield the images in a class folder and its subfolders."""
    waiting = [inside]
    while waiting:
        here = waiting.pop()
        try:
            entries = _entries(root, here)
        except OSError:
            skipped.add("unreadable folders", here)
            continue
        for entry in entries:
            path = f"{here}/{entry.name}"
            reason = _reason_to_skip(entry)
            if reason is None and entry.is_dir(follow_symlinks=False):
                waiting.append(path)
            elif reason is None and has_image_suffix(entry.name):
                try:
                    status = entry.stat(follow_symlinks=False)
                except OSError:
                    skipped.add("files that vanished", path)
                    continue
                yield ListedImage(path, class_name, split, status.st_size, status.st_mtime_ns)
            else:
                skipped.add(reason or _describe_file(entry.name), path)


def _describe_file(name: str) -> str:
    """Return how a file that is no readable image is called among the skipped files."""
    unread = unread_format(name)
    return "other files" if unread is None else describe_unread(unread)


def _reason_to_skip(entry: os.DirEntry[str]) -> str | None:
    name = entry.name.lower()
    if name.startswith("."):
        return "hidden"
    if name in _SYSTEM_FILES:
        return "system files"
    if entry.is_symlink():
        return "symbolic links"
    if name in _IGNORED_FOLDERS and entry.is_dir(follow_symlinks=False):
        return "folders that hold no data"
    return None


def _split_folders(children: list[str]) -> Mapping[str, int]:
    """Return the splits by folder name; empty where the folders are classes."""
    splits = {name: SPLIT_NAMES[name.lower()] for name in children if name.lower() in SPLIT_NAMES}
    if TRAIN not in splits.values() and len(splits) < len(children):
        return {}
    for split, split_name in enumerate(SPLITS):
        names = [name for name, found in splits.items() if found == split]
        if len(names) > 1:
            raise DataError(
                f"two folders are the {split_name} split: {quote_names(names)}",
                hint=f"put all of its images into {names[0]}, or rename the other",
            )
    if splits and TRAIN not in splits.values():
        raise DataError(
            f"there are no images to train on. Received: {quote_names(list(splits))}",
            hint="add a folder train with one folder per class",
        )
    return splits


def _require_images(root: Path, rows: list[ListedImage], skipped: SkippedFiles) -> None:
    if not rows:
        raise DataError(
            f"{printable(str(root))} has no images in class folders{_describe(skipped)}",
            hint=_hint(skipped, _LAYOUT),
        )


def _describe(skipped: SkippedFiles) -> str:
    return f"; skipped: {skipped.describe()}" if len(skipped) else ""


def _hint(skipped: SkippedFiles, usual: str) -> str:
    """Return how to convert images of a format that is not read, where there are any."""
    return next(filter(None, map(conversion_hint, skipped.counts)), usual)


def _check_classes(
    names: list[str],
    by_split: Mapping[int, set[str]],
    empty: Iterable[tuple[int, str]],
    skipped: SkippedFiles,
) -> None:
    without = sorted({name for split, name in empty if name not in by_split.get(split, set())})
    if len(names) < 2:
        raise DataError(
            f"there is only one class: {quote_names(names)}", hint=_hint(skipped, _LAYOUT)
        )
    if len(names) > MAX_CLASSES:
        raise DataError(
            f"{len(names):,} classes are more than {MAX_CLASSES:,}",
            hint="is each image in a folder of its own? put them into one folder per class",
        )
    if without and set(by_split) == {UNASSIGNED}:
        raise DataError(
            f"class folders without images: {quote_names(without)}{_describe(skipped)}",
            hint=_hint(skipped, "add images, or remove these folders"),
        )
    for split, present in sorted(by_split.items()):
        missing = [name for name in names if name not in present]
        if missing and split != UNASSIGNED:
            raise DataError(
                f"the {SPLITS[split]} split has no images of {_describe_missing(missing, present)}",
                hint=_hint(
                    skipped,
                    "every split needs a folder with images for every class, of the same name",
                ),
            )


def _describe_missing(missing: list[str], present: set[str]) -> str:
    """Return the missing class names, with those that differ in case or spaces only."""
    other = {name.casefold().strip(): name for name in present}
    similar = [
        f"{name!r} (it has {other[name.casefold().strip()]!r})"
        for name in missing
        if name.casefold().strip() in other
    ]
    return ", ".join(similar) if similar else quote_names(missing)
