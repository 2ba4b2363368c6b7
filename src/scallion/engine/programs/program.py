"""Programs: the instructions and buffers that the C++ core runs, as plain data."""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Literal


class Scope(IntEnum):
    """The lifetime of a buffer's memory; the numbers are those of `native/program.hpp`."""

    IMAGE = 0  # one micro-batch, within a segment
    BATCH = 1  # all images of the batch, across segments
    LANE = 2  # one copy per lane
    SHARED = 3  # one copy
    EXTERNAL = 4  # an array of the caller
    SCRATCH = 5  # one copy per thread, during one instruction


@dataclass(eq=False, slots=True)
class Buffer:
    """A contiguous run of floats. `size` counts those of one image for IMAGE and BATCH."""

    name: str
    size: int
    scope: Scope
    offset: int = 0


Barrier = Literal["", "before", "around"]
"""The barriers of an instruction: none, one before it, or one before and one after it."""

Attributes = dict[str, Any]
"""Integers and floats of an instruction, by the names that the core knows."""


@dataclass(eq=False, slots=True)
class Instruction:
    """One operation of the core: the buffers that it reads and writes, and its attributes.

    `parts` is 0 for an instruction that runs per image; otherwise it splits into that many parts.
    Adjacent instructions with the same number of parts share a segment: one part reads only what
    the same part of another wrote. Where that does not hold, `barrier` makes all threads wait.
    `macs` counts multiply-adds per image; `reason` explains the choice, for `model.plan()`.
    """

    kind: str
    reads: dict[str, Buffer]
    writes: dict[str, Buffer]
    attributes: Attributes = field(default_factory=dict[str, Any])
    parts: int = 0
    layer: str = ""
    macs: int = 0
    reason: str = ""
    barrier: Barrier = ""

    def buffers(self) -> list[Buffer]:
        """Return the buffers that are read, then those that are written."""
        return [*self.reads.values(), *self.writes.values()]

    def __str__(self) -> str:
        reads = ", ".join(buffer.name for buffer in self.reads.values())
        writes = ", ".join(buffer.name for buffer in self.writes.values())
        return f"{self.kind}({reads}) -> {writes}"


@dataclass(eq=False, slots=True)
class Segment:
    """The instructions between two barriers.

    `width` is the number of images in a micro-batch, or of parts.
    """

    by_image: bool
    width: int
    instructions: list[Instruction]


@dataclass(eq=False, slots=True)
class Program:
    """Segments over planned buffers, for batches of at most `batch` images.

    The first `cached_segments` depend on the caller's arrays alone: they run again only when one of
    `cache_inputs()` has changed. `pause` is the segment before which a gradient is computed
    outside, 0 where none is.
    """

    batch: int
    segments: list[Segment]
    buffers: list[Buffer]
    image_floats: int
    batch_floats: int
    lane_floats: int
    shared_floats: int
    losses: int
    outputs: list[Buffer]
    cached_segments: int = 0
    pause: int = 0

    def cache_inputs(self) -> list[Buffer]:
        """Return the caller's arrays that the cached segments read."""
        cached = self.segments[: self.cached_segments]
        instructions = [one for segment in cached for one in segment.instructions]
        read = dict.fromkeys(buffer for one in instructions for buffer in one.reads.values())
        return [buffer for buffer in read if buffer.scope is Scope.EXTERNAL]

    def __str__(self) -> str:
        lines: list[str] = []
        for number, segment in enumerate(self.segments):
            axis = "images" if segment.by_image else "parts"
            lines.append(f"segment {number}: {axis}, {segment.width} at a time")
            lines.extend(f"  {one}" for one in segment.instructions)
        return "\n".join(lines)
