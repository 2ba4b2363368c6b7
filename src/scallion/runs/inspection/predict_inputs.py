"""Inputs of `scallion predict`, from files, folders and arrays, and its predictions as rows."""

import csv
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from scallion import files
from scallion.datasets.formats.array_archive import ArrayHeader, open_npy, open_npz, require_memory
from scallion.datasets.split_names import image_names
from scallion.errors import DataError, FileError, MissingFileError
from scallion.images.reading.decoding import MAX_PIXELS, describe_error
from scallion.images.reading.formats import conversion_hint, has_image_suffix, unread_format
from scallion.images.reading.formats import describe_unread as describe_format
from scallion.runs.inspection.classifier import BATCH, Classification, Classifier

_BATCH_BYTES = 1 << 26  # of arrays that are read at a time


@dataclass(frozen=True, slots=True, eq=False)
class InputBatch:
    """Some preprocessed images (n, h, w, c) with their names."""

    names: list[str]
    images: NDArray[Any]


@dataclass(frozen=True, slots=True)
class UnreadableInput:
    """A file that cannot be classified, and the reason."""

    path: str
    reason: str

    def as_dict(self) -> dict[str, str]:
        """Return what `--json` prints."""
        return {"image": self.path, "reason": self.reason}


OnUnreadable = Callable[[UnreadableInput], None]


def read_inputs(
    paths: Sequence[Path], classifier: Classifier, on_unreadable: OnUnreadable | None = None
) -> Iterator[InputBatch]:
    """Yield the images of files, folders and arrays in batches, preprocessed for a model.

    Folders are searched with all their subfolders. Files that cannot be read are given to
    `on_unreadable`; without it, the first one raises FileError. Raises MissingFileError, FileError,
    DataError.
    """
    waiting: list[Path] = []
    for path in paths:
        if path.suffix.lower() in (".npy", ".npz"):
            yield from _array_batches(path, classifier)
            continue
        waiting += _image_files(path, on_unreadable)
        while len(waiting) >= BATCH:
            yield from _batches(waiting[:BATCH], classifier, on_unreadable)
            waiting = waiting[BATCH:]
    yield from _batches(waiting, classifier, on_unreadable)


def prediction_rows(
    names: Sequence[str], predictions: Sequence[Classification]
) -> list[dict[str, Any]]:
    """Return one row per image: its name, class, probability, and the other probable classes."""
    return [
        {
            "image": name,
            "class": prediction.name,
            "probability": prediction.probability,
            "out_of_distribution": prediction.is_out_of_distribution,
            "not_sure": prediction.is_not_sure,
            "top": [entry._asdict() for entry in prediction.top],
        }
        for name, prediction in zip(names, predictions, strict=True)
    ]


class PredictionsCsv:
    """Writes rows as CSV, one line per image, with two columns for each of `count` classes but one.

    Each call of `write` is on the stream when it returns, so that a reader need not wait for all.
    """

    def __init__(self, stream: TextIO, count: int) -> None:
        self._stream = stream
        self._writer = csv.writer(stream, lineterminator="\n")
        more = [part for k in range(2, count + 1) for part in (f"class_{k}", f"probability_{k}")]
        heads = ["image", "class", "probability", "out_of_distribution", "not_sure", *more]
        self._writer.writerow(heads)

    def write(self, rows: Sequence[dict[str, Any]]) -> None:
        """Write some rows."""
        for row in rows:
            others = [value for entry in row["top"][1:] for value in entry.values()]
            remarks = [
                "" if row[name] is None else str(row[name]).lower()
                for name in ("out_of_distribution", "not_sure")
            ]
            line = [row["image"], row["class"], row["probability"], *remarks, *others]
            self._writer.writerow(line)
        self._stream.flush()


