"""The IDX format of the MNIST files: a magic number, the shape, the values.

Source: Yann LeCun's page on MNIST, "the IDX file format".
"""

import math

import numpy as np
from numpy.typing import NDArray

from scallion.errors import FileError

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_HINT = "the file is damaged or has another format: download it again"


def parse(data: bytes, name: str) -> NDArray[np.generic]:
    """Return the array in the bytes of an IDX file, in native byte order.

    `name` names the file in errors.

    >>> parse(bytes([0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 3, 7, 8, 9]), "tiny").tolist()
    [[7, 8, 9]]

    Raises FileError unless magic number, shape and length agree.
    """
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in _TYPES or data[3] == 0:
        raise FileError(
            f"{name} is not an IDX file: it starts with {data[:4].hex(' ') or 'nothing'}",
            hint=_HINT,
        )
    dtype, rank = np.dtype(_TYPES[data[2]]), data[3]
    header = 4 + 4 * rank
    if len(data) < header:
        raise FileError(
            f"{name} is truncated in its header: {header} bytes expected, {len(data)} found",
            hint=_HINT,
        )
    shape = tuple(int.from_bytes(data[i : i + 4], "big") for i in range(4, header, 4))
    expected = header + math.prod(shape) * dtype.itemsize
    if len(data) != expected:
        raise FileError(
            f"{name} has {len(data)} bytes; {expected} expected for the shape {shape}", hint=_HINT
        )
    # A copy, so that the array is writable and does not keep the bytes of the file in memory.
    return np.frombuffer(data, dtype, offset=header).reshape(shape).astype(dtype.newbyteorder("="))
