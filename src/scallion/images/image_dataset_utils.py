"""Keras' `image_dataset_from_directory`: batches of images from a folder.

For a given seed, files, labels, their order and their split are those of Keras, so a script keeps
its validation images. Pixels are resized as TensorFlow does it, without antialiasing.
"""

import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from scallion.datasets.pipeline import Dataset
from scallion.errors import ArgumentError, DataError, MissingFileError, UnknownNameError
from scallion.images.image_utils import centre_box, convert_mode, img_to_array, open_image
from scallion.images.reading.formats import KERAS_SUFFIXES
from scallion.images.reading.high_depth import ValueRange
from scallion.images.tensorflow_resize import resize, resize_with_pad
from scallion.images.value_range import find_value_range
from scallion.layers.base.argument_checks import require_channels_last

_COLORS = ("rgb", "rgba", "grayscale")
_LABELS = ("int", "categorical", "binary")
_SUBSETS = ("training", "validation", "both")
_INTERPOLATIONS = ("bilinear", "nearest")


def image_dataset_from_directory(  # over 60 lines: Keras has 18 arguments
    directory: str | os.PathLike[str],
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    color_mode: str = "rgb",
    batch_size: int | None = 32,
    image_size: int | Sequence[int] = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    data_format: str | None = None,
    format: str = "tf",  # noqa: A002 (Keras' word)
    verbose: bool = True,
) -> Any:
    """Return batches of the images in `directory/CLASS/...`, float32 from 0 to 255, with labels.

    Images with 16 bits per pixel are scaled by one range for the whole folder, that of the camera:
    0 to 4095 where no value is larger.

    Returns two datasets for `subset="both"`, else one; each has `class_names` and `file_paths`.
    Raises MissingFileError without the folder, ArgumentError for arguments that contradict each
    other, DataError where there are no images.
    """
    label_mode = None if labels is None else label_mode
    labels = None if label_mode is None else labels
    require_channels_last(data_format)
    _check_names(label_mode, color_mode, format)
    _check_split(validation_split, subset, shuffle, seed)
    load = _loader(image_size, color_mode, interpolation, crop_to_aspect_ratio, pad_to_aspect_ratio)
    seed = int(np.random.randint(1_000_000)) if seed is None else seed
    listing = _list_directory(Path(directory), labels, class_names, follow_links)
    if label_mode == "binary" and len(listing.class_names) != 2:
        raise ArgumentError(
            f'`label_mode="binary"` needs two classes. Received: {listing.class_names}',
            hint='label_mode="int"',
        )
    _print(verbose, listing.describe(labels is not None))
    load = replace(load, value_range=_LazyRange(listing.paths))
    if validation_split and listing.paths:
        _check_held_out(listing, validation_split)
    if shuffle:
        listing = listing.shuffle(seed)
    elif validation_split and labels == "inferred":
        _warn_of_class_order(listing, validation_split)
    found: list[Dataset] = []
    for part in ("training", "validation") if subset == "both" else (subset,):
        chosen = listing.select(part, validation_split)
        if not chosen.paths:
            raise DataError(
                f"no {f'{part} ' if part else ''}images in {directory}. Suffixes that are read: "
                f"{', '.join(KERAS_SUFFIXES)}",
                hint="one folder per class, with its images in it: directory/cat/1.jpg",
            )
        _print(verbose and part is not None, f"Using {len(chosen.paths)} files for {part}.")
        in_order = not shuffle or (subset == "both" and part == "validation")
        buffer = 0 if in_order else 8 * (batch_size or 128)
        found.append(_dataset(chosen, label_mode, load, batch_size, buffer, seed))
    return found if subset == "both" else found[0]


@dataclass(frozen=True, slots=True)
class _Loader:
    """Loads a file as float32 (height, width, channels), values from 0 to 255."""

    size: tuple[int, int]
    color_mode: str
    interpolation: str
    crop: bool
    pad: bool
    value_range: Callable[[], ValueRange] | None = None  # of high-depth images

    def __call__(self, path: Any) -> np.ndarray:
        image = convert_mode(open_image(str(path)), self.color_mode, self.value_range)
        array = img_to_array(image)
        if self.crop:
            left, upper, right, lower = centre_box(array.shape[0], array.shape[1], *self.size)
            array = array[upper:lower, left:right]
        if not self.pad:
            return resize(array, self.size, self.interpolation)
        return resize_with_pad(array, self.size, self.interpolation)


