"""Inputs of `scallion predict`, from files, folders and arrays, and its predictions as rows."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from scallion import files
from scallion.errors import DataError, FileError, MissingFileError
from scallion.images.reading.formats import has_image_suffix
from scallion.runs.inspection.classifier import BATCH, Classification, Classifier


@dataclass(frozen=True, slots=True, eq=False)
class InputBatch:
    """Some preprocessed images (n, h, w, c) with their names."""

    names: list[str]
    images: NDArray[Any]


def read_inputs(paths: Sequence[Path], classifier: Classifier) -> Iterator[InputBatch]:
    """Yield the images of files, folders and arrays in batches, preprocessed for a model.

    Folders are searched with all their subfolders. Raises MissingFileError, FileError, DataError.
    """
    waiting: list[Path] = []
    for path in paths:
        if path.suffix.lower() in (".npy", ".npz"):
            yield from _array_batches(path, classifier)
            continue
        waiting += _image_files(path)
        while len(waiting) >= BATCH:
            yield _batch(waiting[:BATCH], classifier)
            waiting = waiting[BATCH:]
    if waiting:
        yield _batch(waiting, classifier)


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
            "top": [entry._asdict() for entry in prediction.top],
        }
        for name, prediction in zip(names, predictions, strict=True)
    ]


def write_predictions_csv(stream: TextIO, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows as CSV, one line per image, with two columns for each other probable class."""
    count = max((len(row["top"]) for row in rows), default=0)
    more = [part for k in range(2, count + 1) for part in (f"class_{k}", f"probability_{k}")]
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["image", "class", "probability", "out_of_distribution", *more])
    for row in rows:
        others = [value for entry in row["top"][1:] for value in entry.values()]
        outlier = row["out_of_distribution"]
        shown = "" if outlier is None else str(outlier).lower()
        writer.writerow([row["image"], row["class"], row["probability"], shown, *others])


def _image_files(path: Path) -> list[Path]:
    """Return the image file itself, or all image files of a folder, sorted."""
    if not path.exists():
        raise MissingFileError(f"{path} does not exist", hint=files.missing_file_hint(path))
    if not path.is_dir():
        return [path]
    with files.file_errors(path, "read"):
        found = sorted(
            file
            for file in path.rglob("*")
            if has_image_suffix(file.name) and not file.name.startswith(".")
        )
    if not found:
        raise DataError(f"{path} holds no images", hint="name a folder with .png or .jpg files")
    return found


def _batch(paths: list[Path], classifier: Classifier) -> InputBatch:
    return InputBatch([str(path) for path in paths], classifier.prepare(paths))


def _array_batches(path: Path, classifier: Classifier) -> Iterator[InputBatch]:
    """Yield the images of a `.npy` file, or of the array of images in a `.npz` file."""
    images = _read_images(path)
    is_single = images.shape == classifier.shape or images.ndim == 2
    images = images[None] if is_single else images
    for start in range(0, len(images), BATCH):
        part = images[start : start + BATCH]
        names = [f"{path}[{start + number}]" for number in range(len(part))]
        yield InputBatch(names, classifier.prepare(part))


def _read_images(path: Path) -> NDArray[Any]:
    with files.file_errors(path, "read"):
        try:
            content = np.load(path, allow_pickle=False)
            arrays = dict(content) if isinstance(content, np.lib.npyio.NpzFile) else {"": content}
        except (ValueError, EOFError) as error:
            raise FileError(
                f"{path} holds no arrays: {error}", hint="np.save('images.npy', images)"
            ) from error
    found = [name for name in ("x_test", "x", "images", "") if name in arrays]
    if not found:
        raise DataError(
            f"{path} holds no images. Received: {', '.join(arrays)}",
            hint="np.savez('images.npz', x=images)",
        )
    return arrays[found[0]]
