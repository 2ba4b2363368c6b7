"""How long a training will take, from a few measured steps; and one that ends when it has to."""

from dataclasses import asdict, dataclass, replace
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion import session
from scallion.callbacks import Callback
from scallion.callbacks.callback import Logs
from scallion.errors import ArgumentError
from scallion.models import Model
from scallion.models.config import from_config, to_config
from scallion.runs.preparation import Preparation

_LONG_ENOUGH = 0.25  # seconds of steps that tell the pace
_MOST = 64  # steps that are measured
_HELD = 512  # images that tell the pace of answers
_SPARE = 0.06  # of a budget, kept for steps that turn out slower
_ENDING = 2.0  # seconds for curves, diagnosis and files at the end


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a training is expected to take: seconds a step and an epoch, with validation.

    `ending` is the time for the scores at the end, `memory` the bytes that the process took for the
    measured steps, None where the system does not say.
    """

    step: float
    epoch: float
    ending: float
    epochs: int
    memory: int | None

    @property
    def seconds(self) -> float:
        """The whole training."""
        return self.epochs * self.epoch + self.ending

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "seconds": self.seconds}


def forecast(prepared: Preparation) -> Forecast:
    """Measure a few steps of a copy of the network; the one to be trained stays as it is."""
    splits = prepared.splits
    copy = _copy(prepared)
    step = _seconds_a_step(copy, prepared)
    held = splits.validation.x[:_HELD]
    copy.predict(held[:1], verbose=0)
    begun = perf_counter()
    copy.predict(held, batch_size=256, verbose=0)
    answer = (perf_counter() - begun) / len(held)
    return Forecast(
        step=step,
        epoch=step * _steps(prepared) + answer * len(splits.validation),
        ending=2 * answer * (len(splits.validation) + len(splits.test)) + _ENDING,
        epochs=prepared.epochs,
        memory=_peak_memory(),
    )


def within(
    prepared: Preparation, expected: Forecast, minutes: float, begun: float
) -> tuple[Preparation, Forecast, "Deadline"]:
    """As many epochs as fit into `minutes` since `begun` (of `perf_counter`), and what ends them.

    The schedule of the learning rate is that of so many epochs, as if they had been asked for.
    Raises ArgumentError for minutes that are none.
    """
    if not 0 < minutes < float("inf"):
        raise ArgumentError(
            f"minutes is a number above 0. Received: minutes={minutes!r}", hint="minutes=2"
        )
    end = begun + 60 * minutes - expected.ending
    left = max(0.0, (end - perf_counter()) * (1 - _SPARE))
    epochs = max(1, int(left / expected.epoch))
    settings = replace(prepared.settings, epochs=epochs)
    patience = 0 if settings.patience is None else prepared.patience
    resolved = replace(prepared, settings=settings, epochs=epochs, patience=patience)
    seed = prepared.model.seed
    with session.fresh_names():
        resolved.recipe.compile(
            resolved.model,
            steps=resolved.steps,
            learning_rate=resolved.learning_rate,
            metrics=settings.metrics,
        )
    resolved.model.seed = seed  # that of a run which was asked for these epochs
    held = expected.epoch - expected.step * _steps(prepared)
    return resolved, replace(expected, epochs=epochs), Deadline(end - held)


class Deadline(Callback):
    """Ends a training after the step at which its time is over; that epoch is validated, too.

    `missed` says that it had to, since steps were slower than they were measured to be. What such
    a run comes to depends on the clock, so it does not repeat.
    """

    def __init__(self, end: float) -> None:
        super().__init__()
        self.end = end
        self.missed = False

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        if perf_counter() >= self.end:
            self.missed = True
            self.model.stop_training = True


def _steps(prepared: Preparation) -> int:
    return prepared.steps // prepared.epochs


def _copy(prepared: Preparation) -> Model:
    """A network like the one to be trained, with weights of its own."""
    with session.fresh_names():
        copy = from_config(to_config(prepared.model))
        prepared.recipe.compile(copy, steps=prepared.steps, metrics=prepared.settings.metrics)
    return copy


def _seconds_a_step(copy: Model, prepared: Preparation) -> float:
    train, size = prepared.splits.train, prepared.batch_size
    count, seconds = 1, 0.0
    _fit(copy, prepared, train.x[:size], train.y[:size])  # the first step lays out the engine
    while seconds < _LONG_ENOUGH and count <= _MOST:
        images = train.x[: count * size]
        begun = perf_counter()
        _fit(copy, prepared, images, train.y[: count * size])
        seconds = perf_counter() - begun
        steps = -(-len(images) // size)
        if steps < count:
            return seconds / steps
        count *= 2
    return seconds / (count // 2)


def _fit(copy: Model, prepared: Preparation, x: NDArray[Any], y: NDArray[Any]) -> None:
    smooth = prepared.recipe.label_smoothing
    targets = np.eye(len(prepared.class_names), dtype=np.float32)[y] if smooth else y
    copy.fit(x, targets, batch_size=prepared.batch_size, verbose=0)


def _peak_memory() -> int | None:
    try:
        import resource
        import sys
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak
