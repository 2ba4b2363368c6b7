"""The progress line of Keras 3: `1563/1563 ━━━━━━━━━━━━━━━━━━━━ 8s 5ms/step - loss: 1.5903`."""

import os
import shutil
import sys
import time
from collections.abc import Callable

import numpy as np

from scallion.callbacks.callback import Callback, Logs

BAR_WIDTH = 20
REFRESH_SECONDS = 0.05
_BOLD, _GREEN, _GRAY, _PLAIN = "\x1b[1m", "\x1b[32m", "\x1b[37m", "\x1b[0m"


class ProgressBar:
    """One line that is written over while batches go by, and left standing at the end.

    Where the output is a terminal or a notebook the line moves, at most 20 times a second;
    elsewhere it is written once, at the end, without colours.
    """

    def __init__(self, target: int | None, verbose: int) -> None:
        self.target = target
        self.verbose = verbose
        self._moves = is_interactive()
        self._start = time.perf_counter()
        self._after_first: float | None = None
        self._last_written = float("-inf")
        self._width = 0
        self._done = 0

    def move(self, current: int, read_logs: Callable[[], Logs]) -> None:
        """Show that `current` batches are done, if it is time to; means are read only then."""
        now = time.perf_counter()
        self._done = current
        if current == 1:
            self._after_first = now
        if self.verbose != 1 or not self._moves or now - self._last_written < REFRESH_SECONDS:
            return
        self._last_written = now
        seconds = self._seconds_a_step(current, now)
        left = f"{now - self._start:.0f}s"
        if self.target is not None:
            left = _duration(seconds * (self.target - current))
        self._write(current, left, step_time(seconds), read_logs(), final=False)

    def finish(self, logs: Logs) -> None:
        """Write the line as it stays, with the means of the whole epoch."""
        if self.target is None:
            self.target = self._done
        now = time.perf_counter()
        seconds, elapsed = self._seconds_a_step(self.target, now), f"{now - self._start:.0f}s"
        if self.verbose == 2:
            figures = [f"{self.target}/{self.target}", elapsed, step_time(seconds), *_pairs(logs)]
            write(" - ".join(figures) + "\n")
        elif self.verbose == 1:
            self._write(self.target, elapsed, step_time(seconds), logs, final=True)

    def break_line(self) -> None:
        """Go to a fresh line where one was begun."""
        if self._width:
            write("\n")
            self._width = 0

    def _seconds_a_step(self, current: int, now: float) -> float:
        # The first step also pays for setting up, so it is left out where there are more.
        if self._after_first is not None and current > 1:
            return (now - self._after_first) / (current - 1)
        return (now - self._start) / max(current, 1)

    def _write(self, current: int, clock: str, pace: str, logs: Logs, *, final: bool) -> None:
        count = f"{current}/Unknown"
        if self.target is not None:
            count = f"{current:{len(str(self.target))}d}/{self.target}"
        fixed = len(f"{count}  {clock} {pace}")
        pairs = [f" - {pair}" for pair in _pairs(logs)]
        room = columns() if self._moves else None
        bar, lines = _fit(fixed, pairs, room, final)
        head = _head(count, bar, current / max(self.target or current, 1), clock, pace, self._moves)
        width = fixed + bar + len(lines[0])
        padding = " " * max(0, self._width - width)
        text = head + "\n   ".join(lines) if len(lines) > 1 else head + lines[0] + padding
        write(("\r" if self._moves else "") + text + ("\n" if final else ""))
        self._width = 0 if final else width


