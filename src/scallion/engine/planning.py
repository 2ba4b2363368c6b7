"""From rows to a program: where threads meet, where buffers lie, how many images go together."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from scallion.engine.program import Buffer, Instruction, Program, Scope, Segment

LANES = 16
_ALIGNMENT = 16  # floats of a cache line
# What a segment's buffers may take of a core's second-level cache: from half a megabyte to two.
_MICRO_BATCH_FLOATS = 160 * 1024
# Rows that cost about as much as reading what they wrote.
_CHEAP = frozenset({"batch_norm"})


def plan(
    rows: list[Instruction], batch: int, losses: int, outputs: list[Buffer], *, learns: bool
) -> Program:
    """Cut rows into segments where the axis changes, and give every buffer its place.

    Where a step changes the weights (`learns`), what is made of them is made anew in each.
    """
    segments = _cut(rows)
    _recompute(segments)
    for buffer, users in _homes(segments).items():
        buffer.scope = Scope.BATCH if len(users) > 1 else Scope.IMAGE
    for segment in segments:
        if segment.by_image:
            segment.width = _width(segment, batch)
    arenas = [_Arena(Scope.IMAGE, s.width).lay_out([[row] for row in s.rows]) for s in segments]
    # Lanes are at different rows of a segment at the same time, so what outlives a segment shares
    # its memory only with what lives in other segments.
    whole = _Arena(Scope.BATCH, 1).lay_out(
        [segment.rows for segment in segments], _taken_over(segments)
    )
    buffers = list(dict.fromkeys(b for s in segments for row in s.rows for b in row.buffers()))
    images = max(arenas, default=0)
    return Program(
        batch=batch,
        segments=segments,
        buffers=buffers,
        image_floats=images + _behind(buffers, images),
        batch_floats=whole,
        lane_floats=_line_up(buffers, Scope.LANE),
        shared_floats=_line_up(buffers, Scope.SHARED),
        losses=losses,
        outputs=outputs,
        settled=0 if learns else _settled(segments),
    )


def _settled(segments: list[Segment]) -> int:
    """How many of the first segments make something of weights alone."""
    lasting = (Scope.SHARED, Scope.EXTERNAL)
    for number, segment in enumerate(segments):
        reads = [buffer for row in segment.rows for buffer in row.reads.values()]
        writes = [buffer for row in segment.rows for buffer in row.writes.values()]
        if segment.by_image or not (
            all(buffer.scope in lasting for buffer in reads)
            and all(buffer.scope is Scope.SHARED for buffer in writes)
        ):
            return number
    return len(segments)


def _cut(rows: list[Instruction]) -> list[Segment]:
    segments: list[Segment] = []
    for row in rows:
        key = (row.parts == 0, row.parts)
        last = segments[-1] if segments else None
        if (
            last is None
            or row.meets
            or last.rows[-1].meets == "around"
            or (last.by_image, last.width) != key
        ):
            last = Segment(*key, [])
            segments.append(last)
        last.rows.append(row)
    return segments


def _recompute(segments: list[Segment]) -> None:
    """What is cheap to compute is computed again in each segment that reads it, rather than kept
    for the whole batch: reading it from memory would cost more, and its inputs are kept anyway."""
    makers = {
        buffer: (number, row)
        for number, segment in enumerate(segments)
        for row in segment.rows
        if row.kind in _CHEAP
        for buffer in row.writes.values()
    }
    for number, segment in enumerate(segments):
        # A part of a matrix reads all images, so there they are kept.
        if not segment.by_image:
            continue
        copies: dict[Buffer, Buffer] = {}
        rows: list[Instruction] = []
        for row in segment.rows:
            for name, buffer in row.reads.items():
                if buffer in makers and makers[buffer][0] != number:
                    if buffer not in copies:
                        copies[buffer] = Buffer(f"{buffer.name} again", buffer.size, buffer.scope)
                        made = makers[buffer][1]
                        writes = dict.fromkeys(made.writes, copies[buffer])
                        rows.append(replace(made, writes=writes, values=dict(made.values)))
                    row.reads[name] = copies[buffer]
            rows.append(row)
        segment.rows = rows


def _homes(segments: list[Segment]) -> dict[Buffer, set[int]]:
    """The segments that use each buffer of images."""
    homes: dict[Buffer, set[int]] = defaultdict(set)
    for number, segment in enumerate(segments):
        for row in segment.rows:
            for buffer in row.buffers():
                if buffer.scope in (Scope.IMAGE, Scope.BATCH):
                    homes[buffer].add(number)
    return homes


def _width(segment: Segment, batch: int) -> int:
    """How many images a lane takes through the segment together: as many as the cache holds."""
    share = -(-batch // LANES)
    one = _Arena(Scope.IMAGE, 1).lay_out([[row] for row in segment.rows])
    kept = {b: b.size for row in segment.rows for b in row.buffers() if b.scope is Scope.BATCH}
    width = max(1, min(share, _MICRO_BATCH_FLOATS // max(one + sum(kept.values()), 1)))
    for row in segment.rows:
        if "images" in row.values:
            row.values["images"] = width
    return width


def _taken_over(segments: list[Segment]) -> dict[Buffer, Buffer]:
    """Which buffer of the whole batch may take another's place, image by image: one as large that
    nothing reads any more when the first row writes there. Its memory is in a cache already."""
    homes = {b: users for b, users in _homes(segments).items() if b.scope is Scope.BATCH}
    places: dict[Buffer, Buffer] = {}
    for number, segment in enumerate(segments):
        if not segment.by_image:
            continue
        last_read: dict[Buffer, int] = {}
        for at, row in enumerate(segment.rows):
            last_read |= {b: at for b in row.buffers() if b in homes}
        left = [b for b in last_read if max(homes[b]) == number and min(homes[b]) < number]
        for at, row in enumerate(segment.rows):
            for buffer in row.writes.values():
                if buffer in places or buffer not in homes or min(homes[buffer]) < number:
                    continue
                fits = [b for b in left if last_read[b] < at and b.size == buffer.size]
                if fits:
                    # What was read last.
                    old = max(fits, key=lambda b: last_read[b])
                    left.remove(old)
                    places[buffer] = old
    return places


class _Arena:
    """Memory in which buffers of one scope take turns."""

    def __init__(self, scope: Scope, images: int) -> None:
        self._scope = scope
        self._images = images

    def lay_out(
        self, stages: list[list[Instruction]], taken_over: Mapping[Buffer, Buffer] | None = None
    ) -> int:
        """Give each buffer an offset that nothing else has from its first stage to its last, but
        those whose place it takes over. Returns the floats that all of them take."""
        places = taken_over or {}
        stages_of: dict[Buffer, list[int]] = defaultdict(list)
        for number, rows in enumerate(stages):
            for row in rows:
                for buffer in row.buffers():
                    if buffer.scope is self._scope:
                        first = buffer
                        while first in places:
                            first = places[first]
                        stages_of[first].append(number)
        live: list[Buffer] = []
        top = 0
        for buffer, used in stages_of.items():
            live = [b for b in live if stages_of[b][-1] >= used[0]]
            buffer.offset = self._first_gap(live, self._floats(buffer))
            live.append(buffer)
            top = max(top, buffer.offset + self._floats(buffer))
        for buffer, old in places.items():
            buffer.offset = old.offset
        return top

    def _floats(self, buffer: Buffer) -> int:
        return _rounded(buffer.size * self._images)

    def _first_gap(self, live: list[Buffer], size: int) -> int:
        start = 0
        for buffer in sorted(live, key=lambda b: b.offset):
            if buffer.offset - start >= size:
                break
            start = max(start, buffer.offset + self._floats(buffer))
        return start


def _line_up(buffers: list[Buffer], scope: Scope) -> int:
    """One behind the other: what lives as long as the program."""
    total = 0
    for buffer in buffers:
        if buffer.scope is scope:
            buffer.offset = total
            total += _rounded(buffer.size)
    return total


def _behind(buffers: list[Buffer], start: int) -> int:
    """What one operation leaves to itself lies behind all that it leaves to others, at one place
    for all operations. Returns the floats of the largest."""
    scratch = [buffer for buffer in buffers if buffer.scope is Scope.SCRATCH]
    for buffer in scratch:
        buffer.offset = start
    return max((_rounded(buffer.size) for buffer in scratch), default=0)


def _rounded(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT
