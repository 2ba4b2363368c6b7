"""Small images use Winograd in inference if the transformed weights fit the cache."""

import numpy as np
import pytest

from networks import batch, chain, fill, layer
from scallion.engine import native
from scallion.engine.lowering.graph import Mode, lower
from scallion.engine.reference.engine import ReferenceEngine
from scallion.graph import Graph

pytestmark = pytest.mark.skipif(
    not native.is_available(), reason="the compiled engine is not there"
)


def convolved(height: int, width: int, channels: int, filters: int) -> Graph:
    graph = chain((height, width, channels), layer("Conv2D", filters, 3), layer("Dense", 3))()
    fill(graph)
    return graph


def kinds(graph: Graph, mode: Mode) -> list[str]:
    segments = lower(graph, mode, 8).program.segments
    return [row.kind for segment in segments for row in segment.instructions]


@pytest.mark.parametrize(
    ("height", "width", "filters"), [(6, 5, 32), (6, 6, 32), (6, 6, 50), (6, 10, 33)]
)
def test_predictions_match_the_reference_in_any_batch(
    height: int, width: int, filters: int
) -> None:
    graph = convolved(height, width, 32, filters)
    assert "winograd" in kinds(graph, "predict")
    data = batch(graph, 33)
    engine = native.NativeEngine(graph)
    found = engine.predict(data.inputs, data.indices)[0]
    wanted = ReferenceEngine(graph, dtype=np.float64).predict(data.inputs, data.indices)[0]
    assert np.abs(found - wanted).max() <= 1e-5 * np.abs(wanted).max()
    alone = engine.predict(data.inputs, data.indices[-1:])[0]
    assert alone.tobytes() == found[-1].tobytes()


def test_training_and_large_weights_are_direct() -> None:
    assert "winograd" not in kinds(convolved(6, 6, 32, 32), "forward")
    assert "winograd" not in kinds(convolved(6, 6, 64, 64), "predict")
