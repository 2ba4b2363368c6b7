"""Fetches one file, whole and checked: resumes, waits for a second process, trusts no server."""

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

from scallion.datasets.download_progress import progress
from scallion.errors import ArgumentError, DownloadError, FileError
from scallion.files import file_errors, make_folder, replace_atomically, sha256

_CHUNK = 1 << 16
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)
_ATTEMPTS = 4
_BUSY = (429, 500, 502, 503, 504)
_WORTH_WAITING = 1_000_000  # an attempt that brought so many bytes is no failure


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file that can be fetched: what it is called, its address, its SHA-256, a limit in bytes.

    `variable` is the environment variable that names another address for it, if there is one.
    Where no digest is known, any file fits that came as a whole.
    """

    title: str
    url: str
    sha256: str = ""
    variable: str = ""
    limit: int = 400_000_000
    md5: str = ""  # for what others have published no better digest of

    @property
    def digest(self) -> str:
        """The kind of digest and the digest itself, as messages name it; empty without one."""
        return f"MD5 {self.md5}" if self.md5 else f"SHA-256 {self.sha256}" if self.sha256 else ""

    def digest_of(self, path: Path) -> str:
        """The same of a file that is there."""
        if not self.md5:
            return f"SHA-256 {sha256(path)}" if self.sha256 else ""
        with file_errors(path, "read"), path.open("rb") as file:
            return f"MD5 {hashlib.file_digest(file, 'md5').hexdigest()}"


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long to wait: seconds for an answer, and before the second attempt (then doubled)."""

    timeout: float = 30.0
    pause: float = 1.0


def fetch(remote: RemoteFile, target: Path, retry: RetryPolicy | None = None) -> Path:
    """Bring the file to `target`, which is there afterwards with the right digest, or not at all.

    An interrupted download stays as `TARGET.part` and is taken up again. Of two processes one
    fetches and the other waits. Proxies are taken from the environment; certificates are always
    checked. Raises DownloadError, whose hint says where to put the file by hand; FileError.
    """
    if urlsplit(remote.url).scheme not in ("http", "https"):
        raise ArgumentError(
            f"the address of {remote.title} starts with http:// or https://. "
            f"Received: {remote.url!r}",
            hint=f"for a file that you have, copy it to {target}",
        )
    make_folder(target.parent)
    with _only_one(target.with_name(f".{target.name}.lock")) as suffix:
        if not (target.is_file() and remote.digest_of(target) == remote.digest):
            part = target.with_name(f"{target.name}{suffix}.part")
            _fetch_checked(remote, target, part, retry or RetryPolicy())
    return target


def _fetch_checked(remote: RemoteFile, target: Path, part: Path, retry: RetryPolicy) -> None:
    resumed = _download(remote, target, part, retry)
    found = remote.digest_of(part)
    if found != remote.digest and resumed:
        # What was there may have been of another version: once more, from the start.
        part.unlink()
        _download(remote, target, part, retry)
        found = remote.digest_of(part)
    if found != remote.digest:
        size = _size(part)
        part.unlink()
        raise _failed(
            remote,
            target,
            f"what came is not the file: {remote.digest} expected, {found.split()[-1]} found "
            f"({size} bytes)",
        )
    replace_atomically(part, target)


def _download(remote: RemoteFile, target: Path, part: Path, retry: RetryPolicy) -> bool:
    """Fill `part`, after a cut from where it ended; whether anything was taken up again."""
    resumed, failures = _size(part) > 0, 0
    while True:
        before = _size(part)
        reason = _attempt_in_words(remote, target, part, retry.timeout)
        if not reason:
            return resumed
        failures = 0 if _size(part) - before >= _WORTH_WAITING else failures + 1
        if failures == _ATTEMPTS:
            kept = f"; {part} keeps what came, for the next time" if _size(part) else ""
            raise _failed(remote, target, f"{reason}, {_ATTEMPTS} times{kept}")
        resumed = resumed or _size(part) > 0
        time.sleep(retry.pause * 2 ** max(failures - 1, 0))


