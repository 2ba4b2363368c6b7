"""Checks of the metadata in a model's file: class names and input of the images.

A file may have been edited or damaged; what is wrong is named before anything is computed.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scallion.errors import FileError

if TYPE_CHECKING:
    from scallion.models.model import Model

_HINT = "restore the file from a copy, or load the network alone: keras.models.load_model"


def check_metadata(metadata: Mapping[str, Any], model: "Model", path: Path) -> None:
    """Raise FileError, which names the entry, unless the metadata belong to this model."""
    names = metadata.get("class_names")
    if not isinstance(names, list) or not names or not all(isinstance(one, str) for one in names):
        raise _error(path, "class_names", "a list of texts", names)
    entry = metadata.get("input")
    if not isinstance(entry, Mapping):
        raise _error(path, "input", "an object", entry)
    shape, limits, dtype = entry.get("shape"), entry.get("range"), entry.get("dtype")
    if not isinstance(shape, list) or not all(type(side) is int for side in shape):
        raise _error(path, "input.shape", "a list of integers", shape)
    if not isinstance(limits, list) or len(limits) != 2 or not all(map(_is_finite, limits)):
        raise _error(path, "input.range", "two finite numbers", limits)
    if not isinstance(dtype, str) or not _is_numeric(dtype):
        raise _error(path, "input.dtype", "a numeric NumPy type", dtype)
    if not isinstance(metadata.get("preprocessing"), Mapping):
        raise _error(path, "preprocessing", "an object", metadata.get("preprocessing"))
    for optional in ("out_of_distribution", "abstention", "data", "versions"):
        if not isinstance(metadata.get(optional, {}), Mapping):
            raise _error(path, optional, "an object", metadata[optional])
    if model.built:
        _check_sizes(names, shape, model, path)


def _check_sizes(names: list[str], shape: list[int], model: "Model", path: Path) -> None:
    wanted, outputs = model.inputs[0].image_shape, model.outputs[0].image_shape
    if len(model.inputs) != 1 or tuple(shape) != wanted:
        raise _error(path, "input.shape", f"the input of the network, {wanted}", shape)
    if len(outputs) != 1 or len(names) != outputs[0]:
        raise _error(path, "class_names", f"one name per output, {outputs}", names)


def _is_finite(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) < 1e30 and math.isfinite(value)


def _is_numeric(name: str) -> bool:
    try:
        return np.dtype(name).kind in "buif"
    except (TypeError, ValueError, SyntaxError):
        return False


def _error(path: Path, entry: str, wanted: str, value: Any) -> FileError:
    return FileError(
        f"{path}: {entry} in scallion.json is not {wanted}. Received: {value!r:.80}",
        hint=_HINT,
        field=entry,
        value=value,
    )
