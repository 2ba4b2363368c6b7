"""A nested state of numbers, texts and arrays in one file: a zip of JSON and NumPy's own format.

The file contains no code, and reading it runs none.
"""

import io
import json
import math
import tokenize
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scallion import file_versions, files
from scallion.errors import FileError, ScallionError
from scallion.files import StrPath

if TYPE_CHECKING:
    from zipfile import ZipFile

_TREE = "state.json"
_ARRAY = "__array__"
_AGAIN = "train again, without the saved state"
_MAX_RANK = 32
_KINDS = (int | float | np.generic, str, list | tuple, Mapping, np.ndarray)

# What a file of another form raises in reading and restoring.
_DAMAGE = (
    ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RuntimeError, MemoryError,
)  # fmt: skip


def write(path: files.StrPath, state: Mapping[str, Any]) -> None:
    """Write the state atomically, also if the process is killed. Raises FileError."""
    import zipfile  # here, so that `import scallion.callbacks` stays fast

    arrays: list[np.ndarray] = []
    tree = {
        "format_version": file_versions.TRAINING_STATE,
        "state": _without_arrays(state, arrays),
    }
    with files.atomic_write(path) as file, zipfile.ZipFile(file, "w") as archive:
        archive.writestr(_TREE, json.dumps(tree))
        for number, array in enumerate(arrays):
            content = io.BytesIO()
            np.lib.format.write_array(content, array, allow_pickle=False)
            archive.writestr(f"{number}.npy", content.getvalue())


def read(path: files.StrPath) -> dict[str, Any]:
    """Return the state in the file.

    Raises MissingFileError, FileVersionError for a file of another version, and FileError for a
    damaged file.
    """
    import zipfile  # here, so that `import scallion.callbacks` stays fast

    hint = f"start again: delete {Path(path).name}, or give another folder"
    with files.file_errors(path, "read"):
        try:
            with zipfile.ZipFile(path) as archive:
                tree = json.loads(archive.read(_TREE))
                file_versions.require_version(
                    tree.get("format_version"), file_versions.TRAINING_STATE, str(path), hint=hint
                )
                return _with_arrays(tree["state"], archive)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, *_DAMAGE) as error:
            raise FileError(f"{path} is damaged: {error}", hint=hint) from error


@contextmanager
def damage_errors(where: StrPath = "the saved training state") -> Iterator[None]:
    """Raise FileError where the block finds that a saved state has another form."""
    try:
        yield
    except ScallionError:
        raise
    except _DAMAGE as error:
        raise FileError(
            f"{where} is damaged: {type(error).__name__}: {error}",
            hint="train again, without the saved state",
        ) from error


def require_form(value: Any, example: Any, where: str) -> None:
    """Raise FileError for a value of a saved state that is not of the example's form.

    None fits everything. A mapping has the example's keys, a number is a number.
    """
    if value is None or example is None:
        return
    if isinstance(example, Mapping) and isinstance(value, Mapping):
        missing = next((key for key in example if str(key) not in value), None)
        if missing is not None:
            raise FileError(f"the saved training state has no {where}.{missing}", hint=_AGAIN)
        for key, entry in example.items():
            require_form(value[str(key)], entry, f"{where}.{key}")
        return
    if not any(isinstance(value, kind) and isinstance(example, kind) for kind in _KINDS):
        raise FileError(
            f"{where} in the saved training state is damaged. Received: {value!r:.60}", hint=_AGAIN
        )
    has_length = not isinstance(example, list | tuple) or len(example) in (0, len(value))
    if not has_length or isinstance(value, bool) != isinstance(example, bool):
        raise FileError(
            f"{where} in the saved training state is damaged. Received: {value!r:.60}", hint=_AGAIN
        )
    for number, entry in enumerate(example if isinstance(example, list | tuple) else ()):
        require_form(value[number], entry, f"{where}[{number}]")


def _without_arrays(value: Any, arrays: list[np.ndarray]) -> Any:
    """Return the value for JSON, with indices in place of arrays, which are added to `arrays`."""
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {_ARRAY: len(arrays) - 1}
    if isinstance(value, Mapping):
        return {str(key): _without_arrays(entry, arrays) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_without_arrays(entry, arrays) for entry in value]
    return value.item() if isinstance(value, np.generic) else value


def _with_arrays(value: Any, archive: "ZipFile") -> Any:
    if isinstance(value, list):
        return [_with_arrays(entry, archive) for entry in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {_ARRAY}:
        return _read_array(archive.read(f"{int(value[_ARRAY])}.npy"))
    return {key: _with_arrays(entry, archive) for key, entry in value.items()}


def _read_array(content: bytes) -> np.ndarray:
    """Return an array of numbers whose size is that of the content. Raises ValueError."""
    file = io.BytesIO(content)
    version = np.lib.format.read_magic(file)
    if version != (1, 0):
        raise ValueError(f"an array has the version {version}")
    try:
        shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(file)
    except (SyntaxError, tokenize.TokenError) as error:
        raise ValueError(f"the header of an array is invalid: {error}") from error
    size = math.prod(shape) * dtype.itemsize
    data = content[file.tell() :]
    if dtype.kind not in "biufSU" or len(shape) > _MAX_RANK or size != len(data):
        raise ValueError(f"an array of {len(data):,} bytes has the shape {shape} of {dtype}")
    array = np.frombuffer(data, dtype).reshape(shape, order="F" if is_fortran else "C")
    return array.copy(order="K")


__all__ = ["damage_errors", "read", "require_form", "write"]
