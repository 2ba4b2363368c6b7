"""Copies of images in one folder per predicted class: `scallion predict --copy-to`."""

import filecmp
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from scallion import files
from scallion.errors import ArgumentError

# What one of Linux, macOS and Windows refuses in the name of a folder, and what hides one.
_FORBIDDEN = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_LONGEST = 100  # characters of a folder's name


class SortedCopies:
    """Copies image files to FOLDER/CLASS/NAME. Existing files are kept as they are.

    Raises ArgumentError for inputs that are not image files, and for a folder within an input.
    """

    def __init__(
        self, folder: Path, class_names: Sequence[str], inputs: Sequence[Path] = ()
    ) -> None:
        for path in inputs:
            if path.suffix.lower() in (".npy", ".npz"):
                raise ArgumentError(
                    f"only image files can be copied. Received: {path}",
                    hint="leave out --copy-to, or give image files",
                )
            if path.is_dir() and folder.resolve().is_relative_to(path.resolve()):
                raise ArgumentError(
                    f"copies in {folder} would be images of {path} themselves",
                    hint=f"--copy-to {folder.name}-sorted, outside of {path}",
                )
        self.folder = folder
        self._folders = dict(zip(class_names, folder_names(class_names), strict=True))

    def add(self, image: Path, class_name: str) -> Path:
        """Copy an image, complete or not at all, and return the copy. Raises FileError.

        An equal file of this name is not copied again; beside another, the copy gets a number.
        """
        folder = files.make_folder(self.folder / self._folders[class_name])
        target, number = folder / image.name, 1
        with files.file_errors(image, "read"):
            while target.exists():
                if filecmp.cmp(image, target, shallow=False):
                    return target
                number += 1
                target = folder / f"{image.stem}-{number}{image.suffix}"
        with (
            files.file_errors(image, "read"),
            image.open("rb") as source,
            files.atomic_write(target) as copy,
        ):
            shutil.copyfileobj(source, copy)
        return target


def folder_names(class_names: Sequence[str]) -> list[str]:
    """Return a folder name per class, all different on every file system.

    >>> folder_names(["T-shirt/top", "..", "T-shirt:top", "aux"])
    ['T-shirt_top', 'class', 'T-shirt_top-2', 'aux_']
    """
    names: list[str] = []
    taken: set[str] = set()
    for class_name in class_names:
        plain = _FORBIDDEN.sub("_", class_name)[:_LONGEST].strip(" .") or "class"
        plain = f"{plain}_" if _RESERVED.fullmatch(plain) else plain
        name, number = plain, 1
        while name.casefold() in taken:
            number += 1
            name = f"{plain}-{number}"
        taken.add(name.casefold())
        names.append(name)
    return names
