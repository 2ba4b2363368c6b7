"""The loops over epochs and batches: training, evaluation and prediction."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from scallion.callbacks import CallbackList, state_file
from scallion.engine import Engine
from scallion.layers.base.variable import synchronize
from scallion.models.training.batch_sources import BatchSource
from scallion.models.training.epoch_metrics import EpochMetrics
from scallion.models.training.finite_checks import (
    non_finite_loss,
    require_finite_epoch,
    require_finite_outputs,
)

Logs = dict[str, Any]

# The form of `TrainingLoop.get_state`, as far as it does not depend on the training.
_STATE = {
    "epoch": 0, "steps_done": 0, "stopped": False, "weights": [], "optimizer": {}, "source": {},
    "callbacks": [],
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class EpochRange:
    """The epochs `first` up to, not including, `stop`, and which of them end with validation.

    `validation_freq` is an interval in epochs, or a list of epochs that count from 1.
    """

    first: int
    stop: int
    validation_freq: int | list[int]

    def validates(self, epoch: int) -> bool:
        """Return whether this epoch, counted from 0, ends with validation."""
        if isinstance(self.validation_freq, int):
            return (epoch + 1) % self.validation_freq == 0
        return epoch + 1 in self.validation_freq


@dataclass(slots=True, eq=False)
class TrainingLoop:
    """One call of `fit`. Its state can be saved between any two steps, and restored.

    `epoch` is the current epoch, and `steps_done` the number of its steps that are done. Between
    two epochs `steps_done` is 0 and `epoch` is the next one.
    """

    model: Any
    engine: Engine
    source: BatchSource
    validation: BatchSource | None
    metrics: EpochMetrics
    epochs: EpochRange
    callbacks: CallbackList
    epoch: int = 0
    steps_done: int = 0
    _resume_from: Mapping[str, Any] | None = None

    def run(self) -> None:
        """Run all epochs; history and weights contain what was reached, however training ends.

        Raises TrainingError after the step whose loss is NaN or infinite, and after the epoch in
        which weights become so.
        """
        model, callbacks = self.model, self.callbacks
        self.epoch = self.epochs.first
        callbacks.call("on_train_begin", {})
        self._restore_state()
        logs: Logs = {}
        was_stopped = self._resume_from is not None and model.stop_training
        while self.epoch < self.epochs.stop and not was_stopped:
            if not self.steps_done:
                callbacks.call("on_epoch_begin", self.epoch, {})
            if not self._train_epoch():
                break
            logs = self._end_epoch()
            if model.stop_training:
                break
        model.optimizer.finalize_variable_values()
        synchronize(model.weights)
        callbacks.call("on_train_end", logs)

    def _train_epoch(self) -> bool:
        """Run the steps of an epoch; return whether there were any."""
        model, metrics, callbacks = self.model, self.metrics, self.callbacks
        optimizer, seed = model.optimizer, model.seed
        if not self.steps_done:
            metrics.reset()
        for number, batch in self.source.epoch(seed, optimizer.batches_seen, self.steps_done):
            callbacks.batch_begin("on_train_batch_begin", number)
            result = self.engine.train(batch, seed=seed, step=optimizer.batches_seen)
            metrics.update(batch, result)
            self.steps_done = number + 1
            callbacks.batch_end("on_train_batch_end", number, metrics.logs)
            if model.stop_training:
                break
            if not isfinite(result.loss):
                where = f"epoch {self.epoch + 1}, batch {number + 1}"
                raise non_finite_loss(result.loss, where, optimizer.learning_rate)
            callbacks.complete("on_batch_complete", self)
        return self.steps_done > 0

    def _end_epoch(self) -> Logs:
        synchronize(self.model.weights)  # callbacks save weights at the end of an epoch
        logs, epoch = self.metrics.logs(), self.epoch
        if not self.model.stop_training:
            require_finite_epoch(self.model, epoch)
        if self.validation is not None and self.epochs.validates(epoch):
            val_logs = run_evaluation(
                self.model, self.engine, self.validation, self.metrics, self.callbacks
            )
            if not self.model.stop_training and not isfinite(val_logs["loss"]):
                where, rate = f"epoch {epoch + 1}, validation", self.model.optimizer.learning_rate
                raise non_finite_loss(val_logs["loss"], where, rate)
            logs = dict(sorted({**logs, **{f"val_{k}": v for k, v in val_logs.items()}}.items()))
        self.callbacks.call("on_epoch_end", epoch, logs)
        self.epoch, self.steps_done = epoch + 1, 0
        self.callbacks.complete("on_epoch_complete", self)
        return logs

    def get_state(self) -> dict[str, Any]:
        """Return everything that the rest of the training depends on: numbers, texts, arrays."""
        model = self.model
        return {
            "epoch": self.epoch,
            "steps_done": self.steps_done,
            "stopped": bool(model.stop_training),
            "seed": model.seed,
            "weights": model.get_weights(),
            "optimizer": model.optimizer.get_state(),
            "source": self.source.get_state(),
            "metrics": self.metrics.get_state() if self.steps_done else None,
            "callbacks": self.callbacks.get_state(),
        }

    def resume(self, state: Mapping[str, Any]) -> None:
        """Continue from a state of `get_state`. Call it before the first step."""
        self._resume_from = state

    def _restore_state(self) -> None:
        if self._resume_from is not None:
            with state_file.damage_errors():
                self._restore(self._resume_from)

    def _restore(self, state: Mapping[str, Any]) -> None:
        model = self.model
        state_file.require_form(state, {**_STATE, "seed": model.seed}, "state")
        self.epoch, self.steps_done = int(state["epoch"]), int(state["steps_done"])
        if self.steps_done:
            # Before the callbacks' own states: those include what they did at this hook.
            self.callbacks.call("on_epoch_begin", self.epoch, {})
            state_file.require_form(state["metrics"], self.metrics.get_state(), "metrics")
            self.metrics.set_state(state["metrics"])
        model.seed = int(state["seed"])
        model.set_weights(state["weights"])
        model.optimizer.set_state(state["optimizer"])
        self.source.set_state(state["source"])
        self.callbacks.set_state(state["callbacks"])
        model.stop_training = bool(state["stopped"])


def run_evaluation(
    model: Any,
    engine: Engine,
    source: BatchSource,
    metrics: EpochMetrics,
    callbacks: CallbackList,
) -> Logs:
    """Return losses and metrics over the data, without training."""
    model.stop_evaluating = False
    callbacks.call("on_test_begin", {})
    metrics.reset()
    for number, batch in source.restart().epoch(0, 0):
        callbacks.batch_begin("on_test_batch_begin", number)
        metrics.update(batch, engine.test(batch))
        callbacks.batch_end("on_test_batch_end", number, metrics.logs)
        if model.stop_evaluating:
            break
    logs = metrics.logs()
    callbacks.call("on_test_end", logs)
    return logs


def run_prediction(
    model: Any, engine: Engine, source: BatchSource, callbacks: CallbackList
) -> tuple[np.ndarray, ...]:
    """Return the outputs for all images: float32 (n, ...), one array per output."""
    model.stop_predicting = False
    callbacks.call("on_predict_begin", {})
    found: list[tuple[np.ndarray, ...]] = []
    for number, batch in source.epoch(0, 0):
        callbacks.batch_begin("on_predict_batch_begin", number)
        outputs = engine.predict(batch.inputs, batch.indices)
        require_finite_outputs(model, outputs, batch.indices)
        found.append(outputs)
        callbacks.batch_end(
            "on_predict_batch_end",
            number,
            lambda: {"outputs": outputs[0] if len(outputs) == 1 else list(outputs)},  # noqa: B023
        )
        if model.stop_predicting:
            break
    callbacks.call("on_predict_end", {})
    return tuple(np.concatenate(parts) for parts in zip(*found, strict=True))
