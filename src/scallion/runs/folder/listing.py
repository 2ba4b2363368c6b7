"""The list of runs in a folder, with the status and the scores of each, and deleting of runs."""

import shutil
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scallion import files
from scallion.errors import ScallionError, StateError, UnknownNameError
from scallion.files import StrPath
from scallion.runs.folder import lock
from scallion.runs.folder.run_folder import RunFolder

STATUSES = (
    "finished",
    "interrupted",
    "pruned",
    "diverged",
    "failed",
    "running",
    "crashed",
    "unreadable",
)


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One run in a list. `status` is `crashed` if its process ended without writing one.

    `planned` is the number of epochs in the settings, `epochs` those that were completed. `problem`
    says why a run is unreadable.
    """

    run: str
    data: str
    model: str
    status: str
    epochs: int
    planned: int
    val_accuracy: float | None
    test_accuracy: float | None
    test_evaluations: int
    seconds: float | None
    parameters: int
    seed: int
    started: str
    problem: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the summary as `scallion runs --json` prints it."""
        return asdict(self)


SORTS: dict[str, Callable[[RunSummary], Any]] = {
    "started": lambda run: run.started,
    "name": lambda run: run.run,
    "data": lambda run: run.data,
    "model": lambda run: run.model,
    "accuracy": lambda run: -(run.val_accuracy or -1.0),
    "test": lambda run: -(run.test_accuracy or -1.0),
    "seconds": lambda run: run.seconds or 0.0,
    "parameters": lambda run: run.parameters,
}


def list_runs(
    home: StrPath = "runs",
    *,
    sort: str = "started",
    data: str | None = None,
    model: str | None = None,
    status: str | None = None,
) -> list[RunSummary]:
    """Return the runs in a folder, sorted; only those with this data, model and status, if given.

    Raises UnknownNameError for an unknown order or status.
    """
    if sort not in SORTS:
        raise UnknownNameError("order", sort, SORTS)
    if status is not None and status not in STATUSES:
        raise UnknownNameError("status", status, STATUSES)
    wanted = {"data": data, "model": model, "status": status}
    found = [
        summary
        for summary in map(summarize_run, _run_folders(Path(home)))
        if all(value is None or getattr(summary, name) == value for name, value in wanted.items())
    ]
    return sorted(found, key=SORTS[sort])


def summarize_run(run: RunFolder) -> RunSummary:
    """Return one run's summary; a damaged run has the status `unreadable`, and the reason."""
    try:
        return _summarize(run)
    except ScallionError as error:
        problem = error.message
    except Exception as error:  # one damaged run must not hide the others
        problem = f"{type(error).__name__}: {error}"
    return RunSummary(
        str(run.path), "", "", "unreadable", 0, 0, None, None, 0, None, 0, 0, "", problem
    )


def remove_run(path: StrPath) -> RunFolder:
    """Delete a run's folder, and return where it was.

    Raises MissingFileError, FileError, and StateError while the run is being trained.
    """
    run = RunFolder.open(path)
    if lock.is_locked(run):
        raise StateError(f"{path} is being trained", hint="stop the training first, with Ctrl-C")
    with files.file_errors(run.path, "delete"):
        shutil.rmtree(run.path)
    return run


def _run_folders(home: Path) -> Iterable[RunFolder]:
    with files.file_errors(home, "read"):
        entries = sorted(home.iterdir())
    for entry in entries:
        if not entry.name.startswith(".") and _is_run(entry):
            yield RunFolder(entry)


def _is_run(folder: Path) -> bool:
    try:
        return RunFolder(folder).config.is_file()
    except OSError:  # it cannot be looked into, which the list says
        return True


def _summarize(run: RunFolder) -> RunSummary:
    config, environment = run.read_config(), run.read_environment()
    evaluation = run.read_evaluation()
    history = run.read_history() if run.history.is_file() else {}
    validation, test = evaluation.get("validation") or {}, evaluation.get("test") or {}
    best = max(history.get("val_accuracy", ()), default=None)
    status = evaluation.get("status") or "crashed"
    return RunSummary(
        run=str(run.path),
        data=config["data"]["name"],
        model=config["model"]["name"],
        status="running" if lock.is_locked(run) else status,
        epochs=len(history.get("epoch", ())),
        planned=config["epochs"],
        val_accuracy=validation.get("accuracy", best),
        test_accuracy=test.get("accuracy"),
        test_evaluations=int(test.get("test_evaluations", 0)),
        seconds=evaluation.get("seconds", sum(history.get("seconds", ())) or None),
        parameters=config["model"]["parameters"],
        seed=config["seed"],
        started=environment.get("started", ""),
    )
