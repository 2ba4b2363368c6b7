"""Processes that decode beside this one, since threads wait for each other's Python.

They are Pythons of their own, asked through pipes; `multiprocessing` would run a script that has no
`if __name__ == "__main__"` a second time. They write nothing and own nothing, so that they may end
at any moment. Where one does not start, or is gone, a thread of this process does its work.

What is said is a line of JSON; behind a chunk's follow its pixels and facts, as they lie in memory.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any

import numpy as np

from scallion.images.reading.chunks import (
    Chunk,
    ChunkDecoder,
    ColourImage,
    HighDepthImage,
    Job,
    UnreadableFile,
)
from scallion.images.reading.decoding import LargeImage, ignore_pillow_warnings
from scallion.images.reading.metadata import METADATA
from scallion.images.resizing import ResizeRule

FEWEST = 1000  # pictures below which a process starts for longer than it helps
MOST = 8  # processes, this one included: each takes some 40 MB of memory

# A worker imports from where this process does; -I keeps the rest out of its start.
_COMMAND = (
    "import json, sys; sys.path[:] = json.loads(sys.stdin.buffer.readline()); "
    "from scallion.images.reading.decoding_processes import serve; serve()"
)
_HIDDEN = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # no black window on Windows

_SIGNALS: dict[str, type[Exception]] = {
    one.__name__: one for one in (ColourImage, HighDepthImage, LargeImage)
}

Hand = Callable[[Job], Chunk]


@contextmanager
def decoder_pool(work: ChunkDecoder, pictures: int, count: int) -> Iterator[Hand]:
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

    As many threads may call it as there are processes.
    """

    def __init__(self, work: ChunkDecoder) -> None:
        self._work = work
        self._free: SimpleQueue[Hand] = SimpleQueue()
        self._free.put(work)
        self._workers: list[tuple[subprocess.Popen[bytes], threading.Thread]] = []

    def __call__(self, job: Job) -> Chunk:
        hand = self._free.get()
        try:
            return hand(job)
        except LargeImage:
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
        worker = _Worker(process, self._work)
        try:
            worker.begin()
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

    def __init__(self, process: subprocess.Popen[bytes], work: ChunkDecoder) -> None:
        self._process = process
        self._work = work

    def begin(self) -> None:
        """Wait until it knows the work and is ready for a job. Raises _Gone."""
        known = _described(self._work)
        with _talking():
            _say(self._process.stdin, sys.path)
            _say(self._process.stdin, known)
            ready = _heard(self._process.stdout) == known
        if not ready:
            raise _Gone

    def __call__(self, job: Job) -> Chunk:
        rows, paths = job
        with _talking():
            message = {"rows": list(rows), "paths": [os.fsdecode(path) for path in paths]}
            _say(self._process.stdin, message)
            answer = _heard(self._process.stdout)
            signal = answer.get("signal")
            chunk = None if signal else self._chunk(answer)
        if chunk is None:
            raise _SIGNALS.get(signal, _Gone)
        return chunk

    def _chunk(self, answer: dict[str, Any]) -> Chunk:
        count, shape = int(answer["pictures"]), self._work.resize_rule.shape
        pixels = np.empty((count, *shape), np.uint8)
        facts = np.empty(count, METADATA)
        for array in (pixels, facts):
            _fill(self._process.stdout, array.view(np.uint8).reshape(-1).data)
        return Chunk(pixels, facts, [UnreadableFile(*one) for one in answer["unreadable"]])


@contextmanager
def _talking() -> Iterator[None]:
    """Whatever goes wrong on the way, or is not understood, is a worker that is gone."""
    try:
        yield
    except Exception as error:
        raise _Gone from error


def serve() -> None:
    """What a worker does: one job after the other, until nobody asks any more."""
    questions = sys.stdin.buffer
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is no answer
    with suppress(EOFError, OSError, KeyboardInterrupt), ignore_pillow_warnings():
        known = _heard(questions)
        work = ChunkDecoder(
            Path(known["root"]), ResizeRule.from_dict(known["resize_rule"]), known["strict"]
        )
        _say(answers, known)
        while True:
            asked = _heard(questions)
            job = asked["rows"], [os.fsencode(path) for path in asked["paths"]]
            try:
                chunk = work(job, large=False)
            except (ColourImage, HighDepthImage, LargeImage) as signal:
                _say(answers, {"signal": type(signal).__name__})
                continue
            unreadable = [(one.row, one.reason) for one in chunk.unreadable]
            message = {"pictures": len(chunk.facts), "unreadable": unreadable}
            _say(answers, message, chunk.pixels, chunk.facts)


def _described(work: ChunkDecoder) -> dict[str, Any]:
    return {
        "root": str(work.root),
        "resize_rule": work.resize_rule.as_dict(),
        "strict": work.strict,
    }


def _say(pipe: IO[bytes] | None, message: Any, *arrays: np.ndarray) -> None:
    if pipe is None:
        raise EOFError
    pipe.write(json.dumps(message).encode() + b"\n")
    for array in arrays:
        pipe.write(array.tobytes())
    pipe.flush()


def _heard(pipe: IO[bytes] | None) -> Any:
    line = b"" if pipe is None else pipe.readline()
    if not line:
        raise EOFError
    return json.loads(line)


def _fill(pipe: IO[bytes] | None, memory: memoryview) -> None:
    """Reads as many bytes as there is memory for."""
    while memory:
        count = 0 if pipe is None else pipe.readinto(memory)  # type: ignore[attr-defined]
        if not count:
            raise EOFError
        memory = memory[count:]
