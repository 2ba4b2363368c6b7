"""What a training shows while it runs: a bar with the time left, or plain lines when piped."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from types import TracebackType
from typing import TYPE_CHECKING, Any

from scallion.callbacks import ProgbarLogger
from scallion.callbacks.callback import Logs
from scallion.cli.wrapping import wrap_text

if TYPE_CHECKING:
    from scallion.runs import StepSchedule

QUIET = 5.0  # seconds between two lines about the same thing
NARROW = 66  # columns, below which only what matters most is shown


class ProgressDisplay(ProgbarLogger):
    """A bar over the whole training on standard error, and a line for each epoch above it.

    It is a ProgbarLogger, so the loop reads the means only when the bar is due. `schedule` says how
    long the training is, where it may change on the way.
    """

    def __init__(self) -> None:
        super().__init__()
        self.schedule: StepSchedule | None = None
        self._bar: Any = None
        self._task: Any = None
        self._done = 0
        self._epoch = 0
        self._started = perf_counter()
        self._shown = 0.0

    @contextmanager
    def task(self, words: str) -> Iterator[Callable[[int, int], None]]:
        """Show what is going on; call what it gives with how many are done of how many.

        On a terminal the words and the count change in place; in a file, there is a line every
        few seconds.
        """
        if not sys.stderr.isatty():
            yield _lines(words)
            return
        from rich.console import Console

        with Console(stderr=True).status(words) as status:
            yield lambda done, total: status.update(f"{words}: {done:,} of {total:,} pictures")

    def announce(self, text: str, indent: int = 7) -> None:
        """Write lines that stay."""
        print(wrap_text(text, sys.stderr, indent), file=sys.stderr, flush=True)

    def __enter__(self) -> "ProgressDisplay":
        if sys.stderr.isatty():
            self._bar = _bar()
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._started = perf_counter()
        if self._bar is not None:
            self._task = self._bar.add_task("", total=self._all_steps, figures="")

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch

    @property
    def _all_steps(self) -> int:
        if self.schedule is not None:
            return self.schedule.steps.count
        return self._epochs * (self._steps or 1)

    @property
    def _all_epochs(self) -> int:
        return self._epochs if self.schedule is None else self.schedule.epochs

    def update(self, hook: str, batch: int, read_logs: Callable[[], Logs]) -> None:
        if hook != "on_train_batch_end" or self._bar is None:
            return
        self._done += 1
        now = perf_counter()
        if now - self._shown < 0.1:
            return
        self._shown = now
        self._bar.update(
            self._task,
            completed=self._done,
            total=self._all_steps,
            description=f"epoch {self._epoch + 1}/{self._all_epochs}",
            figures=_figures(read_logs(), self._bar.console.width),
        )

    def break_line(self) -> None:
        """The bar is never an unfinished line."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        elapsed, done = perf_counter() - self._started, (epoch + 1) * (self._steps or 1)
        left = elapsed / done * (self._all_steps - done)
        if self._bar is None:
            line = epoch_line(epoch + 1, self._all_epochs, logs or {}, left)
            print(line, file=sys.stderr, flush=True)
            return
        narrow = self._bar.console.width < NARROW
        line = epoch_line(epoch + 1, self._all_epochs, logs or {}, brief=narrow)
        self._bar.console.print(line, markup=False, highlight=False)
        self._bar.update(self._task, completed=done, figures="")

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        if self._bar is not None:
            self._bar.update(self._task, description="counting right answers")

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """The bar stays as it is."""

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Validation is short; the bar waits."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Validation is short; the bar waits."""


def _lines(words: str) -> Callable[[int, int], None]:
    due = perf_counter() + QUIET

    def report(done: int, total: int) -> None:
        nonlocal due
        if perf_counter() >= due and done < total:
            due = perf_counter() + QUIET
            print(f"{words}: {done:,} of {total:,} pictures", file=sys.stderr, flush=True)

    return report


def epoch_line(
    epoch: int, epochs: int, logs: Logs, left: float = 0.0, *, brief: bool = False
) -> str:
    """An epoch's figures in a line, and about how many seconds it will go on where that is given.

    >>> logs = {"loss": 0.41, "accuracy": 0.85, "val_loss": 0.38, "val_accuracy": 0.861}
    >>> epoch_line(2, 9, logs, left=61.2)
    'epoch 2/9  loss 0.410, accuracy 85.0 %  validation 0.380, 86.1 %  about 1 min 1 s left'
    >>> epoch_line(2, 9, logs, brief=True)
    '2/9  85.0 %  validation 86.1 %'
    """
    from scallion.text_format import duration, percent

    count = f"{epoch:>{len(str(epochs))}}/{epochs}"
    if brief:
        return f"{count}  {percent(logs['accuracy'])}  validation {percent(logs['val_accuracy'])}"
    words = [
        f"epoch {count}",
        f"loss {_loss(logs['loss'])}, accuracy {percent(logs['accuracy'])}",
        f"validation {_loss(logs['val_loss'])}, {percent(logs['val_accuracy'])}",
    ]
    if left > 0:
        words.append(f"about {duration(left)} left")
    return "  ".join(words)


def _figures(logs: Logs, width: int) -> str:
    if width < NARROW or "loss" not in logs:
        return ""
    return f"loss {_loss(logs['loss'])}"


def _loss(value: float) -> str:
    return f"{value:.3f}" if value < 100 else f"{value:.3g}"


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        TimeRemainingColumn(compact=True),
        TextColumn("left"),
        TextColumn("{task.fields[figures]}"),
        console=Console(stderr=True),
        transient=True,
        expand=True,
    )
