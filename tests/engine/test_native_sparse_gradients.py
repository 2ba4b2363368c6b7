"""Before a pooling: compressed gradients, and outputs that no window reads."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from agreement import FORWARD, assert_close, assert_same_step, made
from network_cases import Case
from networks import batch, chain, fill, layer, lesson, objective
from scallion import layers
from scallion.engine import native
from scallion.engine.lowering.convolutions import sparse_gradients
from scallion.engine.lowering.graph import lower
from scallion.engine.reference.engine import ReferenceEngine
from scallion.graph import Graph
from scallion.layers import Input
from scallion.optimizers import SGD

pytestmark = pytest.mark.skipif(
    not native.is_available(), reason="the compiled engine is not there"
)

# Compressed gradients


def pooled(
    shape: tuple[int, int, int], filters: int, kernel: object,
    pool: Callable[[], object] | None = None, *before: Callable[[], object], **options: object,
) -> Callable[[], Graph]:  # fmt: skip
    return chain(
        shape, *before, layer("Conv2D", filters, kernel, **options),
        pool or layer("MaxPooling2D"), layer("Dense", 3),
    )  # fmt: skip


FIRST = layer("Conv2D", 3, 1, activation="tanh")
OVERLAPPING = layer("MaxPooling2D", 3, strides=2, padding="same")
LISTED = {
    "of one channel": pooled((9, 8, 1), 5, 3, activation="relu"),
    "without a relu": pooled((9, 8, 3), 8, 3),
    "a relu by itself": chain(
        (9, 8, 3), layer("Conv2D", 9, 3), layer("ReLU"), layer("MaxPooling2D"), layer("Dense", 3)
    ),
    "back to a layer": pooled((9, 8, 2), 17, 3, None, FIRST, activation="relu"),
    "with edges": pooled((9, 8, 2), 17, 3, None, FIRST, padding="same", activation="relu"),
    "long runs": pooled((7, 7, 2), 9, 3, None, layer("Conv2D", 70, 1), activation="relu"),
    "long runs with edges": pooled((6, 7, 2), 9, 3, None, layer("Conv2D", 40, 1), padding="same"),
    "five rows": pooled((9, 9, 2), 4, 5, None, FIRST, padding="same"),
    "two rows": pooled((9, 9, 2), 4, (2, 4), None, FIRST),
    "strides": pooled((11, 12, 2), 6, 3, None, FIRST, strides=2, padding="same"),
    "dilation": pooled((11, 12, 2), 6, 3, None, FIRST, dilation_rate=2, padding="same"),
    "windows that overlap": pooled((9, 10, 2), 8, 3, OVERLAPPING, FIRST, activation="relu"),
    "windows with gaps": pooled((11, 9, 2), 8, 3, layer("MaxPooling2D", 2, strides=3), FIRST),
    "no bias": pooled((9, 8, 2), 8, 3, None, FIRST, use_bias=False),
}


@pytest.mark.parametrize("name", LISTED)
def test_steps_with_compressed_gradients_match_the_reference(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sparse_gradients, "fits", lambda *_: True)
    graph = made(Case(name, LISTED[name]))
    for images in (3, 33):
        data = batch(graph, images, seed=1)
        assert_same_step(graph, lambda optimizer: objective(graph, optimizer), data)


def kinds(graph: Graph, images: int = 32) -> list[str]:
    program = lower(graph, "train", images, objective(graph, SGD())).program
    return [row.kind for segment in program.segments for row in segment.instructions]


def test_the_lessons_second_convolution_uses_compressed_gradients() -> None:
    found = kinds(lesson()())
    assert found.count("max_pool_sparse_dx") == found.count("sparse_dw") == 1
    assert found.count("sparse_dx") == found.count("max_pool_dx") == 1


def test_a_frozen_convolution_passes_compressed_gradients_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sparse_gradients, "fits", lambda *_: True)
    graph = made(Case("", LISTED["back to a layer"]))
    graph.nodes[2].layer.trainable = False
    assert "sparse_dx" in kinds(graph)
    assert "sparse_dw" not in kinds(graph)
    data = batch(graph, 5)
    assert_same_step(graph, lambda optimizer: objective(graph, optimizer), data)


@pytest.mark.parametrize("activation", ["tanh", "leaky_relu"])
def test_another_activation_before_pooling_is_dense(
    activation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sparse_gradients, "fits", lambda *_: True)
    graph = made(Case("", pooled((9, 8, 2), 8, 3, None, FIRST, activation=activation)))
    assert "max_pool_sparse_dx" not in kinds(graph)


def test_a_gradient_with_another_consumer_is_dense(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sparse_gradients, "fits", lambda *_: True)
    start = Input((8, 8, 2))
    x = layers.Conv2D(4, 3, activation="relu")(layers.Conv2D(3, 1)(start))
    ends = [layers.Flatten()(layers.MaxPooling2D()(x)), layers.Flatten()(x)]
    graph = made(Case("", lambda: Graph((start,), (layers.Concatenate()(ends),))))
    assert "max_pool_sparse_dx" not in kinds(graph)
    data = batch(graph, 5)
    assert_same_step(graph, lambda optimizer: objective(graph, optimizer), data)


# Outputs that no window reads


def before_pooling(side: int, kind: str, **pooling: Any) -> Graph:
    """Return a convolution of 16 to 16 channels, which Winograd fits too, before a pooling."""
    image = Input((side, side + 2, 16))
    x = layers.Conv2D(16, 1)(image)
    x = layers.Conv2D(16, 3, activation="relu" if kind == "plain" else None)(x)
    if kind == "normalized":
        x = layers.ReLU()(layers.BatchNormalization()(x))
    if kind == "bent":
        x = layers.Activation("tanh")(x)
    make = layers.AveragePooling2D if kind == "average" else layers.MaxPooling2D
    y = layers.Dense(5)(layers.Flatten()(make(**pooling)(x)))
    outputs = (y, layers.GlobalAveragePooling2D()(x)) if kind == "read twice" else (y,)
    graph = Graph((image,), outputs)
    fill(graph, seed=3)
    return graph


def computed(graph: Graph) -> int:
    """Return the outputs per channel of the second convolution, in inference."""
    rows = [
        row
        for segment in lower(graph, "predict", 32).program.segments
        for row in segment.instructions
    ]
    row = [row for row in rows if row.kind in ("convolution", "winograd")][1]
    return row.attributes["out_height"] * row.attributes["out_width"]


@pytest.mark.parametrize("kind", ["plain", "normalized", "average", "bent", "read twice"])
@pytest.mark.parametrize("side", [7, 15, 16])
@pytest.mark.parametrize(
    "pooling",
    [
        {"pool_size": 2},
        {"pool_size": (2, 3), "strides": (3, 2)},
        {"pool_size": 3, "strides": 4},
        {"pool_size": 2, "padding": "same"},
    ],
    ids=str,
)
def test_cropped_convolutions_match_the_reference(
    kind: str, side: int, pooling: dict[str, Any]
) -> None:
    graph = before_pooling(side, kind, **pooling)
    data = batch(graph, 17)
    wanted = ReferenceEngine(graph, dtype=np.float64).predict(data.inputs, data.indices)
    found = native.NativeEngine(graph).predict(data.inputs, data.indices)
    for one, other in zip(found, wanted, strict=True):
        assert_close(one, other, FORWARD, "outputs")
    assert_same_step(graph, lambda optimizer: objective(graph, optimizer), data)


@pytest.mark.parametrize("kind", ["plain", "normalized", "average"])
def test_outputs_that_no_window_reads_are_not_computed(kind: str) -> None:
    assert computed(before_pooling(15, kind, pool_size=2)) == 12 * 14
    assert computed(before_pooling(15, kind, pool_size=2, padding="same")) == 13 * 15


@pytest.mark.parametrize("kind", ["bent", "read twice"])
def test_an_output_with_another_consumer_is_not_cropped(kind: str) -> None:
    assert computed(before_pooling(15, kind, pool_size=2)) == 13 * 15
