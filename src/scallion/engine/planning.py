"""From rows to a program: where threads meet, where buffers lie, how many images go together."""

from collections import defaultdict

from scallion.engine.program import Buffer, Program, Row, Scope, Segment

LANES = 16
_ALIGNMENT = 16  # floats of a cache line
# What a segment's buffers may take of a core's second-level cache: half a megabyte is common.
_MICRO_BATCH_FLOATS = 96 * 1024


def plan(rows: list[Row], batch: int, losses: int, outputs: list[Buffer]) -> Program:
    """Cut rows into segments where the axis changes, and give every buffer its place."""
    segments = _cut(rows)
    buffers = list(
        dict.fromkeys(b for row in rows for b in (*row.reads.values(), *row.writes.values()))
    )
    homes = _homes(segments)
    for buffer, users in homes.items():
        buffer.scope = Scope.BATCH if len(users) > 1 else Scope.IMAGE
    sizes: dict[Scope, int] = defaultdict(int)
    for buffer in buffers:
        if buffer.scope in (Scope.BATCH, Scope.LANE, Scope.SHARED):
            buffer.offset = sizes[buffer.scope]
            sizes[buffer.scope] += _rounded(buffer.size)
    arena = 0
    for segment in segments:
        if segment.by_image:
            arena = max(arena, _place(segment, batch))
    return Program(
        batch=batch,
        segments=segments,
        buffers=buffers,
        image_floats=arena,
        batch_floats=sizes[Scope.BATCH],
        lane_floats=sizes[Scope.LANE],
        shared_floats=sizes[Scope.SHARED],
        losses=losses,
        outputs=outputs,
    )


def _cut(rows: list[Row]) -> list[Segment]:
    segments: list[Segment] = []
    for row in rows:
        by_image = row.parts == 0
        if not segments or (segments[-1].by_image, segments[-1].width) != (by_image, row.parts):
            segments.append(Segment(by_image, row.parts, []))
        segments[-1].rows.append(row)
    return segments


def _homes(segments: list[Segment]) -> dict[Buffer, set[int]]:
    """The segments that use each buffer of images."""
    homes: dict[Buffer, set[int]] = defaultdict(set)
    for number, segment in enumerate(segments):
        for row in segment.rows:
            for buffer in (*row.reads.values(), *row.writes.values()):
                if buffer.scope in (Scope.IMAGE, Scope.BATCH):
                    homes[buffer].add(number)
    return homes


def _place(segment: Segment, batch: int) -> int:
    """Lay the segment's own buffers into one arena, reusing what is no longer read. Returns its
    floats, for as many images at once as the cache holds."""
    share = -(-batch // LANES)
    one = _lay_out(segment.rows, 1)
    segment.width = max(1, min(share, _MICRO_BATCH_FLOATS // max(one, 1)))
    for row in segment.rows:
        if "images" in row.values:
            row.values["images"] = segment.width
    return _lay_out(segment.rows, segment.width)


def _lay_out(rows: list[Row], images: int) -> int:
    last_use: dict[Buffer, int] = {}
    for number, row in enumerate(rows):
        for buffer in (*row.reads.values(), *row.writes.values()):
            if buffer.scope is Scope.IMAGE:
                last_use[buffer] = number
    live: list[Buffer] = []
    placed: set[Buffer] = set()
    top = 0
    for number, row in enumerate(rows):
        for buffer in (*row.writes.values(), *row.reads.values()):
            if buffer in last_use and buffer not in placed:
                placed.add(buffer)
                buffer.offset = _first_gap(live, _rounded(buffer.size * images), images)
                live.append(buffer)
                top = max(top, buffer.offset + _rounded(buffer.size * images))
        live = [buffer for buffer in live if last_use[buffer] > number]
    return top


def _first_gap(live: list[Buffer], size: int, images: int) -> int:
    start = 0
    for buffer in sorted(live, key=lambda b: b.offset):
        if buffer.offset - start >= size:
            break
        start = max(start, buffer.offset + _rounded(buffer.size * images))
    return start


def _rounded(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT
