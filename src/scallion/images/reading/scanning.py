"""Finds the pictures below a folder: `class/*.jpg`, or `train|val|test/class/*`.

Links are never followed, so that nothing outside the folder is read and no circle is walked.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scallion.errors import DataError, MissingFileError
from scallion.files import StrPath, file_errors
from scallion.images.reading.decoding import FORMAT_OF_SUFFIX
from scallion.images.reading.listing import (
    SPLITS,
    TEST,
    TRAIN,
    UNASSIGNED,
    VALIDATION,
    ImageListing,
    SkippedFiles,
    list_names,
    normalize_name,
    printable,
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
_NOT_DATA = {"runs", "__macosx", "__pycache__", "@eadir", "lost+found", "$recycle.bin"}
_LITTER = {"thumbs.db", "desktop.ini", "ehthumbs.db"}
MOST_CLASSES = 65_536
_LAYOUT = "put the pictures into one folder a class: FOLDER/cat/1.jpg, FOLDER/dog/1.jpg"


@dataclass(slots=True)
class ListedImage:
    """One picture's row, before labels are numbers."""

    path: str
    kind: str
    split: int
    size: int
    time: int
    group: str | None = None
    weight: float = 1.0


def scan(folder: StrPath) -> ImageListing:
    """All pictures below the folder, with their classes and, where folders say so, their splits.

    Raises MissingFileError, FileError, and DataError where the folders make no data set: fewer than two
    classes, a class that a split lacks, two folders for one split.
    """
    root = resolve_folder(folder)
    skipped_files = SkippedFiles()
    children = list(_folders(root, "", skipped_files, outside=True))
    splits = _split_folders(children)
    rows: list[ListedImage] = []
    empty: list[tuple[int, str]] = []
    for name, split in splits.items() if splits else (("", UNASSIGNED),):
        kinds = _folders(root, name, skipped_files, outside=True) if name else children
        for kind in kinds:
            inner = f"{name}/{kind}" if name else kind
            before = len(rows)
            rows.extend(_pictures(root, inner, normalize_name(kind), split, skipped_files))
            if len(rows) == before:
                empty.append((split, normalize_name(kind)))
    for child in children:
        if splits and child not in splits:
            skipped_files.add("folders beside the splits", child)
    return build_listing(root, rows, skipped_files, empty)


def resolve_folder(folder: StrPath) -> Path:
    """The folder's place, links to it resolved. Raises MissingFileError, FileError."""
    root = Path(folder)
    if not root.exists():
        raise MissingFileError(f"{folder} is not there", hint="check the name and the folder")
    with file_errors(root, "read"):
        root = root.resolve()
        with os.scandir(root):
            return root


