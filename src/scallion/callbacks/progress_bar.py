"""The progress bar of Keras 3: `1563/1563 ━━━━━━━━━━━━━━━━━━━━ 8s 5ms/step - loss: 1.5903`."""

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
    """One line with a bar, averages and time per step.

    In a terminal or notebook it is updated in place, at most 20 times per second. Elsewhere it is
    written once, at the end, without colours.
    """

    def __init__(self, target: int | None, verbose: int) -> None:
        self.target = target
        self.verbose = verbose
        self._is_interactive = is_interactive()
        self._start = time.perf_counter()
        self._after_first: float | None = None
        self._last_written = float("-inf")
        self._width = 0
        self._done = 0

    def update(self, current: int, read_logs: Callable[[], Logs]) -> None:
        """Show that `current` batches are done, if an update is due; logs are read only then."""
        now = time.perf_counter()
        self._done = current
        if current == 1:
            self._after_first = now
        if (
            self.verbose != 1
            or not self._is_interactive
            or now - self._last_written < REFRESH_SECONDS
        ):
            return
        self._last_written = now
        seconds = self._seconds_per_step(current, now)
        left = f"{now - self._start:.0f}s"
        if self.target is not None:
            left = _duration(seconds * (self.target - current))
        self._write(current, left, step_time(seconds), read_logs(), final=False)

    def finish(self, logs: Logs) -> None:
        """Write the final line, with the averages of the whole epoch."""
        if self.target is None:
            self.target = self._done
        now = time.perf_counter()
        seconds, elapsed = self._seconds_per_step(self.target, now), f"{now - self._start:.0f}s"
        if self.verbose == 2:
            parts = [f"{self.target}/{self.target}", elapsed, step_time(seconds), *_pairs(logs)]
            write(" - ".join(parts) + "\n")
        elif self.verbose == 1:
            self._write(self.target, elapsed, step_time(seconds), logs, final=True)

    def break_line(self) -> None:
        """End the line, if it is not finished."""
        if self._width:
            write("\n")
            self._width = 0

    def _seconds_per_step(self, current: int, now: float) -> float:
        # The first step includes the set-up, so it is excluded as soon as there are others.
        if self._after_first is not None and current > 1:
            return (now - self._after_first) / (current - 1)
        return (now - self._start) / max(current, 1)

    def _write(self, current: int, clock: str, step: str, logs: Logs, *, final: bool) -> None:
        count = f"{current}/Unknown"
        if self.target is not None:
            count = f"{current:{len(str(self.target))}d}/{self.target}"
        fixed = len(f"{count}  {clock} {step}")
        pairs = [f" - {pair}" for pair in _pairs(logs)]
        terminal = terminal_width() if self._is_interactive else None
        bar, lines = _fit(fixed, pairs, terminal, final)
        head = _head(
            count, bar, current / max(self.target or current, 1), clock, step, self._is_interactive
        )
        width = fixed + bar + len(lines[0])
        padding = " " * max(0, self._width - width)
        text = head + "\n   ".join(lines) if len(lines) > 1 else head + lines[0] + padding
        write(("\r" if self._is_interactive else "") + text + ("\n" if final else ""))
        self._width = 0 if final else width


