"""Checks of images and labels in arrays, from a file or from memory."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion.datasets.dataset_arrays import DatasetArrays, with_channels
from scallion.datasets.split_names import CLASS_NAMES, FoundSplits, find_splits
from scallion.errors import DataError
from scallion.pixel_ranges import PixelRange, find_mismatch

MAX_CLASSES = 65_536
"""The limit for labels and class folders: more of them are a mistake, such as an identifier."""
_CHUNK = 1 << 20  # values that are checked at a time
_LARGEST = float(np.finfo(np.float32).max)


def as_dataset(
    arrays: Mapping[str, NDArray[Any]], name: str, splits: FoundSplits | None = None
) -> DatasetArrays:
    """Return arrays of images and labels as a data set; `find_splits` says what they are called.

    Raises DataError for arrays that are not images (n, h, w) or (n, h, w, c) with labels (n,).
    """
    splits = find_splits(arrays, name) if splits is None else splits
    checked: dict[str, tuple[NDArray[Any], NDArray[np.integer]]] = {}
    for split, (x_key, y_key) in splits.pairs.items():
        x, y = check_images(arrays[x_key], x_key), check_labels(arrays[y_key], y_key)
        check_same_length(x, y, x_key, y_key)
        checked[split] = x, y
    shape = checked["train"][0].shape[1:]
    trained = PixelRange.of(checked["train"][0])
    for split, (x, _) in checked.items():
        if x.shape[1:] != shape:
            raise DataError(
                f"training images are {shape}, {split} images are {x.shape[1:]}",
                hint="resize both to the same size first",
            )
        mismatch = find_mismatch(x, trained)
        if mismatch is not None and split != "train":
            key = splits.pairs[split][0]
            raise DataError(
                f"{key} has pixels {mismatch.received}, and the training images have pixels "
                f"{trained.describe()}",
                hint=f"save {key} as the training images: {mismatch.edit}",
            )
    classes = 1 + max(int(y.max()) for _, y in checked.values())
    names = check_class_names(arrays.get(CLASS_NAMES), classes)
    nothing = (None, None)
    return DatasetArrays(
        *checked["train"],
        *checked.get("test", nothing),
        names,
        name,
        *checked.get("validation", nothing),
        splits.unused,
    )


def check_images(images: NDArray[Any], key: str) -> NDArray[Any]:
    """Return images as (n, height, width, channels). Raises DataError."""
    if images.dtype.kind not in "buif":
        raise DataError(
            f"{key} must be numeric. Received: dtype {images.dtype}",
            hint="use pixels of dtype uint8",
        )
    if images.ndim not in (3, 4):
        raise DataError(
            f"{key} must be (n, height, width) or (n, height, width, channels). "
            f"Received: shape {images.shape}",
            hint=f"reshape it: {key}.reshape(-1, height, width, channels)",
        )
    if 0 in images.shape:
        raise DataError(
            f"{key} contains no images. Received: shape {images.shape}", hint="give some"
        )
    if is_channels_first(images.shape):
        raise DataError(
            f"{key} has its channels first. Received: shape {images.shape}",
            hint=f"{key}.transpose(0, 2, 3, 1)",
        )
    if images.dtype.kind == "f":
        _check_finite(images, key)
    return with_channels(images)


def is_channels_first(shape: tuple[int, ...]) -> bool:
    """Return whether images of a shape (n, c, h, w) have 1 to 4 channels before their pixels.

    >>> is_channels_first((9, 3, 32, 32)), is_channels_first((9, 32, 32, 3))
    (True, False)
    """
    if len(shape) != 4 or shape[3] <= 4:
        return False
    return shape[1] in (1, 3) or (shape[1] in (2, 4) and shape[2] == shape[3])


def _check_finite(images: NDArray[Any], key: str) -> None:
    """Raise DataError for pixels that are NaN, infinite, or too large for float32."""
    rows = max(1, _CHUNK // max(1, images[0].size))
    for start in range(0, len(images), rows):
        part = images[start : start + rows]
        fits = np.isfinite(part)
        if images.dtype.itemsize > 4:
            fits &= np.abs(part) <= _LARGEST
        if fits.all():
            continue
        row = int(np.flatnonzero(~fits.reshape(len(fits), -1).all(axis=1))[0])
        found = images[start + row][~fits[row]].ravel()[0]
        raise DataError(
            f"{key} has pixels that are not finite float32 numbers: the first is in image "
            f"{start + row}. Received: {found}",
            hint=f"find them: np.argwhere(~np.isfinite({key}.astype('float32')))",
        )


def check_labels(labels: NDArray[Any], key: str) -> NDArray[np.integer[Any]]:
    """Return labels (n,) or (n, 1) as integers (n,). Raises DataError."""
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise DataError(
            f"{key} must be (n,) or (n, 1). Received: shape {labels.shape}",
            hint=f"for one-hot labels, {key}.argmax(axis=1)",
        )
    if labels.dtype.kind == "f" and np.isfinite(labels).all() and (labels % 1 == 0).all():
        labels = labels.astype(np.int64)
    if labels.dtype.kind not in "bui":
        raise DataError(
            f"{key} must be integers. Received: dtype {labels.dtype}",
            hint=f"names, {key} = np.unique({key}, return_inverse=True)",
        )
    labels = labels.astype(np.int64) if labels.dtype.kind == "b" else labels
    if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < MAX_CLASSES:
        raise DataError(
            f"{key} must contain class indices from 0. "
            f"Received: labels from {labels.min()} to {labels.max()}",
            hint=f"_, {key} = np.unique({key}, return_inverse=True)",
        )
    return labels


def check_class_names(given: NDArray[Any] | None, classes: int) -> tuple[str, ...]:
    """Return the class names; "0", "1", "2" if none are given. Raises DataError."""
    if given is None:
        return tuple(str(label) for label in range(classes))
    if given.ndim != 1 or given.dtype.kind != "U" or len(given) < classes:
        raise DataError(
            f"{CLASS_NAMES} needs one text for each of {classes} classes. "
            f"Received: shape {given.shape}, dtype {given.dtype}",
            hint=f"{CLASS_NAMES}=np.array(['cat', 'dog'])",
        )
    names = tuple(str(name) for name in given)
    same = next((name for name in names if names.count(name) > 1 or not name.strip()), None)
    if same is not None:
        problem = f"names several classes {same!r}" if same.strip() else "has an empty name"
        raise DataError(
            f"{CLASS_NAMES} {problem}. Received: {', '.join(map(repr, names[:10]))}",
            hint="give each class a name of its own, or leave out " + CLASS_NAMES,
        )
    return names


def check_same_length(images: NDArray[Any], labels: NDArray[Any], x_key: str, y_key: str) -> None:
    """Raise DataError unless there is one label per image."""
    if len(images) != len(labels):
        raise DataError(
            f"{x_key} has {len(images)} images, {y_key} has {len(labels)} labels",
            hint="give one label per image, in the same order",
        )
