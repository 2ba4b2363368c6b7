"""What the page can do, without a server: runs, data, trainings and tasks of one folder."""

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scallion import files, session
from scallion.applications import model_registry
from scallion.errors import ArgumentError, MissingFileError, StateError
from scallion.runs import Settings
from scallion.runs.folder import lock
from scallion.runs.folder.listing import remove_run
from scallion.runs.folder.run_folder import RunFolder
from scallion.runs.training.settings import AUTO
from scallion.workbench.data_index import DataIndex
from scallion.workbench.requests import TrainRequest
from scallion.workbench.run_index import MAX_NOTES, NOTES, RunIndex, own_file, read_notes
from scallion.workbench.task_process import TaskProcess
from scallion.workbench.trainings import Trainings

_CLASSIFY_SECONDS, _FORECAST_SECONDS, _EVALUATE_SECONDS = 30.0, 300.0, 900.0
_CLASSIFY_GIBIBYTES = 6.0
_MAX_PAGES = 8  # runs whose mistakes are kept in memory

MODELS = {
    AUTO: "chosen from the images",
    "quick": "a small, fast network for small images",
    "pretrained": "starts from a network that knows photographs",
    "lesson": "the lesson's network: two convolutions",
    "lesson-dense": "the lesson's network without convolutions",
    "lesson-deep": "the lesson's network with a third convolution",
    "lesson-dropout": "the lesson's deep network with dropout",
}
"""What each model is, for the page; the names are those of `scallion train --model`."""


