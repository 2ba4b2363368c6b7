"""The base class of callbacks: hooks that training, evaluation and prediction call."""

from collections.abc import Mapping
from typing import Any

# Floats by name; an array for a metric with one value per class.
Logs = dict[str, Any]


class Callback:
    """Base class with one hook per event; override those that you need.

    `self.model` is the model, `self.params` has `verbose`, `epochs` and `steps`.
    `self.model.stop_training = True` stops training after the current batch or epoch.

    Beyond Keras, a callback may define `on_batch_complete(loop)` and `on_epoch_complete(loop)`.
    They are called after the hooks of all callbacks, when `loop.get_state()` is consistent.
    """

    def __init__(self) -> None:
        self.params: dict[str, Any] | None = None
        self._model: Any = None

    def set_params(self, params: dict[str, Any]) -> None:
        """Set `verbose`, `epochs` and `steps`; called before any hook."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """Set the model; called before any hook."""
        self._model = model

    @property
    def model(self) -> Any:
        """The model that is trained, evaluated or predicts."""
        return getattr(self, "_model", None)

    def get_state(self) -> dict[str, Any]:
        """Return the state that resumed training restores: nested numbers, texts and arrays.

        Beyond Keras: a custom callback that counts epochs overrides this and `set_state`.
        """
        return {}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Restore what `get_state` returned; called after `on_train_begin`."""

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Run before a training step; the older name of `on_train_batch_begin`."""

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Run after a training step; the older name of `on_train_batch_end`."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Run at the start of an epoch; epochs count from 0."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Run at the end of an epoch, with its averages, such as `loss` and `val_accuracy`."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Run before a training step; batches count from 0 in each epoch."""
        self.on_batch_begin(batch, logs=logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Run after a training step, with the averages of the epoch so far."""
        self.on_batch_end(batch, logs=logs)

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Run before a batch of `evaluate`, or of the validation inside `fit`."""

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Run after a batch of `evaluate`, or of the validation inside `fit`."""

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Run before a batch of `predict`."""

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Run after a batch of `predict`; `logs["outputs"]` has the outputs."""

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Run once, before the first epoch."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Run once, after the last epoch, with its averages."""

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Run at the start of `evaluate`, or of the validation inside `fit`."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Run at the end of `evaluate`, or of the validation inside `fit`."""

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Run at the start of `predict`."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """Run at the end of `predict`."""
