"""The weights in Keras' HDF5 layout: `layers/conv2d_1/vars/0`, and `optimizer/vars/2`.

Nothing is trusted: the file may name no other file, and no array is read before its shape is known
to be right.
"""

import io
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from scallion.errors import FileError, ScallionError
from scallion.layers.layer import Layer
from scallion.models.model import Model
from scallion.optimizers import Optimizer
from scallion.schedules import LearningRateSchedule
from scallion.session import snake_case

if TYPE_CHECKING:
    import h5py

_BASE_SLOTS = ("average", "gradient_accumulator")


def write(model: Model) -> bytes:
    """All weights, and the optimizer's state where there is one, as an HDF5 file."""
    import h5py

    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        file.create_group("vars").attrs["name"] = model.name
        for path, layer in _paths(model):
            group = file.create_group(f"{path}/vars")
            group.attrs["name"] = layer.name
            for place, weight in enumerate(layer.weights):
                group[str(place)] = weight.value
        if model.compiled and model.optimizer.variables:
            group = file.create_group("optimizer/vars")
            group.attrs["name"] = model.optimizer.name
            for place, array in enumerate(_optimizer_arrays(model.optimizer)):
                group[str(place)] = array
    return memory.getvalue()


def largest(model: Model) -> int:
    """How many bytes the weights of such a model can take, the optimizer's state included."""
    return 8 * 4 * model.count_params() + 4096 * len(model.layers) + 2**20


def read(model: Model, source: BinaryIO, size: int) -> None:
    """Overwrite the model's weights, and the optimizer's state where both have one.

    `size` is how many bytes the source has. Raises FileError for a file that is damaged or belongs
    to another model, before anything is overwritten.
    """
    import h5py

    wanted = 4 * model.count_params()
    if wanted > size:
        raise FileError(
            f"the weights of {model.name!r} take {wanted:,} bytes, and the file has {size:,}",
            hint="the file is damaged or belongs to another model; save it again",
        )
    try:
        with h5py.File(source, "r") as file:
            found = [
                (weight, _array(file, f"{path}/vars/{place}", weight.shape))
                for path, layer in _paths(model)
                for place, weight in enumerate(layer.weights)
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


def _paths(model: Model) -> Iterator[tuple[str, Layer]]:
    """Each layer with its place in the file: its class' name, counted."""
    counts: Counter[str] = Counter()
    for layer in model.layers:
        name = snake_case(layer.kind)
        path = f"layers/{name}_{counts[name]}" if counts[name] else f"layers/{name}"
        counts[name] += 1
        if isinstance(layer, Model):
            yield from ((f"{path}/{inner}", below) for inner, below in _paths(layer))
        else:
            yield path, layer


def _optimizer_arrays(optimizer: Optimizer) -> list[np.ndarray]:
    """The optimizer's numbers in Keras' order: updates made, rate, then what it remembers."""
    head: list[np.ndarray] = [np.array(optimizer.batches_seen, np.int32)]
    if not _is_scheduled(optimizer):
        head.append(np.array(optimizer.learning_rate, np.float32))
    return [*head, *_slots(optimizer)]


def _is_scheduled(optimizer: Optimizer) -> bool:
    return isinstance(optimizer.get_config()["learning_rate"], dict) or isinstance(
        getattr(optimizer, "_rate", None), LearningRateSchedule
    )


def _slots(optimizer: Optimizer) -> list[np.ndarray]:
    """The optimizer's own arrays in Keras' order; Adam's two lie side by side for each weight."""
    slots = optimizer.slots
    found = [array for name in _BASE_SLOTS for array in slots.get(name, [])]
    own = [name for name in slots if name not in _BASE_SLOTS]
    pairs = zip(*(slots[name] for name in optimizer.interleaved_slots), strict=True)
    found += [array for pair in pairs for array in pair]
    own = [name for name in own if name not in optimizer.interleaved_slots]
    return [*found, *(array for name in own for array in slots[name])]


def _read_optimizer(model: Model, file: "h5py.File") -> None:
    optimizer = model.optimizer
    optimizer.build(model.trainable_weights)
    start = 1 if _is_scheduled(optimizer) else 2
    slots = _slots(optimizer)
    if len(_plain_group(file, "optimizer/vars")) != start + len(slots):
        raise FileError(
            f"the state of the optimizer {optimizer.name!r} is another's",
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
    """A group that is reached without links to other files."""
    import h5py

    group: Any = file
    for part in path.split("/"):
        link = group.get(part, getlink=True)
        if not isinstance(link, h5py.HardLink):
            missing = link is None
            raise FileError(
                f"the weights have no {path!r}" if missing else f"{path!r} is a link",
                hint="the file is damaged or belongs to another model",
            )
        group = group[part]
    return group


def _array(file: "h5py.File", path: str, shape: tuple[int, ...]) -> np.ndarray:
    """The numbers at a path, whose shape and type are looked at before they are read."""
    import h5py

    dataset = _plain_group(file, path)
    fits = isinstance(dataset, h5py.Dataset) and dataset.shape == shape
    if not fits or dataset.dtype.kind not in "fiu" or dataset.external or dataset.is_virtual:
        received = getattr(dataset, "shape", None)
        raise FileError(
            f"{path!r} holds no numbers of the shape {shape}. Received: shape {received}",
            hint="the file is damaged or belongs to another model",
        )
    return np.asarray(dataset[()])
