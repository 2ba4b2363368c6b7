"""What a run trains, validates and tests on: a named set, arrays, or pictures of your own."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion import datasets, images
from scallion.datasets import DatasetArrays
from scallion.errors import ArgumentError, DataError
from scallion.findings import Finding
from scallion.images.reading.label_table import TABLE_SUFFIXES
from scallion.mapped_memory import chunk_slices

FRACTION = 0.1
SPLIT_SEED = 0  # not the run's seed: runs on the same data share their validation images

_IMAGE_FILES = (*TABLE_SUFFIXES, ".npy")

Report = Callable[[int, int], None]  # pictures decoded, and all of them


@dataclass(frozen=True, slots=True)
class ImageOptions:
    """How pictures of your own are read; None leaves it to the pictures.

    `size` is pixels or height x width, `fit` crop, pad or stretch; `group` is a pattern whose match
    in a file's name says which pictures stay together in one split.
    """

    size: str | None = None
    fit: Any = None
    group: str | None = None

    def given(self) -> dict[str, Any]:
        """What is not left to the pictures."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, slots=True)
class LabelledImages:
    """One split: images (n, h, w, c) as they lie in memory, labels (n,), and, where they do not all
    count alike, how much each counts (n,)."""

    x: NDArray[Any]
    y: NDArray[Any]
    weights: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.x)

    def fingerprint(self) -> str:
        """The SHA-256 of all pixels and labels, as 64 hexadecimal digits."""
        digest = hashlib.sha256()
        for part in chunk_slices(self.x):
            digest.update(np.ascontiguousarray(self.x[part]).data)
        digest.update(np.ascontiguousarray(self.y, "<i8").data)
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class DataSplits:
    """Three splits that share no image. `sha256` stands for the choice of the validation images."""

    train: LabelledImages
    validation: LabelledImages
    test: LabelledImages
    sha256: str


@dataclass(frozen=True, slots=True)
class RunData:
    """Three splits with their names; `how` says how they were cut, `resize_rule` how pictures were
    made to fit (None where they came as arrays), `notes` what a user should know before training."""

    name: str
    class_names: tuple[str, ...]
    splits: DataSplits
    how: dict[str, Any]
    resize_rule: images.ResizeRule | None = None
    notes: list[Finding] = field(default_factory=list)


def load_data(
    source: str,
    limit: int | None = None,
    image_options: ImageOptions | None = None,
    report: Report | None = None,
) -> RunData:
    """The splits of a named set, of a `.npz` file, or of a folder of pictures.

    Raises UnknownNameError, ArgumentError, MissingFileError, DataError, FileError, DownloadError.
    """
    image_options = image_options or ImageOptions()
    if Path(source).is_dir() or Path(source).suffix.lower() in _IMAGE_FILES:
        return _from_folder(source, limit, image_options, report)
    if image_options.given():
        raise ArgumentError(
            f"size, fit and group are for folders of pictures. Received: {source!r} with "
            f"{image_options.given()}",
            hint="leave them out, or name a folder with one folder of pictures a class",
        )
    arrays = load_arrays(source)
    how = {"fraction": FRACTION, "seed": SPLIT_SEED}
    return RunData(arrays.name, arrays.class_names, split_arrays(arrays, limit), how)


def _from_folder(
    source: str, limit: int | None, image_options: ImageOptions, report: Report | None
) -> RunData:
    found = images.load(
        source,
        size=image_options.size,
        fit=image_options.fit,
        group=image_options.group,
        seed=SPLIT_SEED,
        limit=limit,
        progress=report,
    )
    train, validation, test = (
        LabelledImages(part.x, part.y, part.weights) for part in found.splits
    )
    how = {
        "existing": found.split_summary.existing,
        "created": found.split_summary.created,
        "seed": SPLIT_SEED,
        "group": image_options.group,
        "groups": found.split_summary.groups,
    }
    splits = DataSplits(train, validation, test, found.split_summary.sha256)
    return RunData(
        found.name,
        found.class_names,
        splits,
        how,
        found.resize_rule,
        images.check(found, brief=True),
    )


def balance_classes(part: LabelledImages, classes: int) -> LabelledImages:
    """The same images, each class counting as much as any other, and an image 1 in the mean.

    >>> balance_classes(
    ...     LabelledImages(np.zeros((4, 1)), np.array([0, 0, 0, 1])), 2
    ... ).weights.tolist()
    [0.6666666865348816, 0.6666666865348816, 0.6666666865348816, 2.0]
    """
    counts = np.bincount(part.y, weights=part.weights, minlength=classes)
    factors = counts.sum() / (np.count_nonzero(counts) * np.maximum(counts, 1e-12))
    weights = factors[part.y] * (1.0 if part.weights is None else part.weights)
    return replace(part, weights=weights.astype(np.float32))


def load_arrays(data: str) -> DatasetArrays:
    """The set of this name, or the `.npz` file at this path."""
    if data.lower().endswith(".npz"):
        return datasets.load_npz(data)
    if Path(data).is_file():
        raise ArgumentError(
            f"DATA is the name of a set, a folder of pictures or a .npz file. Received: {data!r}",
            hint="put the pictures into one folder a class, and name the folder around them",
        )
    return datasets.find(data).load()


def split_arrays(arrays: DatasetArrays, limit: int | None = None) -> DataSplits:
    """Three splits: validation is cut from the training images, and so is a missing test split."""
    x, y = arrays.x_train[:limit], arrays.y_train[:limit]
    _enough(y, limit)
    if arrays.x_test is None or arrays.y_test is None:
        # A seed of its own, so that the same images are not drawn twice.
        outer = datasets.split(y, fraction=FRACTION, seed=SPLIT_SEED + 1)
        test = LabelledImages(x[outer.validation], y[outer.validation])
        x, y = x[outer.train], y[outer.train]
    else:
        test = LabelledImages(arrays.x_test, arrays.y_test)
    inner = datasets.split(y, fraction=FRACTION, seed=SPLIT_SEED)
    return DataSplits(
        LabelledImages(x[inner.train], y[inner.train]),
        LabelledImages(x[inner.validation], y[inner.validation]),
        test,
        inner.sha256,
    )


def _enough(labels: NDArray[Any], limit: int | None) -> None:
    """Raise DataError where so few images cannot be cut into what trains and what validates."""
    least = 2 * round(1 / FRACTION)
    if len(labels) < least:
        raise DataError(
            f"{len(labels)} training images are too few to keep a tenth for validation",
            hint=f"limit={least} or more" if limit is not None else f"{least} images or more",
        )


def pixel_scale(images: NDArray[Any]) -> float:
    """What pixels are multiplied by, so that they lie between 0 and 1; 1.0 where they do already.

    >>> pixel_scale(np.array([0, 200], np.uint8)) == 1 / 255, pixel_scale(np.array([0.0, 1.0]))
    (True, 1.0)
    """
    if images.dtype == np.uint8:
        return 1 / 255
    if images.dtype == np.bool_ or not images.size or not float(images.min()) >= 0:
        return 1.0
    top = float(images.max())
    return next((1 / limit for limit in (1, 255, 65535) if top <= limit), 1 / top)
