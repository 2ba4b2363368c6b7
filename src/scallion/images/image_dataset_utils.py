"""`image_dataset_from_directory`: Keras' way from a folder of pictures to batches.

Files, labels, their order and their split are Keras' own for a given seed, so a script keeps the
validation images that it had. Pixels are resized as TensorFlow does it, without antialiasing.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scallion.datasets.pipeline import Dataset
from scallion.errors import ArgumentError, DataError, MissingFileError, UnknownNameError
from scallion.images.image_utils import img_to_array, load_img, middle
from scallion.layers.argument_checks import require_channels_last

FORMATS = (".bmp", ".gif", ".jpeg", ".jpg", ".png")
_COLORS = ("rgb", "rgba", "grayscale")
_LABELS = ("int", "categorical", "binary")
_SUBSETS = ("training", "validation", "both")
_INTERPOLATIONS = ("bilinear", "nearest")


@dataclass(frozen=True, slots=True)
class _Reading:
    """How a file becomes an array."""

    size: tuple[int, int]
    color_mode: str
    interpolation: str
    crop: bool
    pad: bool

    def __call__(self, path: Any) -> np.ndarray:
        """The picture as float32 (height, width, channels), values from 0 to 255."""
        array = img_to_array(load_img(str(path), color_mode=self.color_mode))
        if self.crop:
            left, upper, right, lower = middle(array.shape[0], array.shape[1], *self.size)
            array = array[upper:lower, left:right]
        if not self.pad:
            return resized(array, self.size, self.interpolation)
        return padded(array, self.size, self.interpolation)


def image_dataset_from_directory(
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
    """Batches of the pictures in `directory/CLASS/...`, float32 from 0 to 255, with their labels.

    Two datasets for `subset="both"`, else one; each has `class_names` and `file_paths`. Raises
    MissingFileError without the folder, ArgumentError where arguments do not go together, DataError
    where there is no picture.
    """
    label_mode = None if labels is None else label_mode
    labels = None if label_mode is None else labels
    require_channels_last(data_format)
    _check_names(label_mode, color_mode, format)
    _check_split(validation_split, subset, shuffle, seed)
    reading = _reading(
        image_size, color_mode, interpolation, crop_to_aspect_ratio, pad_to_aspect_ratio
    )
    seed = int(np.random.randint(1_000_000)) if seed is None else seed
    listing = _listed(Path(directory), labels, class_names, follow_links)
    if label_mode == "binary" and len(listing.class_names) != 2:
        raise ArgumentError(
            f'`label_mode="binary"` needs two classes. Received: {listing.class_names}',
            hint='label_mode="int"',
        )
    _say(verbose, listing.in_words(labels is not None))
    if shuffle:
        listing = listing.shuffled(seed)
    made: list[Dataset] = []
    for part in ("training", "validation") if subset == "both" else (subset,):
        chosen = listing.part(part, validation_split)
        if not chosen.paths:
            raise DataError(
                f"no {f'{part} ' if part else ''}pictures in {directory}. Endings that are read: "
                f"{', '.join(FORMATS)}",
                hint="one folder a class, with its pictures in it: directory/cat/1.jpg",
            )
        _say(verbose and part is not None, f"Using {len(chosen.paths)} files for {part}.")
        still = not shuffle or (subset == "both" and part == "validation")
        buffer = 0 if still else 8 * (batch_size or 128)
        made.append(_dataset(chosen, label_mode, reading, batch_size, buffer, seed))
    return made if subset == "both" else made[0]


def _check_names(label_mode: str | None, color_mode: str, container: str) -> None:
    if label_mode is not None and label_mode not in _LABELS:
        raise UnknownNameError("label mode", label_mode, _LABELS)
    if color_mode not in _COLORS:
        raise UnknownNameError("color mode", color_mode, _COLORS)
    if container != "tf":
        raise UnknownNameError("format", container, ("tf",))


def _reading(size: Any, color_mode: str, interpolation: str, crop: bool, pad: bool) -> _Reading:
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
    return _Reading((sides[0], sides[1]), color_mode, str(interpolation).lower(), crop, pad)


@dataclass(frozen=True, slots=True)
class _Listing:
    """Files with the numbers of their classes; without labels all numbers are 0."""

    paths: list[str]
    labels: list[int]
    class_names: list[str]

    def in_words(self, labelled: bool) -> str:
        belonging = f" belonging to {len(self.class_names)} classes" if labelled else ""
        return f"Found {len(self.paths)} files{belonging}."

    def shuffled(self, seed: int) -> "_Listing":
        """In the order that Keras' generator gives for this seed."""
        order = np.arange(len(self.paths))
        np.random.RandomState(seed).shuffle(order)
        return self._at(order)

    def part(self, subset: str | None, share: float | None) -> "_Listing":
        """The last `share` for validation, the others for training; all without a share."""
        if not share:
            return self
        held = int(share * len(self.paths))
        places = np.arange(len(self.paths))
        # Keras cuts off [:-0], which is nothing, where no file is held back.
        return self._at(places[:-held] if subset == "training" else places[-held:])

    def _at(self, places: np.ndarray) -> "_Listing":
        return _Listing(
            [self.paths[place] for place in places],
            [self.labels[place] for place in places],
            self.class_names,
        )


