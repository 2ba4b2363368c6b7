"""The visible loop: over epochs and batches. The engine does the rest."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, isfinite
from typing import Any

import numpy as np

from scallion.callbacks import CallbackList
from scallion.engine import Engine, Result
from scallion.errors import TrainingError
from scallion.models.data import Data
from scallion.models.tally import Tally
from scallion.session import split_seed

Logs = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Course:
    """How far training goes: epochs `first` up to `last`, and which of them are validated."""

    first: int
    last: int
    validation_freq: int | list[int]

    def validates(self, epoch: int) -> bool:
        """Whether this epoch, which counts from 0, ends with a look at the validation data."""
        if isinstance(self.validation_freq, int):
            return (epoch + 1) % self.validation_freq == 0
        return epoch + 1 in self.validation_freq


class Batches:
    """Places in the data, batch by batch, shuffled anew whenever all have been seen.

    The order is a function of the seed and of the number of updates made before, so training that
    is taken up again goes on as it would have. Where an epoch has fewer steps than batches,
    the next epoch takes up the rest, as in Keras.
    """

    def __init__(
        self, images: int, size: int, steps: int | None = None, *, shuffle: bool = False
    ) -> None:
        self.images = images
        self.size = size
        self.shuffle = shuffle
        self.steps = steps
        self._order = np.arange(images)
        self._next = 0

    @property
    def count(self) -> int:
        """How many steps an epoch has."""
        return self.steps or ceil(self.images / self.size)

    def restart(self) -> "Batches":
        """Itself, back at the first image."""
        self._next = 0
        return self

    def epoch(self, seed: int = 0, step: int = 0) -> Iterator[tuple[int, np.ndarray]]:
        """The numbers of an epoch's steps, each with the places of its images: int64 (n,)."""
        if self._next == 0 and self.shuffle:
            self._order = shuffled(self.images, seed, step)
        for number in range(self.count):
            if self._next >= self.images:
                warnings.warn(
                    f"the {self.images} images end after {number} of {self.steps} steps an epoch; "
                    "the next epoch begins",
                    stacklevel=4,
                )
                break
            start, self._next = self._next, self._next + self.size
            yield number, self._order[start : self._next]
        if self._next >= self.images:
            self._next = 0


def shuffled(images: int, seed: int, step: int) -> np.ndarray:
    """The places 0 to `images` - 1 in an order that (seed, step) decides: int64 (images,)."""
    generator = np.random.Generator(np.random.Philox(key=split_seed(seed, step)))
    return generator.permutation(images)


def train(
    model: Any,
    engine: Engine,
    data: Data,
    batches: Batches,
    tally: Tally,
    course: Course,
    callbacks: CallbackList,
    validation: tuple[Data, Batches] | None,
) -> None:
    """Train for some epochs; history and weights hold what was reached, however it ends.

    Raises TrainingError after the step whose loss is no longer a number.
    """
    callbacks.call("on_train_begin", {})
    logs: Logs = {}
    for epoch in range(course.first, course.last):
        callbacks.call("on_epoch_begin", epoch, {})
        train_epoch(model, engine, data, batches, tally, callbacks, epoch)
        logs = tally.logs()
        if validation is not None and course.validates(epoch):
            tested = test(model, engine, *validation, tally, callbacks)
            logs = dict(sorted({**logs, **{f"val_{k}": v for k, v in tested.items()}}.items()))
        callbacks.call("on_epoch_end", epoch, logs)
        if model.stop_training:
            break
    model.optimizer.finalize_variable_values()
    callbacks.call("on_train_end", logs)


def train_epoch(
    model: Any,
    engine: Engine,
    data: Data,
    batches: Batches,
    tally: Tally,
    callbacks: CallbackList,
    epoch: int,
) -> None:
    """One way through the data: a step, its means, and who wants to hear of it."""
    optimizer, seed = model.optimizer, model.seed
    tally.reset()
    for number, indices in batches.epoch(seed, optimizer.batches_seen):
        callbacks.batch_begin("on_train_batch_begin", number)
        batch = data.batch(indices)
        result = engine.train(batch, seed=seed, step=optimizer.batches_seen)
        tally.add(batch, result)
        callbacks.batch_end("on_train_batch_end", number, tally.logs)
        if model.stop_training:
            break
        if not isfinite(result.loss):
            raise _diverged(result, epoch, number, optimizer.learning_rate)


def _diverged(result: Result, epoch: int, number: int, rate: float) -> TrainingError:
    return TrainingError(
        f"epoch {epoch + 1}, batch {number + 1}: the loss is no longer a number, so training "
        f"ends here. Received: loss={result.loss}, learning_rate={rate:g}",
        hint=f"a lower learning rate, such as {rate / 10:g}, and pixels from 0 to 1: x / 255",
    )


def test(
    model: Any, engine: Engine, data: Data, batches: Batches, tally: Tally, callbacks: CallbackList
) -> Logs:
    """The losses and metrics over the data, with nothing learned."""
    model.stop_evaluating = False
    callbacks.call("on_test_begin", {})
    tally.reset()
    for number, indices in batches.restart().epoch():
        callbacks.batch_begin("on_test_batch_begin", number)
        batch = data.batch(indices)
        tally.add(batch, engine.test(batch))
        callbacks.batch_end("on_test_batch_end", number, tally.logs)
        if model.stop_evaluating:
            break
    logs = tally.logs()
    callbacks.call("on_test_end", logs)
    return logs


def predict(
    model: Any, engine: Engine, data: Data, batches: Batches, callbacks: CallbackList
) -> tuple[np.ndarray, ...]:
    """What comes out for every image: float32 (n, ...), one an output."""
    model.stop_predicting = False
    callbacks.call("on_predict_begin", {})
    found: list[tuple[np.ndarray, ...]] = []
    for number, indices in batches.epoch():
        callbacks.batch_begin("on_predict_batch_begin", number)
        outputs = engine.predict(data.inputs, indices)
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
