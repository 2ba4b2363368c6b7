"""Download progress on standard error: a bar in a terminal, plain lines elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# Called with the number of bytes so far.
Report = Callable[[int], None]


@contextmanager
def show_progress(title: str, total: int | None, done: int = 0) -> Iterator[Report]:
    """Show progress within the block; yield a function to call with the bytes so far.

    `total` is None if the size is unknown, `done` the number of bytes of an earlier attempt.
    """
    if sys.stderr is None:  # pythonw and some services have no streams
        yield lambda _: None
    elif sys.stderr.isatty():
        with _bar(title, total, done) as report:
            yield report
    else:
        yield _lines(title, total, done)


@contextmanager
def _bar(title: str, total: int | None, done: int) -> Iterator[Report]:
    from rich.console import Console  # here: rich takes time to import
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
    """Return a function that writes a line per 10 %, or per 10 MB, so that logs stay short."""
    step = max((total or 0) // 10, 10_000_000 if total is None else 1)
    written = done // step

    def report(so_far: int) -> None:
        nonlocal written
        if so_far // step > written:
            written = so_far // step
            of = f" of {total / 1e6:.1f} MB ({100 * so_far // total} %)" if total else " MB"
            sys.stderr.write(f"{title}: {so_far / 1e6:.1f}{of}\n")
            sys.stderr.flush()

    return report
