"""File access: atomic writing, JSON, checksums, and the cache folder.

Errors of the operating system are raised as `FileError` or `MissingFileError`, which name the path,
the operation and an edit that works.
"""

import errno
import hashlib
import json
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Any, BinaryIO

from scallion.errors import ArgumentError, FileError, MissingFileError
from scallion.temporary_files import lock, temporary_path

CACHE_VARIABLE = "SCALLION_CACHE"

_MOST_ENTRIES = 1000  # of a folder that are compared with a name that does not exist

StrPath = str | os.PathLike[str]

_FULL = {errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC}


@contextmanager
def atomic_write(path: StrPath) -> Iterator[BinaryIO]:
    """Open a binary file that replaces `path` when the block ends without an error.

    Until then it is a hidden file in the same folder, so that no reader sees half a file. After an
    error it is deleted and `path` is unchanged. The file can also be read and sought. Raises
    FileError if the folder is missing or not writable, or if the disk is full.
    """
    target = _target(Path(path))
    temporary = temporary_path(target.parent)
    with file_errors(target, "write"):
        descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | _BINARY, 0o666)
        try:
            with os.fdopen(descriptor, "w+b") as file:
                lock(descriptor)
                yield file
            with suppress(FileNotFoundError):
                temporary.chmod(stat.S_IMODE(target.stat().st_mode))
            replace_atomically(temporary, target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def replace_atomically(temporary: Path, target: Path) -> None:
    """Rename a finished file to `target`, after its bytes are on the disk.

    Both must be in one folder. Raises FileError.
    """
    with file_errors(target, "write"):
        with temporary.open("r+b") as file:
            os.fsync(file.fileno())
        temporary.replace(target)
        _sync_folder(target.parent)


_BINARY = getattr(os, "O_BINARY", 0)


def write_bytes(path: StrPath, data: bytes | memoryview) -> None:
    """Write `data` to `path`, completely or not at all. Raises FileError."""
    with atomic_write(path) as file:
        file.write(data)


def write_text(path: StrPath, text: str) -> None:
    """Write `text` to `path` in UTF-8 with unchanged line ends, atomically. Raises FileError."""
    write_bytes(path, text.encode())


def write_json(path: StrPath, value: Any) -> None:
    """Write `value` to `path` as indented JSON, atomically.

    Raises ArgumentError for values that JSON does not support, and FileError.
    """
    try:
        text = encode_json(value)
    except ArgumentError as error:
        raise ArgumentError(
            f"{path}: {error.message}", hint=error.hint, value=error.value
        ) from error
    write_bytes(path, text)


def encode_json(value: Any) -> bytes:
    """Return the value as indented JSON that ends with a line break.

    Accepts dataclasses, paths, NumPy numbers and arrays. NaN becomes null, as JSON has no NaN.
    Raises ArgumentError for values that JSON does not support.
    """
    import msgspec  # only when JSON is written: keeps `import scallion` fast

    try:
        text = msgspec.json.encode(value, enc_hook=_json_value)
    except (TypeError, ValueError, OverflowError) as error:
        raise ArgumentError(
            f"this cannot be written as JSON: {error}. Received: {type(value).__name__}",
            hint="use dicts with text keys, lists, text, numbers, True, False and None",
            value=value,
        ) from error
    return msgspec.json.format(text, indent=2) + b"\n"


def read_json(path: StrPath) -> dict[str, Any]:
    """Return the JSON object in a file. Raises MissingFileError, or FileError if it is damaged."""
    data = read_bytes(path)
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise FileError(
            f"{path} is damaged: {error}", hint="restore the file from a copy, or create it again"
        ) from error
    if not isinstance(value, dict):
        raise FileError(
            f"{path} is damaged: it contains no object", hint="restore the file from a copy"
        )
    return value


def make_folder(path: StrPath) -> Path:
    """Create the folder and its parents if necessary, and return it. Raises FileError."""
    folder = Path(path)
    with file_errors(folder, "make the folder"):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def read_bytes(path: StrPath) -> bytes:
    """Return the content of the file. Raises MissingFileError, FileError."""
    with file_errors(path, "read"):
        return Path(path).read_bytes()


def sha256(path: StrPath) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits. Raises MissingFileError, FileError."""
    with file_errors(path, "read"), Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cache_dir() -> Path:
    r"""Return the folder for files that can be downloaded or computed again; it may not exist yet.

    It is `SCALLION_CACHE` if set, else the platform's convention: `~/Library/Caches/scallion` on
    macOS, `%LOCALAPPDATA%\scallion\Cache` on Windows, `$XDG_CACHE_HOME/scallion` or
    `~/.cache/scallion` elsewhere. Raises FileError if there is no home folder.
    """
    if folder := os.environ.get(CACHE_VARIABLE):
        return expand_home(folder).absolute()
    if sys.platform == "darwin":
        return expand_home("~/Library/Caches/scallion")
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
        return expand_home(base) / "scallion" / "Cache"
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG convention says that relative paths are ignored.
    return expand_home(base if Path(base).is_absolute() else "~/.cache") / "scallion"


def expand_home(path: StrPath) -> Path:
    """Return the path with a leading `~` expanded. Raises FileError if there is no home folder."""
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise FileError(
            f"there is no home folder for {os.fspath(path)!r}",
            hint=f"set {CACHE_VARIABLE} to a folder, or HOME to yours",
        ) from error


def nearest_path(path: StrPath) -> Path | None:
    """Return the file or folder that exists and whose name is nearest to this one, if any is near.

    Hidden files are left out.
    """
    wanted = Path(path)
    try:
        names = [entry.name for entry in wanted.parent.iterdir() if entry.name[:1] != "."]
    except OSError:
        return None
    by_stem = {Path(name).stem: name for name in sorted(names)[:_MOST_ENTRIES]}
    close = get_close_matches(wanted.stem, by_stem, n=1)  # all .toml files end alike
    return wanted.with_name(by_stem[close[0]]) if close else None


def missing_file_hint(path: StrPath) -> str:
    """Return the hint for a path that does not exist: the nearest that does, if any is near."""
    nearest = nearest_path(path)
    return "check the name and the folder" if nearest is None else f"did you mean {nearest}?"


@contextmanager
def file_errors(path: StrPath, operation: str) -> Iterator[None]:
    """Raise an OSError of the block as a FileError or MissingFileError about `path`.

    `operation` completes "cannot ...", such as "read" or "write". Our own errors pass unchanged.
    """
    try:
        yield
    except (FileError, MissingFileError):
        raise
    except OSError as error:
        raise _file_error(error, Path(path), operation) from error


def _file_error(error: OSError, path: Path, operation: str) -> FileError | MissingFileError:
    start = f"cannot {operation} {path}"
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
        if operation == "read":
            return MissingFileError(f"{start}: it does not exist", hint=missing_file_hint(path))
        return FileError(
            f"{start}: the folder {path.parent} does not exist",
            hint="create it first, or choose another",
        )
    return FileError(
        f"{start}: {error.strerror or error}", hint="choose another place, or try again"
    )


def _target(path: Path) -> Path:
    """Return the path with links resolved. Raises FileError for a folder or a device."""
    with file_errors(path, "write"):
        target = path.resolve()
        if target.is_dir():
            raise IsADirectoryError
        if target.exists() and not target.is_file():
            raise FileError(
                f"cannot write {path}: it is not a regular file", hint="name a file of your own"
            )
    return target


def _file_in_the_way(path: Path) -> Path:
    return next((part for part in (path, *path.parents) if part.is_file()), path)


def _sync_folder(folder: Path) -> None:
    """Write the new name to disk, on platforms that can do so for a folder."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _json_value(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    raise TypeError(f"JSON does not support {type(value).__name__}")
