"""Kernels prefetch the memory of the next images while they compute.

Every network case checks that results stay the same; this one checks that a case prefetches at all.
"""

from network_cases import CASES
from networks import objective
from scallion.engine.lowering.graph import lower
from scallion.engine.programs.planning import LANES
from scallion.engine.programs.program import Scope
from scallion.optimizers import Adam
from whole_network_cases import one_at_a_time

IMAGES = 33  # the largest batch of the cases: two or three images per lane


def test_a_case_crosses_segments_one_image_at_a_time() -> None:
    assert any(case.make is one_at_a_time for case in CASES)
    graph = one_at_a_time()
    program = lower(graph, "train", IMAGES, objective(graph, Adam())).program
    asking = [
        {row.kind for row in segment.instructions}
        for segment in program.segments
        if segment.by_image and segment.width < IMAGES // LANES
        if any(b.scope is Scope.BATCH for row in segment.instructions for b in row.buffers())
    ]
    kinds = set().union(*asking)
    assert {"convolution", "convolution_dw", "convolution_dx"} <= kinds
    assert {"depthwise", "depthwise_dw", "depthwise_dx"} <= kinds