class _LazyRange:
    """The value range of a folder's high-depth images, found when the first one is read.

    All files count, so that training and validation images are scaled alike.
    """

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = paths
        self._lock = threading.Lock()
        self._found: ValueRange | None = None

    def __call__(self) -> ValueRange:
        with self._lock:
            if self._found is None:
                self._found = find_value_range(self._paths)
            return self._found


def _check_names(label_mode: str | None, color_mode: str, container: str) -> None:
    if label_mode is not None and label_mode not in _LABELS:
        raise UnknownNameError("label mode", label_mode, _LABELS)
    if color_mode not in _COLORS:
        raise UnknownNameError("color mode", color_mode, _COLORS)
    if container != "tf":
        raise UnknownNameError("format", container, ("tf",))


def _loader(size: Any, color_mode: str, interpolation: str, crop: bool, pad: bool) -> _Loader:
    sides = (size, size) if isinstance(size, int) else tuple(size)
    if len(sides) != 2 or not all(isinstance(s, int | np.integer) and s > 0 for s in sides):
        raise ArgumentError(
            f"`image_size` is (height, width). Received: image_size={size!r}",
            hint="image_size=(64, 64)",
        )
    if str(interpolation).lower() not in _INTERPOLATIONS:
        raise UnknownNameError("interpolation", interpolation, _INTERPOLATIONS)
    if crop and pad:
        raise ArgumentError(
            "`crop_to_aspect_ratio` and `pad_to_aspect_ratio` cannot both be True",
            hint="choose one",
        )
    return _Loader((sides[0], sides[1]), color_mode, str(interpolation).lower(), crop, pad)


@dataclass(frozen=True, slots=True)
class _DirectoryListing:
    """Files with their class indices, which are all 0 without labels."""

    paths: list[str]
    labels: list[int]
    class_names: list[str]

    def describe(self, labelled: bool) -> str:
        """Return Keras' sentence about what was found."""
        belonging = f" belonging to {len(self.class_names)} classes" if labelled else ""
        return f"Found {len(self.paths)} files{belonging}."

    def shuffle(self, seed: int) -> "_DirectoryListing":
        """Shuffle as Keras' generator does for this seed."""
        order = np.arange(len(self.paths))
        np.random.RandomState(seed).shuffle(order)
        return self._take(order)

    def select(self, subset: str | None, fraction: float | None) -> "_DirectoryListing":
        """Return the last `fraction` for validation, the others for training; all without it."""
        if not fraction:
            return self
        first = len(self.paths) - int(fraction * len(self.paths))
        positions = np.arange(len(self.paths))
        return self._take(positions[:first] if subset == "training" else positions[first:])

    def _take(self, positions: np.ndarray) -> "_DirectoryListing":
        return _DirectoryListing(
            [self.paths[position] for position in positions],
            [self.labels[position] for position in positions],
            self.class_names,
        )


def _check_split(
    fraction: float | None, subset: str | None, shuffle: bool, seed: int | None
) -> None:
    is_number = isinstance(fraction, int | float | np.number)
    if fraction is not None and not (is_number and 0 < fraction < 1):
        raise ArgumentError(
            "`validation_split` is a fraction between 0 and 1. "
            f"Received: validation_split={fraction!r}",
            hint="validation_split=0.2",
        )
    if (fraction is None) != (subset is None):
        raise ArgumentError(
            "`validation_split` and `subset` go together. "
            f"Received: validation_split={fraction!r}, subset={subset!r}",
            hint='validation_split=0.2, subset="both", seed=42',
        )
    if subset not in (None, *_SUBSETS):
        raise UnknownNameError("subset", subset, _SUBSETS)
    if fraction and shuffle and seed is None:
        raise ArgumentError(
            "training and validation images would overlap: they are shuffled without a seed",
            hint="seed=42, the same in both calls, or shuffle=False",
        )


def _check_held_out(listing: _DirectoryListing, fraction: float) -> None:
    """Raise DataError where a split would leave no file for validation."""
    if not listing.select("validation", fraction).paths:
        raise DataError(
            f"{len(listing.paths)} files cannot be split: none would be left for validation. "
            f"Received: validation_split={fraction!r}",
            hint="validation_split=0.5, or more files" if len(listing.paths) > 1 else "more files",
        )


