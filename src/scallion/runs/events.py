"""The events of a run: what happens while it trains, in `events.jsonl` and for `on_event`.

The file has one JSON object per line, and grows while the run trains. Each event has three keys:

| key | value |
|---|---|
| `event` | its kind: see below |
| `version` | the format version of events, `scallion.file_versions.EVENTS` |
| `time` | seconds since 1970-01-01 UTC |

The kinds are `start`, `forecast`, `features`, `step`, `epoch`, `best`, `evaluate`, `finding` and
`end`. The other keys are the fields of the classes below. Numbers that are not finite are null. A
run that is resumed appends: a file has one `start` for each time that the run was trained, and an
`end` for each time that it could write one. A program that reads events skips kinds and keys that
it does not know; a change that would be misread has another version.

Two kinds never reach the file: `load` comes before the run has a folder, and `warning` comes from
the process that trains.
"""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from scallion import file_versions, files
from scallion.errors import FileError, FileVersionError
from scallion.files import StrPath
from scallion.runs.folder import lock
from scallion.runs.folder.run_folder import RunFolder

Value = float | None
_POLL_SECONDS = 0.2


def _now() -> float:
    return round(time.time(), 3)


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event"):
    """An event of a run, at a time in seconds since 1970-01-01 UTC."""

    version: int = file_versions.EVENTS
    time: float = msgspec.field(default_factory=_now)

    def to_json(self) -> bytes:
        """Return the event as one line of JSON, without the line end."""
        return msgspec.json.encode(self)


class LoadEvent(Event, tag="load", frozen=True, kw_only=True):
    """Image files are being decoded: `done` of `total`."""

    done: int
    total: int


class StartEvent(Event, tag="start", frozen=True, kw_only=True):
    """Training starts or resumes.

    `data` is the name of the data set, `settings` the settings document with all defaults resolved.
    `data_findings` are those of the check of the images. `completed_epochs` is above 0 for a run
    that is resumed. `model_reason` says why `--model auto` chose the model.
    """

    run: str
    data: str
    class_names: list[str]
    image_shape: list[int]
    training_images: int
    validation_images: int
    test_images: int
    resize_rule: dict[str, Any] | None
    data_findings: list[dict[str, Any]]
    model: str
    parameters: int
    epochs: int
    steps: int
    steps_per_epoch: int
    batch_size: int
    learning_rate: float
    patience: int
    seed: int
    engine: str
    instruction_set: str | None
    threads: int
    completed_epochs: int
    settings: dict[str, Any]
    model_reason: str | None = None


class ForecastEvent(Event, tag="forecast", frozen=True, kw_only=True):
    """The expected time of the whole training, and the memory in use, if the system tells it."""

    seconds: float
    seconds_per_step: float
    seconds_per_epoch: float
    memory_bytes: int | None


class FeaturesEvent(Event, tag="features", frozen=True, kw_only=True):
    """A pretrained network has computed the features of `done` images of `total` of a split.

    Written at most four times per second; a split whose features are cached has none.
    """

    done: int
    total: int


class StepEvent(Event, tag="step", frozen=True, kw_only=True):
    """A training step is done; written at most four times per second.

    `step` of `steps` are done in the whole run; `epoch` counts from 1. `loss` and `metrics` are the
    means of the epoch so far. `steps` may change in a run with a time budget.
    """

    step: int
    steps: int
    epoch: int
    epochs: int
    loss: Value
    metrics: dict[str, Value | list[Value]]
    learning_rate: Value
    seconds_left: Value


class EpochEvent(Event, tag="epoch", frozen=True, kw_only=True):
    """An epoch is done and its state is saved; `values` are its row of `history.csv`."""

    step: int
    steps: int
    epoch: int
    epochs: int
    values: dict[str, Value | list[Value]]
    is_best: bool
    seconds_left: Value


class BestEvent(Event, tag="best", frozen=True, kw_only=True):
    """The epoch is the best so far by validation, and `model.keras` holds it."""

    epoch: int
    val_accuracy: Value
    val_loss: Value


class EvaluateEvent(Event, tag="evaluate", frozen=True, kw_only=True):
    """The best model is being evaluated on the split `validation` or `test`."""

    split: str


class FindingEvent(Event, tag="finding", frozen=True, kw_only=True):
    """A finding of the diagnosis; `advice` is an edit to try, or empty."""

    code: str
    severity: str
    sentence: str
    evidence: dict[str, Any]
    advice: str


class EndEvent(Event, tag="end", frozen=True, kw_only=True):
    """Training ended.

    `status` is finished, interrupted, pruned, diverged or failed. `steps` repeats a run with a time
    budget when given as the setting `steps`. `error` and `hint` say why a run failed or diverged.
    """

    status: str
    epochs: int
    best_epoch: int
    steps: int | str
    seconds: float
    images_per_second: Value = None
    val_accuracy: Value = None
    test_accuracy: Value = None
    error: str | None = None
    hint: str | None = None


