"""The layout of memory: buffers in use at the same time do not overlap."""

import pytest

from network_cases import CASES, Case
from networks import objective
from scallion.engine.lowering.graph import lower
from scallion.engine.programs.program import Buffer, Program, Scope
from scallion.graph import Graph
from scallion.optimizers import Adam
from whole_network_cases import one_at_a_time

Life = tuple[tuple[int, int], tuple[int, int]]  # segment and row of the first use, and of the last


def training(graph: Graph) -> Program:
    return lower(graph, "train", 33, objective(graph, Adam())).program


def lives(program: Program) -> dict[Buffer, Life]:
    """Return when each buffer of the whole batch is in use."""
    found: dict[Buffer, Life] = {}
    for number, segment in enumerate(program.segments):
        for at, row in enumerate(segment.instructions):
            for buffer in row.buffers():
                if buffer.scope is Scope.BATCH:
                    first, _ = found.get(buffer, ((number, at), (0, 0)))
                    found[buffer] = first, (number, at)
    return found


def shared(program: Program) -> list[tuple[Buffer, Buffer]]:
    """Yield pairs of overlapping buffers, the one that is used first in front."""
    ordered = sorted(lives(program).items(), key=lambda entry: entry[1])
    return [
        (one, other)
        for i, (one, _) in enumerate(ordered)
        for other, _ in ordered[i + 1 :]
        if one.offset < other.offset + other.size and other.offset < one.offset + one.size
    ]


@pytest.mark.parametrize("case", CASES[::5] + CASES[-20:], ids=str)
def test_overlapping_buffers_are_not_used_at_once(case: Case) -> None:
    program = training(case.make())
    life = lives(program)
    for one, other in shared(program):
        last, first = life[one][1], life[other][0]
        assert last < first, f"{one.name} and {other.name}"
        if last[0] == first[0]:
            # Lanes are at different instructions of a segment, so images do not share memory.
            assert program.segments[last[0]].by_image
            assert (one.offset, one.size) == (other.offset, other.size)


def test_gradients_overwrite_what_was_read_last() -> None:
    program = training(one_at_a_time())
    life = lives(program)
    pairs = [p for p in shared(program) if life[p[0]][1][0] == life[p[1]][0][0]]
    assert pairs
    for _, other in pairs:
        segment, row = life[other][0]
        assert program.segments[segment].instructions[row].kind in (
            "depthwise_dx",
            "convolution_dx",
        )
