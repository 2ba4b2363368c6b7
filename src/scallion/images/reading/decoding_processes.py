"""Processes that decode images, since threads block each other in Python's interpreter lock.

They are separate Python interpreters that receive jobs through pipes; `multiprocessing` would run
a script without `if __name__ == "__main__"` a second time. They write no files, so they may end at
any moment. Where one does not start, or is lost, a thread of this process does its work.

A message is one line of JSON; that of a chunk is followed by its pixels and metadata as raw bytes.
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
    DecodingJob,
    HighDepthImage,
    UnreadableFile,
)
from scallion.images.reading.decoding import LargeImage, ignore_pillow_warnings
from scallion.images.reading.metadata import METADATA
from scallion.images.resizing import ResizeRule

MIN_IMAGES = 1000  # below, a process takes longer to start than it saves
MAX_PROCESSES = 8  # this one included: each takes some 40 MB of memory

# A worker imports from where this process does; -I keeps the rest out of its start.
_COMMAND = (
    "import json, sys; sys.path[:] = json.loads(sys.stdin.buffer.readline()); "
    "from scallion.images.reading.decoding_processes import run_worker; run_worker()"
)
_NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # no console window on Windows

_SIGNALS: dict[str, type[Exception]] = {
    one.__name__: one for one in (ColourImage, HighDepthImage, LargeImage)
}

DecodeFunction = Callable[[DecodingJob], Chunk]


@contextmanager
def decoder_pool(decoder: ChunkDecoder, images: int, count: int) -> Iterator[DecodeFunction]:
    """Provide a function that `count` threads may call; it uses as many processes where faster."""
    if images < MIN_IMAGES or count < 2 or not _is_python(sys.executable):
        yield decoder
        return
    pool = _DecoderPool(decoder)
    try:
        for _ in range(min(count, MAX_PROCESSES) - 1):
            pool.add_process()
        yield pool
    finally:
        pool.close()


def _is_python(executable: str | None) -> bool:
    """Return whether a program is Python, and not an application that embeds Python."""
    frozen = getattr(sys, "frozen", False)
    return not frozen and Path(executable or "").name.lower().startswith(("python", "pypy"))


class _DecoderPool:
    """Gives each job to a free decoder: this process, or another one that has reported ready.

    As many threads may call it as there are processes.
    """

    def __init__(self, decoder: ChunkDecoder) -> None:
        self._decoder = decoder
        self._free: SimpleQueue[DecodeFunction] = SimpleQueue()
        self._free.put(decoder)
        self._workers: list[tuple[subprocess.Popen[bytes], threading.Thread]] = []

    def __call__(self, job: DecodingJob) -> Chunk:
        decode = self._free.get()
        try:
            return decode(job)
        except LargeImage:
            return self._decoder(job)
        except _WorkerLostError:
            decode = self._decoder
            return self._decoder(job)
        finally:
            self._free.put(decode)

    def add_process(self) -> None:
        """Start a worker without waiting; it gets jobs once it is ready."""
        try:
            process = subprocess.Popen(  # noqa: S603 (this very Python)
                [sys.executable, "-I", "-c", _COMMAND],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # NumPy's threads would idle
                creationflags=_NO_WINDOW,
            )
        except OSError:
            self._free.put(self._decoder)
            return
        thread = threading.Thread(target=self._await_ready, args=(process,), daemon=True)
        self._workers.append((process, thread))
        thread.start()

    def _await_ready(self, process: subprocess.Popen[bytes]) -> None:
        worker = _Worker(process, self._decoder)
        try:
            worker.start()
        except _WorkerLostError:
            self._free.put(self._decoder)
        else:
            self._free.put(worker)

    def close(self) -> None:
        """End all workers."""
        for process, thread in self._workers:
            process.kill()
            process.wait()
            thread.join()
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):  # what could not be sent to a lost worker
                    if pipe is not None:
                        pipe.close()


class _WorkerLostError(Exception):
    """A worker does not answer, or not in the expected form."""


class _Worker:
    """Another process, which does one job at a time."""

    def __init__(self, process: subprocess.Popen[bytes], decoder: ChunkDecoder) -> None:
        self._process = process
        self._decoder = decoder

    def start(self) -> None:
        """Send the decoder and wait until the worker is ready. Raises _WorkerLostError."""
        settings = _settings(self._decoder)
        with _errors_as_lost():
            _send(self._process.stdin, sys.path)
            _send(self._process.stdin, settings)
            ready = _receive(self._process.stdout) == settings
        if not ready:
            raise _WorkerLostError

    def __call__(self, job: DecodingJob) -> Chunk:
        rows, paths = job
        with _errors_as_lost():
            message = {"rows": list(rows), "paths": [os.fsdecode(path) for path in paths]}
            _send(self._process.stdin, message)
            answer = _receive(self._process.stdout)
            signal = answer.get("signal")
            chunk = None if signal else self._read_chunk(answer)
        if chunk is None:
            raise _SIGNALS.get(signal, _WorkerLostError)
        return chunk

    def _read_chunk(self, answer: dict[str, Any]) -> Chunk:
        count, shape = int(answer["images"]), self._decoder.resize_rule.shape
        pixels = np.empty((count, *shape), np.uint8)
        metadata = np.empty(count, METADATA)
        for array in (pixels, metadata):
            _read_into(self._process.stdout, array.view(np.uint8).reshape(-1).data)
        return Chunk(pixels, metadata, [UnreadableFile(*one) for one in answer["unreadable"]])


@contextmanager
def _errors_as_lost() -> Iterator[None]:
    """Turn every error of a conversation into a lost worker."""
    try:
        yield
    except Exception as error:
        raise _WorkerLostError from error


def run_worker() -> None:
    """Do jobs from standard input until it ends: the main function of a worker process."""
    requests = sys.stdin.buffer
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is not an answer
    with suppress(EOFError, OSError, KeyboardInterrupt), ignore_pillow_warnings():
        settings = _receive(requests)
        rule = ResizeRule.from_dict(settings["resize_rule"])
        decode = ChunkDecoder(Path(settings["root"]), rule, settings["strict"])
        _send(answers, settings)
        while True:
            request = _receive(requests)
            job = request["rows"], [os.fsencode(path) for path in request["paths"]]
            try:
                chunk = decode(job, allow_large=False)
            except (ColourImage, HighDepthImage, LargeImage) as signal:
                _send(answers, {"signal": type(signal).__name__})
                continue
            unreadable = [(one.row, one.reason) for one in chunk.unreadable]
            message = {"images": len(chunk.metadata), "unreadable": unreadable}
            _send(answers, message, chunk.pixels, chunk.metadata)


def _settings(decoder: ChunkDecoder) -> dict[str, Any]:
    rule = decoder.resize_rule.as_dict()
    return {"root": str(decoder.root), "resize_rule": rule, "strict": decoder.strict}


def _send(pipe: IO[bytes] | None, message: Any, *arrays: np.ndarray) -> None:
    if pipe is None:
        raise EOFError
    pipe.write(json.dumps(message).encode() + b"\n")
    for array in arrays:
        pipe.write(array.tobytes())
    pipe.flush()


def _receive(pipe: IO[bytes] | None) -> Any:
    line = b"" if pipe is None else pipe.readline()
    if not line:
        raise EOFError
    return json.loads(line)


def _read_into(pipe: IO[bytes] | None, memory: memoryview) -> None:
    """Read bytes until the memory is full."""
    while memory:
        count = 0 if pipe is None else pipe.readinto(memory)  # type: ignore[attr-defined]
        if not count:
            raise EOFError
        memory = memory[count:]
