"""Loading of a run's data: a named data set, an image folder, a `.npz` file, or data in memory."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from scallion import datasets, files, images
from scallion.applications import image_sizes, model_registry
from scallion.datasets import DatasetArrays
from scallion.errors import ArgumentError, MissingFileError, StateError
from scallion.images import ImageSet
from scallion.images.loading_findings import unused_array_findings
from scallion.images.reading.label_table import TABLE_SUFFIXES
from scallion.images.splitting.splits import FRACTIONS
from scallion.runs.training.data_reference import DataReference, as_dataset_arrays
from scallion.runs.training.settings import AUTO, Settings
from scallion.runs.training.splits import (
    FRACTION,
    SPLIT_SEED,
    DataSplits,
    LabelledImages,
    RunData,
    split_arrays,
)

_IMAGE_FILES = (*TABLE_SUFFIXES, ".npy")

OnImages = Callable[[int, int], None]
"""A function called while images are decoded, with how many are done and how many there are."""


def load_data(
    settings: Settings, on_images: OnImages | None = None, seconds: float | None = None
) -> RunData:
    """Load and split the data of `settings`, whose size may depend on the `seconds` of a budget.

    Raises UnknownNameError, ArgumentError, MissingFileError, DataError, FileError, DownloadError,
    and StateError for a reference to data in memory.
    """
    data = settings.data
    if isinstance(data, DataReference):
        raise StateError(
            f"the run was trained on {data}, which a run folder does not store",
            hint="give the same data again, as in scallion.runs.resume(RUN, data=(x, y))",
        )
    if isinstance(data, str | Path) and names_image_files(data):
        return _load_images(settings, on_images, seconds)
    _refuse_image_options(settings)
    if isinstance(data, ImageSet):
        _refuse_limit(settings)
        return _from_image_set(data, settings.group)
    arrays = load_arrays(data) if isinstance(data, str | Path) else as_dataset_arrays(data)
    given = {"validation": arrays.x_val, "test": arrays.x_test}
    existing = [name for name, images_of_split in given.items() if images_of_split is not None]
    created = [name for name in given if name not in existing]
    return RunData(
        arrays.name,
        arrays.class_names,
        split_arrays(arrays, settings.limit),
        {"existing": existing, "created": created, "fraction": FRACTION, "seed": SPLIT_SEED},
        findings=unused_array_findings(arrays.unused, created),
    )


def load_arrays(data: str | Path) -> DatasetArrays:
    """Return the data set of this name, or the `.npz` file at this path."""
    if str(data).lower().endswith(".npz"):
        return datasets.load_npz(data)
    if Path(data).is_file():
        raise ArgumentError(
            f"DATA is the name of a data set, an image folder or a .npz file. Received: {data!r}",
            hint="put the images into one folder per class, and name the folder that holds them",
        )
    return datasets.find(str(data)).load()


def require_data(data: Any) -> None:
    """Raise UnknownNameError or MissingFileError for a name or path without data; reads nothing."""
    if not isinstance(data, str | Path) or Path(data).exists():
        return
    if Path(data).suffix:
        raise MissingFileError(f"{data} does not exist", hint=files.missing_file_hint(data))
    datasets.find(str(data))


def names_image_files(data: str | Path) -> bool:
    """Return whether this is the path of image files: of a folder, a label table or `.npy`."""
    return Path(data).is_dir() or Path(data).suffix.lower() in _IMAGE_FILES


def _load_images(settings: Settings, on_images: OnImages | None, seconds: float | None) -> RunData:
    size: Any = settings.size
    if size is None and is_pretrained(settings):
        size = partial(chosen_size, training_share=FRACTIONS[0], seconds=seconds)
    found = images.load(
        str(settings.data),
        size=size,
        fit=settings.fit,  # type: ignore[arg-type]  # images.load checks it
        group=settings.group,
        seed=SPLIT_SEED,
        limit=settings.limit,
        progress=on_images,
    )
    return _from_image_set(found, settings.group)


def chosen_size(total: int, training_share: float, seconds: float | None) -> int:
    """Return the size in pixels for a pretrained network, by the time if there is a budget."""
    if seconds is None:
        return image_sizes.size_for_count(total)
    return image_sizes.size_for_time(total, round(training_share * total), seconds)


def is_pretrained(settings: Settings) -> bool:
    """Return whether the model of these settings starts with pretrained weights."""
    return settings.model != AUTO and model_registry.find(settings.model).recipe.starts_frozen


def _from_image_set(found: ImageSet, group: str | None) -> RunData:
    train, validation, test = (
        LabelledImages(part.x, part.y, part.weights) for part in found.splits
    )
    info: dict[str, Any] = {
        "existing": found.split_summary.existing,
        "created": found.split_summary.created,
        "seed": SPLIT_SEED,
        "group": group,
        "groups": found.split_summary.groups,
    }
    return RunData(
        found.name,
        found.class_names,
        DataSplits(train, validation, test, found.split_summary.sha256),
        info,
        found.resize_rule,
        images.check(found, brief=True),
    )


def _refuse_image_options(settings: Settings) -> None:
    given = {
        name: getattr(settings, name)
        for name in ("size", "fit", "group")
        if getattr(settings, name) is not None and not (name == "size" and is_pretrained(settings))
    }
    if given:
        raise ArgumentError(
            f"size, fit and group are for image folders. Received: {_shown(settings)} with {given}",
            hint="leave them out, or name a folder with one folder of images per class",
        )


def _refuse_limit(settings: Settings) -> None:
    if settings.limit is not None:
        raise ArgumentError(
            f"limit cannot shorten an image set. Received: limit={settings.limit}",
            hint=f"scallion.images.load(FOLDER, limit={settings.limit})",
        )


def _shown(settings: Settings) -> str:
    data = settings.data
    return repr(data) if isinstance(data, str) else type(data).__name__