def _check_split(share: float | None, subset: str | None, shuffle: bool, seed: int | None) -> None:
    if share is not None and not 0 < share < 1:
        raise ArgumentError(
            f"`validation_split` is a share between 0 and 1. Received: validation_split={share!r}",
            hint="validation_split=0.2",
        )
    if (share is None) != (subset is None):
        raise ArgumentError(
            "`validation_split` and `subset` go together. "
            f"Received: validation_split={share!r}, subset={subset!r}",
            hint='validation_split=0.2, subset="both", seed=42',
        )
    if subset not in (None, *_SUBSETS):
        raise UnknownNameError("subset", subset, _SUBSETS)
    if share and shuffle and seed is None:
        raise ArgumentError(
            "training and validation images would overlap: they are shuffled without a seed",
            hint="seed=42, the same in both calls, or shuffle=False",
        )


def _listed(
    directory: Path, labels: Any, class_names: Sequence[str] | None, follow_links: bool
) -> _Listing:
    if not directory.is_dir():
        raise MissingFileError(
            f"there is no folder {str(directory)!r}",
            hint="check the path; relative ones start at Path.cwd()",
        )
    if labels != "inferred":
        return _labelled(directory, labels, class_names, follow_links)
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
    numbers: list[int] = []
    for number, folder in enumerate(folders):
        found = list(_pictures(directory / folder, follow_links))
        paths += found
        numbers += [number] * len(found)
    return _Listing(paths, numbers, folders)


def _labelled(
    directory: Path, labels: Any, class_names: Sequence[str] | None, follow_links: bool
) -> _Listing:
    if class_names is not None:
        raise ArgumentError(
            "`class_names` goes with labels that are inferred from folders. "
            f"Received: class_names={list(class_names)}",
            hint='labels="inferred", or leave out class_names',
        )
    paths = list(_pictures(directory, follow_links))
    if labels is None:
        return _Listing(paths, [0] * len(paths), [])
    if not isinstance(labels, list | tuple) or len(labels) != len(paths):
        count = len(labels) if isinstance(labels, list | tuple) else type(labels).__name__
        raise ArgumentError(
            f"`labels` is a list of one whole number a file. Received: {count} for "
            f"{len(paths)} files",
            hint='labels="inferred", where each class has a folder',
        )
    return _Listing(paths, list(labels), [str(label) for label in sorted(set(labels))])


def _pictures(folder: Path, follow_links: bool) -> Iterator[str]:
    for root, _, names in sorted(os.walk(folder, followlinks=follow_links)):
        for name in sorted(names):
            if name.lower().endswith(FORMATS):
                yield os.path.join(root, name)  # noqa: PTH118 (the text that Keras gives)


def _dataset(
    listing: _Listing,
    label_mode: str | None,
    reading: _Reading,
    batch_size: int | None,
    buffer: int,
    seed: int,
) -> Dataset:
    paths = np.array(listing.paths, dtype=object)
    if label_mode is None:
        dataset = Dataset.from_tensor_slices(paths)
    else:
        dataset = Dataset.from_tensor_slices((paths, _encoded(listing, label_mode)))
    if buffer:
        dataset = dataset.shuffle(buffer, seed=seed)
    if label_mode is None:
        dataset = dataset.read_ahead(reading)
    else:
        dataset = dataset.read_ahead(lambda row: (reading(row[0]), row[1]))
    dataset.class_names, dataset.file_paths = listing.class_names, listing.paths
    return dataset if batch_size is None else dataset.batch(batch_size)


def _encoded(listing: _Listing, label_mode: str) -> np.ndarray:
    labels = np.asarray(listing.labels, np.int32)
    if label_mode == "int":
        return labels
    if label_mode == "binary":
        return labels.astype(np.float32)[:, None]
    return np.eye(len(listing.class_names), dtype=np.float32)[labels]


def resized(image: np.ndarray, size: tuple[int, int], interpolation: str) -> np.ndarray:
    """The image (height, width, channels) at another size, as `tf.image.resize` computes it.

    Pixels are sampled at their centres, without antialiasing: float32.
    """
    for axis, target in enumerate(size):
        image = _resampled(image, axis, target, interpolation)
    return image


def _resampled(image: np.ndarray, axis: int, target: int, interpolation: str) -> np.ndarray:
    length = image.shape[axis]
    if length == target:
        return image
    places = (np.arange(target, dtype=np.float32) + 0.5) * np.float32(length / target)
    if interpolation == "nearest":
        return image.take(np.minimum(places.astype(int), length - 1), axis)
    places -= 0.5
    lower = np.floor(places).astype(int)
    shares = (places - lower).astype(np.float32).reshape([-1 if i == axis else 1 for i in range(3)])
    before = image.take(np.clip(lower, 0, length - 1), axis)
    behind = image.take(np.clip(lower + 1, 0, length - 1), axis)
    return before + (behind - before) * shares


def padded(image: np.ndarray, size: tuple[int, int], interpolation: str) -> np.ndarray:
    """The whole image in the middle of the size, black around it, as `tf.image.resize_with_pad`."""
    # In float32, and with the margin from the size before it is cut down, as TensorFlow has it.
    sides, target = np.asarray(image.shape[:2], np.float32), np.asarray(size, np.float32)
    exact = sides / (sides / target).max()
    inner = np.maximum(1, np.floor(exact).astype(int))
    top, left = np.maximum(0, np.floor((target - exact) / 2)).astype(int)
    small = resized(image, (inner[0], inner[1]), interpolation)
    out = np.zeros((*size, image.shape[2]), np.float32)
    out[top : top + inner[0], left : left + inner[1]] = small
    return out


def _say(verbose: bool, text: str) -> None:
    if verbose:
        sys.stdout.write(f"{text}\n")
