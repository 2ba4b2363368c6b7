"""A nested state of numbers, texts and arrays in one file: a zip of JSON and NumPy's own format.

The file contains no code, and reading it runs none.
"""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scallion import file_versions, files
from scallion.errors import FileError

if TYPE_CHECKING:
    from zipfile import ZipFile

_TREE = "state.json"
_ARRAY = "__array__"


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
        except (
            zipfile.BadZipFile,
            ValueError,
            TypeError,
            KeyError,
            AttributeError,
            EOFError,
            RecursionError,
        ) as error:
            raise FileError(f"{path} is damaged: {error}", hint=hint) from error


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
        content = io.BytesIO(archive.read(f"{int(value[_ARRAY])}.npy"))
        return np.lib.format.read_array(content, allow_pickle=False)
    return {key: _with_arrays(entry, archive) for key, entry in value.items()}


__all__ = ["read", "write"]
