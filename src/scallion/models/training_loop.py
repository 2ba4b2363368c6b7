"""The visible loop: over epochs and batches. The engine does the rest."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from scallion.callbacks import CallbackList
from scallion.engine import Engine, StepResult
from scallion.errors import TrainingError
from scallion.models.batch_sources import BatchSource
from scallion.models.epoch_metrics import EpochMetrics

Logs = dict[str, Any]


@dataclass(frozen=True, slots=True)
class EpochRange:
    """How far training goes: epochs `first` up to `last`, and which of them are validated."""

    first: int
    last: int
    validation_freq: int | list[int]

    def validates(self, epoch: int) -> bool:
        """Whether this epoch, which counts from 0, ends with a look at the validation data."""
        if isinstance(self.validation_freq, int):
            return (epoch + 1) % self.validation_freq == 0
        return epoch + 1 in self.validation_freq


@dataclass(slots=True, eq=False)
class TrainingLoop:
    """One `fit` on its way. It can be written down between any two steps, and taken up again.

    `epoch` is the one at hand and `number` how many of its steps are done; between two epochs
    `number` is 0 and `epoch` the next one.
    """

    model: Any
    engine: Engine
    source: BatchSource
    epoch_metrics: EpochMetrics
    epoch_range: EpochRange
    callbacks: CallbackList
    validation: BatchSource | None = None
    epoch: int = 0
    number: int = 0
    _resumed: Mapping[str, Any] | None = None

    def run(self) -> None:
        """Train for some epochs; history and weights hold what was reached, however it ends.

        Raises TrainingError after the step whose loss is no longer a number.
        """
        model, callbacks = self.model, self.callbacks
        self.epoch = self.epoch_range.first
        callbacks.call("on_train_begin", {})
        self._take_up()
        logs: Logs = {}
        while self.epoch < self.epoch_range.last and not (self._resumed and model.stop_training):
            if not self.number:
                callbacks.call("on_epoch_begin", self.epoch, {})
            if not self._train_epoch():
                break
            logs = self._end_epoch()
            if model.stop_training:
                break
        model.optimizer.finalize_variable_values()
        callbacks.call("on_train_end", logs)

    def _train_epoch(self) -> bool:
        """One way through the data: a step, its means, and who wants to hear of it."""
        model, epoch_metrics, callbacks = self.model, self.epoch_metrics, self.callbacks
        optimizer, seed = model.optimizer, model.seed
        if not self.number:
            epoch_metrics.reset()
        for number, batch in self.source.epoch(seed, optimizer.batches_seen, self.number):
            callbacks.batch_begin("on_train_batch_begin", number)
            result = self.engine.train(batch, seed=seed, step=optimizer.batches_seen)
            epoch_metrics.add(batch, result)
            self.number = number + 1
            callbacks.batch_end("on_train_batch_end", number, epoch_metrics.logs)
            if model.stop_training:
                break
            if not isfinite(result.loss):
                raise _diverged(result, self.epoch, number, optimizer.learning_rate)
            callbacks.complete("on_batch_complete", self)
        return self.number > 0

    def _end_epoch(self) -> Logs:
        logs, epoch = self.epoch_metrics.logs(), self.epoch
        if self.validation is not None and self.epoch_range.validates(epoch):
            tested = test(
                self.model, self.engine, self.validation, self.epoch_metrics, self.callbacks
            )
            logs = dict(sorted({**logs, **{f"val_{k}": v for k, v in tested.items()}}.items()))
        self.callbacks.call("on_epoch_end", epoch, logs)
        self.epoch, self.number = epoch + 1, 0
        self.callbacks.complete("on_epoch_complete", self)
        return logs

    def get_state(self) -> dict[str, Any]:
        """All that the rest of the training follows from: numbers, texts and arrays, nested."""
        model = self.model
        return {
            "epoch": self.epoch,
            "number": self.number,
            "stopped": bool(model.stop_training),
            "seed": model.seed,
            "weights": model.get_weights(),
            "optimizer": model.optimizer.get_state(),
            "source": self.source.get_state(),
            "epoch_metrics": self.epoch_metrics.get_state() if self.number else None,
            "callbacks": self.callbacks.get_state(),
        }

    def resume(self, state: Mapping[str, Any]) -> None:
        """Go on where `get_state` was called; to be called before the first step."""
        self._resumed = state

    def _take_up(self) -> None:
        state, model = self._resumed, self.model
        if state is None:
            return
        self.epoch, self.number = int(state["epoch"]), int(state["number"])
        if self.number:  # callbacks hear of the epoch first: what they do then is in the state
            self.callbacks.call("on_epoch_begin", self.epoch, {})
            self.epoch_metrics.set_state(state["epoch_metrics"])
        model.seed = int(state["seed"])
        model.set_weights(state["weights"])
        model.optimizer.set_state(state["optimizer"])
        self.source.set_state(state["source"])
        self.callbacks.set_state(state["callbacks"])
        model.stop_training = bool(state["stopped"])


def _diverged(result: StepResult, epoch: int, number: int, rate: float) -> TrainingError:
    return TrainingError(
        f"epoch {epoch + 1}, batch {number + 1}: the loss is no longer a number, so training "
        f"ends here. Received: loss={result.loss}, learning_rate={rate:g}",
        hint=f"a lower learning rate, such as {rate / 10:g}, and pixels from 0 to 1: x / 255",
    )


def test(
    model: Any,
    engine: Engine,
    source: BatchSource,
    epoch_metrics: EpochMetrics,
    callbacks: CallbackList,
) -> Logs:
    """The losses and metrics over the data, with nothing learned."""
    model.stop_evaluating = False
    callbacks.call("on_test_begin", {})
    epoch_metrics.reset()
    for number, batch in source.restart().epoch(0, 0):
        callbacks.batch_begin("on_test_batch_begin", number)
        epoch_metrics.add(batch, engine.test(batch))
        callbacks.batch_end("on_test_batch_end", number, epoch_metrics.logs)
        if model.stop_evaluating:
            break
    logs = epoch_metrics.logs()
    callbacks.call("on_test_end", logs)
    return logs


def predict(
    model: Any, engine: Engine, source: BatchSource, callbacks: CallbackList
) -> tuple[np.ndarray, ...]:
    """What comes out for every image: float32 (n, ...), one an output."""
    model.stop_predicting = False
    callbacks.call("on_predict_begin", {})
    found: list[tuple[np.ndarray, ...]] = []
    for number, batch in source.epoch(0, 0):
        callbacks.batch_begin("on_predict_batch_begin", number)
        outputs = engine.predict(batch.inputs, batch.indices)
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
