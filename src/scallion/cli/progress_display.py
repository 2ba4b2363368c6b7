"""The display of progress on standard error: a bar on a terminal, plain lines in a file."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Any

from scallion.cli.wrapping import wrap_text
from scallion.text_format import duration, percent

if TYPE_CHECKING:
    from scallion.runs.events import AnyEvent, EpochEvent, StartEvent, StepEvent

QUIET = 5.0  # seconds between two lines about the same thing
NARROW = 66  # columns, below which only the most important values are shown
INDENT = 7  # of continuation lines of the plan


@contextmanager
def progress(words: str) -> Iterator[Callable[[int, int], None]]:
    """Show what is being done, and yield a function that takes how many images of all are done.

    On a terminal the text changes in place; in a file there is a line every few seconds.
    """
    if not sys.stderr.isatty():
        yield _line_writer(words)
        return
    from rich.console import Console  # slow to import
    from rich.text import Text

    # As Text, because a folder may be named "[/red]".
    with Console(stderr=True).status(Text(words)) as status:
        yield lambda done, total: status.update(Text(_count(words, done, total)))


def announce(text: str, indent: int = INDENT) -> None:
    """Write lines that stay."""
    print(wrap_text(text, sys.stderr, indent), file=sys.stderr, flush=True)


class TrainingDisplay:
    """Shows the events of a run: its plan, then one line per epoch, below them a progress bar.

    `loading` is what is shown until the run starts.
    """

    def __init__(self, loading: str) -> None:
        self._loading = loading
        self._is_terminal = sys.stderr.isatty()
        self._write_line = _line_writer(loading)
        self._write_features = _line_writer("computing features")
        self._start: StartEvent | None = None
        self._status: Any = None
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> "TrainingDisplay":
        if self._is_terminal:
            from rich.console import Console  # slow to import
            from rich.text import Text

            self._status = Console(stderr=True).status(Text(self._loading))
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop_status()
        if self._bar is not None:
            self._bar.stop()

    def show(self, event: "AnyEvent") -> None:
        """Show an event of the run."""
        from scallion import report  # slow to import
        from scallion.runs import events

        match event:
            case events.LoadEvent():
                self._show_loading(event.done, event.total)
            case events.StartEvent():
                self._stop_status()
                self._start = event
                announce(report.format_plan(event))
            case events.ForecastEvent():
                announce(report.format_forecast(event))
                if self._start and (hint := report.suggest_short_training(self._start, event)):
                    announce(hint)
            case events.FeaturesEvent():
                self._show_features(event.done, event.total)
            case events.StepEvent():
                self._show_step(event)
            case events.EpochEvent():
                self._show_epoch(event)
            case events.EvaluateEvent() if self._bar is not None:
                self._bar.update(self._task, description=f"evaluating {event.split} images")
            case _:
                pass

    def _show_loading(self, done: int, total: int) -> None:
        if self._status is not None:
            from rich.text import Text  # slow to import

            self._status.update(Text(_count(self._loading, done, total)))
        else:
            self._write_line(done, total)

    def _stop_status(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None

    def _show_features(self, done: int, total: int) -> None:
        if self._is_terminal:
            self._update_bar("computing features", "", completed=done, total=total)
        else:
            self._write_features(done, total)

    def _show_step(self, event: "StepEvent") -> None:
        if self._is_terminal:
            self._show_bar(event, "" if event.loss is None else f"loss {_format_loss(event.loss)}")

    def _show_epoch(self, event: "EpochEvent") -> None:
        if not self._is_terminal:
            line = epoch_line(event.epoch, event.epochs, event.values, event.seconds_left or 0.0)
            print(line, file=sys.stderr, flush=True)
            return
        self._show_bar(event, "")
        console = self._bar.console
        line = epoch_line(event.epoch, event.epochs, event.values, brief=console.width < NARROW)
        console.print(line, markup=False, highlight=False)

    def _show_bar(self, event: "StepEvent | EpochEvent", figures: str) -> None:
        words = f"epoch {event.epoch}/{event.epochs}"
        self._update_bar(words, figures, completed=event.step, total=event.steps)

    def _update_bar(self, words: str, figures: str, *, completed: int, total: int) -> None:
        if self._bar is None:
            self._bar = _make_bar()
            self._bar.start()
            self._task = self._bar.add_task("", figures="")
        shown = figures if self._bar.console.width >= NARROW else ""
        self._bar.update(
            self._task, completed=completed, total=total, description=words, figures=shown
        )


def epoch_line(
    epoch: int,
    epochs: int,
    values: Mapping[str, Any],
    seconds_left: float = 0.0,
    *,
    brief: bool = False,
) -> str:
    """Return the values of an epoch in one line, with the remaining time if there is any.

    >>> values = {"loss": 0.41, "accuracy": 0.85, "val_loss": 0.38, "val_accuracy": 0.861}
    >>> epoch_line(2, 9, values, seconds_left=61.2)
    'epoch 2/9  loss 0.410, accuracy 85.0 %  validation 0.380, 86.1 %  about 1 min 1 s left'
    >>> epoch_line(2, 9, values, brief=True)
    '2/9  85.0 %  validation 86.1 %'
    """
    count = f"{epoch:>{len(str(epochs))}}/{epochs}"
    accuracy = _format_accuracy(values["accuracy"])
    val_accuracy = _format_accuracy(values["val_accuracy"])
    if brief:
        return f"{count}  {accuracy}  validation {val_accuracy}"
    parts = [
        f"epoch {count}",
        f"loss {_format_loss(values['loss'])}, accuracy {accuracy}",
        f"validation {_format_loss(values['val_loss'])}, {val_accuracy}",
    ]
    if seconds_left > 0:
        parts.append(f"about {duration(seconds_left)} left")
    return "  ".join(parts)


def _format_accuracy(value: float | None) -> str:
    return "NaN" if value is None else percent(value)


def _format_loss(value: float | None) -> str:
    if value is None:
        return "NaN"
    return f"{value:.3f}" if value < 100 else f"{value:.3g}"


def _count(words: str, done: int, total: int) -> str:
    return f"{words}: {done:,} of {total:,} images"


def _line_writer(words: str) -> Callable[[int, int], None]:
    due = perf_counter() + QUIET

    def write(done: int, total: int) -> None:
        nonlocal due
        if perf_counter() >= due and done < total:
            due = perf_counter() + QUIET
            print(_count(words, done, total), file=sys.stderr, flush=True)

    return write


def _make_bar() -> Any:
    from rich.console import Console  # slow to import
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        TimeRemainingColumn(compact=True),
        TextColumn("left"),
        TextColumn("{task.fields[figures]}", markup=False),
        console=Console(stderr=True),
        transient=True,
        expand=True,
    )
