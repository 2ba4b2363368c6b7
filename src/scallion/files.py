"""Files that are whole or not there: atomic writing, checksums, and the place of the cache.

Every error of the operating system leaves here as a `FileError` or `MissingFileError` that names the
path, what was being done, and an edit that works.
"""

import errno
import hashlib
import json
import os
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from scallion.errors import ArgumentError, FileError, MissingFileError

CACHE_VARIABLE = "SCALLION_CACHE"

StrPath = str | os.PathLike[str]

_FULL = {errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC}


@contextmanager
def atomic_write(path: StrPath) -> Iterator[BinaryIO]:
    """Open a binary file that takes the place of `path` when the block ends without an error.

    Until then it is a hidden file in the same folder, so nobody ever sees half a file; after an
    error it is gone and `path` is as it was. What is written can also be sought and read. Raises
    FileError where the folder is missing, may not be written to, or the disk is full.
    """
    target = _target(Path(path))
    temporary = target.with_name(f".scallion-{secrets.token_hex(8)}.tmp")
    with file_errors(target, "write"):
        descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | _BINARY, 0o666)
        try:
            with os.fdopen(descriptor, "w+b") as file:
                yield file
            with suppress(FileNotFoundError):
                temporary.chmod(stat.S_IMODE(target.stat().st_mode))
            replace_atomically(temporary, target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def replace_atomically(temporary: Path, target: Path) -> None:
    """Let a finished file take the place of `target`, its bytes on the disk before its name is.

    Both are in one folder. Raises FileError.
    """
    with file_errors(target, "write"):
        with temporary.open("r+b") as file:
            os.fsync(file.fileno())
        temporary.replace(target)
        _sync_folder(target.parent)


_BINARY = getattr(os, "O_BINARY", 0)


def write_bytes(path: StrPath, data: bytes | memoryview) -> None:
    """Put `data` at `path`, whole or not at all. Raises FileError."""
    with atomic_write(path) as file:
        file.write(data)


def write_text(path: StrPath, text: str) -> None:
    """Put `text` at `path` in UTF-8, line ends unchanged, whole or not at all. Raises FileError."""
    write_bytes(path, text.encode())


def write_json(path: StrPath, value: Any) -> None:
    """Put `value` at `path` as indented JSON, whole or not at all.

    Raises what `as_json` raises, and FileError.
    """
    try:
        text = encode_json(value)
    except ArgumentError as error:
        raise ArgumentError(f"{path}: {error.message}", hint=error.hint) from error
    write_bytes(path, text)


def encode_json(value: Any) -> bytes:
    """The value as indented JSON with a line end.

    Takes dataclasses, paths, NumPy numbers and arrays; JSON has no NaN, so it becomes null. Raises
    ArgumentError for what JSON cannot hold.
    """
    import msgspec

    try:
        text = msgspec.json.encode(value, enc_hook=_plain)
    except (TypeError, ValueError, OverflowError) as error:
        raise ArgumentError(
            f"this cannot be written as JSON: {error}. Received: {type(value).__name__}",
            hint="use dicts with text keys, lists, text, numbers, True, False and None",
        ) from error
    return msgspec.json.format(text, indent=2) + b"\n"


def read_json(path: StrPath) -> dict[str, Any]:
    """The JSON object in a file. Raises MissingFileError, FileError where it is damaged."""
    data = read_bytes(path)
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise FileError(
            f"{path} is damaged: {error}", hint="restore the file from a copy, or make it again"
        ) from error
    if not isinstance(value, dict):
        raise FileError(
            f"{path} is damaged: it holds no object", hint="restore the file from a copy"
        )
    return value


def make_folder(path: StrPath) -> Path:
    """The folder at `path`, made with its parents where it is not there. Raises FileError."""
    folder = Path(path)
    with file_errors(folder, "make the folder"):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def read_bytes(path: StrPath) -> bytes:
    """All of the file. Raises MissingFileError, FileError."""
    with file_errors(path, "read"):
        return Path(path).read_bytes()


def sha256(path: StrPath) -> str:
    """The SHA-256 of a file's bytes, as 64 hexadecimal digits. Raises MissingFileError, FileError."""
    with file_errors(path, "read"), Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cache_dir() -> Path:
    """The folder for what can be fetched or computed again; it need not be there yet.

    `SCALLION_CACHE` where it is set, else the platform's convention: `~/Library/Caches/scallion` on
    macOS, `%LOCALAPPDATA%\\scallion\\Cache` on Windows, `$XDG_CACHE_HOME/scallion` or
    `~/.cache/scallion` elsewhere. Raises FileError where there is no home folder.
    """
    if asked := os.environ.get(CACHE_VARIABLE):
        return expand_home(asked).absolute()
    if sys.platform == "darwin":
        return expand_home("~/Library/Caches/scallion")
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
        return expand_home(base) / "scallion" / "Cache"
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG convention has relative paths ignored.
    return expand_home(base if Path(base).is_absolute() else "~/.cache") / "scallion"


def expand_home(path: StrPath) -> Path:
    """The path with a leading `~` replaced by the home folder. Raises FileError without one."""
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise FileError(
            f"there is no home folder to find {os.fspath(path)!r} in",
            hint=f"set {CACHE_VARIABLE} to a folder, or HOME to yours",
        ) from error


@contextmanager
def file_errors(path: StrPath, doing: str) -> Iterator[None]:
    """Turn an OSError of the block into a FileError or MissingFileError about `path`.

    `doing` completes "cannot ...", such as "read" or "write". Errors of ours pass unchanged.
    """
    try:
        yield
    except (FileError, MissingFileError):
        raise
    except OSError as error:
        raise _explain(error, Path(path), doing) from error


def _explain(error: OSError, path: Path, doing: str) -> FileError | MissingFileError:
    start = f"cannot {doing} {path}"
    if error.errno in _FULL:
        return FileError(
            f"{start}: the disk is full", hint="free some space, or choose another disk"
        )
    if isinstance(error, PermissionError):
        return FileError(
            f"{start}: you have no permission", hint="choose a folder of your own, or ask its owner"
        )
    if isinstance(error, IsADirectoryError):
        return FileError(f"{start}: it is a folder", hint="name a file in it")
    if isinstance(error, NotADirectoryError | FileExistsError):
        return FileError(
            f"{start}: {_file_in_the_way(path)} is a file, not a folder",
            hint="rename that file, or choose another folder",
        )
    if isinstance(error, FileNotFoundError):
        if doing == "read":
            return MissingFileError(
                f"{start}: it is not there", hint="check the name and the folder"
            )
        return FileError(
            f"{start}: the folder {path.parent} is not there",
            hint="make it first, or choose another",
        )
    return FileError(
        f"{start}: {error.strerror or error}", hint="choose another place, or try again"
    )


def _target(path: Path) -> Path:
    """Where the bytes shall end up: through links, and never onto a folder or a device."""
    with file_errors(path, "write"):
        target = path.resolve()
        if target.is_dir():
            raise IsADirectoryError
        if target.exists() and not target.is_file():
            raise FileError(
                f"cannot write {path}: it is not a file", hint="name a file of your own"
            )
    return target


def _file_in_the_way(path: Path) -> Path:
    return next((part for part in (path, *path.parents) if part.is_file()), path)


def _sync_folder(folder: Path) -> None:
    """Make the new name last through a power cut, where the platform can do that to a folder."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")
