"""Handling of Ctrl-C for the time of a `with` block."""

import signal
import threading
from types import FrameType
from typing import Any, Self


class InterruptHandler:
    """While it is entered, Ctrl-C calls `_handle` and nothing else.

    Outside the main thread, where Python delivers no signals, Ctrl-C is not handled.
    """

    _previous: Any = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._previous = signal.signal(signal.SIGINT, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        if self._previous is not None:
            signal.signal(signal.SIGINT, self._previous)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        raise NotImplementedError
