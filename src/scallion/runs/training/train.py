"""Training of a prepared run into its run folder."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from scallion.callbacks import Callback
from scallion.errors import TrainingError
from scallion.models import Model
from scallion.models.inspection import first_non_finite_layer
from scallion.runs.folder import lock
from scallion.runs.folder.environment import Environment
from scallion.runs.folder.run_folder import CONFIG, ENVIRONMENT, RunFolder
from scallion.runs.training import model_metadata
from scallion.runs.training.callbacks.checkpointing import Checkpointer
from scallion.runs.training.callbacks.event_reporter import EventReporter
from scallion.runs.training.callbacks.interruption import Impatience, Interruption
from scallion.runs.training.callbacks.pruning import AccuracyFloor, Pruning
from scallion.runs.training.callbacks.recorder import Recorder
from scallion.runs.training.callbacks.step_schedule import StepSchedule
from scallion.runs.training.frozen_stage import FrozenStage
from scallion.runs.training.preparation import PreparedRun
from scallion.runs.training.run_result import (
    RunResult,
    RunStatus,
    Score,
    discard_result,
)
from scallion.runs.training.splits import LabelledImages

PREDICT_BATCH = 256


def create_run_folder(prepared: PreparedRun) -> RunFolder:
    """Create a run folder with the configuration and the environment. Raises FileError."""
    contents = {
        CONFIG: prepared.config(),
        ENVIRONMENT: Environment.here(prepared.settings.engine),
    }
    return RunFolder.create(prepared.settings.out, prepared.name, contents)


def train(
    prepared: PreparedRun,
    run: RunFolder | None = None,
    *,
    callbacks: Sequence[Callback] = (),
    evaluate_test: bool = True,
    schedule: StepSchedule | None = None,
) -> RunResult:
    """Train, keep the best epoch by validation, and evaluate it on the test images once.

    This is the training alone, without forecast, events, plots and findings: see `runs.run`. A new
    run folder is created if none is given; one with the state of a stopped run continues there.
    `schedule` replaces the prepared steps, by a `TimeBudget` for instance. Without `evaluate_test`
    the test images stay locked: a study chooses among runs, and must not use them for it. Ctrl-C
    stops after the step: the status is then `interrupted`, and the test score None. Every file in
    the folder is complete at any moment.

    Raises TrainingError if the loss is NaN or infinite, FileError if nothing more can be written,
    and StateError if another process trains in this folder.
    """
    with Interruption() as interruption:
        run = run or create_run_folder(prepared)
        with lock.training_lock(run):
            recorder = Recorder(run, schedule or StepSchedule(prepared), prepared.patience)
            return train_locked(
                prepared,
                recorder,
                interruption,
                callbacks=callbacks,
                evaluate_test=evaluate_test,
            )


def train_locked(
    prepared: PreparedRun,
    recorder: Recorder,
    interruption: Interruption,
    *,
    callbacks: Sequence[Callback] = (),
    evaluate_test: bool = True,
    accuracy_floor: AccuracyFloor = (),
    reporter: EventReporter | None = None,
) -> RunResult:
    """Train in a run folder that this process has locked: see `train`.

    `interruption` must be entered: whatever it stops, `evaluation.json` is about the model in
    `model.keras`. The states of `callbacks` are saved and restored. A run whose validation accuracy
    falls below `accuracy_floor` is pruned. `reporter` reports events.
    """
    model, run = prepared.model, recorder.run
    interruption.run = run
    checkpointer = Checkpointer(recorder, callbacks)
    state = checkpointer.restore(model)
    discard_result(run)
    if reporter is not None:
        reporter.report_start(state.epochs)
    model.metadata = model_metadata.metadata_of(prepared, run.read_config())
    pruning = Pruning(accuracy_floor)
    status: RunStatus = "finished"
    validation: Score | None = None
    test: Score | None = None
    listeners = [interruption, pruning, *callbacks]
    last = [checkpointer] if reporter is None else [checkpointer, reporter]
    stage = None
    if prepared.recipe.starts_frozen:
        stage = FrozenStage(prepared, [interruption], reporter and reporter.report_features)
    try:
        if not (state.stopped or recorder.has_lost_patience):
            _train_epochs(prepared, stage, [recorder, *listeners, *last], recorder, state.epochs)
        checkpointer.restore_best(model)
        known = stage if recorder.best_epoch == 1 else None  # its features are those of the model
        validation = _score(prepared, "validation", listeners, reporter, known)
        model_metadata.add_validation_statistics(prepared, run, known and known.features)
        test = _score(prepared, "test", listeners, reporter, known) if evaluate_test else None
    except KeyboardInterrupt:
        status = "interrupted"
    except TrainingError as error:
        raise _diverged(prepared, recorder, error) from error
    if status == "interrupted":
        checkpointer.restore_best(model)
        if validation is None and recorder.best_epoch:
            validation = _score_patiently(prepared, interruption)
    elif pruning.is_pruned:
        status = "pruned"
    result = _result(prepared, recorder, status, validation, test)
    result.save()
    return result


def _train_epochs(
    prepared: PreparedRun,
    stage: FrozenStage | None,
    callbacks: Sequence[Callback],
    recorder: Recorder,
    done: int,
) -> None:
    """Run the frozen stage, where there is one and it is not done, then the other epochs."""
    schedule = recorder.schedule
    if stage is not None and done == 0:
        stage.run([schedule, *callbacks])
        done = 1
    if done < schedule.max_epochs and not (done and prepared.model.stop_training):
        fit(prepared, callbacks, schedule, done)


def score(model: Model, images: LabelledImages, callbacks: Sequence[Callback] = ()) -> Score:
    """Return how many of the images the model classifies correctly."""
    outputs: NDArray[np.float32] = model.predict(
        images.x, batch_size=PREDICT_BATCH, verbose=0, callbacks=list(callbacks)
    )
    return Score(int((outputs.argmax(axis=1) == images.y).sum()), len(images))


def fit(
    prepared: PreparedRun, callbacks: Sequence[Callback], schedule: StepSchedule, done: int = 0
) -> None:
    """Train and validate after `done` completed epochs; nothing is saved."""
    splits = prepared.splits
    prepared.model.fit(
        splits.train.x,
        _targets(prepared, splits.train),
        batch_size=prepared.batch_size,
        epochs=schedule.max_epochs,
        initial_epoch=done,
        sample_weight=splits.train.weights,
        validation_data=(splits.validation.x, _targets(prepared, splits.validation)),
        verbose=0,
        callbacks=[schedule, *callbacks],
    )


def _score(
    prepared: PreparedRun,
    split: Literal["validation", "test"],
    listeners: Sequence[Callback],
    reporter: EventReporter | None,
    stage: FrozenStage | None,
) -> Score:
    if reporter is not None:
        reporter.report_evaluation(split)
    images: LabelledImages = getattr(prepared.splits, split)
    return score(prepared.model, images, listeners) if stage is None else stage.score(images)


def _targets(prepared: PreparedRun, images: LabelledImages) -> NDArray[np.generic]:
    """Return class indices, or the one-hot rows that label smoothing needs."""
    if not prepared.recipe.label_smoothing:
        return images.y
    return np.eye(len(prepared.class_names), dtype=np.float32)[images.y]


def _score_patiently(prepared: PreparedRun, interruption: Interruption) -> Score | None:
    """Return the score on the validation images, None if Ctrl-C is pressed a second time."""
    try:
        return score(prepared.model, prepared.splits.validation, [Impatience(interruption)])
    except KeyboardInterrupt:
        return None


def _diverged(prepared: PreparedRun, recorder: Recorder, error: TrainingError) -> TrainingError:
    """Save the result of a run that diverged, and return the error with the layer that did."""
    layer = first_non_finite_layer(prepared.model, prepared.splits.train.x)
    result = _result(prepared, recorder, "diverged", None, None)
    replace(result, non_finite_layer=layer).save()
    if layer is None:
        return error
    return TrainingError(
        f"{error.message}. The first layer with NaN or infinite values is {layer!r}",
        hint=error.hint,
        layer=layer,
    )


def _result(
    prepared: PreparedRun,
    recorder: Recorder,
    status: RunStatus,
    validation: Score | None,
    test: Score | None,
) -> RunResult:
    return RunResult(
        run=recorder.run,
        model=prepared.architecture.name,
        parameters=prepared.model.count_params(),
        status=status,
        epochs=len(recorder.rows),
        planned=recorder.schedule.epochs,
        best_epoch=recorder.best_epoch,
        seconds=recorder.seconds,
        images_per_second=recorder.images_per_second,
        validation=validation,
        test=test,
        steps=recorder.schedule.steps.text,
    )
