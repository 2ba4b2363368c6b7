"""The image files of a folder as Keras lists them, and batches written as files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from scallion.errors import MissingFileError
from scallion.images.image_utils import array_to_img

_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".tif", ".tiff")


class SavedImages:
    """Writes the images of each batch to a folder, where one is given."""

    def __init__(self, folder: Any, prefix: str, suffix: str) -> None:
        self.folder = None if folder is None else Path(folder)
        self.prefix, self.suffix = prefix, suffix

    def save(self, batch: np.ndarray, indices: np.ndarray) -> None:
        """Write the images of a batch, each with its index in its name."""
        if self.folder is None:
            return
        for image, index in zip(batch, indices, strict=True):
            name = f"{self.prefix}_{index}_{np.random.randint(10_000)}.{self.suffix}"
            array_to_img(image, scale=True).save(self.folder / name)


def image_files(folder: Path, follow_links: bool) -> list[Path]:
    """Return the image files below a folder, in Keras' order."""
    if not folder.is_dir():
        raise MissingFileError(
            f"folder {str(folder)!r} does not exist", hint="one folder per name in `classes`"
        )
    paths = folder.rglob("*") if follow_links else _files_without_links(folder)
    return sorted(filter(is_image_file, paths), key=lambda path: (str(path.parent), path.name))


def _files_without_links(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            yield from _files_without_links(path)
        elif not path.is_dir():
            yield path


def is_image_file(path: Path) -> bool:
    """Return whether a file exists and has the suffix of an image that Keras reads."""
    return path.name.lower().endswith(_SUFFIXES) and path.is_file()
