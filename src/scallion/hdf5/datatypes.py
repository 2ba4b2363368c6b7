"""Datatypes and dataspaces: the types and shapes of datasets and attributes."""

import math
from dataclasses import dataclass

import numpy as np

from scallion.hdf5.byte_source import Fields

_FIXED_POINT, _FLOAT, _STRING, _OPAQUE, _ENUM, _VARIABLE = 0, 1, 3, 5, 8, 9
_MAX_RANK = 32
_MAX_BYTES = 2**62
# Bit positions of IEEE 754: offset, precision, exponent's place and size, mantissa's, sign, bias.
_IEEE = {
    2: (0, 16, 10, 5, 0, 10, 15, 15),
    4: (0, 32, 23, 8, 0, 23, 31, 127),
    8: (0, 64, 52, 11, 0, 52, 63, 1023),
}
_NAMES = {
    2: "time", 4: "bit field", 6: "compound", 7: "reference", 10: "array", 11: "complex",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Datatype:
    """A type of elements: of NumPy, or text of variable length, or one that is not supported."""

    size: int
    dtype: np.dtype | None = None
    is_variable_text: bool = False
    is_space_padded: bool = False
    description: str = ""

    def __str__(self) -> str:
        return self.description or str(self.dtype)


def read_datatype(fields: Fields) -> Datatype:
    """Return the datatype of a message. Raises FileError for an invalid one."""
    kind_and_version, bits, size = fields.uint(1), fields.uint(3), fields.uint(4)
    kind, version = kind_and_version & 15, kind_and_version >> 4
    if not 1 <= version <= 5:
        raise fields.source.damaged(f"a datatype has the version {version}")
    if size == 0:
        raise fields.source.damaged("a datatype has 0 bytes per element")
    if kind == _FIXED_POINT:
        offset, precision = fields.uint(2), fields.uint(2)
        if size in (1, 2, 4, 8) and offset == 0 and precision == 8 * size:
            order = ">" if bits & 1 else "<"
            return Datatype(size, np.dtype(f"{order}{'i' if bits & 8 else 'u'}{size}"))
        return Datatype(size, description=f"integers of {precision} bits")
    if kind == _FLOAT:
        return _read_float(fields, bits, size)
    if kind == _STRING and size < 2**31:
        return Datatype(size, np.dtype(f"S{size}"), is_space_padded=bits & 15 == 2)
    if kind == _VARIABLE and bits & 15 == 1:
        return Datatype(size, is_variable_text=True, description="text")
    if kind == _ENUM and fields.left:
        base = read_datatype(fields)
        return Datatype(size, description=f"an enumeration of {base}")
    if kind == _OPAQUE:
        return Datatype(size, description=f"opaque values of {size} bytes")
    return Datatype(size, description=f"{_NAMES.get(kind, f'datatype {kind}')} values")


def _read_float(fields: Fields, bits: int, size: int) -> Datatype:
    offset, precision = fields.uint(2), fields.uint(2)
    places = [fields.uint(1) for _ in range(4)]
    bias, sign = fields.uint(4), bits >> 8 & 0xFF
    if bits & 0x40 == 0 and (offset, precision, *places, sign, bias) == _IEEE.get(size):
        return Datatype(size, np.dtype(f"{'>' if bits & 1 else '<'}f{size}"))
    return Datatype(size, description=f"floats of {precision} bits that are not IEEE 754")


def read_shape(fields: Fields) -> tuple[int, ...] | None:
    """Return the shape of a dataspace message; None for an empty one. Raises FileError."""
    version, rank, flags = fields.uint(1), fields.uint(1), fields.uint(1)
    if version == 1:
        fields.take(5)
    elif version == 2:
        if fields.uint(1) == 2:
            return None
    else:
        raise fields.source.damaged(f"a dataspace has the version {version}")
    if rank > _MAX_RANK or flags & ~3:
        raise fields.source.damaged(f"a dataspace has {rank} dimensions and the flags {flags}")
    shape = tuple(fields.uint(8) for _ in range(rank))
    if math.prod(shape) > _MAX_BYTES or max(shape, default=0) > _MAX_BYTES:
        raise fields.source.damaged(f"a dataspace has the shape {shape}")
    return shape