class WarningEvent(Event, tag="warning", frozen=True, kw_only=True):
    """A warning of the process that trains."""

    message: str


AnyEvent = (
    LoadEvent
    | StartEvent
    | ForecastEvent
    | FeaturesEvent
    | StepEvent
    | EpochEvent
    | BestEvent
    | EvaluateEvent
    | FindingEvent
    | EndEvent
    | WarningEvent
)

OnEvent = Callable[[AnyEvent], None]
"""A function that is called with each event, from the thread that trains."""

_KINDS = frozenset(
    kind.__struct_config__.tag
    for kind in AnyEvent.__args__  # type: ignore[attr-defined]
)
_decoder = msgspec.json.Decoder(AnyEvent)


class _Head(msgspec.Struct):
    """The keys that every event has."""

    event: str
    version: int


_head_decoder = msgspec.json.Decoder(_Head)


def parse_event(line: bytes) -> AnyEvent | None:
    """Return the event in a line, None for a kind that this version does not know.

    Raises FileVersionError for an event of another format version, FileError for a damaged line.
    """
    try:
        head = _head_decoder.decode(line)
        file_versions.require_version(
            head.version, file_versions.EVENTS, "this event", hint="use the Scallion that wrote it"
        )
        return _decoder.decode(line) if head.event in _KINDS else None
    except msgspec.MsgspecError as error:
        raise FileError(
            f"this is not an event: {error}", hint="each line of events.jsonl is one event"
        ) from error


class EventLog:
    """Appends events to `events.jsonl`, each as one complete line that readers see at once.

    A line that a killed process left incomplete is removed first. Raises FileVersionError for a
    file of another format version, and FileError.
    """

    def __init__(self, run: RunFolder) -> None:
        self._path = run.events
        with files.file_errors(self._path, "write"):
            _remove_torn_line(self._path)
            _check_version(self._path)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
            self._descriptor = os.open(self._path, flags, 0o666)

    def write(self, event: AnyEvent) -> None:
        """Append an event. Raises FileError, as when the disk is full."""
        line = memoryview(event.to_json() + b"\n")
        with files.file_errors(self._path, "write"):
            while line:
                line = line[os.write(self._descriptor, line) :]

    def __enter__(self) -> "EventLog":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)


def read_events(path: StrPath) -> list[AnyEvent]:
    """Return the events of a run folder so far; a last line that is incomplete is left out.

    Raises MissingFileError, FileVersionError, and FileError for a damaged file.
    """
    run = RunFolder.open(path)
    if not run.events.is_file():
        return []
    return _parse(files.read_bytes(run.events), run)


def follow_events(path: StrPath, *, poll: float = _POLL_SECONDS) -> Iterator[AnyEvent]:
    """Yield the events of a run folder, first those that are there, then new ones as they come.

    Ends after the last event once no process trains in the folder. Raises what `read_events`
    raises.
    """
    run = RunFolder.open(path)
    position = 0
    while True:
        is_training = lock.is_locked(run)  # before reading, so that no last event is missed
        new = _read_from(run, position)
        complete = new[: new.rfind(b"\n") + 1]
        position += len(complete)
        yield from _parse(complete, run)
        if complete:
            continue
        if not is_training:
            return
        time.sleep(poll)


def _read_from(run: RunFolder, position: int) -> bytes:
    if not run.events.is_file():
        return b""
    with files.file_errors(run.events, "read"), run.events.open("rb") as file:
        file.seek(position)
        return file.read()


def _parse(data: bytes, run: RunFolder) -> list[AnyEvent]:
    """Return the events in complete lines."""
    found: list[AnyEvent] = []
    for number, line in enumerate(data.split(b"\n")[:-1], 1):
        try:
            event = parse_event(line)
        except FileError as error:
            kind = FileVersionError if isinstance(error, FileVersionError) else FileError
            raise kind(f"{run.events}, line {number}: {error.message}", hint=error.hint) from error
        if event is not None:
            found.append(event)
    return found


def _check_version(path: Path) -> None:
    """Raise FileVersionError if the last event in a file has another version than new ones."""
    lines = path.read_bytes().splitlines() if path.is_file() else []
    if not lines:
        return
    try:
        parse_event(lines[-1])
    except FileVersionError as error:
        raise FileVersionError(
            f"{path}: {error.message}",
            hint="use the Scallion that trained this run, or train again, without --resume",
        ) from error
    except FileError:
        return  # what is damaged stays; what follows can be read


def _remove_torn_line(path: Path) -> None:
    if not path.is_file():
        return
    with path.open("r+b") as file:
        content = file.read()
        file.truncate(content.rfind(b"\n") + 1)