class Workbench:
    """The runs, the data and the trainings of a folder; runs are in its folder `runs`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.runs = RunIndex(root / "runs")
        self.data = DataIndex(root, root / "runs")
        self.trainings = Trainings(root / "runs")
        threads = session.get_threads()
        self._quick = TaskProcess(1, _CLASSIFY_GIBIBYTES)
        self._forecasts = TaskProcess(threads)
        self._slow = TaskProcess(threads)
        self._mistakes: dict[str, list[dict[str, Any]]] = {}

    def describe(self) -> dict[str, Any]:
        """Return what the page needs first: the folder, and the models by name."""
        known = (AUTO, *model_registry.names())
        return {
            "folder": str(self.root.resolve()),
            "models": [{"name": name, "title": MODELS.get(name, "")} for name in known],
        }

    def describe_run(self, run: str) -> dict[str, Any]:
        """Return all that is stored about a run. Raises MissingFileError, FileError."""
        folder = self.runs.find(run)
        summary = self.runs.summary(run)
        if summary["status"] == "unreadable":
            return {**summary, "files": {}}
        config, evaluation = folder.read_config(), folder.read_evaluation()
        return {
            **summary,
            "config": config,
            "class_names": config["data"]["class_names"],
            "command": _command(config),
            "environment": folder.read_environment(),
            "evaluation": evaluation,
            "findings": evaluation.get("findings", []),
            "history": folder.read_history() if folder.history.is_file() else {},
            "files": {
                "model": folder.model.is_file(),
                "report": (folder.path / "report.html").is_file(),
                "mistakes": len(self._mistakes.get(run, ())),
            },
        }

    def forecast(self, wanted: TrainRequest) -> dict[str, Any]:
        """Return the expected time and memory of a training, and its command."""
        settings = self._settings(wanted)
        found = self._forecasts.run_latest(
            "forecast",
            seconds=_FORECAST_SECONDS,
            settings=settings.as_dict(),
            minutes=wanted.minutes,
        )
        return {**found, "command": _with_minutes(settings, wanted.minutes)}

    def train(self, wanted: TrainRequest) -> dict[str, Any]:
        """Start a training, and return its job. Raises what is wrong with its settings."""
        job = self.trainings.start(self._settings(wanted), wanted.minutes)
        return self.trainings.job(job)

    def stop(self, run: str) -> None:
        """Stop the training of a run, whichever process started it. Raises StateError."""
        lock.cancel(self.runs.find(run).path)

    def resume(self, run: str) -> dict[str, Any]:
        """Resume a stopped run, and return its job. Raises StateError while it is trained."""
        folder = self.runs.find(run)
        if lock.is_locked(folder):
            raise StateError(f"{run} is being trained", hint="wait until it ends")
        return self.trainings.job(self.trainings.resume(folder))

    def delete(self, run: str) -> None:
        """Delete a run's folder. Raises StateError while it is trained."""
        remove_run(self.runs.find(run).path)
        self._mistakes.pop(run, None)

    def write_notes(self, run: str, text: str) -> str:
        """Write the notes of a run. Raises ArgumentError for too long ones, FileError."""
        folder = self.runs.find(run)
        if len(text) > MAX_NOTES:
            raise ArgumentError(
                f"notes have at most {MAX_NOTES:,} characters. Received: {len(text):,}",
                hint="keep longer texts in a file of your own",
            )
        files.write_text(folder.path / NOTES, text)
        return read_notes(folder)

    def classify(self, run: str, image: bytes) -> dict[str, Any]:
        """Classify the bytes of an image file. Raises FileError for other files."""
        path = str(self._with_model(run).path)
        encoded = base64.b64encode(image).decode("ascii")
        return self._quick.run("classify", seconds=_CLASSIFY_SECONDS, run=path, image=encoded)

    def explain(self, run: str, image: bytes, label: int) -> dict[str, Any]:
        """Show where the network sees a class in an image. Raises FileError for other files."""
        path = str(self._with_model(run).path)
        encoded = base64.b64encode(image).decode("ascii")
        return self._quick.run(
            "explain", seconds=_CLASSIFY_SECONDS, run=path, image=encoded, label=label
        )

    def examples(self, data: str) -> dict[str, Any]:
        """Return a few images of each class of some data. Raises MissingFileError, FileError."""
        entry = self.data.find(data)
        if not entry.is_available:
            return {"classes": []}
        return self._quick.run("examples", seconds=_CLASSIFY_SECONDS, source=entry.source)

    def evaluate(self, run: str) -> dict[str, Any]:
        """Evaluate a run on its validation images, store the scores, and keep its mistakes."""
        folder = self._with_model(run)
        if lock.is_locked(folder):  # it will write scores of its own
            raise StateError(f"{run} is being trained", hint="wait until it ends, or stop it")
        path = str(folder.path)
        found = self._slow.run("evaluate", seconds=_EVALUATE_SECONDS, run=path)
        while len(self._mistakes) >= _MAX_PAGES:
            del self._mistakes[next(iter(self._mistakes))]
        self._mistakes[run] = found["mistakes"]
        return self.describe_run(run)

    def mistakes(self, run: str) -> list[dict[str, Any]]:
        """Return the worst mistakes of a run that was evaluated by this server, without images."""
        self.runs.find(run)
        keys = ("image", "true", "predicted", "probability")
        return [{key: one[key] for key in keys} for one in self._mistakes.get(run, ())]

    def mistake_image(self, run: str, number: int) -> bytes:
        """Return one of `mistakes` as a PNG file. Raises MissingFileError."""
        self.runs.find(run)
        known = self._mistakes.get(run, [])
        if not 0 <= number < len(known):
            raise MissingFileError("there is no such image", hint="evaluate the run again")
        return base64.b64decode(known[number]["png"])

    def write_report(self, run: str) -> None:
        """Write the report of a run into its folder."""
        path = str(self._with_model(run).path)
        self._slow.run("report", seconds=_EVALUATE_SECONDS, run=path)

    def read_report(self, run: str) -> bytes:
        """Return the report of a run. Raises MissingFileError if there is none yet."""
        return files.read_bytes(own_file(self.runs.find(run), "report.html"))

    def export(self, run: str, kind: str) -> dict[str, Any]:
        """Write the model of a run for other software into its folder, and verify it."""
        folder = self._with_model(run)
        path = own_file(folder, _export_name(folder, kind))
        files.make_folder(path.parent)
        found = self._slow.run(
            "export",
            seconds=_EVALUATE_SECONDS,
            run=str(folder.path),
            path=str(path),
            kind=kind,
        )
        return {**found, "file": path.name}

    def read_export(self, run: str, kind: str) -> tuple[str, bytes]:
        """Return the name and the bytes of an export. Raises MissingFileError."""
        folder = self.runs.find(run)
        path = own_file(folder, _export_name(folder, kind))
        return path.name, files.read_bytes(path)

    def compare(self, names: Sequence[str]) -> dict[str, Any]:
        """Say which of some runs is better on the validation images, and whether by chance."""
        paths = [str(self._with_model(name).path) for name in names]
        return self._slow.run("compare", seconds=_EVALUATE_SECONDS, names=paths)

    def close(self) -> None:
        """End what computes for the page; trainings go on."""
        self.trainings.close()
        for process in (self._quick, self._forecasts, self._slow):
            process.close()

    def _settings(self, wanted: TrainRequest) -> Settings:
        """Return settings with the data that an id names. Raises MissingFileError."""
        entry = self.data.find(wanted.data)
        if not entry.is_available:
            raise MissingFileError(f"{entry.source} is {entry.hint}", hint=entry.hint)
        return Settings(data=entry.source, out=str(self.runs.home), **wanted.settings())

    def _with_model(self, run: str) -> RunFolder:
        folder = self.runs.find(run)
        if not folder.model.is_file():
            raise StateError(f"{run} has no model yet", hint="wait for its first epoch")
        return folder


def _export_name(folder: RunFolder, kind: str) -> str:
    return f"exports/{folder.path.name}.{kind}"


def _command(config: Mapping[str, Any]) -> str:
    """Return the command that trains this run again, empty where no command can."""
    try:
        return Settings.from_dict(config["settings"]).as_command()
    except (KeyError, ValueError, TypeError):
        return ""


def _with_minutes(settings: Settings, minutes: float | None) -> str:
    command = settings.as_command()
    return command if minutes is None else f"{command} --minutes {minutes:g}"
