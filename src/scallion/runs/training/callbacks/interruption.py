"""Interruption of a training by Ctrl-C, by another thread, or by another process."""

from collections.abc import Callable
from time import monotonic
from types import FrameType
from typing import Protocol, TypeVar

from scallion.callbacks import Callback
from scallion.callbacks.callback import Logs
from scallion.interrupt_handler import InterruptHandler
from scallion.runs.folder.lock import is_cancel_requested
from scallion.runs.folder.run_folder import RunFolder

T = TypeVar("T")
_CHECK_SECONDS = 0.25  # between two checks for the file `cancel`


class CancelFlag(Protocol):
    """A flag that another thread sets to cancel a training, such as `threading.Event()`."""

    def is_set(self) -> bool:
        """Return whether the training shall stop."""
        ...


class Interruption(InterruptHandler, Callback):
    """Raises KeyboardInterrupt before a step or batch, once the training shall stop.

    While it is entered, Ctrl-C only counts: without that, a KeyboardInterrupt can fall into the
    middle of an update, or between two files that belong together. Every further Ctrl-C skips
    what can be computed later. The flag `cancel` and the file `cancel` in the folder of `run` work
    from any thread and process.
    """

    def __init__(self, run: RunFolder | None = None, cancel: CancelFlag | None = None) -> None:
        super().__init__()
        self.run = run
        self.cancel = cancel
        self.presses = 0
        self._is_abortable = False
        self._next_check = 0.0

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.presses += 1
        if self._is_abortable:
            self._is_abortable = False  # so that no second one falls into the handling of this one
            raise KeyboardInterrupt

    def attempt(self, work: Callable[[], T]) -> T | None:
        """Return what `work` returns, None if Ctrl-C was pressed twice before, or while it runs.

        Ctrl-C ends it at once, so it may write nothing but complete files.
        """
        try:
            self._is_abortable = True
            try:
                return None if self.presses > 1 else work()
            finally:
                self._is_abortable = False
        except KeyboardInterrupt:
            return None

    def raise_if_requested(self) -> None:
        """Raise KeyboardInterrupt if the training shall stop."""
        if self.presses or (self.cancel is not None and self.cancel.is_set()):
            raise KeyboardInterrupt
        now = monotonic()
        if self.run is not None and now >= self._next_check:
            self._next_check = now + _CHECK_SECONDS
            if is_cancel_requested(self.run):
                raise KeyboardInterrupt

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Raise KeyboardInterrupt if the training shall stop."""
        self.raise_if_requested()

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Raise KeyboardInterrupt if the training shall stop."""
        self.raise_if_requested()

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Raise KeyboardInterrupt if the training shall stop."""
        self.raise_if_requested()


class Impatience(Callback):
    """Raises KeyboardInterrupt before a batch, once Ctrl-C was pressed a second time."""

    def __init__(self, interruption: Interruption) -> None:
        super().__init__()
        self._interruption = interruption
        self._presses = min(1, interruption.presses)  # none if another process cancelled

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Raise KeyboardInterrupt if Ctrl-C was pressed again."""
        if self._interruption.presses > self._presses:
            raise KeyboardInterrupt
