"""The process that computes for the page: its errors, its time, and its sudden end."""

import threading
import time
from collections.abc import Iterator

import pytest

from scallion.errors import JobError, MissingFileError
from scallion.workbench.task_process import TaskProcess


@pytest.fixture
def process() -> Iterator[TaskProcess]:
    found = TaskProcess(1, memory=6)
    yield found
    found.close()


def test_errors_keep_their_kind_and_hint(process: TaskProcess) -> None:
    with pytest.raises(MissingFileError, match="no-such-run") as caught:
        process.run("classify", seconds=60, run="no-such-run", image="")
    assert caught.value.hint
    with pytest.raises(JobError, match="unexpected KeyError"):
        process.run("no-such-task", seconds=60)


def test_a_late_task_ends_with_its_process(process: TaskProcess) -> None:
    with pytest.raises(JobError, match=r"more than 0\.01 seconds"):
        process.run("classify", seconds=0.01, run="x", image="")
    with pytest.raises(MissingFileError):  # by another process
        process.run("classify", seconds=60, run="x", image="")


def test_a_later_request_ends_the_earlier_one(process: TaskProcess) -> None:
    found: list[BaseException] = []

    def first() -> None:
        try:
            wanted = {"format_version": 1, "data": "mnist", "epochs": 1}
            process.run_latest("forecast", seconds=60, settings=wanted, minutes=None)
        except JobError as error:
            found.append(error)

    thread = threading.Thread(target=first)
    thread.start()
    while not process._lock.locked():
        time.sleep(0.01)
    with pytest.raises((JobError, MissingFileError)):
        process.run_latest("classify", seconds=60, run="x", image="")
    thread.join()
    assert len(found) == 1


def test_a_closed_process_starts_no_other(process: TaskProcess) -> None:
    process.close()
    with pytest.raises(JobError, match="being closed"):
        process.run("classify", seconds=60, run="x", image="")
