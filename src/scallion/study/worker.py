"""One process that trains cells: what it is sent, one after another, on one thread."""

import os
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from typing import Any, Literal

import numpy as np

from scallion import runs, session
from scallion.callbacks import Callback
from scallion.callbacks.callback import Logs
from scallion.errors import ScallionError, TrainingError
from scallion.study.plan import StopRule

# What is sent back: an epoch is over, a cell is done, or it cannot be run.
Message = tuple[Literal["epoch", "done", "failed"], Any]


class Watcher(Callback):
    """Tells of each epoch, and ends a run that is hopeless.

    `median` is the validation accuracy by epoch of the runs that were finished before.
    """

    def __init__(self, connection: Connection, stop: StopRule | None, median: list[float]) -> None:
        super().__init__()
        self.connection = connection
        self.stop = stop
        self.median = median
        self.hopeless = False

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        parent = parent_process()
        if parent is not None and not parent.is_alive():
            os._exit(1)  # nobody would read the result
        self.connection.send(("epoch", epoch + 1))
        if should_stop(self.stop, epoch, (logs or {}).get("val_accuracy", 1.0), self.median):
            self.hopeless = True
            self.model.stop_training = True


def should_stop(stop: StopRule | None, epoch: int, accuracy: float, median: list[float]) -> bool:
    """Whether a run is not worth going on after this epoch, which counts from 0.

    >>> should_stop(StopRule(after=3, below=0.2), 2, 0.1, []), should_stop(None, 2, 0.1, [])
    (True, False)
    """
    if stop is None or epoch + 1 < stop.after:
        return False
    if stop.below is not None and accuracy < stop.below:
        return True
    known = stop.behind is not None and epoch < len(median)
    return known and accuracy < median[epoch] - (stop.behind or 0.0)


def work(connection: Connection) -> None:
    """Train what is sent, until nothing more is."""
    session.set_threads(1)
    while True:
        try:
            settings, stop, median = connection.recv()
        except (EOFError, KeyboardInterrupt):
            return
        connection.send(train_one(connection, settings, stop, median))


def train_one(
    connection: Connection, settings: runs.Settings, stop: StopRule | None, median: list[float]
) -> Message:
    """Train a cell, and say how it ended. The test images are not looked at."""
    watcher = Watcher(connection, stop, median)
    try:
        prepared = runs.prepare(settings)
        run = runs.create_run_folder(prepared)
    except ScallionError as error:
        return "failed", error
    try:
        outcome = runs.train(prepared, run, callbacks=[watcher], test=False)
    except TrainingError:
        return "done", (run.path.name, "diverged", 0)
    except ScallionError as error:
        return "failed", error
    ended = "hopeless" if watcher.hopeless else outcome.status
    return "done", (run.path.name, ended, outcome.epochs)


def median_by_epoch(histories: list[np.ndarray]) -> list[float]:
    """The median validation accuracy at each epoch that half of the finished runs have reached."""
    if len(histories) < 3:
        return []
    lengths = sorted(map(len, histories))
    shared = lengths[len(lengths) // 2]
    stacked = [[history[i] for history in histories if len(history) > i] for i in range(shared)]
    return [float(np.median(values)) for values in stacked]
