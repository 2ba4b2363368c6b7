"""Interruption of a training by Ctrl-C, by another thread, or by another process."""

import signal
import threading
from time import monotonic
from types import FrameType, TracebackType
from typing import Any, Protocol

from scallion.callbacks import Callback
from scallion.callbacks.callback import Logs
from scallion.runs.folder.lock import is_cancel_requested
from scallion.runs.folder.run_folder import RunFolder

_CHECK_SECONDS = 0.25  # between two checks for the file `cancel`


class CancelFlag(Protocol):
    """A flag that another thread sets to cancel a training, such as `threading.Event()`."""

    def is_set(self) -> bool:
        """Return whether the training shall stop."""
        ...


class Interruption(Callback):
    """Raises KeyboardInterrupt before a step or batch, once the training shall stop.

    While it is entered, the first Ctrl-C waits for the end of the step; without that, a
    KeyboardInterrupt can fall into the middle of an update. The second Ctrl-C stops at once.
    Outside the main thread, where Python delivers no signals, Ctrl-C is not handled. The flag
    `cancel` and the file `cancel` in the folder of `run` work from any thread and process.
    """

    def __init__(self, run: RunFolder | None = None, cancel: CancelFlag | None = None) -> None:
        super().__init__()
        self.run = run
        self.cancel = cancel
        self.requested = False
        self._previous: Any = None
        self._next_check = 0.0

    def __enter__(self) -> "Interruption":
        if threading.current_thread() is threading.main_thread():
            self._previous = signal.signal(signal.SIGINT, self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._previous is not None:
            signal.signal(signal.SIGINT, self._previous)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True

    def _raise_if_requested(self) -> None:
        if self.requested or (self.cancel is not None and self.cancel.is_set()):
            raise KeyboardInterrupt
        now = monotonic()
        if self.run is not None and now >= self._next_check:
            self._next_check = now + _CHECK_SECONDS
            if is_cancel_requested(self.run):
                raise KeyboardInterrupt

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Raise KeyboardInterrupt if the training shall stop."""
        self._raise_if_requested()

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Raise KeyboardInterrupt if the training shall stop."""
        self._raise_if_requested()

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Raise KeyboardInterrupt if the training shall stop."""
        self._raise_if_requested()