def build_listing(
    root: Path,
    rows: list[ListedImage],
    skipped_files: SkippedFiles,
    empty: Iterable[tuple[int, str]] = (),
    *,
    numbers: bool = False,
) -> ImageListing:
    """The rows in the order of their paths, classes numbered in the order of their names.

    With `numbers`, classes that are all numbers are in the order of these.
    """
    _check_some(root, rows, skipped_files)
    by_split: dict[int, set[str]] = {}
    for row in rows:
        by_split.setdefault(row.split, set()).add(row.kind)
    names = sorted({row.kind for row in rows} | {kind for _, kind in empty})
    if numbers and all(name.isdecimal() for name in names):
        names.sort(key=int)
    _check_classes(names, by_split, empty)
    number = {name: place for place, name in enumerate(names)}
    rows.sort(key=lambda row: row.path)
    return ImageListing(
        root=root,
        paths=[row.path for row in rows],
        labels=np.array([number[row.kind] for row in rows], np.int64),
        splits=np.array([row.split for row in rows], np.int8),
        sizes=np.array([row.size for row in rows], np.int64),
        times=np.array([row.time for row in rows], np.int64),
        class_names=tuple(names),
        skipped_files=skipped_files,
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


def _folders(
    root: Path, inside: str, skipped_files: SkippedFiles, *, outside: bool
) -> Iterator[str]:
    """Names of the folders in a folder; what is no folder is counted."""
    for entry in _entries(root, inside):
        reason = _reason_to_pass(entry)
        if reason is None and not entry.is_dir(follow_symlinks=False):
            is_picture = _is_named_as_picture(entry.name)
            reason = "pictures outside a class folder" if is_picture and outside else "other files"
        if reason is None:
            yield entry.name
        else:
            skipped_files.add(reason, f"{inside}/{entry.name}" if inside else entry.name)


def _pictures(
    root: Path, inside: str, kind: str, split: int, skipped_files: SkippedFiles
) -> Iterator[ListedImage]:
    """The pictures in a class folder and in the folders in it."""
    waiting = [inside]
    while waiting:
        here = waiting.pop()
        try:
            entries = _entries(root, here)
        except OSError:
            skipped_files.add("folders that cannot be read", here)
            continue
        for entry in entries:
            path = f"{here}/{entry.name}"
            reason = _reason_to_pass(entry)
            if reason is None and entry.is_dir(follow_symlinks=False):
                waiting.append(path)
            elif reason is None and _is_named_as_picture(entry.name):
                try:
                    status = entry.stat(follow_symlinks=False)
                except OSError:
                    skipped_files.add("files that vanished", path)
                    continue
                yield ListedImage(path, kind, split, status.st_size, status.st_mtime_ns)
            else:
                skipped_files.add(reason or "other files", path)


def _is_named_as_picture(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in FORMAT_OF_SUFFIX  # noqa: PTH122 (ten times as fast)


def _reason_to_pass(entry: os.DirEntry[str]) -> str | None:
    name = entry.name.lower()
    if name.startswith("."):
        return "hidden"
    if name in _LITTER:
        return "of the system"
    if entry.is_symlink():
        return "links"
    if name in _NOT_DATA and entry.is_dir(follow_symlinks=False):
        return "folders that hold no data"
    return None


def _split_folders(children: list[str]) -> Mapping[str, int]:
    """Which folders are splits; none, where the folders are classes."""
    splits = {name: SPLIT_NAMES[name.lower()] for name in children if name.lower() in SPLIT_NAMES}
    if TRAIN not in splits.values() and len(splits) < len(children):
        return {}
    for split, kind in enumerate(SPLITS):
        names = [name for name, found in splits.items() if found == split]
        if len(names) > 1:
            raise DataError(
                f"two folders are the {kind} split: {list_names(names)}",
                hint=f"put all of its pictures into {names[0]}, or rename the other",
            )
    if splits and TRAIN not in splits.values():
        raise DataError(
            f"there are no pictures to train on. Received: {list_names(list(splits))}",
            hint="add a folder train with one folder a class",
        )
    return splits


def _check_some(root: Path, rows: list[ListedImage], skipped_files: SkippedFiles) -> None:
    if not rows:
        aside = f"; passed over: {skipped_files.in_words()}" if len(skipped_files) else ""
        raise DataError(
            f"{printable(str(root))} holds no pictures in class folders{aside}", hint=_LAYOUT
        )


def _check_classes(
    names: list[str], by_split: Mapping[int, set[str]], empty: Iterable[tuple[int, str]]
) -> None:
    nothing = sorted({kind for split, kind in empty if kind not in by_split.get(split, set())})
    if len(names) < 2:
        raise DataError(f"there is only one class: {list_names(names)}", hint=_LAYOUT)
    if len(names) > MOST_CLASSES:
        raise DataError(
            f"{len(names):,} classes are more than {MOST_CLASSES:,}",
            hint="is each picture in a folder of its own? put them into one folder a class",
        )
    if nothing and set(by_split) == {UNASSIGNED}:
        raise DataError(
            f"class folders without pictures: {list_names(nothing)}",
            hint="add pictures, or remove these folders",
        )
    for split, kinds in sorted(by_split.items()):
        missing = [name for name in names if name not in kinds]
        if missing and split != UNASSIGNED:
            raise DataError(
                f"the {SPLITS[split]} split has no pictures of {_missing(missing, kinds)}",
                hint="every split needs a folder with pictures for every class, of the same name",
            )


def _missing(missing: list[str], kinds: set[str]) -> str:
    other = {kind.casefold().strip(): kind for kind in kinds}
    near = [f"{name!r} (it has {other[name.casefold().strip()]!r})" for name in missing
            if name.casefold().strip() in other]  # fmt: skip
    return ", ".join(near) if near else list_names(missing)
