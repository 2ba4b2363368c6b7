"""All that a training needs to go on as if it had never stopped, in two files that take turns.

A state is a zip of arrays and one JSON, a `.npz` that NumPy alone can read. Each epoch overwrites
the older of `last/even.npz` and `last/odd.npz`, whole or not at all: whatever happens, at any
moment, one of them is good. The zip's checksums tell which.
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

FORMAT = 1


@dataclass(frozen=True, slots=True)
class TrainingState:
    """How far a training is. `rows` are the history's; `callbacks` what each wants to know again.

    `training_seconds` counts the steps alone, `seconds` all.
    """

    rows: Sequence[Mapping[str, float]]
    seconds: float = 0.0
    training_seconds: float = 0.0
    stopped: bool = False
    callbacks: Sequence[Any] = ()

    @property
    def epochs(self) -> int:
        """How many epochs are done."""
        return len(self.rows)


_STANDING = tuple(entry.name for entry in fields(TrainingState))


def write(folder: Path, model: Model, standing: TrainingState) -> None:
    """Keep the state after an epoch. Raises FileError; the state before is then as it was."""
    files.make_folder(folder)
    optimizer = model.optimizer
    scheduled = isinstance(optimizer.get_config()["learning_rate"], Mapping)
    kept = {
        "format": FORMAT,
        "seed": model.seed,
        "batches_seen": optimizer.batches_seen,
        "learning_rate": None if scheduled else optimizer.learning_rate,
        "arrays": _arrays(model),
        "standing": {name: getattr(standing, name) for name in _STANDING},
    }
    state_file.write(_places(folder)[standing.epochs % 2], kept)


def restore(folder: Path, model: Model) -> TrainingState:
    """Put the newest good state into a compiled model; none where there is no state yet.

    Raises FileError where all that is there is damaged, StateError where it is another model's.
    """
    found = [path for path in _places(folder) if path.is_file()]
    states = [state for path in found if (state := _read(path)) is not None]
    if found and not states:
        raise FileError(
            f"{folder} holds no state that is whole", hint="train again, without --resume"
        )
    if not states:
        return TrainingState(rows=())
    newest = max(states, key=lambda state: len(state["standing"]["rows"]))
    _fill(model, newest)
    return TrainingState(**newest["standing"])


def _places(folder: Path) -> tuple[Path, Path]:
    return folder / "even.npz", folder / "odd.npz"


def _arrays(model: Model) -> dict[str, np.ndarray]:
    """Every array that training changes: the model's own, not copies."""
    model.optimizer.build(model.trainable_weights)
    found = {f"weights/{place}": weight.value for place, weight in enumerate(model.weights)}
    for name, slots in model.optimizer.slots.items():
        found |= {f"{name}/{place}": array for place, array in enumerate(slots)}
    return found


def _read(path: Path) -> dict[str, Any] | None:
    """The state in a file, None where it is damaged."""
    try:
        state = state_file.read(path)
    except FileVersionError:
        raise
    except FileError:
        return None
    if state.get("format") != FORMAT:
        raise StateError(
            f"{path} has the format {state.get('format')!r}, and this version reads {FORMAT}",
            hint="resume with the version that began the run: see environment.json",
        )
    return state


def _fill(model: Model, state: Mapping[str, Any]) -> None:
    wanted, arrays = _arrays(model), state["arrays"]
    if {name: array.shape for name, array in wanted.items()} != {
        name: array.shape for name, array in arrays.items()
    }:
        raise StateError(
            "the state that was kept is that of another network",
            hint="restore config.json from a copy, or train again without --resume",
        )
    for name, array in wanted.items():
        array[...] = arrays[name]
    model.seed = state["seed"]
    model.optimizer.batches_seen = state["batches_seen"]
    if state["learning_rate"] is not None:
        model.optimizer.learning_rate = state["learning_rate"]
