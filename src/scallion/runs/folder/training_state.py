"""The state of a training after an epoch: all that resuming it needs.

A state is a zip of arrays and one JSON, a `.npz` that NumPy alone can read. Each epoch overwrites
the older of `last/even.npz` and `last/odd.npz` atomically, so that one of them is always complete.
The zip's checksums show which.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from scallion import files
from scallion.callbacks import state_file
from scallion.errors import FileError, FileVersionError, StateError
from scallion.models import Model


@dataclass(frozen=True, slots=True)
class TrainingState:
    """The progress of a training.

    `rows` are those of the history, `callbacks` the kind and state of each callback. `seconds`
    counts everything, `training_seconds` training steps only.
    """

    rows: Sequence[Mapping[str, float]]
    seconds: float = 0.0
    training_seconds: float = 0.0
    stopped: bool = False
    callbacks: Sequence[Any] = ()

    @property
    def epochs(self) -> int:
        """The number of completed epochs."""
        return len(self.rows)


_COLUMNS = ("epoch", "val_accuracy", "val_loss")  # which decide the best epoch
_EXAMPLE = {
    "seed": 0, "batches_seen": 0, "learning_rate": 0.1, "arrays": {},
    "progress": {"rows": [], "seconds": 0.0, "training_seconds": 0.0, "stopped": False,
                 "callbacks": []},
}  # fmt: skip
_FIELDS = tuple(entry.name for entry in fields(TrainingState))


def write(folder: Path, model: Model, state: TrainingState) -> None:
    """Save the state after an epoch; the previous one stays. Raises FileError."""
    files.make_folder(folder)
    optimizer = model.optimizer
    has_schedule = isinstance(optimizer.get_config()["learning_rate"], Mapping)
    content = {
        "seed": model.seed,
        "batches_seen": optimizer.batches_seen,
        "learning_rate": None if has_schedule else optimizer.learning_rate,
        "arrays": _arrays(model),
        "progress": {name: getattr(state, name) for name in _FIELDS},
    }
    state_file.write(_paths(folder)[state.epochs % 2], content)


def restore(folder: Path, model: Model) -> TrainingState:
    """Put the newest complete state into a compiled model; an empty state if none was saved.

    Raises FileError if all saved states are damaged, FileVersionError for a state of another format
    version, and StateError for a state of another network.
    """
    paths = [path for path in _paths(folder) if path.is_file()]
    states = [state for path in paths if (state := _read(path)) is not None]
    if paths and not states:
        raise FileError(
            f"every training state in {folder} is damaged", hint="train again, without --resume"
        )
    if not states:
        return TrainingState(rows=())
    newest = max(states, key=lambda state: len(state["progress"]["rows"]))
    _restore_arrays(model, newest)
    return TrainingState(**newest["progress"])


def _paths(folder: Path) -> tuple[Path, Path]:
    return folder / "even.npz", folder / "odd.npz"


def _arrays(model: Model) -> dict[str, np.ndarray]:
    """Return every array that training changes: the model's own arrays, not copies."""
    model.optimizer.build(model.trainable_weights)
    found = {f"weights/{place}": weight.value for place, weight in enumerate(model.weights)}
    for name, slots in model.optimizer.slots.items():
        found |= {f"{name}/{place}": array for place, array in enumerate(slots)}
    return found


def _read(path: Path) -> dict[str, Any] | None:
    """Return the state in a file, None if it is damaged."""
    try:
        state = state_file.read(path)
        with state_file.damage_errors(path):
            _check_form(state)
    except FileVersionError:
        raise
    except FileError:
        return None
    return state


def _check_form(state: Any) -> None:
    """Raise FileError, or as indexing does, for a state that `write` did not write."""
    state_file.require_form(state, _EXAMPLE, "state")
    progress, rows = state["progress"], state["progress"]["rows"]
    columns = set(_COLUMNS).union(*rows[:1])
    is_valid = (
        set(progress) == set(_FIELDS)
        and all(set(row) == columns for row in rows)
        and all(isinstance(value, int | float) for row in rows for value in row.values())
        and all(len(entry) == 2 for entry in progress["callbacks"])
        and not any(value is None for value in progress.values())
        and isinstance(state["seed"], int)
        and 0 <= state["seed"] < 2**64
        and isinstance(state["batches_seen"], int)
        and state["batches_seen"] >= 0
        and all(np.isfinite(array).all() for array in state["arrays"].values())
    )
    if not is_valid:
        raise ValueError("values are missing or out of range")


def _restore_arrays(model: Model, state: Mapping[str, Any]) -> None:
    own, saved = _arrays(model), state["arrays"]
    if {name: array.shape for name, array in own.items()} != {
        name: getattr(array, "shape", None) for name, array in saved.items()
    }:
        raise StateError(
            "the saved training state belongs to another network",
            hint="restore config.json from a copy, or train again without --resume",
        )
    for place, weight in enumerate(model.weights):
        weight.assign(saved[f"weights/{place}"])
    for name, slots in model.optimizer.slots.items():
        for place, array in enumerate(slots):
            array[...] = saved[f"{name}/{place}"]
    model.seed = state["seed"]
    model.optimizer.batches_seen = state["batches_seen"]
    if state["learning_rate"] is not None:
        model.optimizer.learning_rate = state["learning_rate"]
