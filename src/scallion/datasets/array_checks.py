"""Checks of images and labels in arrays, from a file or from memory."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion.datasets.dataset_arrays import DatasetArrays, with_channels
from scallion.errors import DataError

TRAIN = ("x_train", "y_train")
TEST = ("x_test", "y_test")
CLASS_NAMES = "class_names"
_MAX_CLASSES = 65_536


def as_dataset(arrays: Mapping[str, NDArray[Any]], name: str) -> DatasetArrays:
    """Return `x_train y_train [x_test y_test] [class_names]`, or `x y`, as a data set.

    Raises DataError for arrays that are not images (n, h, w) or (n, h, w, c) with labels (n,).
    """
    x_key, y_key = TRAIN if TRAIN[0] in arrays else ("x", "y")
    x_train, y_train = check_images(arrays[x_key], x_key), check_labels(arrays[y_key], y_key)
    check_same_length(x_train, y_train, x_key, y_key)
    x_test = y_test = None
    if TEST[0] in arrays:
        x_test = check_images(arrays["x_test"], "x_test")
        y_test = check_labels(arrays["y_test"], "y_test")
        check_same_length(x_test, y_test, *TEST)
        if x_test.shape[1:] != x_train.shape[1:]:
            raise DataError(
                f"training images are {x_train.shape[1:]}, test images are {x_test.shape[1:]}",
                hint="resize both to the same size first",
            )
    classes = 1 + max(int(y.max()) for y in (y_train, y_test) if y is not None)
    names = check_class_names(arrays.get(CLASS_NAMES), classes)
    return DatasetArrays(x_train, y_train, x_test, y_test, names, name)


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
    if images.ndim == 4 and images.shape[1] in (1, 3) and images.shape[3] > 4:
        raise DataError(
            f"{key} has its channels first. Received: shape {images.shape}",
            hint=f"{key}.transpose(0, 2, 3, 1)",
        )
    return with_channels(images)


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
    if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < _MAX_CLASSES:
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
    return tuple(str(name) for name in given)


def check_same_length(images: NDArray[Any], labels: NDArray[Any], x_key: str, y_key: str) -> None:
    """Raise DataError unless there is one label per image."""
    if len(images) != len(labels):
        raise DataError(
            f"{x_key} has {len(images)} images, {y_key} has {len(labels)} labels",
            hint="give one label per image, in the same order",
        )
