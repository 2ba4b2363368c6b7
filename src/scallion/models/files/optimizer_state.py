"""The state of an optimizer as arrays in Keras' order, as both HDF5 layouts store it."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from scallion.errors import FileError
from scallion.optimizers import Optimizer
from scallion.schedules import LearningRateSchedule

if TYPE_CHECKING:
    from scallion.models.model import Model

# Slots that every optimizer may have; Keras stores them before its own.
_BASE_SLOTS = ("average", "gradient_accumulator")


def state_arrays(optimizer: Optimizer) -> list[np.ndarray]:
    """Return the optimizer's state in Keras' order: step count, learning rate, then its slots."""
    head: list[np.ndarray] = [np.array(optimizer.batches_seen, np.int32)]
    if not _is_scheduled(optimizer):
        head.append(np.array(optimizer.learning_rate, np.float32))
    return [*head, *(optimizer.slots[name][index] for name, index in _slot_order(optimizer))]


def state_names(optimizer: Optimizer, variables: Sequence[str]) -> list[str]:
    """Return a name for each of the `state_arrays`, given those of the optimizer's variables."""
    head = ["iteration"] if _is_scheduled(optimizer) else ["iteration", "learning_rate"]
    return [*head, *(f"{variables[index]}_{name}" for name, index in _slot_order(optimizer))]


def read_state(
    model: "Model", count: int, read: Callable[[int, tuple[int, ...]], np.ndarray]
) -> None:
    """Set the state of the model's optimizer to `count` arrays of a file.

    `read` returns the array of an index, which must have the given shape. Raises FileError, before
    any is set, for the state of another optimizer; a state without slots sets only the counters.
    """
    optimizer = model.optimizer
    optimizer.build(model.trainable_weights)
    start = 1 if _is_scheduled(optimizer) else 2
    slots = [optimizer.slots[name][index] for name, index in _slot_order(optimizer)]
    if count not in (start, start + len(slots)):
        raise FileError(
            f"the file has the state of another optimizer than {optimizer.name!r}",
            hint="load_model(path, compile=False), then compile",
        )
    arrays = [read(start + place, slot.shape) for place, slot in enumerate(slots[: count - start])]
    iterations = int(read(0, ()))
    rate = float(read(1, ())) if start == 2 else None
    if iterations < 0 or not (rate is None or 0 <= rate < float("inf")):
        raise FileError(
            "the optimizer's state is damaged. "
            f"Received: iteration={iterations}, learning_rate={rate}",
            hint="load_model(path, compile=False), then compile",
        )
    optimizer.batches_seen = iterations
    if rate is not None:
        optimizer.learning_rate = rate
    for slot, array in zip(slots, arrays, strict=False):
        slot[...] = array


def _is_scheduled(optimizer: Optimizer) -> bool:
    return isinstance(optimizer.get_config()["learning_rate"], dict) or isinstance(
        getattr(optimizer, "_rate", None), LearningRateSchedule
    )


def _slot_order(optimizer: Optimizer) -> list[tuple[str, int]]:
    """Return slots and indices of variables in Keras' order; Adam's two slots alternate."""
    slots, interleaved = optimizer.slots, optimizer.interleaved_slots
    own = [name for name in slots if name not in (*_BASE_SLOTS, *interleaved)]
    indices = range(len(optimizer.variables))
    base = [(name, index) for name in _BASE_SLOTS if name in slots for index in indices]
    pairs = [(name, index) for index in indices for name in interleaved if name in slots]
    return [*base, *pairs, *((name, index) for name in own for index in indices)]
