"""Weights in Keras' HDF5 layout: `layers/conv2d_1/vars/0`, and `optimizer/vars/2`.

Files are not trusted: they are read without libhdf5, links are refused, and no array is read before
its shape was checked.
"""

import io
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO, cast

import numpy as np

from scallion import file_versions
from scallion.errors import FileError
from scallion.graph.nested_models import NestedModelSpec
from scallion.hdf5 import Hdf5File
from scallion.layers.base.layer import Layer
from scallion.layers.base.variable import Variable
from scallion.models.files.hdf5_access import MismatchError, group_at, read_array, warn_skipped
from scallion.models.files.optimizer_state import read_state, state_arrays
from scallion.models.training.trainer import Trainer
from scallion.session import snake_case

if TYPE_CHECKING:
    from scallion.models.model import Model

# Keras has none in its own files.
_VERSION_ATTRIBUTE = "scallion_format_version"


def write(model: "Model") -> bytes:
    """Return an HDF5 file of all weights, and of the optimizer's state where there is one."""
    import h5py  # here, so that `import scallion.models` stays fast

    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        file.attrs[_VERSION_ATTRIBUTE] = file_versions.WEIGHTS
        file.create_group("vars").attrs["name"] = model.name
        for path, layer in _paths(model):
            group = file.create_group(f"{path}/vars")
            group.attrs["name"] = layer.name
            for index, weight in enumerate(layer.weights):
                group[str(index)] = weight.value
        if model.compiled and model.optimizer.variables:
            group = file.create_group("optimizer/vars")
            group.attrs["name"] = model.optimizer.name
            for index, array in enumerate(state_arrays(model.optimizer)):
                group[str(index)] = array
    return memory.getvalue()


def max_bytes(model: "Model") -> int:
    """Return an upper bound of the size of the model's weights with the optimizer's state."""
    return 8 * 4 * model.count_params() + 4096 * len(model.layers) + 2**20


def read(
    model: "Model",
    source: BinaryIO,
    size: int,
    name: str = "the weights file",
    skip_mismatch: bool = False,
) -> None:
    """Load the model's weights, and the optimizer's state where model and file have one.

    `size` is the number of bytes in `source`, `name` what errors call it. With `skip_mismatch`,
    layers whose weights do not fit keep theirs, with one warning. Raises FileError for a file that
    is damaged or belongs to another model, FileVersionError for one of another version; nothing is
    then loaded.
    """
    wanted = 2 * model.count_params()  # where all are float16
    if wanted > size and not skip_mismatch:
        raise FileError(
            f"the weights of {model.name!r} take {wanted:,} bytes or more, "
            f"and the file has {size:,}",
            hint="the file is damaged or belongs to another model; save it again",
        )
    file = Hdf5File(source, name)
    _check_version(file)
    found: list[tuple[Variable, np.ndarray]] = []
    skipped: dict[str, str] = {}
    for path, layer in _paths(model):
        try:
            found += _read_layer(file, path, layer)
        except MismatchError as error:
            if not skip_mismatch:
                raise
            skipped[layer.name] = error.message
    for weight, array in found:
        weight.assign(array)
    if model.compiled and "optimizer/vars/0" in file and not skipped:
        count = len(group_at(file, "optimizer/vars"))
        read_state(
            model,
            count,
            lambda index, shape: read_array(file, f"optimizer/vars/{index}", shape),
        )
    warn_skipped(model.name, skipped)


def _read_layer(file: Hdf5File, path: str, layer: Layer) -> list[tuple[Variable, np.ndarray]]:
    path = f"{path}/vars"
    count = len(group_at(file, path)) if path in file else 0
    if count > len(layer.weights):
        raise MismatchError(
            f"layer {layer.name!r} has {len(layer.weights)} arrays, and the file has {count}",
            hint="the file belongs to another model",
        )
    return [
        (weight, read_array(file, f"{path}/{index}", weight.shape))
        for index, weight in enumerate(layer.weights)
    ]


def _check_version(file: Hdf5File) -> None:
    version = file.attribute(_VERSION_ATTRIBUTE)
    if version is not None:
        is_number = isinstance(version, np.ndarray) and version.size == 1
        file_versions.require_version(
            version.item() if is_number else version,
            file_versions.WEIGHTS,
            "the weights file",
            hint="open it with the version of Scallion that saved it",
        )


def _paths(model: "Model") -> Iterator[tuple[str, Layer]]:
    """Yield each layer with its path in the file: its class name, numbered."""
    yield from _paths_in(model.layers if model.is_sequential else model.graph.layers)


def _paths_in(layers: Sequence[Layer]) -> Iterator[tuple[str, Layer]]:
    counts: Counter[str] = Counter()
    for layer in layers:
        # A custom layer is stored as the functional model that it became.
        name = "functional" if layer.has_custom_call else snake_case(layer.kind)
        path = f"layers/{name}_{counts[name]}" if counts[name] else f"layers/{name}"
        counts[name] += 1
        if isinstance(layer, Trainer):
            inner_model = cast("Model", layer)
            yield from ((f"{path}/{inner}", below) for inner, below in _paths(inner_model))
        elif isinstance(layer.spec, NestedModelSpec):
            below = _paths_in(layer.spec.graph.layers)
            yield from ((f"{path}/{inner}", one) for inner, one in below)
        else:
            yield path, layer
