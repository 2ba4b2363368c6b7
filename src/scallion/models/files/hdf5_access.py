"""Groups and arrays of HDF5 files that are not trusted.

Links to other places or files are refused, and no array is read before its shape was checked.
"""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from scallion.errors import FileError

if TYPE_CHECKING:
    import h5py


# A model's config is text of its length; arrays of names have 16 bytes or more per layer or weight.
_MAX_ATTRIBUTE_BYTES = 16 * 2**20
_MAX_CHUNK_BYTES = 16 * 2**20  # of a dataset stored in pieces, which are read whole


def read_attribute(group: "h5py.File | h5py.Group", name: str) -> Any:
    """Return an attribute, or None if there is none. Raises FileError for a too large one."""
    if name not in group.attrs:
        return None
    attribute = group.attrs.get_id(name)
    size = attribute.get_space().get_simple_extent_npoints() * attribute.get_type().get_size()
    if size > _MAX_ATTRIBUTE_BYTES:
        raise FileError(
            f"the attribute {name!r} takes {size:,} bytes, and a model's "
            f"{_MAX_ATTRIBUTE_BYTES:,} at most",
            hint="the file is damaged; save the model again with model.save(...)",
        )
    return group.attrs[name]


def plain_group(file: "h5py.File | h5py.Group", path: str) -> Any:
    """Return the group or array at a path, if no part of the path is a link elsewhere.

    Raises FileError.
    """
    import h5py  # here, so that `import scallion.models` stays fast

    group: Any = file
    for part in path.split("/"):
        link = group.get(part, getlink=True) if isinstance(group, h5py.Group) else None
        if not isinstance(link, h5py.HardLink):
            is_missing = link is None
            raise FileError(
                f"the weights file has no {path!r}" if is_missing else f"{path!r} is a link",
                hint="the file is damaged or belongs to another model",
            )
        group = group[part]
    return group


def read_array(file: "h5py.File | h5py.Group", path: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return the array at a path, after checking its shape and type. Raises FileError."""
    import h5py  # here, so that `import scallion.models` stays fast

    dataset = plain_group(file, path)
    fits = isinstance(dataset, h5py.Dataset) and dataset.shape == shape
    if not fits or dataset.dtype.kind not in "fiu" or dataset.external or dataset.is_virtual:
        found, dtype = getattr(dataset, "shape", None), getattr(dataset, "dtype", None)
        raise FileError(
            f"{path!r} is not an array of numbers of the shape {shape}. "
            f"Received: shape {found}, dtype {dtype}",
            hint="the file is damaged or belongs to another model",
        )
    chunk_bytes = math.prod(dataset.chunks or ()) * dataset.dtype.itemsize
    if chunk_bytes > max(_MAX_CHUNK_BYTES, 2 * dataset.nbytes):
        raise FileError(
            f"{path!r} takes {dataset.nbytes:,} bytes and is stored in pieces of {chunk_bytes:,}",
            hint="the file is damaged; save the model again with model.save(...)",
        )
    return np.asarray(dataset[()])
