"""Goes on with a run that was stopped: by Ctrl-C, a killed process, a power cut, a full disk."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from scallion import files
from scallion.callbacks import Callback
from scallion.errors import FileError, StateError
from scallion.files import StrPath
from scallion.runs.folder.environment import Environment
from scallion.runs.folder.run_folder import RunFolder
from scallion.runs.training.preparation import PreparedRun, Settings, prepare
from scallion.runs.training.run_data import ImageOptions, Report
from scallion.runs.training.run_result import RunResult
from scallion.runs.training.train import train


def resume(path: StrPath, *, callbacks: Sequence[Callback] = ()) -> RunResult:
    """Train on where a stopped run was, to the same bits as if it had never stopped.

    Raises what `reopen_run` and `train` raise.
    """
    prepared, run = reopen_run(path)
    return train(prepared, run, callbacks=callbacks)


def reopen_run(path: StrPath, report: Report | None = None) -> tuple[PreparedRun, RunFolder]:
    """A stopped run, ready for `train`. Notes in `environment.json` where it goes on.

    Raises MissingFileError, StateError for a run that is over or whose data or settings are others
    now, FileError for one that is damaged, and what `prepare` raises.
    """
    run = RunFolder.open(path)
    _check_unfinished(run)
    config = files.read_json(run.config)
    prepared = prepare(settings_of(run), report)
    _check_same(run, config, _as_read(prepared.config()))
    environment = files.read_json(run.environment) if run.environment.is_file() else {}
    again = [*environment.get("resumed", ()), Environment.here()]
    files.write_json(run.environment, {**environment, "resumed": again})
    return prepared, run


def settings_of(run: RunFolder) -> Settings:
    """What a run was asked for. Raises MissingFileError, FileError."""
    stored = files.read_json(run.config).get("settings", {})
    known = {field.name for field in fields(Settings)}
    try:
        values = {name: value for name, value in stored.items() if name in known}
        values["metrics"] = tuple(values.get("metrics", ()))
        values["image_options"] = ImageOptions(**values.get("image_options", {}))
        return Settings(**{**values, "out": run.path.parent})
    except (TypeError, AttributeError) as error:
        raise FileError(
            f"{run.config} is damaged: {error}", hint="restore the file from a copy, or train again"
        ) from error


def _check_unfinished(run: RunFolder) -> None:
    if not run.evaluation.is_file():
        return
    status = files.read_json(run.evaluation).get("status")
    if status == "diverged":
        raise StateError(
            f"{run.path} diverged, and would again",
            hint="train anew with a lower learning rate: --lr",
        )
    if status == "finished":
        raise StateError(f"{run.path} is finished", hint="train anew with more epochs: --epochs N")


def _check_same(run: RunFolder, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """What decides the result must be what it was, versions aside."""
    for part in now:
        if part not in ("versions", "settings") and before.get(part) != now[part]:
            what = "data have" if part in ("data", "splits") else f"{part} has"
            raise StateError(
                f"{run.path}: the {what} changed since it began. "
                f"Was: {_differing(before.get(part), now[part])}",
                hint="bring back what it was, or train anew, without --resume",
            )


def _differing(before: Any, now: Any) -> str:
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        name = next(name for name in {**before, **now} if before.get(name) != now.get(name))
        return f"{name}={before.get(name)!r:.40}, is: {now.get(name)!r:.40}"
    return f"{before!r:.60}, is: {now!r:.60}"


def _as_read(config: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration as it comes back from its file."""
    return json.loads(files.encode_json(config))
