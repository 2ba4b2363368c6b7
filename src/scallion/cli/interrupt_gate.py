"""Handling of Ctrl-C in a command that trains and then prints the result."""

from types import FrameType

from scallion.interrupt_handler import InterruptHandler


class InterruptGate(InterruptHandler):
    """Lets Ctrl-C through until it is closed, so that the result is printed completely.

    A training handles Ctrl-C itself, but only while it lasts. After it the command prints the
    result, which takes a moment; with a closed gate, Ctrl-C does nothing then.
    """

    def __init__(self) -> None:
        self._is_closed = False

    def close(self) -> None:
        """Ignore Ctrl-C from now on."""
        self._is_closed = True

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if not self._is_closed:
            raise KeyboardInterrupt