def _warn_of_class_order(listing: _DirectoryListing, fraction: float) -> None:
    """Warn where the last files are for validation, and thus only the last classes."""
    held_out = sorted(set(listing.select("validation", fraction).labels))
    if len(held_out) < len(set(listing.labels)):
        names = ", ".join(repr(listing.class_names[label]) for label in held_out[:5])
        warnings.warn(
            "shuffle=False takes the last files for validation, and files are in the order of "
            f"their classes: the validation images are all of {names}. Use shuffle=True, seed=42",
            stacklevel=3,
        )


def _list_directory(
    directory: Path, labels: Any, class_names: Sequence[str] | None, follow_links: bool
) -> _DirectoryListing:
    if not directory.is_dir():
        raise MissingFileError(
            f"folder {str(directory)!r} does not exist",
            hint="check the path; relative ones start at Path.cwd()",
        )
    if labels != "inferred":
        return _list_with_labels(directory, labels, class_names, follow_links)
    folders = sorted(
        entry.name for entry in directory.iterdir() if entry.is_dir() and entry.name[0] != "."
    )
    if class_names is not None:
        if not set(class_names) <= set(folders):
            raise ArgumentError(
                f"`class_names` are names of folders in {directory}. "
                f"Received: {list(class_names)}; there are {folders}",
                hint="leave out class_names",
            )
        folders = list(class_names)
    paths: list[str] = []
    indices: list[int] = []
    for index, folder in enumerate(folders):
        found = list(_image_paths(directory / folder, follow_links))
        paths += found
        indices += [index] * len(found)
    return _DirectoryListing(paths, indices, folders)


def _list_with_labels(
    directory: Path, labels: Any, class_names: Sequence[str] | None, follow_links: bool
) -> _DirectoryListing:
    if class_names is not None:
        raise ArgumentError(
            "`class_names` goes with labels that are inferred from folders. "
            f"Received: class_names={list(class_names)}",
            hint='labels="inferred", or leave out class_names',
        )
    paths = list(_image_paths(directory, follow_links))
    if labels is None:
        return _DirectoryListing(paths, [0] * len(paths), [])
    if not isinstance(labels, list | tuple) or len(labels) != len(paths):
        count = len(labels) if isinstance(labels, list | tuple) else type(labels).__name__
        raise ArgumentError(
            f"`labels` is a list of one integer per file. Received: {count} for {len(paths)} files",
            hint='labels="inferred", where each class has a folder',
        )
    return _DirectoryListing(paths, list(labels), [str(label) for label in sorted(set(labels))])


def _image_paths(folder: Path, follow_links: bool) -> Iterator[str]:
    for root, _, names in sorted(os.walk(folder, followlinks=follow_links)):
        for name in sorted(names):
            if name.lower().endswith(KERAS_SUFFIXES):
                yield os.path.join(root, name)  # noqa: PTH118 (the text that Keras gives)


def _dataset(
    listing: _DirectoryListing,
    label_mode: str | None,
    load: _Loader,
    batch_size: int | None,
    buffer: int,
    seed: int,
) -> Dataset:
    paths = listing.paths
    if label_mode is None:
        dataset = Dataset.from_tensor_slices(paths)
    else:
        dataset = Dataset.from_tensor_slices((paths, _encode_labels(listing, label_mode)))
    if buffer:
        dataset = dataset.shuffle(buffer, seed=seed)
    if label_mode is None:
        dataset = dataset.parallel_map(lambda path: load(os.fsdecode(path)))
    else:
        dataset = dataset.parallel_map(lambda row: (load(os.fsdecode(row[0])), row[1]))
    dataset.class_names, dataset.file_paths = listing.class_names, listing.paths
    return dataset if batch_size is None else dataset.batch(batch_size)


def _encode_labels(listing: _DirectoryListing, label_mode: str) -> np.ndarray:
    labels = np.asarray(listing.labels, np.int32)
    if label_mode == "int":
        return labels
    if label_mode == "binary":
        return labels.astype(np.float32)[:, None]
    return np.eye(len(listing.class_names), dtype=np.float32)[labels]


def _print(verbose: bool, text: str) -> None:
    if verbose:
        sys.stdout.write(f"{text}\n")
