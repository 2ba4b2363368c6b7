"""Random valid networks: the native engine matches the reference.

Each kernel is compared within its bounds elsewhere. Here rounding passes through many layers, so
the bounds are ten times as wide: these tests look for wrong plans.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import rich.table  # noqa: F401  (draws from `random` when first imported, here not in a strategy)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from networks import batch, copies, fill, objective
from scallion import layers, session
from scallion.engine import native
from scallion.engine.reference.engine import ReferenceEngine
from scallion.errors import ShapeError
from scallion.graph import Graph
from scallion.layers import Input
from scallion.layers.base.tensor import Tensor
from scallion.optimizers import SGD

pytestmark = pytest.mark.skipif(
    not native.is_available(), reason="the compiled engine is not there"
)

FORWARD, BACKWARD = 1e-4, 1e-3

small = st.integers(1, 3)
padding = st.sampled_from(["valid", "same"])
activation = st.sampled_from(
    [None, "relu", "relu", "softmax", "silu", "relu6", "gelu", "hard_silu", "log_softmax"]
)


def convolution(draw: st.DrawFn) -> Any:
    dilated = draw(st.booleans())
    return layers.Conv2D(
        draw(st.integers(1, 19)),
        (draw(small), draw(small)),
        strides=1 if dilated else (draw(small), draw(small)),
        padding=draw(padding),
        dilation_rate=(draw(small), draw(small)) if dilated else 1,
        activation=draw(activation),
        use_bias=draw(st.booleans()),
    )


def apart(draw: st.DrawFn) -> Any:
    """Draw a depthwise or separable convolution."""
    options = {
        "strides": (draw(small), draw(small)),
        "padding": draw(padding),
        "depth_multiplier": draw(st.sampled_from([1, 1, 2, 3])),
        "activation": draw(activation),
        "use_bias": draw(st.booleans()),
    }
    size = (draw(small), draw(small))
    if draw(st.booleans()):
        return layers.DepthwiseConv2D(size, **options)
    return layers.SeparableConv2D(draw(st.integers(1, 19)), size, **options)


def pooling(draw: st.DrawFn) -> Any:
    kind = draw(st.sampled_from([layers.MaxPooling2D, layers.AveragePooling2D]))
    return kind((draw(small), draw(small)), strides=draw(st.none() | small), padding=draw(padding))


def normalization(draw: st.DrawFn) -> Any:
    made = layers.BatchNormalization(
        epsilon=0.01, center=draw(st.booleans()), scale=draw(st.booleans())
    )
    made.trainable = draw(st.integers(0, 3)) > 0
    return made


LINKS: tuple[Callable[[st.DrawFn], Any], ...] = (
    convolution,
    convolution,
    apart,
    pooling,
    normalization,
    lambda draw: layers.Activation(draw(st.sampled_from(["relu", "softmax", "linear"]))),
    lambda draw: layers.ReLU(
        max_value=draw(st.sampled_from([None, 0.7])),
        negative_slope=draw(st.sampled_from([0.0, 0.1])),
        threshold=draw(st.sampled_from([0.0, 0.2])),
    ),
    lambda draw: layers.LeakyReLU(draw(st.sampled_from([0.0, 0.3]))),
    lambda draw: layers.ELU(draw(st.sampled_from([1.0, 0.5]))),
    lambda draw: layers.PReLU(shared_axes=draw(st.sampled_from([None, [1], [1, 2, 3]]))),
    lambda draw: layers.Rescaling(0.5, offset=0.1),  # noqa: ARG005
    lambda draw: layers.Dropout(draw(st.sampled_from([0.0, 0.3]))),
    lambda draw: layers.SpatialDropout2D(draw(st.sampled_from([0.2, 1.0]))),
    lambda draw: layers.GaussianNoise(draw(st.sampled_from([0.0, 0.3])), seed=draw(small)),
    lambda draw: layers.GaussianDropout(draw(st.sampled_from([0.1, 0.4]))),
    lambda draw: layers.AlphaDropout(draw(st.sampled_from([0.1, 0.4]))),
    lambda draw: layers.UpSampling2D((draw(small), draw(small)), interpolation="bilinear"),
    lambda draw: layers.Dense(draw(st.integers(1, 9)), activation=draw(activation)),
)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Draw up to seven layers on an image, sometimes merged with earlier ones, and a head."""
    start = Input((draw(st.integers(1, 12)), draw(st.integers(1, 12)), draw(st.integers(1, 5))))
    seen: list[Tensor] = [start]
    for _ in range(draw(st.integers(1, 7))):
        same = [one for one in seen[:-1] if one.image_shape == seen[-1].image_shape]
        if same and draw(st.integers(0, 2)) == 0:
            seen.append(layers.Add()([seen[-1], draw(st.sampled_from(same))]))
            continue
        link = draw(st.sampled_from(LINKS))(draw)
        # Mostly from the last tensor; sometimes from an older one, which leaves a dead end.
        before = seen[-1] if draw(st.integers(0, 5)) else draw(st.sampled_from(seen))
        try:
            seen.append(link(before))
            if draw(st.integers(0, 7)) == 0:
                seen.append(link(seen[-1]))
        except ShapeError:
            continue
    flat = layers.GlobalAveragePooling2D() if draw(st.booleans()) else layers.Flatten()
    row = flat(seen[-1])
    outputs = [layers.Dense(draw(st.integers(2, 7)))(row)]
    if draw(st.integers(0, 4)) == 0:
        outputs.append(row)
    graph = Graph((start,), tuple(outputs))
    for layer in graph.layers:
        if draw(st.integers(0, 9)) == 0:
            layer.trainable = False
    return graph


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(graph=graphs(), images=st.integers(1, 20), seed=st.integers(0, 2**64 - 1))
def test_random_networks_match_the_reference(graph: Graph, images: int, seed: int) -> None:
    fill(graph, seed=seed % 1000)
    data = batch(graph, images, seed=1, weighted=seed % 2 == 0)
    before = copies(graph.weights)
    truth = ReferenceEngine(graph, objective(graph, SGD()), dtype=np.float64)
    wanted, gradients = truth.weight_gradients(data, seed=seed, step=3)
    predicted = truth.predict(data.inputs, data.indices)
    ReferenceEngine(graph, objective(graph, SGD(0.0))).train(data, seed=seed, step=3)
    after = copies(graph.weights)
    for weight, value in zip(graph.weights, before, strict=True):
        weight.assign(value)

    descent = SGD(1.0, momentum=0.5)
    engine = native.NativeEngine(graph, objective(graph, descent))
    for one, other in zip(engine.predict(data.inputs, data.indices), predicted, strict=True):
        assert_close(one, other, FORWARD, "predictions")
    found = engine.train(data, seed=seed, step=3)
    assert found.loss == pytest.approx(wanted.loss, rel=FORWARD)
    for one, other in zip(found.outputs, wanted.outputs, strict=True):
        assert_close(one, other, FORWARD, "outputs")
    largest = max((np.abs(gradient).max(initial=0) for gradient in gradients), default=0.0)
    velocities = descent.slots["momentum"]
    for weight, velocity, gradient in zip(
        graph.trainable_weights, velocities, gradients, strict=True
    ):
        # A gradient that cancels to 0 (a bias before normalization) is compared by the others.
        bound = BACKWARD * np.abs(gradient).max() + 1e-5 * largest
        assert np.abs(-velocity - gradient).max() <= bound, weight.path
    for weight, value in zip(graph.weights, after, strict=True):
        if not weight.trainable:
            assert_close(weight.value, value, FORWARD, weight.path)


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(graph=graphs(), images=st.integers(1, 40))
def test_random_networks_do_not_depend_on_threads(graph: Graph, images: int) -> None:
    data, start = batch(graph, images, seed=1), copies(graph.weights)
    seen: list[list[bytes]] = []
    for threads in (1, 2, 3, 4):
        for weight, value in zip(graph.weights, start, strict=True):
            weight.assign(value)
        session.set_threads(threads)
        engine = native.NativeEngine(graph, objective(graph, SGD(0.1, momentum=0.5)))
        results = [engine.train(data, seed=5, step=step) for step in range(2)]
        session.set_threads(None)
        arrays = [*copies(graph.weights), *(one for result in results for one in result.outputs)]
        seen.append([array.tobytes() for array in arrays])
    assert seen[1:] == seen[:1] * 3


def assert_close(found: np.ndarray, wanted: np.ndarray, share: float, what: str) -> None:
    """Compare relative to the largest value, or to 0.1: a normalized single value is rounding."""
    assert found.shape == wanted.shape, what
    assert np.abs(found - wanted).max() <= share * max(np.abs(wanted).max(), 0.1), what
