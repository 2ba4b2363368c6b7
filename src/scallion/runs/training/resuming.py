"""Reopening of a run that was stopped: by Ctrl-C, a killed process, a power cut, a full disk."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from scallion import files
from scallion.errors import FileError, FileVersionError, ScallionError, StateError
from scallion.files import StrPath
from scallion.runs.folder.environment import Environment
from scallion.runs.folder.run_folder import RunFolder
from scallion.runs.training.data_loading import OnImages
from scallion.runs.training.preparation import PreparedRun, prepare
from scallion.runs.training.settings import Settings


def reopen_run(
    path: StrPath, data: Any = None, on_images: OnImages | None = None
) -> tuple[PreparedRun, RunFolder]:
    """Return a stopped run, ready to train, and note in `environment.json` where it continues.

    `data` are the data in memory of a run that was trained on such. Raises MissingFileError,
    StateError for a run that has ended or whose data or settings have changed, FileError for a
    damaged run, and what `prepare` raises.
    """
    run = RunFolder.open(path)
    _check_unfinished(run)
    config = run.read_config()
    settings = settings_of(run)
    if data is not None:
        settings = settings.with_data(data)
    prepared = prepare(settings, on_images)
    _check_unchanged(run, config, _as_read(prepared.config()))
    environment = run.read_environment()
    resumed = [*environment.get("resumed", ()), Environment.here(settings.engine)]
    files.write_json(run.environment, {**environment, "resumed": resumed})
    return prepared, run


def settings_of(run: RunFolder) -> Settings:
    """Return the settings of a run. Raises MissingFileError, FileError."""
    stored = run.read_config().get("settings")
    try:
        settings = Settings.from_dict(stored)  # type: ignore[arg-type]  # caught below
    except FileVersionError:
        raise
    except (ScallionError, TypeError, AttributeError) as error:
        raise FileError(
            f"{run.config} is damaged: {error}", hint="restore the file from a copy, or train again"
        ) from error
    return replace(settings, out=run.path.parent)


def _check_unfinished(run: RunFolder) -> None:
    status = run.read_evaluation().get("status")
    if status == "diverged":
        raise StateError(
            f"{run.path} diverged, and would diverge again",
            hint="train again with a lower learning rate: --lr",
        )
    if status in ("finished", "pruned"):
        raise StateError(f"{run.path} is {status}", hint="train again with more epochs: --epochs N")


def _check_unchanged(run: RunFolder, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Raise StateError if anything that decides the result has changed, except versions."""
    for part in now:
        if part not in ("versions", "settings") and before.get(part) != now[part]:
            what = "data have" if part in ("data", "splits") else f"{part} has"
            raise StateError(
                f"{run.path}: the {what} changed since it started. "
                f"Was: {_difference(before.get(part), now[part])}",
                hint="restore what it was, or train again, without --resume",
            )


def _difference(before: Any, now: Any) -> str:
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        name = next(name for name in {**before, **now} if before.get(name) != now.get(name))
        return f"{name}={before.get(name)!r:.40}, is: {now.get(name)!r:.40}"
    return f"{before!r:.60}, is: {now!r:.60}"


def _as_read(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration as it is read from its file."""
    return json.loads(files.encode_json(config))
