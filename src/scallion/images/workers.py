"""Processes that decode beside this one, since threads wait for each other's Python.

They are Pythons of their own, asked through pipes; `multiprocessing` would run a script that has no
`if __name__ == "__main__"` a second time. They write nothing and own nothing, so that they may end
at any moment. Where one does not start, or is gone, a thread of this process does its work.
"""

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from scallion.images.chunks import Chunk, Coloured, Decoding, Deep, Job
from scallion.images.decoding import Large, quiet

FEWEST = 1000  # pictures below which a process starts for longer than it helps
MOST = 8  # processes, this one included: each takes some 40 MB of memory

# A worker imports from where this process does; -I keeps the rest out of its start.
_COMMAND = (
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); "
    "from scallion.images.workers import serve; serve()"
)
_HIDDEN = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # no black window on Windows

Hand = Callable[[Job], Chunk]


@contextmanager
def hands(work: Decoding, pictures: int, count: int) -> Iterator[Hand]:
    """The work as `count` threads may call it: done in as many processes where that is faster."""
    if pictures < FEWEST or count < 2 or not _is_python(sys.executable):
        yield work
        return
    everybody = _Hands(work)
    try:
        for _ in range(min(count, MOST) - 1):
            everybody.add()
        yield everybody
    finally:
        everybody.end()


def _is_python(executable: str | None) -> bool:
    """Whether a program runs Python, and is no application that has Python inside."""
    frozen = getattr(sys, "frozen", False)
    return not frozen and Path(executable or "").name.lower().startswith(("python", "pypy"))


class _Hands:
    """Gives each job to whoever is free: this process, or another that has said that it is ready.

    As many threads may call it as there are hands.
    """

    def __init__(self, work: Decoding) -> None:
        self._work = work
        self._free: SimpleQueue[Hand] = SimpleQueue()
        self._free.put(work)
        self._workers: list[tuple[subprocess.Popen[bytes], threading.Thread]] = []

    def __call__(self, job: Job) -> Chunk:
        hand = self._free.get()
        try:
            return hand(job)
        except Large:
            return self._work(job)
        except _Gone:
            hand = self._work
            return self._work(job)
        finally:
            self._free.put(hand)

    def add(self) -> None:
        """Start a worker; it is asked once it is ready, and nobody waits for it."""
        try:
            process = subprocess.Popen(  # noqa: S603 (this very Python)
                [sys.executable, "-I", "-c", _COMMAND],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # NumPy's threads would wait idly
                creationflags=_HIDDEN,
            )
        except OSError:
            self._free.put(self._work)
            return
        thread = threading.Thread(target=self._welcome, args=(process,), daemon=True)
        self._workers.append((process, thread))
        thread.start()

    def _welcome(self, process: subprocess.Popen[bytes]) -> None:
        worker = _Worker(process)
        try:
            worker.begin(self._work)
        except _Gone:
            self._free.put(self._work)
        else:
            self._free.put(worker)

    def end(self) -> None:
        """No worker is left."""
        for process, thread in self._workers:
            process.kill()
            process.wait()
            thread.join()
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):  # what could not be said to one that is gone
                    if pipe is not None:
                        pipe.close()


class _Gone(Exception):  # noqa: N818 (nobody sees it)
    """A worker does not answer, or talks of something else."""


class _Worker:
    """Another process, which does one job at a time."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def begin(self, work: Decoding) -> None:
        """Wait until it knows the work and is ready for a job. Raises _Gone."""
        self._send(sys.path)
        self._send(work)
        if self._answer() != work:
            raise _Gone

    def __call__(self, job: Job) -> Chunk:
        self._send(job)
        answer = self._answer()
        if isinstance(answer, Coloured | Deep | Large):
            raise answer
        if not isinstance(answer, Chunk):
            raise _Gone
        return answer

    def _send(self, message: Any) -> None:
        try:
            _send(message, self._process.stdin)
        except OSError as error:
            raise _Gone from error

    def _answer(self) -> Any:
        try:
            return pickle.load(self._process.stdout)  # type: ignore[arg-type]  # noqa: S301
        except Exception as error:  # of every kind, where it is no pickle
            raise _Gone from error


def serve() -> None:
    """What a worker does: one job after the other, until nobody asks any more."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is no answer
    with suppress(EOFError, OSError, KeyboardInterrupt), quiet():
        work = pickle.load(sys.stdin.buffer)  # noqa: S301 (from whoever started this)
        _send(work, answers)
        while True:
            job = pickle.load(sys.stdin.buffer)  # noqa: S301
            try:
                answer = work(job, large=False)
            except (Coloured, Deep, Large) as signal:
                answer = signal
            _send(answer, answers)


def _send(message: Any, pipe: Any) -> None:
    pickle.dump(message, pipe, protocol=5)
    pipe.flush()
