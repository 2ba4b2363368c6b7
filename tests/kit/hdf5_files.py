"""An HDF5 file of each kind of object, and a function that reads all of a file."""

import io
from typing import Any

import h5py
import numpy as np

from scallion.hdf5 import Hdf5Dataset, Hdf5File, Hdf5Group


def content(**options: Any) -> bytes:
    """Return a file with groups, texts, and datasets of each storage."""
    memory = io.BytesIO()
    with h5py.File(memory, "w", **options) as file:
        file.attrs["names"] = ["one", "two"]
        file.attrs["model_config"] = '{"class_name": "Sequential"}'
        group = file.create_group("layers/dense/vars")
        group["0"] = np.arange(20, dtype=np.float32).reshape(4, 5)
        if options.get("libver") != "latest":
            group.create_dataset("1", data=np.ones((9, 9)), chunks=(4, 4), compression="gzip")
            group.create_dataset("2", data=np.ones((6, 2)), chunks=(6, 2), shuffle=True)
        large = file.create_group("large", track_order=True)
        for number in range(12):
            large.create_group(f"layer {number}").attrs["weight_names"] = np.array([b"a", b"b"])
    return memory.getvalue()


def read_all(data: bytes) -> None:
    """Read all that is in a file, without following a group into itself."""
    pending: list[Hdf5Group] = [Hdf5File(io.BytesIO(data))]
    seen: set[int] = set()
    while pending:
        group = pending.pop()
        for name in group.attribute_names:
            group.attribute(name)
        for name, address in group.links.items():
            if address in seen:
                continue
            seen.add(address or 0)
            item = group.get(name)
            if isinstance(item, Hdf5Dataset):
                item.read()
            else:
                pending.append(item)
