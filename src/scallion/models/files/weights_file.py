"""Weights in Keras' HDF5 layout: `layers/conv2d_1/vars/0`, and `optimizer/vars/2`.

Files are not trusted: links to other files are refused, and no array is read before its shape was
checked.
"""

import io
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import numpy as np

from scallion import file_versions
from scallion.errors import FileError, ScallionError
from scallion.layers.base.layer import Layer
from scallion.models.training.trainer import Trainer
from scallion.optimizers import Optimizer
from scallion.schedules import LearningRateSchedule
from scallion.session import snake_case

if TYPE_CHECKING:
    import h5py

    from scallion.models.model import Model

# Keras has none in its own files.
_VERSION_ATTRIBUTE = "scallion_format_version"

# Slots that every optimizer may have; Keras stores them before its own.
_BASE_SLOTS = ("average", "gradient_accumulator")


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
            for index, array in enumerate(_optimizer_arrays(model.optimizer)):
                group[str(index)] = array
    return memory.getvalue()


def max_bytes(model: "Model") -> int:
    """Return an upper bound of the size of the model's weights with the optimizer's state."""
    return 8 * 4 * model.count_params() + 4096 * len(model.layers) + 2**20


def read(model: "Model", source: BinaryIO, size: int) -> None:
    """Load the model's weights, and the optimizer's state where model and file have one.

    `size` is the number of bytes in `source`. Raises FileError for a file that is damaged or
    belongs to another model, FileVersionError for one of another version; nothing is then loaded.
    """
    import h5py  # here, so that `import scallion.models` stays fast

    wanted = 4 * model.count_params()
    if wanted > size:
        raise FileError(
            f"the weights of {model.name!r} take {wanted:,} bytes, and the file has {size:,}",
            hint="the file is damaged or belongs to another model; save it again",
        )
    try:
        with h5py.File(source, "r") as file:
            _check_version(file)
            found = [
                (weight, _array(file, f"{path}/vars/{index}", weight.shape))
                for path, layer in _paths(model)
                for index, weight in enumerate(layer.weights)
            ]
            for path, layer in _paths(model):
                _check_count(file, f"{path}/vars", layer)
            for weight, array in found:
                weight.assign(array)
            if model.compiled and "optimizer/vars/0" in file:
                _read_optimizer(model, file)
    except ScallionError:
        raise
    except (OSError, KeyError, RuntimeError, ValueError, TypeError) as error:
        raise FileError(
            f"the weights cannot be read: {error}", hint="save the model again with model.save(...)"
        ) from error


def _check_version(file: "h5py.File") -> None:
    if _VERSION_ATTRIBUTE in file.attrs:
        file_versions.require_version(
            np.asarray(file.attrs[_VERSION_ATTRIBUTE]).item(),
            file_versions.WEIGHTS,
            "the weights file",
            hint="open it with the version of Scallion that saved it",
        )


def _paths(model: "Model") -> Iterator[tuple[str, Layer]]:
    """Yield each layer with its path in the file: its class name, numbered."""
    counts: Counter[str] = Counter()
    for layer in model.layers:
        name = snake_case(layer.kind)
        path = f"layers/{name}_{counts[name]}" if counts[name] else f"layers/{name}"
        counts[name] += 1
        if isinstance(layer, Trainer):
            inner_model = cast("Model", layer)
            yield from ((f"{path}/{inner}", below) for inner, below in _paths(inner_model))
        else:
            yield path, layer


def _optimizer_arrays(optimizer: Optimizer) -> list[np.ndarray]:
    """Return the optimizer's state in Keras' order: step count, learning rate, then its slots."""
    head: list[np.ndarray] = [np.array(optimizer.batches_seen, np.int32)]
    if not _is_scheduled(optimizer):
        head.append(np.array(optimizer.learning_rate, np.float32))
    return [*head, *_slots(optimizer)]


def _is_scheduled(optimizer: Optimizer) -> bool:
    return isinstance(optimizer.get_config()["learning_rate"], dict) or isinstance(
        getattr(optimizer, "_rate", None), LearningRateSchedule
    )


def _slots(optimizer: Optimizer) -> list[np.ndarray]:
    """Return the optimizer's slots in Keras' order; Adam's two alternate, weight by weight."""
    slots = optimizer.slots
    found = [array for name in _BASE_SLOTS for array in slots.get(name, [])]
    own = [name for name in slots if name not in _BASE_SLOTS]
    pairs = zip(*(slots[name] for name in optimizer.interleaved_slots), strict=True)
    found += [array for pair in pairs for array in pair]
    own = [name for name in own if name not in optimizer.interleaved_slots]
    return [*found, *(array for name in own for array in slots[name])]


def _read_optimizer(model: "Model", file: "h5py.File") -> None:
    optimizer = model.optimizer
    optimizer.build(model.trainable_weights)
    start = 1 if _is_scheduled(optimizer) else 2
    slots = _slots(optimizer)
    if len(_plain_group(file, "optimizer/vars")) != start + len(slots):
        raise FileError(
            f"the file has the state of another optimizer than {optimizer.name!r}",
            hint="load_model(path, compile=False), then compile",
        )
    arrays = [
        _array(file, f"optimizer/vars/{start + place}", slot.shape)
        for place, slot in enumerate(slots)
    ]
    optimizer.batches_seen = int(_array(file, "optimizer/vars/0", ()))
    if start == 2:
        optimizer.learning_rate = float(_array(file, "optimizer/vars/1", ()))
    for slot, array in zip(slots, arrays, strict=True):
        slot[...] = array


def _check_count(file: "h5py.File", path: str, layer: Layer) -> None:
    count = len(_plain_group(file, path)) if path in file else 0
    if count > len(layer.weights):
        raise FileError(
            f"layer {layer.name!r} has {len(layer.weights)} arrays, and the file has {count}",
            hint="the file belongs to another model",
        )


def _plain_group(file: "h5py.File", path: str) -> Any:
    """Return the group at a path, if no part of the path is a link to another place or file."""
    import h5py  # here, so that `import scallion.models` stays fast

    group: Any = file
    for part in path.split("/"):
        link = group.get(part, getlink=True)
        if not isinstance(link, h5py.HardLink):
            is_missing = link is None
            raise FileError(
                f"the weights file has no {path!r}" if is_missing else f"{path!r} is a link",
                hint="the file is damaged or belongs to another model",
            )
        group = group[part]
    return group


def _array(file: "h5py.File", path: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return the array at a path, after checking its shape and type."""
    import h5py  # here, so that `import scallion.models` stays fast

    dataset = _plain_group(file, path)
    fits = isinstance(dataset, h5py.Dataset) and dataset.shape == shape
    if not fits or dataset.dtype.kind not in "fiu" or dataset.external or dataset.is_virtual:
        found, dtype = getattr(dataset, "shape", None), getattr(dataset, "dtype", None)
        raise FileError(
            f"{path!r} is not an array of numbers of the shape {shape}. "
            f"Received: shape {found}, dtype {dtype}",
            hint="the file is damaged or belongs to another model",
        )
    return np.asarray(dataset[()])
