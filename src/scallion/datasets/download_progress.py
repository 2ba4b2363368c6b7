"""Shows on standard error how far a download is: a bar in a terminal, plain lines elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# Called with the bytes that are there so far.
Report = Callable[[int], None]


@contextmanager
def progress(title: str, total: int | None, done: int = 0) -> Iterator[Report]:
    """A function to call with the bytes that are there; `total` is None where nobody knows it."""
    if sys.stderr is None:  # pythonw and some services have no streams
        yield lambda _: None
    elif sys.stderr.isatty():
        with _bar(title, total, done) as report:
            yield report
    else:
        yield _lines(title, total, done)


@contextmanager
def _bar(title: str, total: int | None, done: int) -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=total, completed=done)
        yield lambda so_far: bar.update(task, completed=so_far)


def _lines(title: str, total: int | None, done: int) -> Report:
    """One line each tenth, so that a log stays readable."""
    step = max((total or 0) // 10, 10_000_000 if total is None else 1)
    told = done // step

    def report(so_far: int) -> None:
        nonlocal told
        if so_far // step > told:
            told = so_far // step
            of = f" of {total / 1e6:.1f} MB ({100 * so_far // total} %)" if total else " MB"
            sys.stderr.write(f"{title}: {so_far / 1e6:.1f}{of}\n")
            sys.stderr.flush()

    return report
