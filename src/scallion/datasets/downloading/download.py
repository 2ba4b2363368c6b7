"""Download of one file: resumed, checked, and by one process at a time."""

import errno
import hashlib
import http.client
import os
import ssl
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, build_opener

from scallion.datasets.downloading.download_progress import show_progress
from scallion.errors import ArgumentError, DownloadError, FileError
from scallion.files import file_errors, make_folder, replace_atomically, sha256

_CHUNK_BYTES = 1 << 16
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)
_ATTEMPTS = 4
_BUSY = (429, 500, 502, 503, 504)
_PROGRESS_BYTES = 1_000_000  # an attempt that received this many bytes does not count as failed


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file to download: its title, URL, checksum, and largest size in bytes.

    `variable` is an environment variable that may contain another URL. Without a checksum, any
    complete file is accepted.
    """

    title: str
    url: str
    sha256: str = ""
    variable: str = ""
    limit: int = 400_000_000
    md5: str = ""  # where no SHA-256 has been published

    @property
    def digest(self) -> str:
        """The algorithm and the checksum, as in messages; empty without one."""
        return f"MD5 {self.md5}" if self.md5 else f"SHA-256 {self.sha256}" if self.sha256 else ""

    def digest_of(self, path: Path) -> str:
        """Return the algorithm and the checksum of a file."""
        if not self.md5:
            return f"SHA-256 {sha256(path)}" if self.sha256 else ""
        with file_errors(path, "read"), path.open("rb") as file:
            return f"MD5 {hashlib.file_digest(file, 'md5').hexdigest()}"


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """The time limit for a response, and the wait before the second attempt, which then doubles.

    Both are in seconds.
    """

    timeout: float = 30.0
    pause: float = 1.0


def fetch(remote: RemoteFile, target: Path, retry: RetryPolicy | None = None) -> Path:
    """Download a file to `target`, unless it is there with the right checksum.

    An interrupted download is kept as `TARGET.part` and resumed. If two processes need the file,
    one downloads it and the other waits. Proxies come from the environment; certificates are always
    verified. Raises ArgumentError for another scheme than http, FileError, and DownloadError, whose
    hint says where to put the file by hand.
    """
    if urlsplit(remote.url).scheme not in ("http", "https"):
        raise ArgumentError(
            f"the URL of {remote.title} must start with http:// or https://. "
            f"Received: {remote.url!r}",
            hint=f"if you have the file, copy it to {target}",
        )
    make_folder(target.parent)
    with _exclusive(target.with_name(f".{target.name}.lock")) as suffix:
        if not (target.is_file() and remote.digest_of(target) == remote.digest):
            part = target.with_name(f"{target.name}{suffix}.part")
            _fetch_checked(remote, target, part, retry or RetryPolicy())
    return target


def _fetch_checked(remote: RemoteFile, target: Path, part: Path, retry: RetryPolicy) -> None:
    resumed = _download(remote, target, part, retry)
    found = remote.digest_of(part)
    if found != remote.digest and resumed:
        # The partial file may have been of another version, so download from the start.
        part.unlink()
        _download(remote, target, part, retry)
        found = remote.digest_of(part)
    if found != remote.digest:
        size = _size(part)
        part.unlink()
        raise _failed(
            remote,
            target,
            f"the received file is another one: {remote.digest} expected, "
            f"{found.split()[-1]} found "
            f"({size} bytes)",
        )
    replace_atomically(part, target)


def _download(remote: RemoteFile, target: Path, part: Path, retry: RetryPolicy) -> bool:
    """Download to `part`, with several attempts; return whether an earlier part was resumed."""
    resumed, failures = _size(part) > 0, 0
    while True:
        before = _size(part)
        reason = _try_attempt(remote, target, part, retry.timeout)
        if not reason:
            return resumed
        failures = 0 if _size(part) - before >= _PROGRESS_BYTES else failures + 1
        if failures == _ATTEMPTS:
            kept = f"; {part} keeps the received bytes for the next attempt" if _size(part) else ""
            raise _failed(remote, target, f"{reason}, {_ATTEMPTS} times{kept}")
        resumed = resumed or _size(part) > 0
        time.sleep(retry.pause * 2 ** max(failures - 1, 0))


def _try_attempt(remote: RemoteFile, target: Path, part: Path, timeout: float) -> str:
    """Return "" if the file is complete, else why to try again. Raises DownloadError if not."""
    try:
        return _attempt(remote, target, part, timeout)
    except FileError:
        raise
    except HTTPError as error:
        error.close()
        reason = f"the server responded {error.code} {error.reason}"
        if error.code not in _BUSY:
            raise _failed(remote, target, reason) from error
        return reason
    except URLError as error:
        raise _failed(remote, target, _describe(error.reason)) from error
    except (http.client.HTTPException, OSError) as error:
        return _describe(error)


def _attempt(remote: RemoteFile, target: Path, part: Path, timeout: float) -> str:
    """Append the missing bytes; return "" when complete, else how the connection ended."""
    received = _size(part)
    headers = {"User-Agent": "scallion", "Accept-Encoding": "identity"}
    if received:
        headers["Range"] = f"bytes={received}-"
    request = Request(remote.url, headers=headers)  # noqa: S310 - http and https only, see fetch
    try:
        # A new opener reads the current proxies; urlopen keeps those of its first call.
        response = build_opener().open(request, timeout=timeout)
    except HTTPError as error:
        if error.code != 416 or not received:
            raise
        error.close()
        return _after_invalid_range(error, part, received)
    with response:
        if response.status != 206 or _range_start(response) != received:
            received = 0
        total = _expected_size(response, received)
        _check_response(remote, target, response, total)
        with file_errors(part, "write"):
            file = part.open("ab" if received else "wb")
        with file, show_progress(f"Downloading {remote.title}", total, received) as report:
            while chunk := response.read1(_CHUNK_BYTES):
                received += len(chunk)
                if received > remote.limit:
                    raise _failed(
                        remote, target, "the server sent more bytes than the file can have"
                    )
                with file_errors(part, "write"):
                    file.write(chunk)
                    file.flush()
                report(received)
    return "" if total is None or received == total else "the connection was closed early"


def _expected_size(response: http.client.HTTPResponse, received: int) -> int | None:
    length = response.headers.get("Content-Length", "")
    return received + int(length) if length.isdecimal() else None


def _check_response(
    remote: RemoteFile, target: Path, response: http.client.HTTPResponse, total: int | None
) -> None:
    """Raise DownloadError for a web page or a too large file, before anything is overwritten."""
    if "html" in response.headers.get("Content-Type", ""):
        reason = "a web page was received: a proxy or a login page responded instead of the server"
        raise _failed(remote, target, reason)
    if total is not None and total > remote.limit:
        raise _failed(remote, target, f"{total} bytes are more than the file can have")


def _range_start(response: http.client.HTTPResponse) -> int | None:
    """Return the start of the sent range, from `Content-Range: bytes START-END/TOTAL`."""
    unit, _, rest = response.headers.get("Content-Range", "").partition(" ")
    start = rest.partition("-")[0]
    return int(start) if unit == "bytes" and start.isdecimal() else None


def _after_invalid_range(error: HTTPError, part: Path, received: int) -> str:
    """Return "" if the part is complete; delete it if it is longer than the server's file."""
    if error.headers.get("Content-Range", "").endswith(f"/{received}"):
        return ""
    part.unlink()
    return "the partial file was longer than the file"


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _describe(reason: object) -> str:
    if isinstance(reason, ssl.SSLCertVerificationError):
        return (
            f"its certificate is not trusted ({reason.verify_message}); if your network has its "
            "own certificate, set SSL_CERT_FILE to that file"
        )
    if isinstance(reason, TimeoutError):
        return "the server does not respond"
    if isinstance(reason, http.client.IncompleteRead):
        return "the connection was closed early"
    return str(reason) or type(reason).__name__


def _failed(remote: RemoteFile, target: Path, reason: str) -> DownloadError:
    digest = f" ({remote.digest})" if remote.digest else ""
    other = f", or set {remote.variable} to a URL that you can reach"
    return DownloadError(
        f"cannot download {remote.title} from {remote.url}: {reason}",
        hint=f"put the file at {target} by hand{digest}{other if remote.variable else ''}",
    )


@contextmanager
def _exclusive(lock: Path) -> Iterator[str]:
    """Run the block in one process at a time; the system releases the lock of a killed process.

    Yields a suffix for the partial file's name: empty, or unique to the process if the file system
    does not support locks.
    """
    with file_errors(lock, "write"):
        file = lock.open("a+b")
    with file:
        try:
            _wait_for_lock(file)
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            yield f".{os.getpid()}"
            return
        try:
            yield ""
        finally:
            _unlock(file)


def _wait_for_lock(file: IO[bytes]) -> None:
    has_told = False
    while not _try_lock(file):
        if not has_told and sys.stderr is not None:
            sys.stderr.write("Another process is downloading this file: waiting for it\n")
        has_told = True
        time.sleep(0.1)


if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: IO[bytes]) -> bool:
        try:
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

    def _unlock(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _try_lock(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
