"""Checks of the images that a model is given, before the first step; arrays are not copied."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from scallion.engine.input_preparation import non_finite_error
from scallion.errors import DataError, UnsupportedError
from scallion.graph.graph import names_of
from scallion.layers.base.tensor import Tensor
from scallion.mapped_memory import PageReleaser

# Elements checked for finiteness at a time: the boolean result stays in the L2 cache.
_CHUNK = 1 << 18


def as_inputs(x: Any, inputs: Sequence[Tensor], *, finite: bool = True) -> tuple[np.ndarray, ...]:
    """Return one numeric array (n, ...) per input of the model, as it is in memory.

    A missing or extra last axis of size 1 is added or removed, as Keras does. Raises DataError for
    no images, shapes that do not fit, different numbers of images, and NaN or infinite pixels.
    Without `finite` pixels are not checked: the engine does it while it predicts.
    """
    given = _per_input(x, inputs)
    arrays = tuple(
        _match_rank(as_array(value, f"input {tensor.name!r}"), tensor)
        for value, tensor in zip(given, inputs, strict=True)
    )
    counts = {len(array) for array in arrays}
    if len(counts) > 1:
        sizes = ", ".join(
            f"{tensor.name}: {len(array)}" for tensor, array in zip(inputs, arrays, strict=True)
        )
        raise DataError(
            f"the inputs have different numbers of images. Received: {sizes}",
            hint="give each input one entry per image",
        )
    for array, tensor in zip(arrays, inputs, strict=True):
        if finite:
            _check_finite(array, tensor)
    return arrays


def as_array(value: Any, what: str) -> np.ndarray:
    """Return a numeric array from an array, a DataFrame, a tensor or nested lists.

    `what` names the array in messages. Raises UnsupportedError for generators and data sets,
    DataError for anything that is not numeric.
    """
    if not isinstance(value, np.ndarray):
        _refuse_streams(value)
        try:
            value = np.asarray(value)
        except ValueError:
            raise DataError(
                f"{what}: the entries of the list differ in shape",
                hint="bring all images to one size first, then np.stack(images)",
            ) from None
    if np.ma.is_masked(value):
        raise DataError(
            f"{what}: {np.ma.count_masked(value):,} values of the masked array are masked, and "
            "the network cannot see that",
            hint="x = x.filled(0), or leave such images out",
        )
    if value.dtype == object:
        value = _from_objects(value, what)
    if value.dtype.kind not in "buif":
        raise DataError(
            f"{what}: the array must be numeric. Received: {value.dtype}",
            hint="for class names: names, y = np.unique(y, return_inverse=True)",
        )
    return value


def _refuse_streams(value: Any) -> None:
    if value is None or isinstance(value, str | bytes | Mapping):
        raise DataError(
            f"a numeric array is needed. Received: {value!r:.60}",
            hint="give a NumPy array with one entry per image",
        )
    if isinstance(value, list | tuple) or hasattr(value, "__array__") or np.isscalar(value):
        return
    raise UnsupportedError(
        f"images and labels must be arrays. Received: {type(value).__name__}",
        hint="concatenate the batches first: x, y = map(np.concatenate, zip(*batches))",
    )


def _from_objects(value: np.ndarray, what: str) -> np.ndarray:
    try:
        return np.stack([np.asarray(entry, np.float32) for entry in value])
    except (ValueError, TypeError):
        raise DataError(
            f"{what}: the array contains objects that are not numbers of one shape",
            hint="bring all images to one size first, then np.stack(images)",
        ) from None


def _per_input(x: Any, inputs: Sequence[Tensor]) -> list[Any]:
    names = names_of(inputs)
    if isinstance(x, Mapping):
        missing = [name for name in names if name not in x]
        if missing:
            raise DataError(
                f"the input {missing[0]!r} is missing. Received: {sorted(x)}",
                hint=f"give a dict with the keys {', '.join(names)}",
            )
        return [x[name] for name in names]
    if len(inputs) > 1:
        if not isinstance(x, list | tuple) or len(x) != len(inputs):
            received = f"a list of {len(x)}" if isinstance(x, list | tuple) else type(x).__name__
            raise DataError(
                f"the model has {len(inputs)} inputs: {', '.join(names)}. Received: {received}",
                hint=f"give a list of {len(inputs)} arrays, or a dict by name",
            )
        return list(x)
    if isinstance(x, list | tuple) and len(x) == 1 and hasattr(x[0], "__array__"):
        rank = np.ndim(x[0])
        if rank >= inputs[0].ndim or (rank == inputs[0].ndim - 1 and _is_greyscale(inputs[0])):
            return [x[0]]
    return [x]


def _is_greyscale(tensor: Tensor) -> bool:
    return tensor.image_shape[-1] == 1


def _match_rank(array: np.ndarray, tensor: Tensor) -> np.ndarray:
    """Return the array with the rank of the input. Raises DataError, with an edit that helps."""
    wanted = tensor.image_shape
    fitted = array
    if array.ndim == tensor.ndim - 1 and _is_greyscale(tensor) and array.shape != wanted:
        fitted = array[..., None]
    elif array.ndim == tensor.ndim + 1 and array.shape[-1] == 1:
        fitted = array[..., 0]
    if array.ndim and len(array) == 0:
        raise DataError(
            f"input {tensor.name!r}: there are no images. Received: shape {array.shape}",
            hint="check the selection, or the folder of the images",
        )
    if fitted.shape[1:] != wanted or fitted.ndim != tensor.ndim:
        shape = ", ".join(["n", *map(str, wanted)])
        raise DataError(
            f"input {tensor.name!r} takes images of the shape ({shape}). "
            f"Received: shape {array.shape}",
            hint=_reshape_hint(array.shape, wanted),
        )
    return fitted


def _reshape_hint(shape: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    """Return an edit that gives an array of the wrong shape the right one."""
    if shape == wanted or (wanted[-1:] == (1,) and shape == wanted[:-1]):
        return "a single image needs a batch axis: x[None]"
    image = shape[1:]
    if len(wanted) == 1 and int(np.prod(image)) == wanted[0]:
        return "flatten each image: x.reshape(len(x), -1)"
    if len(wanted) == 3:
        if image == (wanted[2], *wanted[:2]):
            return "move the channels to the last axis: x.transpose(0, 2, 3, 1)"
        if wanted[2] > 1 and image in (wanted[:2], (*wanted[:2], 1)):
            return f"repeat the grey channel: np.repeat(x.reshape(-1, {wanted[0]}, {wanted[1]}, 1), {wanted[2]}, axis=-1)"  # noqa: E501
        if image == (*wanted[:2], 4) and wanted[2] == 3:
            return "remove the alpha channel: x[..., :3]"
        if image == (*wanted[:2], 3) and wanted[2] == 1:
            return "convert the images to greyscale: x.mean(axis=-1, keepdims=True)"
        if image == wanted[:1] + wanted[2:] or int(np.prod(image)) == int(np.prod(wanted)):
            return f"x.reshape(-1, {wanted[0]}, {wanted[1]}, {wanted[2]})"
    if len(image) == len(wanted):
        return f"resize the images, or start the network with Input({image})"
    return f"give an array of {len(wanted) + 1} axes, with one image per entry of the first"


def _check_finite(array: np.ndarray, tensor: Tensor) -> None:
    if array.dtype.kind != "f":
        return
    rows = max(1, _CHUNK // max(1, array[0].size))
    releaser = PageReleaser(array)
    for start in range(0, len(array), rows):
        releaser.count_read(rows)
        chunk = array[start : start + rows]
        with np.errstate(over="ignore"):  # to infinity, in float32
            finite = np.isfinite(chunk.astype(np.float32, copy=False))
        if finite.all():
            continue
        row = int(np.flatnonzero(~finite.reshape(len(chunk), -1).all(axis=1))[0])
        raise non_finite_error(array, start + row, tensor)
