"""Images as they are named on a command line, and the answers as rows."""

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
    """Some prepared images (n, h, w, c) and what each is called."""

    names: list[str]
    images: NDArray[Any]


def read_inputs(places: Sequence[Path], classifier: Classifier) -> Iterator[InputBatch]:
    """The images of files, folders and arrays, prepared for a model, a few at a time.

    Folders are looked through with all that is in them. Raises MissingFileError, FileError, DataError.
    """
    waiting: list[Path] = []
    for place in places:
        if place.suffix.lower() in (".npy", ".npz"):
            yield from _arrays(place, classifier)
            continue
        waiting += _pictures(place)
        while len(waiting) >= BATCH:
            yield _prepared(waiting[:BATCH], classifier)
            waiting = waiting[BATCH:]
    if waiting:
        yield _prepared(waiting, classifier)


def prediction_rows(
    names: Sequence[str], answers: Sequence[Classification]
) -> list[dict[str, Any]]:
    """The answers as plain rows: image, class, probability, the others, whether it is unlike."""
    return [
        {
            "image": name,
            "class": answer.name,
            "probability": answer.probability,
            "unlike_training": answer.unfamiliar,
            "top": [guess._asdict() for guess in answer.top],
        }
        for name, answer in zip(names, answers, strict=True)
    ]


def write_predictions_csv(stream: TextIO, rows: Sequence[dict[str, Any]]) -> None:
    """The rows as CSV, a line an image, with a pair of columns for each of the likeliest."""
    count = max((len(row["top"]) for row in rows), default=0)
    heads = [part for k in range(2, count + 1) for part in (f"class_{k}", f"probability_{k}")]
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["image", "class", "probability", "unlike_training", *heads])
    for row in rows:
        others = [value for guess in row["top"][1:] for value in guess.values()]
        strange = "" if row["unlike_training"] is None else str(row["unlike_training"]).lower()
        writer.writerow([row["image"], row["class"], row["probability"], strange, *others])


def _pictures(place: Path) -> list[Path]:
    if not place.exists():
        raise MissingFileError(f"{place} is not there", hint="check the name and the folder")
    if not place.is_dir():
        return [place]
    with files.file_errors(place, "read"):
        found = sorted(
            path
            for path in place.rglob("*")
            if has_image_suffix(path.name) and not path.name.startswith(".")
        )
    if not found:
        raise DataError(f"{place} holds no pictures", hint="name a folder with .png or .jpg files")
    return found


def _prepared(places: list[Path], classifier: Classifier) -> InputBatch:
    return InputBatch([str(place) for place in places], classifier.prepare(places))


def _arrays(place: Path, classifier: Classifier) -> Iterator[InputBatch]:
    """The images of a `.npy` file, or of the one array of images in a `.npz` file."""
    with files.file_errors(place, "read"):
        try:
            held = np.load(place, allow_pickle=False)
            arrays = dict(held) if isinstance(held, np.lib.npyio.NpzFile) else {"": held}
        except (ValueError, EOFError) as error:
            raise FileError(
                f"{place} holds no arrays: {error}", hint="np.save('images.npy', images)"
            ) from error
    wanted = [name for name in ("x_test", "x", "images", "") if name in arrays]
    if not wanted:
        raise DataError(
            f"{place} holds no images. Received: {', '.join(arrays)}",
            hint="np.savez('images.npz', x=images)",
        )
    images = arrays[wanted[0]]
    single = images.shape == classifier.shape or images.ndim == 2
    given = images[None] if single else images
    for start in range(0, len(given), BATCH):
        part = given[start : start + BATCH]
        names = [f"{place}[{start + number}]" for number in range(len(part))]
        yield InputBatch(names, classifier.prepare(part))
