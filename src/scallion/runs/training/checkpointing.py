"""Keeps after each epoch all that a training needs to go on: `last/`, and the best model."""

from collections.abc import Sequence
from typing import Any

from scallion.callbacks import Callback
from scallion.callbacks.callback import Logs
from scallion.models import Model, load_model
from scallion.runs.folder import training_state
from scallion.runs.folder.training_state import TrainingState
from scallion.runs.training.recorder import Recorder


class Checkpointer(Callback):
    """Comes after all other callbacks, and keeps what they have made of the epoch.

    The state is written before `model.keras` is, so after any accident the model is that of the
    best epoch, or the state's own last epoch is the best and its weights are the model.
    """

    def __init__(self, recorder: Recorder, others: Sequence[Callback] = ()) -> None:
        super().__init__()
        self.recorder = recorder
        self.others = others
        self._told: Sequence[Any] = ()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        recorder = self.recorder
        standing = TrainingState(
            rows=recorder.rows,
            seconds=recorder.seconds,
            training_seconds=recorder.training_seconds,
            stopped=bool(self.model.stop_training),
            callbacks=self._tell(),
        )
        training_state.write(recorder.run.last, self.model, standing)
        if recorder.is_best:
            self.model.save(recorder.run.model)

    def take_up(self, model: Model) -> TrainingState:
        """Put back what was kept last, into the model and all that listen to it.

        Raises FileError, StateError.
        """
        run = self.recorder.run
        standing = training_state.restore(run.last, model)
        self.recorder.take_up(standing)
        if self.recorder.is_best:
            self.recorder.best_weights = model.get_weights()
            model.save(run.model)
        elif standing.rows:
            self.recorder.best_weights = load_model(run.model, compile=False).get_weights()
        self._told = standing.callbacks
        return standing

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Give the others back what they had told, now that each has begun anew."""
        for callback, (kind, told) in zip(self.others, self._told, strict=False):
            if told and type(callback).__name__ == kind:
                callback.set_state(told)

    def _tell(self) -> list[list[Any]]:
        """The class of each callback, and what it wants to know again."""
        return [[type(callback).__name__, callback.get_state()] for callback in self.others]