class ProgbarLogger(Callback):
    """The callback behind `verbose`: 1 moves a line, 2 writes one line an epoch, 0 is silent."""

    def __init__(self) -> None:
        super().__init__()
        self._line: ProgressBar | None = None
        self._in_fit = False
        self._verbose = 1
        self._epochs = 1
        self._steps: int | None = 1

    def set_params(self, params: dict[str, object]) -> None:
        super().set_params(params)
        verbose = params["verbose"]
        self._verbose = 1 if verbose == "auto" else int(verbose)  # type: ignore[call-overload]
        self._epochs = int(params["epochs"])  # type: ignore[call-overload]
        steps = params["steps"]
        self._steps = None if steps is None else int(steps)  # type: ignore[call-overload]

    def move(self, hook: str, batch: int, read_logs: Callable[[], Logs]) -> None:
        """Show that a batch is done; validation inside `fit` is silent, as in Keras."""
        if self._line is None or (self._in_fit and hook != "on_train_batch_end"):
            return
        self._line.move(batch + 1, dict if hook == "on_predict_batch_end" else read_logs)

    def break_line(self) -> None:
        """End an unfinished line, so that a message can follow."""
        if self._line is not None:
            self._line.break_line()

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._in_fit = True

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        if self._verbose and self._epochs > 1:
            write(f"Epoch {epoch + 1}/{self._epochs}\n")
        self._line = ProgressBar(self._steps, self._verbose)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._finish(logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        if not self._in_fit:
            self._line = ProgressBar(self._steps, self._verbose)

    def on_test_end(self, logs: Logs | None = None) -> None:
        if not self._in_fit:
            self._finish(logs)

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._line = ProgressBar(self._steps, self._verbose)

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self._finish(logs)

    def _finish(self, logs: Logs | None) -> None:
        if self._line is not None:
            self._line.finish(logs or {})


def is_interactive() -> bool:
    """Whether what is written can be written over: a terminal, a notebook, PyCharm's console."""
    return (
        (hasattr(sys.stdout, "isatty") and sys.stdout.isatty())
        or "ipykernel" in sys.modules
        or "PYCHARM_HOSTED" in os.environ
    )


def columns() -> int | None:
    """How many characters a line of the terminal has; None where there is no terminal."""
    if hasattr(sys.stdout, "isatty") and sys.stdout.isatty():
        return shutil.get_terminal_size().columns - 1
    return None


def write(text: str) -> None:
    """Write to the standard output as it is now, in `=` where it knows no `━`."""
    try:
        sys.stdout.write(text)
    except UnicodeEncodeError:
        encoding = sys.stdout.encoding or "utf-8"
        plain = text.replace("━", "=").encode(encoding, errors="ignore").decode(encoding)
        sys.stdout.write(plain)
    sys.stdout.flush()


def step_time(seconds: float) -> str:
    """A pace as Keras writes it.

    >>> step_time(1.4), step_time(0.005), step_time(0.00025)
    ('1s/step', '5ms/step', '250us/step')
    """
    if seconds >= 1 or seconds == 0:
        return f"{seconds:.0f}s/step"
    if seconds >= 1e-3:
        return f"{seconds * 1e3:.0f}ms/step"
    return f"{seconds * 1e6:.0f}us/step"


def _duration(seconds: float) -> str:
    whole = int(seconds)
    if seconds > 3600:
        return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    if seconds > 60:
        return f"{whole // 60}:{whole % 60:02d}"
    return f"{whole}s"


def _pairs(logs: Logs) -> list[str]:
    """Each name with its number; the mean where there is one a class, as in Keras."""
    means = {name: float(np.mean(value)) for name, value in logs.items()}
    return [
        f"{name}: {value:.4f}" if abs(value) > 1e-3 else f"{name}: {value:.4e}"
        for name, value in means.items()
    ]


def _head(count: str, bar: int, done: float, clock: str, pace: str, coloured: bool) -> str:
    full = int(bar * done)
    if not coloured:
        return f"{count} {'━' * bar} {clock} {pace}"
    green = f"{_GREEN}{'━' * full}{_PLAIN}" if full else ""
    gray = f"{_GRAY}{'━' * (bar - full)}{_PLAIN}"
    return f"{_BOLD}{count}{_PLAIN} {green}{gray} {_BOLD}{clock}{_PLAIN} {pace}"


def _fit(fixed: int, pairs: list[str], room: int | None, final: bool) -> tuple[int, list[str]]:
    """The bar's width and the figures in lines, so that nothing is wider than the terminal."""
    tail = "".join(pairs)
    if room is None or fixed + BAR_WIDTH + len(tail) <= room:
        return BAR_WIDTH, [tail]
    bar = min(BAR_WIDTH, max(0, room - fixed - len(tail)))
    lines, width = [""], fixed + bar
    for pair in pairs:
        if width + len(pair) > room:
            if not final:
                break
            lines.append("")
            width = 3
        lines[-1] += pair
        width += len(pair)
    return bar, lines
