"""The use case "train": settings in, events out, a run folder and a result at the end.

The command line, the cells of a study, executors and Python users train through `run`, so the same
settings give the same bits everywhere.
"""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import msgspec

from scallion import files, plots, session
from scallion.callbacks import Callback
from scallion.errors import CancelledError, FileError, ScallionError, TrainingError
from scallion.files import StrPath
from scallion.findings import Finding
from scallion.keyword_names import refuse_unknown_names
from scallion.runs.events import (
    AnyEvent,
    EndEvent,
    EventLog,
    FindingEvent,
    ForecastEvent,
    LoadEvent,
    OnEvent,
    StartEvent,
)
from scallion.runs.folder import lock
from scallion.runs.folder.environment import Environment
from scallion.runs.folder.run_folder import RunFolder
from scallion.runs.inspection.run_diagnosis import diagnose_run
from scallion.runs.inspection.saved_run import SavedRun
from scallion.runs.training.callbacks.event_reporter import EventReporter
from scallion.runs.training.callbacks.interruption import CancelFlag, Interruption
from scallion.runs.training.callbacks.pruning import AccuracyFloor
from scallion.runs.training.callbacks.recorder import Recorder
from scallion.runs.training.callbacks.step_schedule import StepSchedule
from scallion.runs.training.forecast import Forecast, budget_seconds, forecast
from scallion.runs.training.preparation import PreparedRun, prepare
from scallion.runs.training.resuming import reopen_run
from scallion.runs.training.run_result import RunResult, RunStatus
from scallion.runs.training.settings import Settings
from scallion.runs.training.time_budget import fit_to_time
from scallion.runs.training.train import create_run_folder, train_locked

_LOAD_SECONDS = 0.1  # between two load events


@refuse_unknown_names("option")
@dataclass(frozen=True, slots=True)
class RunOptions:
    """Options of a run that do not change what it trains.

    Args:
        evaluate_test: Evaluate on the test images, once, at the end. A study chooses among runs, so
            it leaves them locked.
        diagnose: Draw the curves and compute the findings.
        forecast: Measure and report the expected time.
        accuracy_floor: The least validation accuracy after each epoch; below it the run is pruned.
        callbacks: Callbacks of `fit`; their states are saved, and restored when resuming.
    """

    evaluate_test: bool = True
    diagnose: bool = True
    forecast: bool = True
    accuracy_floor: AccuracyFloor = ()
    callbacks: Sequence[Callback] = ()


def run(
    settings: Settings,
    *,
    minutes: float | None = None,
    on_event: OnEvent | None = None,
    cancel: CancelFlag | None = None,
    options: RunOptions = RunOptions(),
    started: float | None = None,
) -> RunResult:
    """Train a network, and keep everything in a new run folder.

    A process trains one run at a time, since the seed of the session is its own: `jobs` trains
    several. Training changes that seed.

    Args:
        settings: The data, the model and the training.
        minutes: Train for this time in total, with as many steps as fit, instead of the epochs of
            the settings. It counts from `started`, a value of `time.perf_counter()`, or from now.
        on_event: A function that is called with each event, besides `events.jsonl`.
        cancel: A flag such as `threading.Event()`; set it to stop after the step. From another
            process, use `runs.cancel(RUN)`. The status is then `interrupted`; `resume` continues.
        options: Whether to evaluate, diagnose and forecast; pruning; callbacks.

    Raises what `prepare` raises for settings or data that cannot be used, CancelledError for a run
    that is cancelled before its training starts, TrainingError if the loss is NaN or infinite, and
    FileError if nothing more can be written.

    >>> result = scallion.runs.run(Settings("mnist", epochs=3))  # doctest: +SKIP
    >>> result.test.accuracy  # doctest: +SKIP
    0.9905
    """
    started = perf_counter() if started is None else started
    seconds = None if minutes is None else budget_seconds(minutes)
    prepared = prepare(settings, _load_reporter(on_event, cancel), seconds)
    expected, schedule = None, None
    has_steps = prepared.steps.count > prepared.frozen_steps
    if (options.forecast and has_steps) or minutes is not None:
        expected = forecast(prepared, minutes)
    if expected is not None and minutes is not None:
        prepared, expected, schedule = fit_to_time(prepared, expected, minutes, started)
    _raise_if_cancelled(cancel)
    with Interruption(cancel=cancel) as interruption:
        folder = create_run_folder(prepared)
        return _train(prepared, folder, schedule, expected, on_event, interruption, options)


def resume(
    path: StrPath,
    *,
    data: Any = None,
    on_event: OnEvent | None = None,
    cancel: CancelFlag | None = None,
    options: RunOptions = RunOptions(),
) -> RunResult:
    """Resume a stopped run; it ends with the same bits as if it had never stopped.

    `data` are the data of a run that was trained on data in memory. The other arguments are those
    of `run`; events are appended to `events.jsonl`. Raises what `reopen_run` and `run` raise.
    """
    prepared, folder = reopen_run(path, data, _load_reporter(on_event, cancel))
    _raise_if_cancelled(cancel)
    with Interruption(folder, cancel) as interruption:
        return _train(prepared, folder, None, None, on_event, interruption, options)


