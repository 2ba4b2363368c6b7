"""Find a named data set on this machine: in the package, in a cache, or not at all."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Literal

from scallion import files
from scallion.datasets import dataset_registry
from scallion.errors import FileError

Place = Literal["bundled", "cache", "keras"]


@dataclass(frozen=True, slots=True)
class DatasetLocation:
    """The place of a data set, None if it must be downloaded, and its size in bytes.

    `path` exists; whether the files in it are complete shows when they are loaded.
    """

    name: str
    place: Place | None
    path: Path | None
    size: int


def locate_dataset(name: str) -> DatasetLocation:
    """Find a named data set on this machine. Raises UnknownNameError."""
    info = dataset_registry.find(name)
    if info.bundled:
        folder = Path(__file__).parent / "data" / info.name
        return DatasetLocation(info.name, "bundled" if folder.is_dir() else None, folder, info.size)
    try:
        for place, path in _candidates(info.name):
            if path.exists():
                return DatasetLocation(info.name, place, path, info.size)
    except FileError:
        pass  # there is no home folder, so there are no caches
    return DatasetLocation(info.name, None, None, info.size)


def is_available(name: str) -> bool:
    """Return whether a data set, or a `.npz` file, is on this machine. Raises UnknownNameError."""
    if name.lower().endswith(".npz"):
        return Path(name).is_file()
    return locate_dataset(name).place is not None


def _candidates(name: str) -> Iterator[tuple[Place, Path]]:
    source = import_module(f"scallion.datasets.{name.replace('-', '_')}").SOURCE
    yield "cache", files.cache_dir() / "datasets" / source.archive
    keras = files.expand_home(os.environ.get("KERAS_HOME") or "~/.keras") / "datasets"
    for entry in (*source.keras_archives(), *source.keras_folders()):
        yield "keras", keras / entry
