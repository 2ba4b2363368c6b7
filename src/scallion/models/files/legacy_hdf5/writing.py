"""Write Keras' legacy HDF5 format, as Keras 3 does."""

import io
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from scallion.models.files.compile_serialization import compile_to_config
from scallion.models.files.config_writer import to_config
from scallion.models.files.legacy_hdf5.config import compile_to_legacy, to_legacy
from scallion.models.files.legacy_hdf5.weights import (
    legacy_weights,
    stored_layers,
    unique,
    weight_paths,
)
from scallion.models.files.optimizer_state import state_arrays, state_names

if TYPE_CHECKING:
    import h5py

    from scallion.models.model import Model

SCALLION_ATTRIBUTE = "scallion"
"""The content of `scallion.json`; Keras ignores it."""

# HDF5 stores longer attributes elsewhere, where Keras does not look; it splits them, too.
_MAX_ATTRIBUTE_BYTES = 64512


def write(model: "Model", scallion_json: str, keras_version: str, has_optimizer: bool) -> bytes:
    """Return an HDF5 file of the model's layers, weights and compile arguments."""
    import h5py  # here, so that `import scallion.models` stays fast

    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        file.attrs["keras_version"] = keras_version
        file.attrs["backend"] = "scallion"
        file.attrs["model_config"] = json.dumps(to_legacy(to_config(model)))
        file.attrs[SCALLION_ATTRIBUTE] = scallion_json
        paths = weight_paths(model)
        _write_layers(file.create_group("model_weights"), model, paths, keras_version)
        if has_optimizer and model.compiled:
            training = compile_to_legacy(compile_to_config(model._compile_arguments))
            if training:
                file.attrs["training_config"] = json.dumps(training)
            _write_optimizer(file.create_group("optimizer_weights"), model, paths)
    return memory.getvalue()


def _write_layers(
    group: "h5py.Group", model: "Model", paths: dict[int, str], keras_version: str
) -> None:
    layers = stored_layers(model)
    _write_names(group, "layer_names", [layer.name for layer in layers])
    group.attrs["backend"] = "scallion"
    group.attrs["keras_version"] = keras_version
    for layer in sorted(layers, key=lambda layer: layer.name):
        weights = legacy_weights(layer) if layer.built else []
        names = [paths[id(weight)] for weight in weights]
        _write_arrays(group.create_group(layer.name), names, [weight.value for weight in weights])
    _write_arrays(group.create_group("top_level_model_weights"), [], [])


def _write_optimizer(group: "h5py.Group", model: "Model", paths: dict[int, str]) -> None:
    optimizer = model.optimizer
    variables = [paths[id(weight)].replace("/", "_") for weight in optimizer.variables]
    names = unique([f"{optimizer.name}/{name}" for name in state_names(optimizer, variables)])
    _write_arrays(group, names, state_arrays(optimizer))


def _write_arrays(group: "h5py.Group", names: Sequence[str], arrays: Sequence[Any]) -> None:
    _write_names(group, "weight_names", names)
    for name, array in zip(names, arrays, strict=True):
        group[name] = array


def _write_names(group: "h5py.Group", attribute: str, names: Sequence[str]) -> None:
    """Store the names as one attribute, or as several if they are too long for one."""
    array = np.array([name.encode() for name in names])
    chunks, count = [array], 1
    while any(chunk.nbytes > _MAX_ATTRIBUTE_BYTES for chunk in chunks):
        count += 1
        chunks = np.array_split(array, count)
    if count == 1:
        group.attrs[attribute] = array
        return
    for index, chunk in enumerate(chunks):
        group.attrs[f"{attribute}{index}"] = chunk
