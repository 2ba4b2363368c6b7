"""The callback that saves a training after each epoch: `last/`, and the best model."""

from collections.abc import Sequence
from typing import Any

from scallion.callbacks import Callback
from scallion.callbacks.callback import Logs
from scallion.callbacks.callback_list import restore_callback
from scallion.models import Model, load_model
from scallion.runs.folder import training_state
from scallion.runs.folder.training_state import TrainingState
from scallion.runs.training.callbacks.recorder import Recorder


class Checkpointer(Callback):
    """Saves the training state, and the model if the epoch is the best; runs after `callbacks`.

    The state is written before `model.keras`. So after any crash the model is that of the best
    epoch, or the state's own last epoch is the best and its weights are the model.
    """

    def __init__(self, recorder: Recorder, callbacks: Sequence[Callback] = ()) -> None:
        super().__init__()
        self.recorder = recorder
        self.callbacks = callbacks
        self._saved: Sequence[Any] = ()
        self._model_epoch: int | None = None  # whose weights `model.keras` holds, if it is known

    def restore(self, model: Model) -> TrainingState:
        """Restore the last saved state of the model, the recorder and the callbacks.

        Raises FileError, StateError.
        """
        run = self.recorder.run
        state = training_state.restore(run.last, model)
        self.recorder.restore(state)
        if self.recorder.is_best:
            self.recorder.best_weights = model.get_weights()
            self._save(model)
        elif state.rows:
            self.recorder.best_weights = load_model(run.model, compile=False).get_weights()
            self._model_epoch = self.recorder.best_epoch
        self._saved = state.callbacks
        return state

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Give the callbacks their saved states, after each has been reset."""
        for callback, (kind, state) in zip(self.callbacks, self._saved, strict=False):
            if type(callback).__name__ == kind:
                restore_callback(callback, state)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Save the state, and the model of the best epoch."""
        recorder = self.recorder
        state = TrainingState(
            rows=recorder.rows,
            seconds=recorder.seconds,
            training_seconds=recorder.training_seconds,
            stopped=bool(self.model.stop_training),
            callbacks=[[type(one).__name__, one.get_state()] for one in self.callbacks],
        )
        training_state.write(recorder.run.last, self.model, state)
        if recorder.is_best:
            self._save(self.model)

    def restore_best(self, model: Model) -> None:
        """Give the model the weights of the best epoch, and make sure that `model.keras` has them.

        Without a completed epoch both have the weights that the model has now. The file lags behind
        if a callback stopped the training before the epoch could be saved.
        """
        if self.recorder.best_weights is not None:
            model.set_weights(self.recorder.best_weights)
        if self._model_epoch != self.recorder.best_epoch:
            self._save(model)

    def _save(self, model: Model) -> None:
        model.save(self.recorder.run.model)
        self._model_epoch = self.recorder.best_epoch
