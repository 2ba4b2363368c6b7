"""Standard output and error of commands: closed, broken or full ones do not end the work.

Results go to standard output, or to standard error where that is closed. What cannot be written to
standard error is dropped.
"""

import errno
import io
import os
import sys
from typing import Any

from scallion.errors import FileError

_INPUT, _OUTPUT, _ERRORS = 0, 1, 2


class _Output(io.RawIOBase):
    """Writes to a file descriptor until that fails; then what follows is dropped.

    If it `must_work`, the failure is raised: BrokenPipeError where the reader has gone, FileError
    for any other reason.
    """

    def __init__(self, descriptor: int, *, must_work: bool) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._must_work = must_work

    def write(self, data: Any) -> int:
        """Write bytes, and return how many were written."""
        try:
            return os.write(self._descriptor, data)
        except OSError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._descriptor)
            if not self._must_work:
                return len(data)
            if error.errno == errno.EPIPE:
                raise
            raise FileError(
                f"cannot write to standard output: {error.strerror}",
                hint="choose another file, or another disk, behind `>`",
            ) from error

    def writable(self) -> bool:
        """Return True."""
        return True

    def fileno(self) -> int:
        """Return the file descriptor."""
        return self._descriptor

    def isatty(self) -> bool:
        """Return whether it is a terminal."""
        return os.isatty(self._descriptor)


def prepare_streams() -> None:
    """Replace the streams of this process by ones that survive what is behind them.

    Characters that the terminal cannot show are replaced. Streams that are no files, as those of a
    test or of a notebook, stay.
    """
    _open_closed_descriptors()
    if sys.stdin is None:
        sys.stdin = io.TextIOWrapper(io.FileIO(_INPUT, closefd=False), encoding="utf-8")
    is_closed = sys.stdout is None
    if sys.stderr is None or _is_file(sys.stderr):
        sys.stderr = _text_stream(sys.stderr, _ERRORS, must_work=False)
    if is_closed:
        sys.stdout = sys.stderr
    elif _is_file(sys.stdout):
        sys.stdout = _text_stream(sys.stdout, _OUTPUT, must_work=True)


def _open_closed_descriptors() -> None:
    """Open the null device in place of closed streams: a file would get their numbers otherwise."""
    for descriptor in (_INPUT, _OUTPUT, _ERRORS):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number, this one


def _is_file(stream: Any) -> bool:
    if not isinstance(stream, io.TextIOWrapper):
        return False
    try:
        return stream.fileno() >= 0
    except OSError:
        return False


def _text_stream(stream: Any, descriptor: int, *, must_work: bool) -> io.TextIOWrapper:
    """Return a stream like this one on a descriptor; `stream` is None for a closed one."""
    if stream is not None:
        stream.flush()
        descriptor = stream.fileno()
    return io.TextIOWrapper(
        io.BufferedWriter(_Output(descriptor, must_work=must_work)),
        encoding="utf-8" if stream is None else stream.encoding,
        errors="replace",
        line_buffering=stream is None or stream.line_buffering or not must_work,
    )
