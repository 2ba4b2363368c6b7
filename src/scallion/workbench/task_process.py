"""A process that computes for the page, one task at a time; it can be ended at any moment."""

import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import scallion
from scallion import errors
from scallion.errors import JobError, ScallionError

_SOURCE = Path(scallion.__file__).parents[1]


class TaskProcess:
    """Runs tasks in a process of its own, started at the first one; see `tasks`.

    `memory` limits it, in GiB. A process that ends, or takes too long, fails its task alone: the
    next task starts another. All methods may be called from any thread.
    """

    def __init__(self, threads: int, memory: float | None = None) -> None:
        self._arguments = ["--threads", str(threads)]
        if memory is not None:
            self._arguments += ["--memory", str(memory)]
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._latest = 0
        self._is_closed = False

    def run(self, task: str, *, seconds: float, **arguments: Any) -> dict[str, Any]:
        """Return the result of a task. Raises its error, or JobError."""
        with self._lock:
            return self._run(task, seconds, arguments)

    def run_latest(self, task: str, *, seconds: float, **arguments: Any) -> dict[str, Any]:
        """Return the result of a task, ending the one that runs: nobody waits for it any more.

        Raises JobError if a later call ends this one, too.
        """
        self._latest += 1
        own = self._latest
        if self._lock.locked():
            self._kill()
        with self._lock:
            if own == self._latest:
                self._started()
            if own != self._latest:  # asked after the start, so that one of the two sees it
                raise JobError("another request came in between", hint="wait for the later one")
            return self._run(task, seconds, arguments)

    def close(self) -> None:
        """End the process, and start no other."""
        self._is_closed = True
        self._kill()
        with self._lock:
            self._forget()

    def _run(self, task: str, seconds: float, arguments: dict[str, Any]) -> dict[str, Any]:
        line = json.dumps({"task": task, **arguments}).encode() + b"\n"
        is_late = threading.Event()
        process = self._started()
        timer = threading.Timer(seconds, lambda: (is_late.set(), process.kill()))
        timer.start()
        try:
            reply = _exchange(process, line)
        finally:
            timer.cancel()
        if not reply.endswith(b"\n"):
            self._forget()
            raise _ended(seconds if is_late.is_set() else None)
        return _result(json.loads(reply))

    def _started(self) -> subprocess.Popen[bytes]:
        if self._is_closed:
            raise JobError("the page is being closed", hint="start `scallion ui` again")
        if self._process is None or self._process.poll() is not None:
            self._forget()
            path = os.pathsep.join(filter(None, [str(_SOURCE), os.environ.get("PYTHONPATH")]))
            self._process = subprocess.Popen(  # noqa: S603 (our own module)
                [sys.executable, "-m", "scallion.workbench.tasks", *self._arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": path},
                start_new_session=True,  # Ctrl-C is for the server, which ends this one
            )
        return self._process

    def _kill(self) -> None:
        process = self._process
        if process is not None:
            process.kill()

    def _forget(self) -> None:
        """Release what is left of the process."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):
                pipe.close()  # type: ignore[union-attr]  # a pipe


def _exchange(process: "subprocess.Popen[bytes]", line: bytes) -> bytes:
    """Send a request and return the reply, incomplete if the process has ended."""
    with suppress(OSError, ValueError):
        process.stdin.write(line)  # type: ignore[union-attr]  # a pipe
        process.stdin.flush()  # type: ignore[union-attr]  # a pipe
        return process.stdout.readline()  # type: ignore[union-attr]  # a pipe
    return b""


def _ended(seconds: float | None) -> JobError:
    if seconds is not None:
        return JobError(
            f"this took more than {seconds:g} seconds", hint="try again when less is running"
        )
    return JobError(
        "the process that computed this has ended", hint="is the memory full? Try again"
    )


def _result(reply: dict[str, Any]) -> dict[str, Any]:
    """Return the result in a reply, or raise its error."""
    if "result" in reply:
        return reply["result"]
    kind = getattr(errors, str(reply.get("kind")), JobError)
    if not (isinstance(kind, type) and issubclass(kind, ScallionError)):
        kind = JobError
    raise errors.rebuild(kind, reply["error"], reply.get("hint"), None, reply.get("field"), None)
