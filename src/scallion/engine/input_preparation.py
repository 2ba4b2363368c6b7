"""What a step is fed: arrays checked, and laid out as the core reads them.

The core reads by address, so nothing may pass here that has another shape or type than it expects.
The numbers of images and classes it checks itself, where they lie.
"""

from collections.abc import Sequence
from typing import Any, TypeGuard

import numpy as np

from scallion.errors import DataError, EngineError
from scallion.layers.tensor import Tensor
from scallion.losses import Loss, SparseCategoricalCrossentropy

# What the core takes for a label that asks nothing.
IGNORED = np.iinfo(np.int64).min


def check_indices(indices: Any) -> np.ndarray:
    """Which images: int64 (n,), in one piece."""
    if not _is_array(indices) or indices.ndim != 1 or indices.dtype.kind not in "iu":
        raise EngineError(
            f"indices are whole numbers in one row. Received: {_described(indices)}",
            hint="np.arange(len(images))",
        )
    return np.ascontiguousarray(indices, np.int64)


def prepare_images(
    inputs: Sequence[Any], indices: np.ndarray, tensors: Sequence[Tensor]
) -> tuple[list[np.ndarray], np.ndarray]:
    """Arrays that the core can read where they lie, else this batch's images gathered."""
    if len(inputs) != len(tensors):
        raise EngineError(
            f"the network has {len(tensors)} inputs. Received: {len(inputs)} arrays",
            hint="give one array an input",
        )
    for array, tensor in zip(inputs, tensors, strict=True):
        if not _is_array(array) or array.shape[1:] != tensor.image_shape:
            raise EngineError(
                f"input {tensor.name!r} takes images of {tensor.image_shape}. "
                f"Received: {_described(array)}",
                hint=f"an array of the shape (n, {', '.join(map(str, tensor.image_shape))})",
            )
        if array.dtype.kind not in "iubf":
            raise DataError(
                f"input {tensor.name!r} takes numbers. Received: {array.dtype}",
                hint="images.astype('float32')",
            )
    if all(_readable(array) for array in inputs):
        return list(inputs), indices
    for array, tensor in zip(inputs, tensors, strict=True):
        _check_places(indices, len(array), tensor.name)
    gathered = [np.ascontiguousarray(array[indices], np.float32) for array in inputs]
    return gathered, np.arange(len(indices), dtype=np.int64)


def require_finite(
    inputs: Sequence[np.ndarray], indices: np.ndarray, tensors: Sequence[Tensor]
) -> None:
    """Raises DataError for NaN and infinite pixels."""
    for array, tensor in zip(inputs, tensors, strict=True):
        for image in indices if array.dtype.kind == "f" else ():
            if not np.isfinite(array[image]).all():
                raise non_finite_error(array, int(image), tensor)


def non_finite_error(images: np.ndarray, image: int, tensor: Tensor) -> DataError:
    """The error for an image with a pixel that is NaN or infinite, in what it is computed in."""
    with np.errstate(over="ignore"):
        strange = ~np.isfinite(images[image].astype(np.float32))
    received = images[image][strange].flat[0]
    return DataError(
        f"input {tensor.name!r}: image {image} has pixels that are no numbers. "
        f"Received: {received}",
        hint="leave such images out, or x = np.nan_to_num(x)",
    )


def _readable(array: np.ndarray) -> bool:
    """Native byte order, a number type that the core knows, and each image in one piece."""
    return (
        array.dtype.isnative
        and (array.dtype.kind in "iub" or array.dtype in (np.float32, np.float64))
        and (array.flags.c_contiguous or (len(array) > 0 and array[0].flags.c_contiguous))
        and array.strides[0] % array.itemsize == 0
    )


def _check_places(indices: np.ndarray, images: int, name: str) -> None:
    wrong = indices[(indices < 0) | (indices >= images)]
    if len(wrong):
        raise EngineError(
            f"input {name!r} has images 0 to {images - 1}. Received: index {wrong[0]}",
            hint="np.arange(len(images))",
        )


def prepare_target(target: Any, tensor: Tensor, loss: Loss, images: int) -> np.ndarray:
    """Targets as the core reads them: int64 classes, one a prediction, or float32 as the output."""
    if not _is_array(target) or target.dtype.kind not in "iubf":
        raise EngineError(
            f"targets of {tensor.name!r} are numbers. Received: {_described(target)}",
            hint="np.asarray(targets)",
        )
    sparse = isinstance(loss, SparseCategoricalCrossentropy)
    shape = (images, *(tensor.image_shape[:-1] if sparse else tensor.image_shape))
    if target.shape != shape:
        target = _reshaped(target, shape, tensor)
    if not sparse:
        return np.ascontiguousarray(loss.prepare_targets(np.asarray(target, np.float32)))
    labels = np.ascontiguousarray(target, np.int64)
    ignored = loss.ignore_class
    return labels if ignored is None else np.where(labels == ignored, IGNORED, labels)


def _reshaped(target: np.ndarray, shape: tuple[int, ...], tensor: Tensor) -> np.ndarray:
    """A last axis of 1 may be there or not."""
    if target.shape == (*shape, 1) or (*target.shape, 1) == shape:
        return target.reshape(shape)
    raise EngineError(
        f"output {tensor.name!r} takes targets of {shape}. Received: {target.shape}",
        hint="give one class number, or one number an output, for each image",
    )


def prepare_factors(
    losses: Sequence[Loss],
    targets: Sequence[np.ndarray],
    tensors: Sequence[Tensor],
    weights: np.ndarray | None,
    images: int,
) -> list[np.ndarray | None]:
    """What each image's loss counts, or None where each counts one part of all."""
    if weights is not None and np.shape(weights) != (images,):
        raise EngineError(
            f"weights are one number an image. Received: {_described(weights)}",
            hint=f"an array of the shape ({images},)",
        )
    found: list[np.ndarray | None] = []
    for loss, target, tensor in zip(losses, targets, tensors, strict=True):
        ignores = getattr(loss, "ignore_class", None) is not None
        if weights is None and loss.reduction == "sum_over_batch_size" and not ignores:
            found.append(None)
            continue
        like = np.empty((images, *tensor.image_shape), np.float32)
        factors = loss.factors(target, like, weights)
        found.append(np.ascontiguousarray(factors, np.float32))
    return found


def _is_array(value: Any) -> TypeGuard[np.ndarray]:
    return isinstance(value, np.ndarray)


def _described(value: Any) -> str:
    if _is_array(value):
        return f"{value.dtype} {value.shape}"
    return type(value).__name__
