"""IDX files: reading, and errors for damaged ones."""

import struct
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scallion.datasets.formats import idx
from scallion.errors import FileError


def header(kind, *sizes):
    return bytes([0, 0, kind, len(sizes)]) + struct.pack(f">{len(sizes)}I", *sizes)


@pytest.mark.parametrize(
    ("kind", "packed", "dtype", "values"),
    [
        (0x08, "BB", np.uint8, [0, 255]),
        (0x09, "bb", np.int8, [-128, 127]),
        (0x0B, "hh", np.int16, [-2, 300]),
        (0x0C, "ii", np.int32, [-2, 70_000]),
        (0x0D, "ff", np.float32, [0.5, -1.25]),
        (0x0E, "dd", np.float64, [0.1, -1.25]),
    ],
)
def test_all_dtypes_are_read_in_native_order(kind, packed, dtype, values):
    array = idx.parse(header(kind, 2) + struct.pack(f">{packed}", *values), "x.idx")
    assert array.tolist() == values
    assert array.dtype == dtype
    assert array.dtype.isnative
    assert array.flags.writeable


def test_images_have_the_shape_of_the_file():
    array = idx.parse(header(8, 2, 2, 3) + bytes(range(12)), "x.idx")
    assert array.tolist() == [[[0, 1, 2], [3, 4, 5]], [[6, 7, 8], [9, 10, 11]]]


def test_an_empty_array_is_read():
    assert idx.parse(header(8, 0, 28, 28), "x.idx").shape == (0, 28, 28)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "x.idx is not an IDX file: it starts with nothing"),
        (b"\0\0\x08", "is not an IDX file"),
        (b"\x1f\x8b\x08\x01" + bytes(8), "it starts with 1f 8b 08 01"),
        (bytes([0, 0, 0x0A, 1]) + bytes(8), "it starts with 00 00 0a 01"),
        (bytes([0, 0, 8, 0]) + bytes(8), "it starts with 00 00 08 00"),
        (header(8, 2, 2)[:-1], "is truncated in its header: 12 bytes expected, 11 found"),
        (header(8, 2, 2) + bytes(3), r"has 15 bytes; 16 expected for the shape \(2, 2\)"),
        (header(8, 2, 2) + bytes(5), r"has 17 bytes; 16 expected for the shape \(2, 2\)"),
        (header(14, 2**32 - 1, 2**32 - 1, 2**32 - 1) + bytes(5), "has 21 bytes; "),
    ],
)
def test_wrong_headers_and_lengths_raise(data, message):
    with pytest.raises(FileError, match=f"{message}.*\nhint: the file is damaged"):
        idx.parse(data, "x.idx")


@given(st.binary(max_size=64))
def test_random_bytes_raise_only_file_errors(data):
    with suppress(FileError):
        idx.parse(b"\0\0" + data, "x.idx")