def _image_files(path: Path, on_unreadable: OnUnreadable | None) -> list[Path]:
    """Return the image file itself, or all image files of a folder, sorted.

    Files of image formats that are not read are reported; without any other image, they raise.
    """
    if not path.exists():
        raise MissingFileError(f"{path} does not exist", hint="check the name and the folder")
    if not path.is_dir():
        return [path]
    with files.file_errors(path, "read"):
        found = sorted(
            file for file in path.rglob("*") if not file.name.startswith(".") and not file.is_dir()
        )
    images = [file for file in found if has_image_suffix(file.name)]
    unread = [(file, name) for file in found if (name := unread_format(file.name)) is not None]
    if not images:
        what = "" if not unread else f" that can be read; it has {len(unread):,} {unread[0][1]}"
        hint = conversion_hint(describe_format(unread[0][1])) if unread else None
        raise DataError(
            f"{path} holds no images{what}",
            hint=hint or "name a folder with .png or .jpg files",
        )
    for file, name in unread if on_unreadable is not None else ():
        hint = conversion_hint(describe_format(name))
        reason = f"{name} images are not read: {hint}"
        on_unreadable(UnreadableInput(str(file), reason))  # type: ignore[misc]
    return images


def _batches(
    paths: list[Path], classifier: Classifier, on_unreadable: OnUnreadable | None
) -> Iterator[InputBatch]:
    """Yield one batch of the files that can be read, none without any."""
    names: list[str] = []
    prepared: list[NDArray[Any]] = []
    for path in paths:
        try:
            prepared.append(classifier.prepare([path])[0])
            names.append(str(path))
        except FileError as error:
            if on_unreadable is None:
                raise
            on_unreadable(UnreadableInput(str(path), describe_error(error)))
    if names:
        yield InputBatch(names, np.stack(prepared))


def _array_batches(path: Path, classifier: Classifier) -> Iterator[InputBatch]:
    """Yield the images of a `.npy` file, or of the array of images in a `.npz` file."""
    start = 0
    for part in _read_images(path, classifier.shape):
        names = [f"{path}[{start + number}]" for number in range(len(part))]
        start += len(part)
        yield InputBatch(names, classifier.prepare(part))


def _read_images(path: Path, shape: tuple[int, ...]) -> Iterator[NDArray[Any]]:
    """Yield the images in an array file, some at a time."""
    if path.suffix.lower() == ".npy":
        array = open_npy(path)
        is_single = _check_images(array.dtype, array.shape, str(path), shape)
        array = array[None] if is_single else array
        rows = _rows_at_a_time(array[0].nbytes)
        for start in range(0, len(array), rows):
            yield np.asarray(array[start : start + rows])
        return
    with open_npz(path) as archive:
        name = _images_in(archive.names, path)
        header: ArrayHeader = archive.header(name)
        is_single = _check_images(header.dtype, header.shape, f"{name} in {path}", shape)
        row_bytes = header.bytes if is_single else header.bytes // header.shape[0]
        require_memory(2 * row_bytes, path)
        if is_single:
            yield archive.read(name)[None]
        else:
            yield from archive.read_rows(name, _rows_at_a_time(row_bytes))


def _images_in(names: list[str], path: Path) -> str:
    found = image_names(names) or (names if len(names) == 1 else [])
    if not found:
        raise DataError(
            f"{path} holds no images. Received: {', '.join(names) or 'nothing'}",
            hint="np.savez('images.npz', x=images)",
        )
    return found[0]


def _check_images(
    dtype: np.dtype[Any], found: tuple[int, ...], what: str, shape: tuple[int, ...]
) -> bool:
    """Return whether an array is a single image. Raises DataError for other arrays."""
    has_channels = len(found) == 3 and found[2] in (1, 3, 4) and found[1:] != shape[:2]
    is_single = found == shape or len(found) == 2 or has_channels
    image = found if is_single else found[1:]
    is_image = len(image) in (2, 3) and dtype.kind in "buif" and 0 not in found
    if not is_image or (len(image) == 3 and image != shape and image[2] not in (1, 3, 4)):
        channels = f"{found}" if found else "a single value"
        raise DataError(
            f"{what} does not hold images for this model, which takes {shape}. "
            f"Received: {dtype} {channels}",
            hint="save images as (n, height, width, channels): x.transpose(0, 2, 3, 1) if the "
            "channels come first",
        )
    pixels = math.prod(image[:2])
    if pixels > MAX_PIXELS:
        raise DataError(
            f"{what} has images of {pixels:,} pixels, more than {MAX_PIXELS:,}",
            hint="resize them first",
        )
    return is_single


def _rows_at_a_time(row_bytes: int) -> int:
    return min(BATCH, max(1, _BATCH_BYTES // max(1, row_bytes)))
