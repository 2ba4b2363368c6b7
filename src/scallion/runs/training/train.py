"""Trains what was prepared, and keeps all of it in a run folder."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from scallion import files
from scallion.callbacks import Callback
from scallion.errors import TrainingError
from scallion.models import Model
from scallion.models.inspection import first_non_finite_layer
from scallion.runs.folder import lock
from scallion.runs.folder.environment import Environment
from scallion.runs.folder.run_folder import CONFIG, ENVIRONMENT, RunFolder
from scallion.runs.training import model_card
from scallion.runs.training.checkpointing import Checkpointer
from scallion.runs.training.interruption import Interruption
from scallion.runs.training.preparation import PreparedRun
from scallion.runs.training.recorder import Recorder
from scallion.runs.training.run_data import LabelledImages
from scallion.runs.training.run_result import RunResult, RunStatus, Score
from scallion.runs.training.step_schedule import StepSchedule

PREDICT_BATCH = 256


def create_run_folder(prepared: PreparedRun) -> RunFolder:
    """A new run folder that says what will run and on what. Raises FileError."""
    contents = {CONFIG: prepared.config(), ENVIRONMENT: Environment.here()}
    return RunFolder.create(prepared.settings.out, prepared.name, contents)


def train(
    prepared: PreparedRun,
    run: RunFolder | None = None,
    *,
    callbacks: Sequence[Callback] = (),
    test: bool = True,
    schedule: StepSchedule | None = None,
) -> RunResult:
    """Train, keep the best epoch by validation, and look at the test images once, at the end.

    `schedule` says how long it goes on: as prepared, unless a `TimeBudget` is given. Without `test` the
    test images stay locked: a study chooses among runs, and may not choose with them. In a folder
    that holds the state of a stopped run it goes on there. Ctrl-C ends after the step: the outcome
    is `interrupted`, its test score None. The folder is whole at any moment. Raises TrainingError
    when the loss is no longer a number, FileError when nothing more can be written, StateError
    where another process trains in this folder.
    """
    run = run or create_run_folder(prepared)
    with lock.training_lock(run):
        recorder = Recorder(run, schedule or StepSchedule(prepared), prepared.patience)
        return _train(prepared, recorder, callbacks, test=test)


def _train(
    prepared: PreparedRun, recorder: Recorder, callbacks: Sequence[Callback], *, test: bool
) -> RunResult:
    model, splits = prepared.model, prepared.splits
    keeper = Checkpointer(recorder, callbacks)
    standing = keeper.take_up(model)
    model.model_card = model_card.about(prepared, files.read_json(recorder.run.config))
    status: RunStatus = "finished"
    validation: Score | None = None
    tested: Score | None = None
    with Interruption() as interruption:
        watching = [interruption, *callbacks]
        try:
            if not (standing.stopped or recorder.has_waited):
                fit(prepared, [recorder, *watching, keeper], recorder.schedule, standing.epochs)
            _restore_best(model, recorder)
            validation = score(model, splits.validation, watching)
            model_card.complete(prepared, recorder.run)
            tested = score(model, splits.test, watching) if test else None
        except KeyboardInterrupt:
            status = "interrupted"
        except TrainingError as error:
            layer = first_non_finite_layer(model, splits.train.x)
            outcome = _outcome(prepared, recorder, "diverged", None, None)
            replace(outcome, non_finite_layer=layer).save()
            if layer is None:
                raise
            raise TrainingError(
                f"{error.message}. The first layer without numbers is {layer!r}", hint=error.hint
            ) from error
    if status == "interrupted":
        if recorder.best_weights is None:
            model.save(recorder.run.model)
        else:
            _restore_best(model, recorder)
            validation = validation or score(model, splits.validation)
    outcome = _outcome(prepared, recorder, status, validation, tested)
    outcome.save()
    return outcome


def score(model: Model, images: LabelledImages, callbacks: Sequence[Callback] = ()) -> Score:
    """How many of these images the model names rightly."""
    outputs: NDArray[np.float32] = model.predict(
        images.x, batch_size=PREDICT_BATCH, verbose=0, callbacks=list(callbacks)
    )
    return Score(int((outputs.argmax(axis=1) == images.y).sum()), len(images))


def fit(
    prepared: PreparedRun, callbacks: Sequence[Callback], schedule: StepSchedule, done: int = 0
) -> None:
    """Train and validate, behind so many epochs that are done. Nothing is kept."""
    splits = prepared.splits
    prepared.model.fit(
        splits.train.x,
        _targets(prepared, splits.train),
        batch_size=prepared.batch_size,
        epochs=schedule.most_epochs,
        initial_epoch=done,
        sample_weight=splits.train.weights,
        validation_data=(splits.validation.x, _targets(prepared, splits.validation)),
        verbose=0,
        callbacks=[schedule, *callbacks],
    )


def _targets(prepared: PreparedRun, images: LabelledImages) -> NDArray[np.generic]:
    """Class numbers, or the one-hot rows that smoothed labels need."""
    if not prepared.recipe.label_smoothing:
        return images.y
    return np.eye(len(prepared.class_names), dtype=np.float32)[images.y]


def _restore_best(model: Model, recorder: Recorder) -> None:
    if recorder.best_weights is not None:
        model.set_weights(recorder.best_weights)


def _outcome(
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
    )
