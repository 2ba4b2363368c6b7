"""Input preparation: arrays checked, and laid out as the core reads them.

The core reads by address, so shapes and types are checked here. Indices of images and class indices
are checked by the core itself, while it reads them.
"""

from collections.abc import Sequence
from typing import Any, TypeGuard

import numpy as np

from scallion.errors import DataError, EngineError
from scallion.layers.base.tensor import Tensor
from scallion.losses import Loss, SparseCategoricalCrossentropy

# The label of predictions that do not count, for the core.
IGNORED = np.iinfo(np.int64).min


def check_indices(indices: Any) -> np.ndarray:
    """Return indices of images as contiguous int64 (n,). Raises EngineError for other values."""
    if not _is_array(indices) or indices.ndim != 1 or indices.dtype.kind not in "iu":
        raise EngineError(
            f"indices must be an integer array (n,). Received: {_described(indices)}",
            hint="np.arange(len(images))",
        )
    return np.ascontiguousarray(indices, np.int64)


def prepare_images(
    inputs: Sequence[Any], indices: np.ndarray, tensors: Sequence[Tensor]
) -> tuple[list[np.ndarray], np.ndarray]:
    """Return arrays that the core can read, and the batch's indices in them.

    These are the given arrays if possible, else the batch's images copied as float32. Raises
    EngineError for a wrong count or shape, DataError for values that are not numeric.
    """
    if len(inputs) != len(tensors):
        raise EngineError(
            f"the network has {len(tensors)} inputs. Received: {len(inputs)} arrays",
            hint="give one array per input",
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
                f"input {tensor.name!r} takes numeric values. Received: {array.dtype}",
                hint="images.astype('float32')",
            )
    if all(_is_readable(array) for array in inputs):
        return list(inputs), indices
    for array, tensor in zip(inputs, tensors, strict=True):
        _check_range(indices, len(array), tensor.name)
    gathered = [np.ascontiguousarray(array[indices], np.float32) for array in inputs]
    return gathered, np.arange(len(indices), dtype=np.int64)


def require_finite(
    inputs: Sequence[np.ndarray], indices: np.ndarray, tensors: Sequence[Tensor]
) -> None:
    """Raise DataError for NaN pixels, and those that are infinite in float32."""
    for array, tensor in zip(inputs, tensors, strict=True):
        for image in indices if array.dtype.kind == "f" else ():
            with np.errstate(over="ignore"):  # to infinity, in float32
                finite = np.isfinite(array[image].astype(np.float32, copy=False))
            if not finite.all():
                raise non_finite_error(array, int(image), tensor)


def non_finite_error(images: np.ndarray, image: int, tensor: Tensor) -> DataError:
    """Return the error for an image with pixels that are not finite in float32."""
    with np.errstate(over="ignore"):
        non_finite = ~np.isfinite(images[image].astype(np.float32))
    received = images[image][non_finite].flat[0]
    if np.isfinite(received):
        return DataError(
            f"input {tensor.name!r}: image {image} has pixels beyond the range of float32. "
            f"Received: {received}",
            hint="bring the pixels to the range 0 to 1 first: x / x.max()",
        )
    return DataError(
        f"input {tensor.name!r}: image {image} has non-finite pixels (NaN or Inf). "
        f"Received: {received}",
        hint="leave such images out, or x = np.nan_to_num(x)",
    )


def _is_readable(array: np.ndarray) -> bool:
    """Return whether the core can read an array: its type and byte order, contiguous images."""
    return (
        array.dtype.isnative
        and (array.dtype.kind in "iub" or array.dtype in (np.float32, np.float64))
        and (array.flags.c_contiguous or (len(array) > 0 and array[0].flags.c_contiguous))
        and array.strides[0] % array.itemsize == 0
    )


def _check_range(indices: np.ndarray, images: int, name: str) -> None:
    wrong = indices[(indices < 0) | (indices >= images)]
    if len(wrong):
        raise EngineError(
            f"input {name!r} has images 0 to {images - 1}. Received: index {wrong[0]}",
            hint="np.arange(len(images))",
        )


def prepare_target(target: Any, tensor: Tensor, loss: Loss, images: int) -> np.ndarray:
    """Return targets as the core reads them: int64 labels (n, ...), or float32 as the output.

    For a derived loss the core reads the gradient, which is 0 until it is computed. Raises
    EngineError for targets that do not fit the output.
    """
    if loss.has_derived_gradient:
        return np.zeros((images, *tensor.image_shape), np.float32)
    if not _is_array(target) or target.dtype.kind not in "iubf":
        raise EngineError(
            f"targets of {tensor.name!r} must be numeric. Received: {_described(target)}",
            hint="np.asarray(targets)",
        )
    sparse = isinstance(loss, SparseCategoricalCrossentropy)
    shape = (images, *(tensor.image_shape[:-1] if sparse else tensor.image_shape))
    if target.shape != shape:
        target = _match_last_axis(target, shape, tensor)
    if not sparse:
        return np.ascontiguousarray(loss.prepare_targets(np.asarray(target, np.float32)))
    labels = np.ascontiguousarray(target, np.int64)
    ignored = loss.ignore_class
    return labels if ignored is None else np.where(labels == ignored, IGNORED, labels)


def _match_last_axis(target: np.ndarray, shape: tuple[int, ...], tensor: Tensor) -> np.ndarray:
    """Add or drop a last axis of length 1."""
    if target.shape == (*shape, 1) or (*target.shape, 1) == shape:
        return target.reshape(shape)
    raise EngineError(
        f"output {tensor.name!r} takes targets of {shape}. Received: {target.shape}",
        hint="give each image one class index, or one value per output",
    )


def prepare_factors(
    losses: Sequence[Loss],
    targets: Sequence[np.ndarray],
    tensors: Sequence[Tensor],
    weights: np.ndarray | None,
    images: int,
) -> list[np.ndarray | None]:
    """Return for each output the factors (n,) of the images' losses; None for 1/n each."""
    if weights is not None and np.shape(weights) != (images,):
        raise EngineError(
            f"there must be one sample weight per image. Received: {_described(weights)}",
            hint=f"an array of the shape ({images},)",
        )
    found: list[np.ndarray | None] = []
    for loss, target, tensor in zip(losses, targets, tensors, strict=True):
        ignores = getattr(loss, "ignore_class", None) is not None
        even = weights is None and loss.reduction == "sum_over_batch_size" and not ignores
        if even or loss.has_derived_gradient:
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
