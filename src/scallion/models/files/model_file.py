"""The members of a `.keras` file, and the checks of a member before it is read."""

import json
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scallion import files
from scallion.errors import FileError, MissingFileError, ScallionError

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
SCALLION = "scallion.json"

# What zipfile and zlib raise for damaged, encrypted and hostile files.
DAMAGE = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError,
    ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError, MemoryError,
)  # fmt: skip

_MAX_JSON_BYTES = 64 * 2**20
SAVE_AGAIN = "save the model again with model.save(...)"


@contextmanager
def open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a `.keras` file for reading. Raises MissingFileError, FileError, which name the file."""
    with explain_errors(path), zipfile.ZipFile(path) as archive:
        yield archive


@contextmanager
def explain_errors(path: Path) -> Iterator[None]:
    """Raise MissingFileError or FileError, which name the file, for errors of reading it."""
    if not path.exists():
        raise MissingFileError(f"{path} does not exist", hint=files.missing_file_hint(path))
    try:
        with files.file_errors(path, "read"):
            yield
    except ScallionError:
        raise
    except DAMAGE as error:
        raise FileError(
            f"{path} is not a model file, or it is damaged: {error}",
            hint="save the model again with model.save('model.keras')",
        ) from error


def member_info(archive: zipfile.ZipFile, name: str, path: Path) -> zipfile.ZipInfo:
    """Return the entry of a member. Raises FileError where it is missing."""
    if name not in archive.namelist():
        raise FileError(
            f"{path} contains no {name}, so it is not a model file",
            hint="save it with model.save(...)",
        )
    member = archive.getinfo(name)
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise FileError(
            f"{path}: {name} has the compression method {member.compress_type}", hint=SAVE_AGAIN
        )
    return member


def read_json(archive: zipfile.ZipFile, name: str, path: Path) -> Any:
    """Return a JSON member. Raises FileError for a missing, too large or invalid one."""
    member = member_info(archive, name, path)
    if member.file_size > _MAX_JSON_BYTES:
        raise FileError(
            f"{path}: {name} has {member.file_size:,} bytes, too many for a model file",
            hint=SAVE_AGAIN,
        )
    try:
        return json.loads(archive.read(member))
    except (ValueError, RecursionError) as error:
        raise FileError(f"{path}: {name} is not valid JSON: {error}", hint=SAVE_AGAIN) from error
