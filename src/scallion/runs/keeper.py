"""Keeps after each epoch all that a training needs to go on: `last/`, and the best model."""

from collections.abc import Sequence
from typing import Any

from scallion.callbacks import Callback
from scallion.callbacks.callback import Logs
from scallion.models import Model, load_model
from scallion.runs import state
from scallion.runs.recorder import Recorder
from scallion.runs.state import Standing


class Keeper(Callback):
    """Comes after all other callbacks, and keeps what they have made of the epoch.

    The state is written before `model.keras` is, so after any accident the model is that of the
    best epoch, or the state's own last epoch is the best and its weights are the model.
    """

    def __init__(self, recorder: Recorder, others: Sequence[Callback] = ()) -> None:
        super().__init__()
        self.recorder = recorder
        self.others = others

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        recorder = self.recorder
        standing = Standing(
            rows=recorder.rows,
            seconds=recorder.seconds,
            training_seconds=recorder.training_seconds,
            stopped=bool(self.model.stop_training),
            callbacks=self._told(),
        )
        state.write(recorder.run.last, self.model, standing)
        if recorder.is_best:
            self.model.save(recorder.run.model)

    def take_up(self, model: Model) -> Standing:
        """Put back what was kept last, into the model and all that listen to it.

        Raises FileError, StateError.
        """
        run = self.recorder.run
        standing = state.restore(run.last, model)
        self.recorder.take_up(standing)
        if self.recorder.is_best:
            self.recorder.best_weights = model.get_weights()
            model.save(run.model)
        elif standing.rows:
            self.recorder.best_weights = load_model(run.model, compile=False).get_weights()
        for name, callback in _named(self.others).items():
            if name in standing.callbacks:
                callback.set_state(standing.callbacks[name])
        return standing

    def _told(self) -> dict[str, Any]:
        return {name: callback.get_state() for name, callback in _named(self.others).items()}


def _named(callbacks: Sequence[Any]) -> dict[str, Any]:
    """Those callbacks that have a state, by their class and place."""
    return {
        f"{type(callback).__name__}-{place}": callback
        for place, callback in enumerate(callbacks)
        if hasattr(callback, "get_state") and hasattr(callback, "set_state")
    }
