"""Load the weights and the optimizer's state of a file in Keras' legacy HDF5 format."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scallion.errors import FileError
from scallion.hdf5 import Hdf5File, Hdf5Group
from scallion.layers.base.layer import Layer
from scallion.layers.base.variable import Variable
from scallion.models.files.hdf5_access import MismatchError, group_at, read_array, warn_skipped
from scallion.models.files.legacy_hdf5.weights import legacy_weights, stored_layers
from scallion.models.files.optimizer_state import read_state

if TYPE_CHECKING:
    from scallion.models.model import Model

_OTHER_MODEL = (
    "load the file into the model that it was saved from, or use `by_name=True, skip_mismatch=True`"
)

_SavedLayer = tuple[str, list[str]]  # its name, and the names of its weights


def read_weights(
    file: Hdf5File,
    model: "Model",
    path: Path,
    skip_mismatch: bool = False,
    by_name: bool = False,
) -> None:
    """Load the weights, layer by layer in their order or by name.

    Raises FileError before any is loaded. `skip_mismatch` skips weights of another shape instead,
    and with `by_name` layers with another number of weights.
    """
    wanted, size = 4 * model.count_params(), path.stat().st_size
    if wanted > size and not skip_mismatch and not by_name:
        raise FileError(
            f"the weights of {model.name!r} take {wanted:,} bytes, and {path} has {size:,}",
            hint="the file is damaged or belongs to another model; save it again",
        )
    group = group_at(file, "model_weights") if "model_weights" in file else file
    saved = [(name, _names(group_at(group, name), "weight_names")) for name in
             _names(group, "layer_names")]  # fmt: skip
    match = _by_name if by_name else _in_order
    found: list[tuple[Variable, np.ndarray]] = []
    skipped: dict[str, str] = {}
    for layer, (name, names) in match(saved, model, path):
        weights = legacy_weights(layer)
        if len(weights) != len(names):
            message = (
                f"layer {layer.name!r} has {len(weights)} arrays, and {name!r} in {path} has "
                f"{len(names)}"
            )
            if not (skip_mismatch and by_name):
                raise FileError(message, hint=_OTHER_MODEL)
            skipped[layer.name] = message
            continue
        for weight, inner in zip(weights, names, strict=True):
            try:
                found.append((weight, read_array(group, f"{name}/{inner}", weight.shape)))
            except MismatchError as error:
                if not skip_mismatch:
                    raise
                skipped[layer.name] = error.message
    for weight, array in found:
        weight.assign(array)
    warn_skipped(model.name, skipped)


def _in_order(
    saved: list[_SavedLayer], model: "Model", path: Path
) -> Iterator[tuple[Layer, _SavedLayer]]:
    """Return the model's layers with weights, each with that of the file. Raises FileError."""
    with_weights = [(name, names) for name, names in saved if names]
    layers = [layer for layer in stored_layers(model) if layer.weights]
    if len(with_weights) != len(layers):
        raise FileError(
            f"{model.name!r} has {len(layers)} layers with weights, and {path} has "
            f"{len(with_weights)}",
            hint=_OTHER_MODEL,
        )
    return zip(layers, with_weights, strict=True)


def _by_name(
    saved: list[_SavedLayer], model: "Model", path: Path
) -> Iterator[tuple[Layer, _SavedLayer]]:
    """Yield the layers that both have, with a warning if there are none."""
    layers = {layer.name: layer for layer in stored_layers(model)}
    shared = [(layers[name], (name, names)) for name, names in saved if name in layers]
    if not any(layer.weights for layer, _ in shared):
        known = ", ".join(name for name, names in saved if names) or "none"
        warnings.warn(
            f"no layer of {model.name!r} has the name of a layer with weights in {path} ({known}), "
            "so nothing was loaded",
            stacklevel=5,
        )
    yield from shared


def read_optimizer(file: Hdf5File, model: "Model") -> None:
    """Load the state of the model's optimizer, if the file has one. Raises FileError."""
    if not model.compiled or "optimizer_weights" not in file:
        return
    group = group_at(file, "optimizer_weights")
    names = _names(group, "weight_names")
    if names and str(file.attribute("keras_version")).startswith("2."):
        warnings.warn(
            "the state of an optimizer of Keras 2 is not read, so the optimizer starts anew",
            stacklevel=4,
        )
    elif names:
        read_state(model, len(names), lambda index, shape: read_array(group, names[index], shape))


def _names(group: Hdf5Group, attribute: str) -> list[str]:
    """Return the names in an attribute, or in its numbered parts."""
    known = set(group.attribute_names)
    if attribute in known:
        return _texts(group.attribute(attribute))
    names: list[str] = []
    part = 0
    while f"{attribute}{part}" in known:
        names += _texts(group.attribute(f"{attribute}{part}"))
        part += 1
    return names


def _texts(value: Any) -> list[str]:
    """Return the texts of an attribute; Keras stores an empty list as an array of numbers."""
    if isinstance(value, np.ndarray) or value is None:
        return [str(one) for one in np.ravel(value).tolist()] if value is not None else []
    return [value] if isinstance(value, str) else value