class ProgbarLogger(Callback):
    """Show progress by `verbose`: 1 updates a bar, 2 writes one line per epoch, 0 nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._progress_bar: ProgressBar | None = None
        self._in_fit = False
        self._verbose = 1
        self._epochs = 1
        self._steps: int | None = 1

    def set_params(self, params: dict[str, object]) -> None:
        """Set `verbose`, and the numbers of epochs and steps."""
        super().set_params(params)
        verbose = params["verbose"]
        self._verbose = 1 if verbose == "auto" else int(verbose)  # type: ignore[call-overload]
        self._epochs = int(params["epochs"])  # type: ignore[call-overload]
        steps = params["steps"]
        self._steps = None if steps is None else int(steps)  # type: ignore[call-overload]

    def update(self, hook: str, batch: int, read_logs: Callable[[], Logs]) -> None:
        """Show that a batch is done; validation inside `fit` shows nothing, as in Keras."""
        if self._progress_bar is None or (self._in_fit and hook != "on_train_batch_end"):
            return
        self._progress_bar.update(batch + 1, dict if hook == "on_predict_batch_end" else read_logs)

    def break_line(self) -> None:
        """End an unfinished line, so that a message can follow on its own line."""
        if self._progress_bar is not None:
            self._progress_bar.break_line()

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Show no bars for validation from now on."""
        self._in_fit = True

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Write the number of the epoch, and start its bar."""
        if self._verbose and self._epochs > 1:
            write(f"Epoch {epoch + 1}/{self._epochs}\n")
        self._progress_bar = ProgressBar(self._steps, self._verbose)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Finish the bar of the epoch."""
        self._finish(logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Start a bar for `evaluate`."""
        if not self._in_fit:
            self._progress_bar = ProgressBar(self._steps, self._verbose)

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Finish the bar of `evaluate`."""
        if not self._in_fit:
            self._finish(logs)

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Start a bar for `predict`."""
        self._progress_bar = ProgressBar(self._steps, self._verbose)

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """Finish the bar of `predict`."""
        self._finish(logs)

    def _finish(self, logs: Logs | None) -> None:
        if self._progress_bar is not None:
            self._progress_bar.finish(logs or {})


def is_interactive() -> bool:
    """Return whether output can be overwritten: in a terminal, a notebook or PyCharm."""
    return (
        (hasattr(sys.stdout, "isatty") and sys.stdout.isatty())
        or "ipykernel" in sys.modules
        or "PYCHARM_HOSTED" in os.environ
    )


def terminal_width() -> int | None:
    """Return the width of the terminal in characters, or None without a terminal."""
    if hasattr(sys.stdout, "isatty") and sys.stdout.isatty():
        return shutil.get_terminal_size().columns - 1
    return None


def write(text: str) -> None:
    """Write to standard output, with `=` for `━` where its encoding lacks that."""
    try:
        sys.stdout.write(text)
    except UnicodeEncodeError:
        encoding = sys.stdout.encoding or "utf-8"
        plain = text.replace("━", "=").encode(encoding, errors="ignore").decode(encoding)
        sys.stdout.write(plain)
    sys.stdout.flush()


def step_time(seconds: float) -> str:
    """Return a time per step in seconds as Keras writes it.

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
    """Return `name: value` for each entry, with the mean of an array, as in Keras."""
    means = {name: float(np.mean(value)) for name, value in logs.items()}
    return [
        f"{name}: {value:.4f}" if abs(value) > 1e-3 else f"{name}: {value:.4e}"
        for name, value in means.items()
    ]


def _head(count: str, bar: int, done: float, clock: str, step: str, coloured: bool) -> str:
    full = int(bar * done)
    if not coloured:
        return f"{count} {'━' * bar} {clock} {step}"
    green = f"{_GREEN}{'━' * full}{_PLAIN}" if full else ""
    gray = f"{_GRAY}{'━' * (bar - full)}{_PLAIN}"
    return f"{_BOLD}{count}{_PLAIN} {green}{gray} {_BOLD}{clock}{_PLAIN} {step}"


def _fit(fixed: int, pairs: list[str], terminal: int | None, final: bool) -> tuple[int, list[str]]:
    """Return the bar's width, and the pairs in lines that fit into the terminal."""
    tail = "".join(pairs)
    if terminal is None or fixed + BAR_WIDTH + len(tail) <= terminal:
        return BAR_WIDTH, [tail]
    bar = min(BAR_WIDTH, max(0, terminal - fixed - len(tail)))
    lines, width = [""], fixed + bar
    for pair in pairs:
        if width + len(pair) > terminal:
            if not final:
                break
            lines.append("")
            width = 3
        lines[-1] += pair
        width += len(pair)
    return bar, lines
