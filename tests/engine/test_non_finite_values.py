"""NaN survives every operation, on both engines, so that no answer hides it: a contract."""

import numpy as np
import pytest

from default_layers import SHAPE, called, layer_classes, usual_arguments
from network_cases import CASES, Case
from networks import batch, fill, flattened
from scallion import layers, ops
from scallion.engine import IndexedBatch, Objective, is_available
from scallion.engine.interface import Engine
from scallion.engine.lowering.activations import KERNELS
from scallion.engine.lowering.losses import LOSSES
from scallion.engine.native import NativeEngine
from scallion.engine.operations import OPERATIONS
from scallion.engine.reference.engine import ReferenceEngine
from scallion.graph import Graph
from scallion.layers import Input
from scallion.layers.base.layer import Layer
from scallion.layers.operators.constant import ConstantSpec
from scallion.layers.operators.parameter import ParameterSpec
from scallion.losses import Loss
from scallion.optimizers import SGD

IMAGES = 4
with_native = pytest.mark.skipif(
    not is_available("native"), reason="the compiled engine is not there"
)
every_engine = pytest.mark.parametrize(
    "engine", [ReferenceEngine, pytest.param(NativeEngine, marks=with_native)]
)
every_loss = pytest.mark.parametrize("kind", LOSSES, ids=lambda kind: kind.__name__)
MIXING = {"Conv2D", "DepthwiseConv2D", "SeparableConv2D"}
# In training these leave out pixels: NaN * 0 is NaN in the reference, the core leaves it out.
SELECTING = ("Dropout", "RandomCrop", "RandomErasing")


