"""The messages of an ONNX file, with the field numbers of `onnx.proto3` (ONNX 1.8, IR version 8).

ONNX Runtime refuses files of an IR version newer than itself, so an old one is written, with the
operations of opset 13, which every runtime since 2020 has.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion import protobuf
from scallion.layers.base.spec import Shape

IR_VERSION = 8
OPSET = 13

GRAPH_FIELD, METADATA_FIELD = 7, 14  # of ModelProto

_ELEMENT_TYPES = {"float32": 1, "uint8": 2, "int64": 7}  # TensorProto.DataType
_FLOAT, _INT, _STRING, _FLOATS, _INTS = 1, 2, 3, 6, 7  # AttributeProto.AttributeType

AttributeValue = int | float | str | Sequence[int] | Sequence[float]


def tensor(name: str, array: NDArray[Any]) -> bytes:
    """Return a TensorProto with the array's bytes, little-endian."""
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    dims = b"".join(protobuf.integer(1, side) for side in array.shape)
    kind = protobuf.integer(2, _ELEMENT_TYPES[str(array.dtype)])
    return dims + kind + protobuf.text(8, name) + protobuf.byte_string(9, little.tobytes())


def attribute(name: str, value: AttributeValue) -> bytes:
    """Return an AttributeProto; its type is that of the value."""
    start = protobuf.text(1, name)
    if isinstance(value, int):
        return start + protobuf.integer(3, value) + protobuf.integer(20, _INT)
    if isinstance(value, float):
        return start + protobuf.float32(2, value) + protobuf.integer(20, _FLOAT)
    if isinstance(value, str):
        return start + protobuf.text(4, value) + protobuf.integer(20, _STRING)
    if all(isinstance(one, int) for one in value):
        whole = [int(one) for one in value]
        return start + protobuf.integers(8, whole) + protobuf.integer(20, _INTS)
    return start + protobuf.floats(7, value) + protobuf.integer(20, _FLOATS)


def node(
    kind: str,
    name: str,
    inputs: Iterable[str],
    outputs: Iterable[str],
    attributes: Mapping[str, AttributeValue],
) -> bytes:
    """Return a NodeProto: one operation."""
    return (
        b"".join(protobuf.text(1, one) for one in inputs)
        + b"".join(protobuf.text(2, one) for one in outputs)
        + protobuf.text(3, name)
        + protobuf.text(4, kind)
        + protobuf.messages(5, [attribute(key, value) for key, value in attributes.items()])
    )


def value_info(name: str, shape: Shape, dtype: str = "float32") -> bytes:
    """Return a ValueInfoProto: an input or output with a batch of any size."""
    batch = protobuf.text(2, "N")
    sides = [batch, *(protobuf.integer(1, side) for side in shape)]
    tensor_type = protobuf.integer(1, _ELEMENT_TYPES[dtype])
    tensor_type += protobuf.byte_string(2, protobuf.messages(1, sides))
    return protobuf.text(1, name) + protobuf.byte_string(2, protobuf.byte_string(1, tensor_type))


def graph(
    name: str,
    nodes: Iterable[bytes],
    initializers: Iterable[bytes],
    inputs: Iterable[bytes],
    outputs: Iterable[bytes],
) -> bytes:
    """Return a GraphProto."""
    return (
        protobuf.messages(1, nodes)
        + protobuf.text(2, name)
        + protobuf.messages(5, initializers)
        + protobuf.messages(11, inputs)
        + protobuf.messages(12, outputs)
    )


def model(graph: bytes, producer_version: str, metadata: Mapping[str, str]) -> bytes:
    """Return a ModelProto: the content of an ONNX file."""
    opset = protobuf.text(1, "") + protobuf.integer(2, OPSET)
    return (
        protobuf.integer(1, IR_VERSION)
        + protobuf.text(2, "scallion")
        + protobuf.text(3, producer_version)
        + protobuf.byte_string(GRAPH_FIELD, graph)
        + protobuf.byte_string(8, opset)
        + protobuf.messages(
            METADATA_FIELD,
            [protobuf.text(1, key) + protobuf.text(2, value) for key, value in metadata.items()],
        )
    )
