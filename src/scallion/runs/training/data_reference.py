"""References to data in memory: what a run folder keeps of arrays, which it does not store."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion import datasets
from scallion.datasets import DatasetArrays
from scallion.errors import ArgumentError, StateError
from scallion.images import ImageSet
from scallion.mapped_memory import chunk_slices

EXAMPLE = "Settings(data=(x, y)), or Settings(data='fashion-mnist')"


@dataclass(frozen=True, slots=True)
class DataReference:
    """The name, kind and SHA-256 of data that were in memory when a run was trained."""

    name: str
    kind: str
    sha256: str

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "DataReference":
        """Return the reference that `as_dict` wrote. Raises ArgumentError."""
        try:
            return cls(**document)
        except TypeError:
            raise ArgumentError(
                f"a reference to data has {', '.join(cls.__slots__)}. Received: {dict(document)}",
                hint=EXAMPLE,
            ) from None

    def as_dict(self) -> dict[str, str]:
        """Return the reference as JSON can hold it."""
        return asdict(self)

    def require_same(self, data: Any) -> None:
        """Raise StateError unless `data` are those that this reference was made from."""
        found = refer_to(data)
        if isinstance(found, str) or found.sha256 != self.sha256:
            raise StateError(
                f"these are not the data that the run was trained on. Expected: {self}. "
                f"Received: {found}",
                hint="give the same arrays, in the same order",
            )

    def __str__(self) -> str:
        return f"{self.kind} {self.name!r} with SHA-256 {self.sha256[:12]}..."


def refer_to(data: Any) -> "str | DataReference":
    """Return how settings refer to data: a name or path as it is, a reference to data in memory.

    Raises ArgumentError for what is no data.
    """
    if isinstance(data, str | Path):
        return str(data)
    if isinstance(data, DataReference):
        return data
    if isinstance(data, ImageSet):
        parts = ((part.x, part.y) for part in data.splits)
        return DataReference(data.name, "image set", _sha256(parts))
    arrays = as_dataset_arrays(data)
    return DataReference(arrays.name, "arrays", _sha256(arrays))


def as_dataset_arrays(data: Any) -> DatasetArrays:
    """Return `(x, y)`, `((x_train, y_train), (x_test, y_test))` or DatasetArrays as DatasetArrays.

    Raises ArgumentError for anything else, and DataError for arrays that are no images or labels.
    """
    if isinstance(data, DatasetArrays):
        return data
    if not _is_pair(data):
        raise ArgumentError(
            "data are a name, a path, (x, y), ((x_train, y_train), (x_test, y_test)), "
            f"DatasetArrays or an ImageSet. Received: {type(data).__name__}",
            hint=EXAMPLE,
            field="data",
        )
    if not (_is_pair(data[0]) and _is_pair(data[1])):
        data = (data,)
    names = ("x_train", "y_train", "x_test", "y_test")
    arrays = (np.asarray(array) for pair in data for array in pair)
    return datasets.as_dataset(dict(zip(names, arrays, strict=False)), "arrays")


def _is_pair(value: Any) -> bool:
    return isinstance(value, tuple | list) and len(value) == 2


def _sha256(parts: "Iterator[tuple[Any, Any]] | DatasetArrays") -> str:
    """Return the SHA-256 of all shapes, pixels and labels as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for x, y in parts:
        if x is None:
            continue
        digest.update(f"{x.shape} {x.dtype.str}".encode())
        update_digest(digest, x, y)
    return digest.hexdigest()


def update_digest(digest: Any, x: NDArray[Any], y: NDArray[Any]) -> None:
    """Add images (n, h, w, c) and labels (n,) to a hash, a part of the images at a time."""
    for part in chunk_slices(x):
        digest.update(np.ascontiguousarray(x[part]).data)
    digest.update(np.ascontiguousarray(y, "<i8").data)
