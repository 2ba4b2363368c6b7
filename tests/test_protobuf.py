"""The wire format: bytes of the specification (protobuf.dev, "Encoding"); damaged messages."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scallion import protobuf
from scallion.errors import FileError
from scallion.export.onnx import model_proto


def test_fields_have_the_bytes_of_the_specification() -> None:
    assert protobuf.integer(1, 150) == bytes.fromhex("089601")
    assert protobuf.text(2, "testing") == bytes.fromhex("120774657374696e67")
    assert protobuf.integers(6, [3, 270, 86942]) == bytes.fromhex("3206038e029ea705")
    assert protobuf.integer(1, -2) == bytes.fromhex("08feffffffffffffffff01")
    assert protobuf.float32(2, 1.0) == bytes.fromhex("150000803f")


@given(st.lists(st.tuples(st.integers(1, 2**20), st.integers(0, 2**64 - 1) | st.binary())))
def test_fields_are_read_as_written(written: list[tuple[int, int | bytes]]) -> None:
    message = b"".join(
        protobuf.integer(number, value)
        if isinstance(value, int)
        else protobuf.byte_string(number, value)
        for number, value in written
    )
    assert list(protobuf.fields(message)) == written


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(message: bytes) -> None:
    with suppress(FileError):
        list(protobuf.fields(message))


@pytest.mark.parametrize("value", [3, 0.5, "same", [1, 2], [0.5, 2.0]])
def test_an_attribute_names_its_type(value: model_proto.AttributeValue) -> None:
    found = dict(protobuf.fields(model_proto.attribute("pads", value)))
    assert found[1] == b"pads"
    kinds = {int: 2, float: 1, str: 3}
    listed = 7 if isinstance(value, list) and isinstance(value[0], int) else 6
    assert found[20] == kinds.get(type(value), listed)


def test_an_array_is_stored_little_endian() -> None:
    found = dict(protobuf.fields(model_proto.tensor("w", np.array([1, 2], ">f4").astype("f4"))))
    assert found[9] == bytes.fromhex("0000803f00000040")
