"""Programs as data: what the C++ core is given. Readable, printable, comparable."""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Literal


class Scope(IntEnum):
    """Where a buffer lives, and for how long; the numbers are those of `native/program.hpp`."""

    IMAGE = 0  # one micro-batch inside a segment
    BATCH = 1  # all images, across segments
    LANE = 2  # one copy a lane
    SHARED = 3  # one copy
    EXTERNAL = 4  # an array of the caller's
    SCRATCH = 5  # one copy a thread, while one operation runs


@dataclass(eq=False, slots=True)
class Buffer:
    """A run of floats. `size` is for one image where the scope is of images."""

    name: str
    size: int
    scope: Scope
    offset: int = 0


Barrier = Literal["", "before", "around"]
Attributes = dict[str, Any]  # whole and not, by the names that the core knows


@dataclass(eq=False, slots=True)
class Instruction:
    """One operation: what it reads and writes by the names that the core knows, and its numbers.

    `parts` is 0 for operations that work image by image, else into how many parts it is cut.
    Neighbours with as many parts share a segment: a part of one reads only what the same part of
    another wrote. Where that is not so, `meets` has all threads wait for each other.
    """

    kind: str
    reads: dict[str, Buffer]
    writes: dict[str, Buffer]
    values: Attributes = field(default_factory=dict[str, Any])
    parts: int = 0
    layer: str = ""
    macs: int = 0  # for one image
    why: str = ""
    meets: Barrier = ""

    def buffers(self) -> list[Buffer]:
        """All that the row touches: what it reads, then what it writes."""
        return [*self.reads.values(), *self.writes.values()]

    def __str__(self) -> str:
        reads = ", ".join(buffer.name for buffer in self.reads.values())
        writes = ", ".join(buffer.name for buffer in self.writes.values())
        return f"{self.kind}({reads}) -> {writes}"


@dataclass(eq=False, slots=True)
class Segment:
    """Rows between two meeting points. `width` is images of a micro-batch, or the parts."""

    by_image: bool
    width: int
    rows: list[Instruction]


@dataclass(eq=False, slots=True)
class Program:
    """Segments over planned buffers, for batches of at most `batch` images."""

    batch: int
    segments: list[Segment]
    buffers: list[Buffer]
    image_floats: int
    batch_floats: int
    lane_floats: int
    shared_floats: int
    losses: int
    outputs: list[Buffer]
    settled: int = 0  # so many of the first segments run only when arrays of the caller's changed

    def settled_on(self) -> list[Buffer]:
        """The caller's arrays that the first segments depend on."""
        rows = [row for segment in self.segments[: self.settled] for row in segment.rows]
        read = dict.fromkeys(buffer for row in rows for buffer in row.reads.values())
        return [buffer for buffer in read if buffer.scope is Scope.EXTERNAL]

    def __str__(self) -> str:
        lines: list[str] = []
        for number, segment in enumerate(self.segments):
            axis = "images" if segment.by_image else "parts"
            lines.append(f"segment {number}: {axis}, {segment.width} at a time")
            lines.extend(f"  {row}" for row in segment.rows)
        return "\n".join(lines)