def _attempt_in_words(remote: RemoteFile, target: Path, part: Path, timeout: float) -> str:
    """One attempt: empty when all is there, else why another is worth it; DownloadError if not."""
    try:
        return _attempt(remote, target, part, timeout)
    except FileError:
        raise
    except HTTPError as error:
        error.close()
        reason = f"the server answered {error.code} {error.reason}"
        if error.code not in _BUSY:
            raise _failed(remote, target, reason) from error
        return reason
    except URLError as error:
        raise _failed(remote, target, _in_words(error.reason)) from error
    except (http.client.HTTPException, OSError) as error:
        return _in_words(error)


def _attempt(remote: RemoteFile, target: Path, part: Path, timeout: float) -> str:
    """Append what is missing; empty when all is there, else how the connection ended."""
    have = _size(part)
    headers = {"User-Agent": "scallion", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    request = Request(remote.url, headers=headers)  # noqa: S310 - http and https only, see fetch
    try:
        # An opener of our own reads the proxies of now; urlopen keeps those of its first call.
        response = build_opener().open(request, timeout=timeout)
    except HTTPError as error:
        if error.code != 416 or not have:
            raise
        error.close()
        return _after_unsatisfiable(error, part, have)
    with response:
        if response.status != 206 or _range_start(response) != have:
            have = 0
        total = _expected(response, have)
        _refuse_noise(remote, target, response, total)
        with file_errors(part, "write"):
            file = part.open("ab" if have else "wb")
        with file, progress(f"Downloading {remote.title}", total, have) as report:
            while chunk := response.read1(_CHUNK):
                have += len(chunk)
                if have > remote.limit:
                    raise _failed(remote, target, "more bytes came than the file can have")
                with file_errors(part, "write"):
                    file.write(chunk)
                    file.flush()
                report(have)
    return "" if total is None or have == total else "the connection was cut"


def _expected(response: http.client.HTTPResponse, have: int) -> int | None:
    length = response.headers.get("Content-Length", "")
    return have + int(length) if length.isdecimal() else None


def _refuse_noise(
    remote: RemoteFile, target: Path, response: http.client.HTTPResponse, total: int | None
) -> None:
    """Stop before what is there is overwritten with something that cannot be the file."""
    if "html" in response.headers.get("Content-Type", ""):
        reason = "a web page came: a proxy or a login page answered in the server's place"
        raise _failed(remote, target, reason)
    if total is not None and total > remote.limit:
        raise _failed(remote, target, f"{total} bytes are more than the file can have")


def _range_start(response: http.client.HTTPResponse) -> int | None:
    """Where the server's part begins, from `Content-Range: bytes START-END/TOTAL`."""
    unit, _, rest = response.headers.get("Content-Range", "").partition(" ")
    start = rest.partition("-")[0]
    return int(start) if unit == "bytes" and start.isdecimal() else None


def _after_unsatisfiable(error: HTTPError, part: Path, have: int) -> str:
    """The server has nothing after what is there: all has come, or it is of another file."""
    if error.headers.get("Content-Range", "").endswith(f"/{have}"):
        return ""
    part.unlink()
    return "the part that was there is longer than the file"


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _in_words(reason: object) -> str:
    if isinstance(reason, ssl.SSLCertVerificationError):
        return (
            f"its certificate is not trusted ({reason.verify_message}); where your network has a "
            "certificate of its own, set SSL_CERT_FILE to that"
        )
    if isinstance(reason, TimeoutError):
        return "the server does not answer"
    if isinstance(reason, http.client.IncompleteRead):
        return "the connection was cut"
    return str(reason) or type(reason).__name__


def _failed(remote: RemoteFile, target: Path, reason: str) -> DownloadError:
    digest = f" ({remote.digest})" if remote.digest else ""
    other = f", or set {remote.variable} to an address that you can reach"
    return DownloadError(
        f"cannot download {remote.title} from {remote.url}: {reason}",
        hint=f"put the file at {target} by hand{digest}{other if remote.variable else ''}",
    )


@contextmanager
def _only_one(lock: Path) -> Iterator[str]:
    """Let one process at a time through; the system frees the lock of one that dies.

    Gives what to add to the name of a partial file: nothing, or, where the file system knows no
    locks, something that no other process adds.
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
    told = False
    while not _try_lock(file):
        if not told and sys.stderr is not None:
            sys.stderr.write("Another process is downloading this file: waiting for it\n")
        told = True
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
