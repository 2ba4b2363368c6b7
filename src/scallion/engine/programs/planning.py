"""From instructions to a program: segments, micro-batches and the layout of memory."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from scallion.engine.programs.program import Buffer, Instruction, Program, Scope, Segment

LANES = 16  # `kLanes` in native/program.hpp
_ALIGNMENT = 16  # floats of a cache line
# What a segment's buffers may take of a core's second-level cache (0.5 to 2 MB).
_MICRO_BATCH_FLOATS = 160 * 1024
# Kinds that cost about as much as reading what they wrote.
_CHEAP = frozenset({"batch_norm"})


def plan(
    instructions: list[Instruction],
    batch: int,
    losses: int,
    outputs: list[Buffer],
    *,
    updates_weights: bool,
) -> Program:
    """Split instructions into segments and give each buffer its offset.

    Segments that depend on weights alone are cached, unless each step updates the weights.
    """
    segments = _split(instructions)
    _recompute_cheap(segments)
    for buffer, users in _segments_of_buffers(segments).items():
        buffer.scope = Scope.BATCH if len(users) > 1 else Scope.IMAGE
    for segment in segments:
        if segment.by_image:
            segment.width = _micro_batch(segment, batch)
    arenas = [
        _Arena(Scope.IMAGE, segment.width).lay_out([[one] for one in segment.instructions])
        for segment in segments
    ]
    # Lanes may be at different instructions of a segment at the same time, so a buffer that
    # outlives its segment shares memory only with buffers of other segments.
    batch_floats = _Arena(Scope.BATCH, 1).lay_out(
        [segment.instructions for segment in segments], _in_place_buffers(segments)
    )
    buffers = list(
        dict.fromkeys(
            b for segment in segments for one in segment.instructions for b in one.buffers()
        )
    )
    image_floats = max(arenas, default=0)
    return Program(
        batch=batch,
        segments=segments,
        buffers=buffers,
        image_floats=image_floats + _place_scratch(buffers, image_floats),
        batch_floats=batch_floats,
        lane_floats=_place_in_sequence(buffers, Scope.LANE),
        shared_floats=_place_in_sequence(buffers, Scope.SHARED),
        losses=losses,
        outputs=outputs,
        cached_segments=0 if updates_weights else _count_cacheable(segments),
    )


def _count_cacheable(segments: list[Segment]) -> int:
    """Return how many of the first segments compute something from weights alone."""
    lasting = (Scope.SHARED, Scope.EXTERNAL)
    for number, segment in enumerate(segments):
        reads = [buffer for one in segment.instructions for buffer in one.reads.values()]
        writes = [buffer for one in segment.instructions for buffer in one.writes.values()]
        if segment.by_image or not (
            all(buffer.scope in lasting for buffer in reads)
            and all(buffer.scope is Scope.SHARED for buffer in writes)
        ):
            return number
    return len(segments)


def _split(instructions: list[Instruction]) -> list[Segment]:
    segments: list[Segment] = []
    for one in instructions:
        key = (one.parts == 0, one.parts)
        last = segments[-1] if segments else None
        if (
            last is None
            or one.barrier
            or last.instructions[-1].barrier == "around"
            or (last.by_image, last.width) != key
        ):
            last = Segment(*key, [])
            segments.append(last)
        last.instructions.append(one)
    return segments


def _recompute_cheap(segments: list[Segment]) -> None:
    """Compute cheap results again in each segment that reads them.

    Keeping them for the whole batch would cost more: reading them from memory takes as long, and
    their inputs are kept anyway.
    """
    sources = {
        buffer: (number, one)
        for number, segment in enumerate(segments)
        for one in segment.instructions
        if one.kind in _CHEAP
        for buffer in one.writes.values()
    }
    for number, segment in enumerate(segments):
        # A part of a matrix reads all images, so there they are kept.
        if not segment.by_image:
            continue
        copies: dict[Buffer, Buffer] = {}
        instructions: list[Instruction] = []
        for one in segment.instructions:
            for name, buffer in one.reads.items():
                if buffer in sources and sources[buffer][0] != number:
                    if buffer not in copies:
                        copies[buffer] = Buffer(f"{buffer.name} again", buffer.size, buffer.scope)
                        source = sources[buffer][1]
                        writes = dict.fromkeys(source.writes, copies[buffer])
                        attributes = dict(source.attributes)
                        instructions.append(replace(source, writes=writes, attributes=attributes))
                    one.reads[name] = copies[buffer]
            instructions.append(one)
        segment.instructions = instructions


def _segments_of_buffers(segments: list[Segment]) -> dict[Buffer, set[int]]:
    """Return the segments that use each buffer of images."""
    users: dict[Buffer, set[int]] = defaultdict(set)
    for number, segment in enumerate(segments):
        for one in segment.instructions:
            for buffer in one.buffers():
                if buffer.scope in (Scope.IMAGE, Scope.BATCH):
                    users[buffer].add(number)
    return users


def _micro_batch(segment: Segment, batch: int) -> int:
    """Return how many images of a lane go through a segment together: those that fit the cache."""
    images_per_lane = -(-batch // LANES)
    arena = _Arena(Scope.IMAGE, 1).lay_out([[one] for one in segment.instructions])
    kept = {
        b: b.size for one in segment.instructions for b in one.buffers() if b.scope is Scope.BATCH
    }
    floats = max(arena + sum(kept.values()), 1)
    width = max(1, min(images_per_lane, _MICRO_BATCH_FLOATS // floats))
    for one in segment.instructions:
        if "images" in one.attributes:
            one.attributes["images"] = width
    return width


def _in_place_buffers(segments: list[Segment]) -> dict[Buffer, Buffer]:
    """Map each buffer of the whole batch to one that it may overwrite, image by image, if any.

    The one overwritten has the same size, and is read for the last time before the first write. Its
    memory is in a cache already.
    """
    users = {b: s for b, s in _segments_of_buffers(segments).items() if b.scope is Scope.BATCH}
    overwritten: dict[Buffer, Buffer] = {}
    for number, segment in enumerate(segments):
        if not segment.by_image:
            continue
        last_use: dict[Buffer, int] = {}
        for at, one in enumerate(segment.instructions):
            last_use |= {b: at for b in one.buffers() if b in users}
        free = [b for b in last_use if max(users[b]) == number and min(users[b]) < number]
        for at, one in enumerate(segment.instructions):
            for buffer in one.writes.values():
                if buffer in overwritten or buffer not in users or min(users[buffer]) < number:
                    continue
                fitting = [b for b in free if last_use[b] < at and b.size == buffer.size]
                if fitting:
                    latest = max(fitting, key=lambda b: last_use[b])
                    free.remove(latest)
                    overwritten[buffer] = latest
    return overwritten


class _Arena:
    """The memory of one scope; buffers that are not needed at the same time share it."""

    def __init__(self, scope: Scope, images: int) -> None:
        self._scope = scope
        self._images = images

    def lay_out(
        self, stages: list[list[Instruction]], overwritten: Mapping[Buffer, Buffer] | None = None
    ) -> int:
        """Give each buffer an offset, and return the size of the memory in floats.

        Buffers in use at the same stage do not overlap, except those that overwrite another one.
        """
        shared = overwritten or {}
        stages_of: dict[Buffer, list[int]] = defaultdict(list)
        for number, instructions in enumerate(stages):
            for one in instructions:
                for buffer in one.buffers():
                    if buffer.scope is self._scope:
                        first = buffer
                        while first in shared:
                            first = shared[first]
                        stages_of[first].append(number)
        live: list[Buffer] = []
        top = 0
        for buffer, used in stages_of.items():
            live = [b for b in live if stages_of[b][-1] >= used[0]]
            buffer.offset = self._first_gap(live, self._floats(buffer))
            live.append(buffer)
            top = max(top, buffer.offset + self._floats(buffer))
        for buffer, other in shared.items():
            buffer.offset = other.offset
        return top

    def _floats(self, buffer: Buffer) -> int:
        return _aligned(buffer.size * self._images)

    def _first_gap(self, live: list[Buffer], size: int) -> int:
        start = 0
        for buffer in sorted(live, key=lambda b: b.offset):
            if buffer.offset - start >= size:
                break
            start = max(start, buffer.offset + self._floats(buffer))
        return start


def _place_in_sequence(buffers: list[Buffer], scope: Scope) -> int:
    """Place buffers that live as long as the program in sequence; return their size in floats."""
    total = 0
    for buffer in buffers:
        if buffer.scope is scope:
            buffer.offset = total
            total += _aligned(buffer.size)
    return total


def _place_scratch(buffers: list[Buffer], start: int) -> int:
    """Place the scratch memory of every instruction at `start`; return the largest, in floats."""
    scratch = [buffer for buffer in buffers if buffer.scope is Scope.SCRATCH]
    for buffer in scratch:
        buffer.offset = start
    return max((_aligned(buffer.size) for buffer in scratch), default=0)


def _aligned(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT
