"""Programs as bytes: the form in which the compiled library loads them.

`native/program_format.hpp` documents the format.
"""

import struct
from collections.abc import Sequence

from scallion.engine.programs.planning import LANES
from scallion.engine.programs.program import Buffer, Instruction, Program

MAGIC = b"SCALLION"
VERSION = 1

Shape = tuple[int, ...]

_HEADER = struct.Struct("<8sIIQQ")
_BUFFER = struct.Struct("<BQQ")


def encode(
    program: Program, inputs: Sequence[Shape], outputs: Sequence[tuple[Shape, int]]
) -> bytes:
    """Return a program without its arrays as bytes.

    `inputs` are the shapes of one image of each input. `outputs` are those of each output, with the
    number of classes where its targets are labels, else 0.
    """
    numbers = {id(buffer): number for number, buffer in enumerate(program.buffers)}
    parts = [
        struct.pack(
            "<IIQQQQI",
            LANES,
            program.batch,
            program.image_floats,
            program.batch_floats,
            program.lane_floats,
            program.shared_floats,
            program.losses,
        ),
        _count(inputs),
        *(_shape(shape) for shape in inputs),
        _count(outputs),
        *(_shape(shape) + struct.pack("<I", classes) for shape, classes in outputs),
        _count(program.buffers),
        *(_BUFFER.pack(b.scope, b.size, b.offset) for b in program.buffers),
        struct.pack("<I", program.cached_segments),
        _count(program.cache_inputs()),
        *(struct.pack("<I", numbers[id(buffer)]) for buffer in program.cache_inputs()),
        _count(program.segments),
    ]
    for segment in program.segments:
        parts.append(
            struct.pack("<BII", segment.by_image, segment.width, len(segment.instructions))
        )
        parts.extend(_instruction(one, numbers) for one in segment.instructions)
    plan = b"".join(parts)
    return _HEADER.pack(MAGIC, VERSION, 0, len(plan), 0) + plan


def _instruction(instruction: Instruction, numbers: dict[int, int]) -> bytes:
    buffers: dict[str, Buffer] = instruction.reads | instruction.writes
    parts = [_string(instruction.kind), bytes((len(buffers),))]
    parts.extend(
        _string(name) + struct.pack("<I", numbers[id(buffer)]) for name, buffer in buffers.items()
    )
    attributes = instruction.attributes
    parts.append(bytes((len(attributes),)))
    parts.extend(_string(name) + _value(value) for name, value in attributes.items())
    return b"".join(parts)


def _value(value: float) -> bytes:
    if isinstance(value, float):
        return struct.pack("<Bd", 1, value)
    # Seeds of 64 bits count as unsigned.
    return struct.pack("<BQ", 0, int(value) & 0xFFFFFFFFFFFFFFFF)


def _string(text: str) -> bytes:
    return bytes((len(text),)) + text.encode("ascii")


def _shape(shape: Shape) -> bytes:
    return bytes((len(shape),)) + struct.pack(f"<{len(shape)}I", *shape)


def _count(elements: Sequence[object]) -> bytes:
    return struct.pack("<I", len(elements))
