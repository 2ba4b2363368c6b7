"""Ctrl-C: the first ends the work after the step at hand, the second at once."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Any

from scallion.callbacks import Callback
from scallion.callbacks.callback import Logs


class Interruption(Callback):
    """While it is entered, Ctrl-C is kept until a step is over, and raised then.

    Without it a KeyboardInterrupt can fall between two halves of an update. It must be among the
    callbacks of what it shall interrupt. Outside the main thread, where Python delivers no
    signals, it does nothing.
    """

    def __init__(self) -> None:
        super().__init__()
        self.asked = False
        self._before: Any = None

    def __enter__(self) -> "Interruption":
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True

    def _raise_if_asked(self) -> None:
        if self.asked:
            raise KeyboardInterrupt

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self._raise_if_asked()

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self._raise_if_asked()

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self._raise_if_asked()