def start_event(prepared: PreparedRun, folder: RunFolder, completed_epochs: int) -> StartEvent:
    """Return the event that describes a run, after so many epochs that were completed before."""
    splits, rule = prepared.splits, prepared.data.resize_rule
    here = Environment.here(prepared.settings.engine)
    return StartEvent(
        run=str(folder.path),
        data=prepared.name,
        class_names=list(prepared.class_names),
        image_shape=list(prepared.image_shape),
        training_images=len(splits.train),
        validation_images=len(splits.validation),
        test_images=len(splits.test),
        resize_rule=None if rule is None else _plain(rule.as_dict()),
        data_findings=[_plain(finding.as_dict()) for finding in prepared.data.findings],
        model=prepared.architecture.name,
        parameters=prepared.model.count_params(),
        epochs=prepared.epochs,
        steps=prepared.steps.count,
        steps_per_epoch=prepared.steps_per_epoch,
        batch_size=prepared.batch_size,
        learning_rate=prepared.learning_rate,
        patience=prepared.patience,
        seed=prepared.settings.seed,
        engine=here.engine,
        instruction_set=here.instruction_set,
        threads=session.get_threads(),
        completed_epochs=completed_epochs,
        settings=_plain(prepared.resolved_settings().as_dict()),
        model_reason=prepared.model_reason,
    )


def _train(
    prepared: PreparedRun,
    folder: RunFolder,
    schedule: StepSchedule | None,
    expected: Forecast | None,
    on_event: OnEvent | None,
    interruption: Interruption,
    options: RunOptions,
) -> RunResult:
    """Train in the folder, then draw the curves and diagnose; report the end, however it comes."""
    with lock.training_lock(folder), EventLog(folder) as log:
        recorder = Recorder(folder, schedule or StepSchedule(prepared), prepared.patience)

        def first_events(completed_epochs: int) -> list[AnyEvent]:
            start = start_event(prepared, folder, completed_epochs)
            return [start] if expected is None else [start, _forecast_event(expected)]

        reporter = EventReporter(recorder, log, on_event, first_events)
        result = None
        try:
            result = train_locked(
                prepared,
                recorder,
                interruption,
                callbacks=options.callbacks,
                evaluate_test=options.evaluate_test,
                accuracy_floor=options.accuracy_floor,
                reporter=reporter,
            )
            if options.diagnose:
                result = _diagnose(prepared, result, reporter, interruption)
        except BaseException as error:
            with suppress(FileError):  # the error itself is what matters
                reporter.report(_failed_event(error, recorder, result))
            raise
        reporter.report(_end_event(result))
        return result


def _diagnose(
    prepared: PreparedRun, result: RunResult, reporter: EventReporter, interruption: Interruption
) -> RunResult:
    """Draw the curves, compute and report the findings, and return the result with them.

    Ctrl-C skips this: `scallion diagnose` can do it later.
    """

    def work() -> Sequence[Finding]:
        plots.save_curves(result.run.history, result.run.curves)
        return diagnose_run(SavedRun.of(prepared, result.run))

    findings = interruption.attempt(work)
    if findings is None:
        return result
    for finding in findings:
        reporter.report(FindingEvent(**_plain(finding.as_dict())))
    result = replace(result, findings=tuple(findings))
    result.save_findings()
    return result


def _forecast_event(expected: Forecast) -> ForecastEvent:
    return ForecastEvent(
        seconds=expected.seconds,
        seconds_per_step=expected.step,
        seconds_per_epoch=expected.epoch,
        memory_bytes=expected.memory,
    )


def _end_event(result: RunResult) -> EndEvent:
    return EndEvent(
        status=result.status,
        epochs=result.epochs,
        best_epoch=result.best_epoch,
        steps=result.steps,
        seconds=round(result.seconds, 3),
        images_per_second=result.images_per_second,
        val_accuracy=result.validation and result.validation.accuracy,
        test_accuracy=result.test and result.test.accuracy,
    )


def _failed_event(error: BaseException, recorder: Recorder, result: RunResult | None) -> EndEvent:
    """Return the end of a run that an error ended: while it trained, or while it was diagnosed."""
    message = error.message if isinstance(error, ScallionError) else repr(error)
    hint = error.hint if isinstance(error, ScallionError) else None
    if result is not None:
        event = _end_event(result)
    else:
        status: RunStatus = "diverged" if isinstance(error, TrainingError) else "failed"
        event = EndEvent(
            status=status,
            epochs=len(recorder.rows),
            best_epoch=recorder.best_epoch,
            steps=recorder.schedule.steps.text,
            seconds=round(recorder.seconds, 3),
        )
    return msgspec.structs.replace(event, error=message, hint=hint)


def _load_reporter(
    on_event: OnEvent | None, cancel: CancelFlag | None
) -> Callable[[int, int], None]:
    """Return a function that reports decoded images, and stops decoding for a cancelled run."""
    due = 0.0

    def report(done: int, total: int) -> None:
        nonlocal due
        _raise_if_cancelled(cancel)
        if on_event is not None and (perf_counter() >= due or done == total):
            due = perf_counter() + _LOAD_SECONDS
            on_event(LoadEvent(done=done, total=total))

    return report


def _raise_if_cancelled(cancel: CancelFlag | None) -> None:
    if cancel is not None and cancel.is_set():
        raise CancelledError("the run was cancelled before its training started")


def _plain(value: Any) -> Any:
    """Return the value as it is read back from JSON."""
    return json.loads(files.encode_json(value))
