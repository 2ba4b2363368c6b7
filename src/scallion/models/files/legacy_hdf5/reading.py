"""Read Keras' legacy HDF5 format, of Keras 3 and Scallion.

The file is not trusted: only JSON and arrays of expected shapes are read from it, without libhdf5.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scallion.errors import FileError
from scallion.hdf5 import Hdf5File
from scallion.models.files.legacy_hdf5.writing import SCALLION_ATTRIBUTE
from scallion.models.files.model_file import explain_errors

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_SAVE_AGAIN = "save the model again with model.save(...)"
_MAX_JSON_BYTES = 64 * 2**20


def is_hdf5(path: Path) -> bool:
    """Return whether the file begins as HDF5 files do; False for one that cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(len(_SIGNATURE)) == _SIGNATURE
    except OSError:
        return False


@contextmanager
def open_file(path: Path) -> Iterator[Hdf5File]:
    """Open an HDF5 file for reading. Raises FileError, which names the file, for a damaged one."""
    with explain_errors(path), path.open("rb") as source:
        yield Hdf5File(source, str(path))


def has_legacy_weights(file: Hdf5File) -> bool:
    """Return whether the file has weights in the layout of the legacy format."""
    return "model_weights" in file or any(
        key.startswith("layer_names") for key in file.attribute_names
    )


def read_config(file: Hdf5File, path: Path) -> Mapping[str, Any]:
    """Return the model's legacy config. Raises FileError if the file contains only weights."""
    if "model_config" not in file.attribute_names:
        raise FileError(
            f"{path} contains weights, but no layers",
            hint=f"build the model, then model.load_weights({str(path)!r})",
        )
    return read_json(file, "model_config", path) or {}


def read_json(file: Hdf5File, attribute: str, path: Path) -> Any:
    """Return a JSON attribute, or None if there is none. Raises FileError for invalid JSON."""
    text = file.attribute(attribute)
    if text is None:
        return None
    if not isinstance(text, str) or len(text) > _MAX_JSON_BYTES:
        raise FileError(f"{path}: the attribute {attribute} is not JSON", hint=_SAVE_AGAIN)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FileError(
            f"{path}: the attribute {attribute} is not valid JSON: {error}", hint=_SAVE_AGAIN
        ) from error


__all__ = [
    "SCALLION_ATTRIBUTE",
    "has_legacy_weights",
    "is_hdf5",
    "open_file",
    "read_config",
    "read_json",
]
