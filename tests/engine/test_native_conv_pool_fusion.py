"""A convolution of few channels and the max pooling that follows are one operation in inference.

The reference computes both, one after the other, in float64; the bound is that of
`test_native_against_reference.py`.
"""

from typing import Any

import numpy as np
import pytest

from networks import batch, chain, fill, layer, number
from scallion import layers, session
from scallion.engine import native
from scallion.engine.lowering.graph import Mode, lower
from scallion.engine.reference.engine import ReferenceEngine
from scallion.graph import Graph
from scallion.layers import Input

pytestmark = pytest.mark.skipif(
    not native.is_available(), reason="the compiled engine is not there"
)

RELU = [layer("ReLU")]
BETWEEN = {
    "nothing": [],
    "relu": RELU,
    "normalization": [layer("BatchNormalization"), *RELU],
}


def pooled(
    shape: tuple[int, int, int], filters: int, between: str = "relu", **convolution: Any
) -> Graph:
    graph = chain(
        shape,
        layer("Conv2D", filters, 3, **convolution),
        *BETWEEN[between],
        layer("MaxPooling2D"),
        layer("Dense", 3),
    )()
    fill(graph, seed=number(f"{shape} {filters}"))
    return graph


def kinds(graph: Graph, mode: Mode = "predict") -> list[str]:
    segments = lower(graph, mode, 8).program.segments
    return [row.kind for segment in segments for row in segment.instructions]


def predicted(graph: Graph, images: int = 5, threads: int = 2) -> np.ndarray:
    session.set_threads(threads)
    data = batch(graph, images)
    return native.NativeEngine(graph).predict(data.inputs, data.indices)[0]


def assert_answers_as_the_reference(graph: Graph) -> None:
    data = batch(graph, 5)
    truth = ReferenceEngine(graph, dtype=np.float64)
    wanted = truth.predict(data.inputs, data.indices)[0]
    worst = np.abs(predicted(graph) - wanted).max()
    assert worst <= 1e-5 * np.abs(wanted).max()


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("filters", [1, 4, 9, 16, 32, 50])
@pytest.mark.parametrize(
    "shape", [(4, 4, 1), (7, 10, 1), (9, 32, 3), (12, 13, 2), (6, 11, 4), (5, 70, 5), (8, 33, 15)]
)
def test_fused_predictions_match_the_reference(
    shape: tuple[int, int, int], filters: int, padding: str
) -> None:
    graph = pooled(shape, filters, padding=padding)
    assert "conv_max_pool" in kinds(graph)
    assert_answers_as_the_reference(graph)


@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("between", BETWEEN)
def test_layers_between_the_two_are_fused(between: str, use_bias: bool) -> None:
    graph = pooled((9, 12, 3), 10, between, use_bias=use_bias)
    assert [
        kind for kind in kinds(graph) if kind in ("conv_max_pool", "max_pool", "batch_norm")
    ] == ["conv_max_pool"]
    assert_answers_as_the_reference(graph)


def test_wide_images_are_computed_in_exact_pieces() -> None:
    whole = pooled((6, 400, 3), 8, padding="same")
    assert_answers_as_the_reference(whole)


def test_results_do_not_depend_on_threads_or_batch() -> None:
    graph = pooled((15, 18, 3), 50, padding="same")
    data = batch(graph, 33)
    one = predicted(graph, 33, threads=1)
    for threads in (2, 3, 4):
        assert predicted(graph, 33, threads).tobytes() == one.tobytes()
    engine = native.NativeEngine(graph)
    for place in (0, 20, 32):
        alone = engine.predict(data.inputs, data.indices[place : place + 1])[0]
        assert alone.tobytes() == one[place].tobytes()


@pytest.mark.parametrize(
    ("options", "pooling"),
    [
        ({"kernel_size": 5}, {}),
        ({"strides": 2}, {}),
        ({"dilation_rate": 2}, {}),
        ({"activation": "tanh"}, {}),
        ({}, {"pool_size": 3}),
        ({}, {"strides": 1}),
        ({}, {"padding": "same"}),
    ],
    ids=str,
)
def test_other_shapes_are_not_fused(options: dict[str, Any], pooling: dict[str, Any]) -> None:
    graph = chain(
        (16, 17, 3),
        layer("Conv2D", **{"filters": 8, "kernel_size": 3, **options}),
        layer("MaxPooling2D", **pooling),
    )()
    fill(graph)
    assert "conv_max_pool" not in kinds(graph)
    assert "max_pool" in kinds(graph)
    assert_answers_as_the_reference(graph)


def test_a_convolution_with_another_consumer_is_not_fused() -> None:
    image = Input((8, 8, 3))
    x = layers.Conv2D(4, 3, activation="relu")(image)
    y = layers.Flatten()(layers.MaxPooling2D()(x))
    graph = Graph((image,), (y, layers.GlobalAveragePooling2D()(x)))
    fill(graph)
    assert "max_pool" in kinds(graph)
    assert "conv_max_pool" not in kinds(graph)


def test_training_does_not_fuse() -> None:
    graph = pooled((8, 8, 3), 4)
    assert "max_pool" in kinds(graph, "forward")
    assert "conv_max_pool" not in kinds(graph, "forward")
