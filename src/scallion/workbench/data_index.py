"""The data that the page offers, by id: named sets, and image folders below one folder."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scallion import datasets
from scallion.datasets.dataset_location import is_available
from scallion.errors import MissingFileError
from scallion.images.reading.formats import has_image_suffix
from scallion.images.reading.scanning import SPLIT_NAMES

_MAX_DEPTH = 3  # folders below the root
_MAX_FOLDERS = 2_000  # that are looked into
_MAX_FILES = 100_000  # that are counted in a folder
_MAX_CLASSES = 100  # whose counts are sent
_ARRAYS = ".npz"


@dataclass(frozen=True, slots=True)
class DataEntry:
    """Data that can be trained on. `source` is what `scallion train` takes; it is not an id.

    `classes` are names with numbers of images, as far as they are known without reading files.
    """

    id: str
    kind: str
    source: str
    title: str
    images: int | None
    classes: tuple[tuple[str, int | None], ...]
    is_available: bool = True
    hint: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the entry as the page gets it."""
        return {
            "id": self.id,
            "kind": self.kind,
            "name": self.source,
            "title": self.title,
            "images": self.images,
            "class_count": len(self.classes),
            "classes": [list(pair) for pair in self.classes[:_MAX_CLASSES]],
            "available": self.is_available,
            "hint": self.hint,
        }


class DataIndex:
    """Named data sets, and the image folders and `.npz` files below `root`, apart from `excluded`.

    Ids of folders are hashes, and are looked up in a new listing: no request names a path.
    """

    def __init__(self, root: Path, excluded: Path) -> None:
        self._root = root
        self._excluded = excluded.absolute()

    def entries(self) -> list[DataEntry]:
        """Return all data, folders first."""
        return [*self._own(), *map(_named, datasets.names())]

    def find(self, entry: str) -> DataEntry:
        """Return the data with this id. Raises MissingFileError."""
        for known in self.entries():
            if known.id == entry:
                return known
        raise MissingFileError(
            f"there are no data {entry!r:.100} below {self._root}",
            hint="the folder may have been moved; reload the page",
        )

    def _own(self) -> Iterator[DataEntry]:
        """Yield what lies below the root, nearest first."""
        waiting, seen = [(self._root, 0)], 0
        while waiting and seen < _MAX_FOLDERS:
            folder, depth = waiting.pop(0)
            seen += 1
            names, arrays = _look_into(folder)
            for name in arrays:
                yield _array_file(folder / name, self._root)
            children = [folder / name for name in names]
            found = _image_folder(folder, self._root, names)
            if found is not None:
                yield found
            elif depth < _MAX_DEPTH:
                waiting += [(c, depth + 1) for c in children if c.absolute() != self._excluded]


def _named(name: str) -> DataEntry:
    info = datasets.find(name)
    is_here = is_available(name)
    return DataEntry(
        id=f"set-{name}",
        kind="set",
        source=name,
        title=info.title,
        images=sum(info.counts),
        classes=tuple((one, None) for one in info.class_names),
        is_available=is_here,
        hint="" if is_here else f"not on this machine: run `scallion data get {name}` once",
    )


def _image_folder(folder: Path, root: Path, names: list[str]) -> DataEntry | None:
    """Return a folder with one folder per class, perhaps in folders of splits."""
    splits = [name for name in names if name.lower() in SPLIT_NAMES]
    parents = [folder / name for name in splits] if splits else [folder]
    counts: dict[str, int] = {}
    for parent in parents:
        for name in _look_into(parent)[0] if splits else names:
            if count := _count_images(parent / name):
                counts[name] = counts.get(name, 0) + count
    if len(counts) < 2:
        return None
    total = sum(counts.values())
    return DataEntry(
        id=_identify(folder, root),
        kind="folder",
        source=str(folder),
        title=f"{_name(folder, root)}: {len(counts)} classes in folders",
        images=total,
        classes=tuple(sorted(counts.items())),
    )


def _array_file(path: Path, root: Path) -> DataEntry:
    return DataEntry(
        id=_identify(path, root),
        kind="arrays",
        source=str(path),
        title=f"{_name(path, root)}: arrays",
        images=None,
        classes=(),
    )


def _identify(path: Path, root: Path) -> str:
    return "own-" + hashlib.sha256(os.fsencode(path.relative_to(root))).hexdigest()[:16]


def _name(path: Path, root: Path) -> str:
    return path.absolute().name if path == root else str(path.relative_to(root))


def _look_into(folder: Path) -> tuple[list[str], list[str]]:
    """Return the names of the folders and of the array files in a folder; links are left out."""
    folders: list[str] = []
    arrays: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name[:1] == ".":
                    continue
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.name)
                elif entry.name.lower().endswith(_ARRAYS) and entry.is_file(follow_symlinks=False):
                    arrays.append(entry.name)
    except OSError:  # it has vanished, or may not be read: then it is not offered
        return [], []
    return sorted(folders), sorted(arrays)


def _count_images(folder: Path) -> int:
    """Return the number of image files in a folder itself, by their names."""
    try:
        with os.scandir(folder) as entries:
            names = (entry.name for entry, _ in zip(entries, range(_MAX_FILES), strict=False))
            return sum(map(has_image_suffix, names))
    except OSError:
        return 0