def with_nan(graph: Graph) -> tuple[np.ndarray, ...]:
    """Return inputs with one NaN in each of two images."""
    given = batch(graph, IMAGES).inputs
    for images in given:
        middle = tuple(size // 2 for size in images.shape[1:-1])
        images[(slice(1, 3), *middle, -1)] = np.nan
    return given


def nan_in_outputs(engine: Engine, graph: Graph, *, training: bool) -> list[np.ndarray]:
    with np.errstate(invalid="ignore"):
        outputs = engine.forward(
            with_nan(graph), np.arange(IMAGES), training=training, seed=3, step=5
        )
    return [np.isnan(output) for output in outputs]


def one_layer(kind: type[Layer], *arguments: object) -> Graph:
    start = Input(SHAPE)
    graph = Graph((start,), (called(kind(*arguments), start),))
    fill(graph)
    return graph


def sliced() -> Graph:
    start = Input(SHAPE)
    return Graph((start,), (start[:, 1:5, ::2, 1:],))


def operated() -> Graph:
    """Return a graph of operations that are no layers in Keras."""
    start = Input(SHAPE)
    parts = (
        ops.sqrt(start),
        ops.log(start),
        ops.sum(start, axis=-1),
        ops.mean(start, axis=1),
        ops.normalize(start, axis=-1),
        start / ops.exp(start),
        1 / ops.exp(start),
    )
    return Graph((start,), parts)


def assert_native_keeps_the_same(graph: Graph, *, spreads: bool = False) -> None:
    """Compare the engines; a transform of tiles `spreads` NaN to outputs that are near."""
    names = [type(node.layer).__name__ for node in graph.nodes]
    selects = any(name.endswith(SELECTING) for name in names)
    # The reference resamples by a matrix product, in which 0 * NaN is NaN.
    resamples = "UpSampling2D" in names or "Resizing" in names or "RandomCrop" in names
    for training in (False,) if selects else (False, True):
        expected = nan_in_outputs(ReferenceEngine(graph), graph, training=training)
        found = nan_in_outputs(NativeEngine(graph), graph, training=training)
        for there, here in zip(expected, found, strict=True):
            if resamples:
                there, here = (nan.reshape(IMAGES, -1).any(axis=1) for nan in (there, here))
            assert not (there & ~here).any()
            assert spreads or resamples or not (here & ~there).any()


def test_the_contract_covers_every_operation() -> None:
    kinds = {type(kind(*usual_arguments(kind)).spec) for kind in layer_classes()}
    kinds |= {type(node.layer.spec) for case in CASES for node in case.make().nodes}
    kinds |= {type(node.layer.spec) for node in sliced().nodes}
    kinds |= {ParameterSpec, ConstantSpec}  # tensors that do not depend on the input
    kinds |= {type(node.layer.spec) for node in operated().nodes}
    assert {spec for spec, row in OPERATIONS.items() if callable(row.reference)} <= kinds


@pytest.mark.parametrize("kind", layer_classes(), ids=lambda kind: kind.__name__)
def test_the_reference_keeps_nan_in_every_layer(kind: type[Layer]) -> None:
    graph = one_layer(kind, *usual_arguments(kind))
    for training in (False, True):
        found = nan_in_outputs(ReferenceEngine(graph), graph, training=training)[0]
        if not (training and kind.__name__.endswith((*SELECTING, "Dropout2D"))):
            assert found[1:3].reshape(2, -1).any(axis=1).all(), training


@with_native
@pytest.mark.parametrize("kind", layer_classes(), ids=lambda kind: kind.__name__)
def test_the_native_engine_keeps_nan_in_every_layer(kind: type[Layer]) -> None:
    graph = one_layer(kind, *usual_arguments(kind))
    assert_native_keeps_the_same(graph, spreads=kind.__name__ in MIXING)


@with_native
def test_the_native_engine_keeps_nan_in_a_slice() -> None:
    graph = sliced()
    assert nan_in_outputs(ReferenceEngine(graph), graph, training=False)[0][1].any()
    assert_native_keeps_the_same(graph)


@with_native
def test_the_native_engine_keeps_nan_in_operations() -> None:
    assert_native_keeps_the_same(operated())


@with_native
@pytest.mark.parametrize("activation", KERNELS)
def test_the_native_engine_keeps_nan_in_every_activation(activation: str) -> None:
    assert_native_keeps_the_same(one_layer(layers.Activation, activation))


@with_native
@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_native_engine_keeps_nan_in_every_network(case: Case) -> None:
    graph = case.make()
    fill(graph)
    assert_native_keeps_the_same(graph, spreads=True)


@with_native
def test_nan_at_every_pixel_of_a_fused_convolution_and_pooling_stays() -> None:
    start = Input((6, 6, 2))
    x = layers.Conv2D(20, 3, padding="same", activation="relu")(start)
    graph = Graph((start,), (layers.MaxPooling2D()(x),))
    fill(graph)
    images = np.ones((36, 6, 6, 2), np.float32)
    for image in range(36):
        images[image, image // 6, image % 6, 1] = np.nan
    outputs = [
        engine(graph).forward((images,), np.arange(36), training=False, seed=0, step=0)[0]
        for engine in (ReferenceEngine, NativeEngine)
    ]
    assert not (np.isnan(outputs[0]) & ~np.isnan(outputs[1])).any()
    assert np.isnan(outputs[0]).any(axis=(1, 2, 3)).all()


@every_engine
def test_a_weight_that_is_nan_makes_the_whole_answer_nan(engine: type[Engine]) -> None:
    start = Input((8, 8, 1))
    x = layers.Conv2D(4, 3, activation="relu")(start)
    x = layers.Dense(3, activation="softmax")(flattened(layers.MaxPooling2D()(x)))
    graph = Graph((start,), (x,))
    fill(graph)
    kernel = graph.weights[0].numpy()
    kernel[1, 1, 0, 2] = np.nan
    graph.weights[0].assign(kernel)
    images = np.ones((2, 8, 8, 1), np.float32)
    with np.errstate(invalid="ignore"):
        assert np.isnan(engine(graph).predict((images,), np.arange(2))[0]).all()


@every_engine
@every_loss
def test_every_loss_of_nan_is_nan(engine: type[Engine], kind: type[Loss]) -> None:
    start = Input((3,))
    graph = Graph((start,), (layers.Dense(4)(start),))
    fill(graph)
    bias = graph.weights[1].numpy()
    bias[2] = np.nan
    graph.weights[1].assign(bias)
    is_sparse = kind.__name__.startswith("Sparse")
    target = np.array([1, 0, 3]) if is_sparse else np.eye(4, dtype=np.float32)[[1, 0, 3]]
    data = IndexedBatch((np.ones((3, 3), np.float32),), np.arange(3), (target,), None)
    runner = engine(graph, Objective((kind(),), (1.0,), SGD()))
    with np.errstate(invalid="ignore"):
        assert np.isnan(runner.test(data).loss)
        assert np.isnan(runner.train(data, seed=0, step=0).loss)
