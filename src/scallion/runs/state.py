"""All that a training needs to go on as if it had never stopped, in two files that take turns.

A state is a zip of arrays and one JSON, so NumPy alone can read it. Each epoch overwrites the older
of `last/even.npz` and `last/odd.npz`, whole or not at all: whatever happens, at any moment, one of
them is good. The zip's checksums tell which.
"""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np

from scallion import files
from scallion.errors import FileError, StateError
from scallion.models import Model

FORMAT = 1
_HEAD = "state.json"
_DATE = (1980, 1, 1, 0, 0, 0)  # the first that a zip knows; equal states are equal files


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a training is. `rows` are the history's; `callbacks` what each wants to know again.

    `training_seconds` counts the steps alone, `seconds` all.
    """

    rows: Sequence[Mapping[str, float]]
    seconds: float = 0.0
    training_seconds: float = 0.0
    stopped: bool = False
    callbacks: Mapping[str, Any] = field(default_factory=dict)

    @property
    def epochs(self) -> int:
        """How many epochs are done."""
        return len(self.rows)


def write(folder: Path, model: Model, standing: Standing) -> None:
    """Keep the state after an epoch. Raises FileError; the state before is then as it was."""
    files.make_folder(folder)
    optimizer = model.optimizer
    scheduled = isinstance(optimizer.get_config()["learning_rate"], Mapping)
    head = {
        "format": FORMAT,
        "seed": model.seed,
        "batches_seen": optimizer.batches_seen,
        "learning_rate": None if scheduled else optimizer.learning_rate,
        **asdict(standing),
    }
    with (
        files.atomic(_places(folder)[standing.epochs % 2]) as file,
        zipfile.ZipFile(file, "w") as archive,
    ):
        archive.writestr(zipfile.ZipInfo(_HEAD, _DATE), json.dumps(head))
        for name, array in _arrays(model).items():
            out = io.BytesIO()
            np.lib.format.write_array(out, array, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", _DATE), out.getbuffer())


def restore(folder: Path, model: Model) -> Standing:
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
        return Standing(rows=())
    head, arrays = max(states, key=lambda state: len(state[0]["rows"]))
    _fill(model, head, arrays)
    return Standing(
        head["rows"],
        head["seconds"],
        head["training_seconds"],
        head["stopped"],
        head["callbacks"],
    )


def _places(folder: Path) -> tuple[Path, Path]:
    return folder / "even.npz", folder / "odd.npz"


def _arrays(model: Model) -> dict[str, np.ndarray]:
    """Every array that training changes: the model's own, not copies."""
    model.optimizer.build(model.trainable_weights)
    found = {f"weights/{place}": weight.value for place, weight in enumerate(model.weights)}
    for name, slots in model.optimizer.slots.items():
        found |= {f"{name}/{place}": array for place, array in enumerate(slots)}
    return found


def _read(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]] | None:
    """Head and arrays of a state, None where it is damaged."""
    try:
        with files.explained(path, "read"), zipfile.ZipFile(path) as archive:
            head = json.loads(archive.read(_HEAD))
            if head["format"] != FORMAT:
                raise StateError(
                    f"{path} has the format {head['format']!r}, and this version reads {FORMAT}",
                    hint="resume with the version that began the run: see environment.json",
                )
            arrays = {
                name.removesuffix(".npy"): np.lib.format.read_array(
                    io.BytesIO(archive.read(name)), allow_pickle=False
                )
                for name in archive.namelist()
                if name != _HEAD
            }
    except (zipfile.BadZipFile, EOFError, ValueError, KeyError, NotImplementedError) as error:
        if isinstance(error, StateError):
            raise
        return None
    return cast("dict[str, Any]", head), arrays


def _fill(model: Model, head: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    wanted = _arrays(model)
    if {name: array.shape for name, array in wanted.items()} != {
        name: array.shape for name, array in arrays.items()
    }:
        raise StateError(
            "the state that was kept is that of another network",
            hint="restore config.json from a copy, or train again without --resume",
        )
    for name, array in wanted.items():
        array[...] = arrays[name]
    model.seed = head["seed"]
    model.optimizer.batches_seen = head["batches_seen"]
    if head["learning_rate"] is not None:
        model.optimizer.learning_rate = head["learning_rate"]
