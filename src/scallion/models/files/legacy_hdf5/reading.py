"""Read Keras' legacy HDF5 format, of Keras 3 and Scallion.

The file is not trusted: only JSON and arrays of expected shapes are read from it.
"""

import json
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scallion.errors import FileError, ScallionError
from scallion.layers.base.variable import Variable
from scallion.models.files.hdf5_access import plain_group, read_array, read_attribute
from scallion.models.files.legacy_hdf5.weights import legacy_weights, stored_layers
from scallion.models.files.legacy_hdf5.writing import SCALLION_ATTRIBUTE
from scallion.models.files.optimizer_state import read_state

if TYPE_CHECKING:
    import h5py

    from scallion.models.model import Model

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_SAVE_AGAIN = "save the model again with model.save(...)"
_MAX_JSON_BYTES = 64 * 2**20


def is_hdf5(path: Path) -> bool:
    """Return whether the file begins as HDF5 files do; False for one that cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(len(_SIGNATURE)) == _SIGNATURE
    except OSError:
        return False


@contextmanager
def open_file(path: Path) -> "Iterator[h5py.File]":
    """Open an HDF5 file for reading. Raises FileError, which names the file, for a damaged one."""
    import h5py  # here, so that `import scallion.models` stays fast

    try:
        with path.open("rb") as source, h5py.File(source, "r") as file:
            yield file
    except ScallionError:
        raise
    except (
        OSError, KeyError, IndexError, RuntimeError, ValueError, TypeError, AttributeError,
        OverflowError, MemoryError,
    ) as error:  # fmt: skip
        raise FileError(f"{path} is damaged: {error}", hint=_SAVE_AGAIN) from error


def has_legacy_weights(file: "h5py.File") -> bool:
    """Return whether the file has weights in the layout of the legacy format."""
    return "model_weights" in file or any(key.startswith("layer_names") for key in file.attrs)


def read_config(file: "h5py.File", path: Path) -> Mapping[str, Any]:
    """Return the model's legacy config. Raises FileError if the file contains only weights."""
    if "model_config" not in file.attrs:
        raise FileError(
            f"{path} contains weights, but no layers",
            hint=f"build the model, then model.load_weights({str(path)!r})",
        )
    return read_json(file, "model_config", path) or {}


def read_json(file: "h5py.File", attribute: str, path: Path) -> Any:
    """Return a JSON attribute, or None if there is none. Raises FileError for invalid JSON."""
    text = read_attribute(file, attribute)
    if text is None:
        return None
    if not isinstance(text, str | bytes) or len(text) > _MAX_JSON_BYTES:
        raise FileError(f"{path}: the attribute {attribute} is not JSON", hint=_SAVE_AGAIN)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FileError(
            f"{path}: the attribute {attribute} is not valid JSON: {error}", hint=_SAVE_AGAIN
        ) from error


def read_weights(file: "h5py.File", model: "Model", path: Path) -> None:
    """Load the weights, layer by layer in their order. Raises FileError before any is loaded."""
    wanted, size = 4 * model.count_params(), path.stat().st_size
    if wanted > size:
        raise FileError(
            f"the weights of {model.name!r} take {wanted:,} bytes, and {path} has {size:,}",
            hint="the file is damaged or belongs to another model; save it again",
        )
    group = plain_group(file, "model_weights") if "model_weights" in file else file
    saved = [
        (name, names)
        for name in _names(group, "layer_names")
        if (names := _names(plain_group(group, name), "weight_names"))
    ]
    layers = [layer for layer in stored_layers(model) if layer.weights]
    if len(saved) != len(layers):
        raise FileError(
            f"{model.name!r} has {len(layers)} layers with weights, and {path} has {len(saved)}",
            hint="load the file into the model that it was saved from",
        )
    found: list[tuple[Variable, np.ndarray]] = []
    for layer, (name, names) in zip(layers, saved, strict=True):
        weights = legacy_weights(layer)
        if len(weights) != len(names):
            raise FileError(
                f"layer {layer.name!r} has {len(weights)} arrays, and {name!r} in {path} has "
                f"{len(names)}",
                hint="load the file into the model that it was saved from",
            )
        for weight, inner in zip(weights, names, strict=True):
            found.append((weight, read_array(group, f"{name}/{inner}", weight.shape)))
    for weight, array in found:
        weight.assign(array)


def read_optimizer(file: "h5py.File", model: "Model") -> None:
    """Load the state of the model's optimizer, if the file has one. Raises FileError."""
    if not model.compiled or "optimizer_weights" not in file:
        return
    group = plain_group(file, "optimizer_weights")
    names = _names(group, "weight_names")
    if names and _text(read_attribute(file, "keras_version")).startswith("2."):
        warnings.warn(
            "the state of an optimizer of Keras 2 is not read, so the optimizer starts anew",
            stacklevel=4,
        )
    elif names:
        read_state(model, len(names), lambda index, shape: read_array(group, names[index], shape))


def _names(group: "h5py.Group", attribute: str) -> list[str]:
    """Return the names in an attribute, or in its numbered parts."""
    if attribute in group.attrs:
        return _texts(read_attribute(group, attribute))
    names: list[str] = []
    part = 0
    while f"{attribute}{part}" in group.attrs:
        names += _texts(read_attribute(group, f"{attribute}{part}"))
        part += 1
    return names


def _texts(values: Any) -> list[str]:
    return [_text(value) for value in np.asarray(values).ravel().tolist()]


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


__all__ = [
    "SCALLION_ATTRIBUTE",
    "has_legacy_weights",
    "is_hdf5",
    "open_file",
    "read_config",
    "read_json",
    "read_optimizer",
    "read_weights",
]
