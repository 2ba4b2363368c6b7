"""Worker processes, which train one trial after another on one thread each."""

import multiprocessing
import os
from collections.abc import Sequence
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from time import monotonic
from typing import Any, NamedTuple

from scallion import runs, session
from scallion.callbacks import Callback
from scallion.callbacks.callback import Logs
from scallion.errors import EngineError, ScallionError, TrainingError
from scallion.study.plan import PruningRule
from scallion.study.pruning import should_prune
from scallion.study.samplers import Trial


class TrialEnd(NamedTuple):
    """The end of a trial: the name of its run folder, its status, its completed epochs."""

    run: str
    status: str
    epochs: int


# What a worker sends: the number of completed epochs, the end of a trial, or an error.
Message = int | TrialEnd | ScallionError


class Worker:
    """A process that trains trials, and the trial that it is training."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=train_trials, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        self.trial: Trial | None = None
        self.epochs = 0
        self._started = 0.0

    @property
    def seconds(self) -> float:
        """How long the trial has been running."""
        return monotonic() - self._started

    def start(
        self,
        trial: Trial,
        settings: runs.Settings,
        rule: PruningRule | None,
        medians: Sequence[float],
    ) -> None:
        """Begin to train a trial."""
        self.connection.send((settings, rule, medians))
        self.trial, self.epochs, self._started = trial, 0, monotonic()

    def receive(self) -> Message:
        """Return the next message. Raises EngineError if the process has died."""
        try:
            return self.connection.recv()
        except (EOFError, OSError):
            self._process.join(1)
            raise EngineError(
                f"the process that ran {self.trial and self.trial.key} has ended "
                f"(exit code {self._process.exitcode})",
                hint="is the memory full? Try --jobs 1; finished runs are kept",
            ) from None

    def stop(self) -> None:
        """Stop the trial, which is not kept, and the process."""
        self._process.terminate()
        self.trial = None

    def close(self) -> None:
        """End the process; a trial in progress is stopped."""
        self.connection.close()
        if self.trial is not None:
            self.stop()
        self._process.join(5)


class _TrialCallback(Callback):
    """Sends the number of completed epochs, and stops an unpromising run."""

    def __init__(
        self, connection: Connection, rule: PruningRule | None, medians: Sequence[float]
    ) -> None:
        super().__init__()
        self.connection = connection
        self.rule = rule
        self.medians = medians
        self.is_pruned = False

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        parent = parent_process()
        if parent is not None and not parent.is_alive():
            os._exit(1)  # nobody would read the result
        self.connection.send(epoch + 1)
        accuracy = (logs or {}).get("val_accuracy", 1.0)
        if should_prune(self.rule, epoch, accuracy, self.medians):
            self.is_pruned = True
            self.model.stop_training = True


def train_trials(connection: Connection) -> None:
    """Train the trials that are sent, until the connection is closed."""
    session.set_threads(1)
    while True:
        try:
            settings, rule, medians = connection.recv()
        except (EOFError, KeyboardInterrupt):
            return
        connection.send(_train(connection, settings, rule, medians))


def _train(
    connection: Connection, settings: Any, rule: PruningRule | None, medians: Sequence[float]
) -> TrialEnd | ScallionError:
    """Train a trial without evaluating the test images."""
    callback = _TrialCallback(connection, rule, medians)
    try:
        prepared = runs.prepare(settings)
        run = runs.create_run_folder(prepared)
    except ScallionError as error:
        return error
    try:
        result = runs.train(prepared, run, callbacks=[callback], evaluate_test=False)
    except TrainingError:
        return TrialEnd(run.path.name, "diverged", 0)
    except ScallionError as error:
        return error
    status = "pruned" if callback.is_pruned else result.status
    return TrialEnd(run.path.name, status, result.epochs)
