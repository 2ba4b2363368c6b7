"""The safetensors format: the length of a JSON header, the header, and the arrays' bytes.

(github.com/huggingface/safetensors, "Format".)
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

_TYPES = {"float32": "F32", "int64": "I64", "uint8": "U8"}
_ALIGNMENT = 8  # of the first array, by spaces after the header


def encode(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return the content of a safetensors file.

    >>> encode({"a": np.zeros(1, np.float32)})[8:60]
    b'{"a": {"dtype": "F32", "shape": [1], "data_offsets":'
    """
    header: dict[str, Any] = {}
    position = 0
    for name, array in arrays.items():
        header[name] = {
            "dtype": _TYPES[str(array.dtype)],
            "shape": list(array.shape),
            "data_offsets": [position, position + array.nbytes],
        }
        position += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    data = [
        np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
        for array in arrays.values()
    ]
    return len(text).to_bytes(8, "little") + text + b"".join(data)
