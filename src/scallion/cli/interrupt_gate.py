"""Handling of Ctrl-C in a command that trains and then prints the result."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Any


class InterruptGate:
    """Lets Ctrl-C through until it is closed, so that the result is printed completely.

    A training handles Ctrl-C itself, but only while it lasts. After it the command prints the
    result, which takes a moment; with a closed gate, Ctrl-C does nothing then.
    """

    def __init__(self) -> None:
        self._is_closed = False
        self._previous: Any = None

    def close(self) -> None:
        """Ignore Ctrl-C from now on."""
        self._is_closed = True

    def __enter__(self) -> "InterruptGate":
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
        if not self._is_closed:
            raise KeyboardInterrupt
