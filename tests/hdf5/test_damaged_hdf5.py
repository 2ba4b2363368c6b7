"""Damaged and hostile HDF5 files raise FileError after little work."""

import io
import struct
import time
import zlib

import h5py
import pytest

from hdf5_files import content, read_all
from scallion.errors import FileError


def test_each_truncation_raises_an_error() -> None:
    data = content()
    for length in range(0, len(data), 97):
        with pytest.raises(FileError):
            read_all(data[:length])


def test_a_tree_that_contains_itself_ends_early() -> None:
    data = bytearray(content())
    place = data.rindex(b"TREE\0\0")
    depth = 60  # and each node twice in the node above: 2 ** 60 visits
    size = 24 + 5 * 8
    for level in range(1, depth):
        below = place if level == 1 else len(data) - size
        data += struct.pack("<4sBBHQQ", b"TREE", 0, level, 2, 2**64 - 1, 2**64 - 1)
        data += struct.pack("<QQQQQ", 0, below, 0, below, 0)
    at = data.index(struct.pack("<Q", place))
    data[at : at + 8] = struct.pack("<Q", len(data) - size)
    start = time.process_time()
    with pytest.raises(FileError, match="its structures refer to each other again and again"):
        read_all(bytes(data))
    assert time.process_time() - start < 5


def test_a_chunk_that_unpacks_to_gigabytes_is_refused() -> None:
    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        dataset = file.create_dataset("w", (4, 4), "f4", chunks=(4, 4), compression="gzip")
        dataset.id.write_direct_chunk((0, 0), zlib.compress(bytes(10**6)))
    with pytest.raises(FileError, match="a chunk has more than"):
        read_all(memory.getvalue())


def test_an_array_larger_than_its_file_can_hold_is_refused() -> None:
    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        file.create_dataset("w", (10**6, 10**6), "f4", chunks=(100, 100))
    with pytest.raises(FileError, match="an array of 4,000,000,000,000 bytes is not in its"):
        read_all(memory.getvalue())


def test_chunks_far_larger_than_the_array_are_refused() -> None:
    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        chunks = (1, 10**7)
        file.create_dataset("w", (1000, 1), "f4", chunks=chunks, maxshape=(None, None))
        file["w"][3] = 1
    with pytest.raises(FileError, match=r"is in 1,000 chunks of 40,000,000"):
        read_all(memory.getvalue())
