"""A nested state of numbers, texts and arrays in one file: a zip of JSON and NumPy's own format.

It holds no code and none is ever run.
"""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scallion import files
from scallion.errors import FileError

if TYPE_CHECKING:
    from zipfile import ZipFile

_TREE = "state.json"
_ARRAY = "__array__"


def write(path: files.StrPath, state: Mapping[str, Any]) -> None:
    """Write the state: whole, or not at all, also when the process is killed. Raises FileError."""
    import zipfile

    arrays: list[np.ndarray] = []
    tree = json.dumps(_written(state, arrays))
    with files.atomic_write(path) as file, zipfile.ZipFile(file, "w") as archive:
        archive.writestr(_TREE, tree)
        for number, array in enumerate(arrays):
            content = io.BytesIO()
            np.lib.format.write_array(content, array, allow_pickle=False)
            archive.writestr(f"{number}.npy", content.getvalue())


def read(path: files.StrPath) -> dict[str, Any]:
    """The state that was written. Raises MissingFileError, and FileError for a damaged file."""
    import zipfile

    with files.file_errors(path, "read"):
        try:
            with zipfile.ZipFile(path) as archive:
                tree = json.loads(archive.read(_TREE))
                return _restored(tree, archive)
        except (zipfile.BadZipFile, ValueError, KeyError, EOFError, RecursionError) as error:
            raise FileError(
                f"{path} is damaged: {error}",
                hint=f"begin anew: delete {Path(path).name}, or give another folder",
            ) from error


def _written(value: Any, arrays: list[np.ndarray]) -> Any:
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {_ARRAY: len(arrays) - 1}
    if isinstance(value, Mapping):
        return {str(key): _written(entry, arrays) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_written(entry, arrays) for entry in value]
    return value.item() if isinstance(value, np.generic) else value


def _restored(value: Any, archive: "ZipFile") -> Any:
    if isinstance(value, list):
        return [_restored(entry, archive) for entry in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {_ARRAY}:
        content = io.BytesIO(archive.read(f"{int(value[_ARRAY])}.npy"))
        return np.lib.format.read_array(content, allow_pickle=False)
    return {key: _restored(entry, archive) for key, entry in value.items()}


__all__ = ["read", "write"]
