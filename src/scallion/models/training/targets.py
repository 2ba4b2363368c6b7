"""Checks of labels and weights, and their conversion to int64 classes and float32 arrays."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from scallion.errors import ArgumentError, DataError, UnsupportedError
from scallion.graph.graph import names_of
from scallion.layers.base.tensor import Tensor
from scallion.losses import (
    CategoricalCrossentropy,
    CategoricalGeneralizedCrossEntropy,
    Loss,
    SparseCategoricalCrossentropy,
)
from scallion.models.training.inputs import as_array

_LARGEST_WEIGHT = 1e38  # float32 holds it


def per_output(y: Any, outputs: Sequence[Tensor], argument: str = "y") -> list[Any]:
    """Return one entry of `y` per output: itself for one output, else of a list or dict by name."""
    names = names_of(outputs)
    if isinstance(y, Mapping):
        missing = [name for name in names if name not in y]
        if missing:
            raise DataError(
                f"`{argument}` has no entry for the output {missing[0]!r}. Received: {sorted(y)}",
                hint=f"give a dict with the keys {', '.join(names)}",
            )
        return [y[name] for name in names]
    if len(outputs) == 1:
        wrapped = isinstance(y, list | tuple) and len(y) == 1 and np.ndim(y[0]) > 0
        return [y[0] if wrapped else y]
    if not isinstance(y, list | tuple) or len(y) != len(outputs):
        received = f"a list of {len(y)}" if isinstance(y, list | tuple) else type(y).__name__
        raise DataError(
            f"the model has {len(outputs)} outputs: {', '.join(names)}. Received: {received}",
            hint=f"give a list of {len(outputs)} arrays, or a dict by name",
        )
    return list(y)


def as_target(y: Any, tensor: Tensor, loss: Loss) -> np.ndarray:
    """Return targets for one output: int64 class indices, or float32 in the output's shape.

    Raises DataError for labels that do not fit the loss or the output.
    """
    if y is None:
        raise DataError("there are no labels", hint="fit(x, y): y contains one label per image")
    array = as_array(y, "the labels")
    if isinstance(loss, SparseCategoricalCrossentropy):
        return _class_indices(array, tensor, loss.name, loss.ignore_class)
    if isinstance(loss, CategoricalGeneralizedCrossEntropy):
        return _class_indices(array, tensor, loss.name, None)
    if loss.has_derived_gradient:
        target = _finite(array)  # in its original shape, as in Keras
        loss.check_targets(target)
        return target
    is_one_hot = isinstance(loss, CategoricalCrossentropy)
    target = _one_hot(array, tensor) if is_one_hot else _as_output(array, tensor, loss)
    loss.check_targets(target)
    return target


def _class_indices(array: np.ndarray, tensor: Tensor, loss: str, ignored: int | None) -> np.ndarray:
    classes = tensor.image_shape[-1]
    label_shape = tensor.image_shape[:-1]
    labels = array
    if labels.ndim == len(label_shape) + 2 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    if labels.shape[1:] != label_shape or labels.ndim != len(label_shape) + 1:
        hint = "give one class index per image: an array of the shape (n,)"
        if array.shape[1:] == tensor.image_shape:
            hint = 'one-hot labels: compile with loss="categorical_crossentropy", or fit with '
            hint += "y.argmax(axis=-1)"
        raise DataError(
            f"{loss} needs class indices. Received: labels of shape {array.shape}", hint=hint
        )
    integers = _as_integers(labels)
    _check_range(integers, classes, tensor, ignored)
    return integers


def _as_integers(labels: np.ndarray) -> np.ndarray:
    """Return the labels as int64. Raises DataError for one that is not an integer."""
    if labels.dtype.kind != "f":
        return np.ascontiguousarray(labels, np.int64)
    wrong = ~(np.isfinite(labels) & (labels == np.floor(labels)))
    if wrong.any():
        row = int(np.argwhere(wrong)[0][0])
        raise DataError(
            f"label {row} is not an integer. Received: {labels[wrong].flat[0]}",
            hint="class indices are 0, 1, 2 and so on; for continuous values use loss='mse'",
        )
    return np.ascontiguousarray(labels, np.int64)


def _check_range(labels: np.ndarray, classes: int, tensor: Tensor, ignored: int | None) -> None:
    if not labels.size or (labels.min() >= 0 and labels.max() < classes):
        return
    wrong = (labels < 0) | (labels >= classes)
    if ignored is not None:
        wrong &= labels != ignored
    if not wrong.any():
        return
    row = int(np.argwhere(wrong)[0][0])
    lowest, highest = int(labels.min()), int(labels.max())
    if lowest == 1 and highest == classes:
        hint = "these labels count from 1, classes count from 0: y - 1"
    elif lowest >= 0:
        hint = f"give the last layer {highest + 1} units, or remove those images"
    else:
        hint = "classes count from 0: names, y = np.unique(y, return_inverse=True)"
    raise DataError(
        f"label {row} is outside the {classes} classes of the output layer {tensor.name!r}, "
        f"0 to {classes - 1}. Received: {labels[wrong].flat[0]}",
        hint=hint,
    )


def _one_hot(array: np.ndarray, tensor: Tensor) -> np.ndarray:
    shape = tensor.image_shape
    if array.shape[1:] == shape:
        return _finite(array)
    if array.shape[1:] in (shape[:-1], (*shape[:-1], 1)):
        hint = 'class indices: compile with loss="sparse_categorical_crossentropy"'
    else:
        hint = f"give the last layer {array.shape[-1]} units" if array.ndim > 1 else "see np.eye"
    raise DataError(
        f"categorical_crossentropy needs one-hot labels of the shape (n, {shape[-1]}). "
        f"Received: labels of shape {array.shape}",
        hint=hint,
    )


def _as_output(array: np.ndarray, tensor: Tensor, loss: Loss) -> np.ndarray:
    shape = tensor.image_shape
    if array.shape[1:] == shape[:-1] and shape[-1] == 1:
        array = array[..., None]
    elif array.shape[1:] == (*shape, 1):
        array = array[..., 0]
    if array.shape[1:] != shape:
        wanted = ", ".join(["n", *map(str, shape)])
        raise DataError(
            f"{loss.name} needs targets in the shape of the output {tensor.name!r}, ({wanted}). "
            f"Received: targets of shape {array.shape}",
            hint='for class indices compile with loss="sparse_categorical_crossentropy"',
        )
    return _finite(array)


def _finite(array: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):  # to infinity
        target = np.ascontiguousarray(array, np.float32)
    wrong = ~np.isfinite(target)
    if wrong.any():
        row = int(np.argwhere(wrong)[0][0])
        raise _not_finite(f"label {row}", array[wrong].flat[0], "remove such images")
    return target


def as_sample_weights(sample_weight: Any, images: int) -> np.ndarray | None:
    """Return one float32 weight per image from (n,) or (n, 1); None stays None."""
    if sample_weight is None:
        return None
    if isinstance(sample_weight, list | tuple | Mapping) and _holds_arrays(sample_weight):
        raise UnsupportedError(
            "an image has one weight for all outputs. Received: several `sample_weight` arrays",
            hint="give one array of the shape (n,), and weight outputs by loss_weights in compile",
        )
    array = as_array(sample_weight, "`sample_weight`")
    if array.shape == (len(array), 1) if array.ndim else False:
        array = array[:, 0]
    if array.shape != (images,):
        raise DataError(
            f"`sample_weight` needs one weight per image, and there are {images} images. "
            f"Received: shape {array.shape}",
            hint=f"give an array of the shape ({images},)",
        )
    with np.errstate(over="ignore"):  # to infinity
        weights = np.ascontiguousarray(array, np.float32)
    if not np.isfinite(weights).all():
        row = int(np.flatnonzero(~np.isfinite(weights))[0])
        raise _not_finite(f"weight {row}", array[row], "a weight of 0 ignores an image")
    return weights


def _not_finite(what: str, value: Any, hint: str) -> DataError:
    """Return the error for a value that is not finite, or not in float32."""
    if np.isfinite(value):
        return DataError(
            f"{what} is beyond the range of float32. Received: {value:g}",
            hint="divide all by their largest: y / np.abs(y).max()",
        )
    return DataError(f"{what} is NaN or infinite. Received: {value}", hint=hint)


def _holds_arrays(values: Any) -> bool:
    entries = values.values() if isinstance(values, Mapping) else values
    return any(np.ndim(entry) > 0 and np.shape(entry) != (1,) for entry in entries)


def class_to_sample_weights(
    class_weight: Any, targets: Sequence[np.ndarray], outputs: Sequence[Tensor]
) -> np.ndarray:
    """Return one float32 weight per image from a weight per class, 1 for classes not given.

    Raises UnsupportedError for several outputs, ArgumentError unless it is a dict by class index.
    """
    if len(targets) != 1:
        raise UnsupportedError(
            f"`class_weight` is for models with one output. Received: {len(targets)} outputs",
            hint="give one weight per image with sample_weight",
        )
    if not isinstance(class_weight, Mapping) or not all(
        isinstance(label, int | np.integer) for label in class_weight
    ):
        raise ArgumentError(
            f"`class_weight` is a dict from class index to weight. Received: {class_weight!r:.80}",
            hint="class_weight={0: 1.0, 1: 2.5}",
        )
    for label, weight in class_weight.items():
        is_number = isinstance(weight, int | float | np.number)
        if not is_number or not 0 <= weight <= _LARGEST_WEIGHT:
            raise ArgumentError(
                "a class weight is a number from 0, and finite in float32. "
                f"Received: class_weight={{{label!r}: {weight!r}}}",
                hint="class_weight={0: 1.0, 1: 2.5}",
                field="class_weight",
            )
    labels = targets[0]
    if labels.dtype != np.int64:
        if labels.ndim == 1:
            labels = labels[:, None]
        labels = labels.argmax(-1) if labels.shape[-1] > 1 else np.rint(labels[..., 0])
        labels = labels.astype(np.int64)
    table = np.ones(max(int(labels.max(initial=0)) + 1, outputs[0].image_shape[-1]), np.float32)
    for label, weight in class_weight.items():
        if 0 <= label < len(table):
            table[label] = weight
    return table[labels]
