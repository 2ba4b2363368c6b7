"""Arrays of weights files that are not trusted: none is read before its shape was checked."""

import warnings

import numpy as np

from scallion.errors import FileError
from scallion.hdf5 import Hdf5Dataset, Hdf5Group

_HINT = "the file is damaged or belongs to another model"


class MismatchError(FileError):
    """A file that is valid and belongs to another model; `skip_mismatch` skips the layer."""


def read_array(file: Hdf5Group, path: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return the array at a path, after checking its shape and type.

    Raises FileError, and MismatchError for another shape or if there is none.
    """
    if path not in file:
        raise MismatchError(f"the weights file has no {path!r}", hint=_HINT)
    dataset = file.get(path)
    if not isinstance(dataset, Hdf5Dataset):
        raise MismatchError(f"{path!r} is not an array. Received: a group", hint=_HINT)
    kind = dataset.dtype.kind if dataset.dtype is not None else ""
    if dataset.shape != shape or kind not in ("f", "i", "u"):
        raise MismatchError(
            f"{path!r} is not an array of numbers of the shape {shape}. "
            f"Received: shape {dataset.shape}, {dataset.type_name}",
            hint=_HINT,
        )
    return dataset.read()


def group_at(file: Hdf5Group, path: str) -> Hdf5Group:
    """Return the group at a path. Raises FileError for a missing one, a link or an array."""
    found = file.get(path)
    if not isinstance(found, Hdf5Group):
        raise FileError(
            f"{path!r} is not a group. Received: an array of the shape {found.shape}", hint=_HINT
        )
    return found


def warn_skipped(model_name: str, reasons: dict[str, str]) -> None:
    """Warn once about the layers whose weights were not loaded, with the first reason."""
    if reasons:
        warnings.warn(
            f"{len(reasons)} layers of {model_name!r} keep their weights: {', '.join(reasons)}. "
            f"{next(iter(reasons.values()))}",
            stacklevel=5,
        )
