"""The reference engine: its gradients match central differences, and steps computed by hand."""

import json
from pathlib import Path

import numpy as np
import pytest

from network_cases import CASES, Case
from networks import batch, chain, copies, fill, layer, number, objective, probe
from scallion import activations, layers, losses
from scallion.engine import IndexedBatch, Objective
from scallion.engine.reference.activations import activate
from scallion.engine.reference.engine import ReferenceEngine
from scallion.errors import EngineError
from scallion.graph import Graph
from scallion.layers import Input
from scallion.layers.base.spec import Spec
from scallion.optimizers import SGD, Adam


def loss(engine: ReferenceEngine, data: IndexedBatch) -> float:
    return engine.weight_gradients(data, seed=3, step=5)[0].loss


@pytest.mark.parametrize("case", CASES, ids=str)
def test_gradients_match_central_differences(case: Case) -> None:
    graph = case.make()
    fill(graph, seed=number(case.name))
    data = batch(graph, images=3, seed=1, weighted=True)
    engine = ReferenceEngine(graph, objective(graph, SGD()), dtype=np.float64)
    random = np.random.default_rng(number(case.name))
    _, gradients = engine.weight_gradients(data, seed=3, step=5)
    for weight, gradient in zip(graph.trainable_weights, gradients, strict=True):
        array, reach = engine.array(weight), 1e-6
        # One direction through all elements, and up to 12 elements alone.
        chosen = random.permutation(array.size)[:12]
        directions = [random.normal(size=array.shape) / np.sqrt(array.size)]
        directions += [np.eye(1, array.size, one).reshape(array.shape) for one in chosen]
        start = array.copy()
        for direction in directions:
            array[...] = start + reach * direction
            above = loss(engine, data)
            array[...] = start - reach * direction
            below = loss(engine, data)
            array[...] = start
            found = (above - below) / (2 * reach)
            bound = 1e-6 * np.abs(gradient).max() + 1e-9
            assert abs(found - (gradient * direction).sum()) <= bound, weight.path


@pytest.mark.parametrize("case", CASES[::6], ids=str)
def test_computing_gradients_changes_nothing(case: Case) -> None:
    graph = case.make()
    fill(graph)
    before = copies(graph.weights)
    engine = ReferenceEngine(graph, objective(graph, Adam()))
    result, gradients = engine.weight_gradients(batch(graph, 3), seed=1, step=0)
    assert [gradient.dtype for gradient in gradients] == ["float32"] * len(gradients)
    assert [g.shape for g in gradients] == [w.shape for w in graph.trainable_weights]
    assert {output.dtype for output in result.outputs} == {np.dtype("float32")}
    for weight, start in zip(graph.weights, before, strict=True):
        np.testing.assert_array_equal(weight.value, start)


def test_a_step_computed_by_hand() -> None:
    """One image (1, 2) on weights ((1, 0), (0, 1)), logits (1, 2), class 0, SGD at 0.5.

    softmax(1, 2) = (0.26894142, 0.73105858), so the loss is -log(0.26894142) = 1.3132617 and the
    gradient at the logits is (-0.73105858, 0.73105858).
    """
    start = Input((2,))
    graph = Graph((start,), (layers.Dense(2)(start),))
    kernel, bias = graph.weights
    kernel.assign([[1, 0], [0, 1]])
    goal = Objective((losses.SparseCategoricalCrossentropy(True),), (1.0,), SGD(0.5))
    data = IndexedBatch((np.array([[9, 9], [1, 2]], np.uint8),), np.array([1]), (np.array([0]),))
    result = ReferenceEngine(graph, goal).train(data, seed=0, step=0)
    assert result.loss == pytest.approx(1.3132617, rel=1e-6)
    np.testing.assert_allclose(result.outputs[0], [[1, 2]])
    moved = 0.5 * 0.73105858
    wanted = [[1 + moved, -moved], [2 * moved, 1 - 2 * moved]]
    np.testing.assert_allclose(kernel.value, wanted, rtol=1e-6)
    np.testing.assert_allclose(bias.value, [moved, -moved], rtol=1e-6)


def test_frozen_layers_do_not_change() -> None:
    graph = next(case for case in CASES if case.name == "a frozen layer in the middle").make()
    fill(graph)
    frozen = graph.layers[2]
    before = frozen.get_weights()
    engine = ReferenceEngine(graph, objective(graph, SGD(1.0)))
    assert len(engine.weight_gradients(batch(graph, 3))[1]) == 4
    engine.train(batch(graph, 3), seed=0, step=0)
    for now, start in zip(frozen.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, start)


def test_unfreezing_keeps_the_state_of_other_layers() -> None:
    graph = next(case for case in CASES if case.name == "a frozen layer in the middle").make()
    fill(graph)
    optimizer = Adam()
    engine = ReferenceEngine(graph, objective(graph, optimizer))
    engine.train(batch(graph, 3), seed=0, step=0)
    momentum = optimizer.slots["momentum"][0]
    graph.layers[2].trainable = True
    before = graph.layers[2].get_weights()[0]
    engine.train(batch(graph, 3), seed=0, step=1)
    assert optimizer.slots["momentum"][0] is momentum
    assert len(optimizer.slots["momentum"]) == 6
    assert (graph.layers[2].get_weights()[0] != before).any()


def test_an_engine_without_an_objective_only_predicts() -> None:
    graph = chain((5, 5, 2), layer("Conv2D", 3, 3), layer("Flatten"))()
    data = batch(graph, 2)
    engine = ReferenceEngine(graph)
    assert engine.predict(data.inputs, data.indices)[0].shape == (2, 27)
    with pytest.raises(EngineError, match="only predict") as caught:
        engine.train(data, seed=0, step=0)
    assert caught.value.hint == "compile the model first"


def test_a_layer_without_a_row_is_refused_by_name() -> None:
    class Unheard(Spec):
        pass

    start = Input((3,))
    graph = Graph((start,), (layers.Layer(Unheard(), name="odd")(start),))
    with pytest.raises(EngineError, match=r"cannot run layer 'odd' \(Unheard\)"):
        ReferenceEngine(graph).predict((np.ones((1, 3)),), np.arange(1))


def test_float64_copies_are_renewed_by_a_step() -> None:
    graph = chain((4,), layer("Dense", 3))()
    fill(graph)
    engine = ReferenceEngine(graph, objective(graph, SGD(0.1)), dtype=np.float64)
    copy = engine.array(graph.weights[0])
    assert copy.dtype == np.float64
    copy += 1
    assert not np.allclose(graph.weights[0].value, copy)
    engine.train(batch(graph, 3), seed=0, step=0)
    np.testing.assert_array_equal(engine.array(graph.weights[0]), graph.weights[0].value)


def test_the_first_of_equal_maxima_gets_the_gradient() -> None:
    graph = probe((2, 2, 1), layer("MaxPooling2D"), layer("Dense", 2, use_bias=False))()
    graph.weights[0].assign(np.ones((1, 1, 4, 1)))
    graph.weights[1].assign([[1.0, -1.0]])
    data = IndexedBatch((np.eye(4).reshape(1, 2, 2, 4),), np.array([0]), (np.array([[1.0, 0.0]]),))
    _, (gradient, _) = ReferenceEngine(graph, objective(graph, SGD())).weight_gradients(data)
    assert gradient[0, 0, 0, 0] != 0
    np.testing.assert_array_equal(gradient[0, 0, 1:], 0)


def test_batch_normalization_uses_the_population_variance() -> None:
    """Images 1 and 3: mean 2, variance 1 (not 2). Keras 3.15: moving 0.02 and 0.99 + 0.01."""
    start = Input((1,))
    graph = Graph((start,), (layers.BatchNormalization(epsilon=0.0)(start),))
    data = IndexedBatch((np.array([[1.0], [3.0]]),), np.arange(2), (np.ones((2, 1)),))
    result = ReferenceEngine(graph, objective(graph, SGD(0.0))).train(data, seed=0, step=0)
    np.testing.assert_allclose(result.outputs[0], [[-1], [1]], rtol=1e-6)
    np.testing.assert_allclose(graph.weights[2].value, [0.02], rtol=1e-6)
    np.testing.assert_allclose(graph.weights[3].value, [1.0], rtol=1e-6)


def test_dropout_keeps_its_fraction_and_the_mean() -> None:
    start = Input((1000,))
    graph = Graph((start,), (layers.Dropout(0.3)(start),))
    data = IndexedBatch((np.ones((20, 1000)),), np.arange(20), (np.ones((20, 1000)),))
    engine = ReferenceEngine(graph, objective(graph, SGD()))
    found = engine.train(data, seed=5, step=2).outputs[0]
    assert set(np.unique(found)) == {np.float32(0), np.float32(1 / 0.7)}
    # Within 5 standard deviations: sqrt(0.3 * 0.7 / 20000) = 0.0032.
    assert abs((found > 0).mean() - 0.7) < 0.016
    np.testing.assert_array_equal(engine.predict(data.inputs, data.indices)[0], 1)


@pytest.mark.parametrize(
    ("window", "strides", "wanted"),
    [
        (2, None, [3.0, 4.5, 7.5, 9.0]),
        (2, 1, [3.0, 4.0, 4.5, 6.0, 7.0, 7.5, 7.5, 8.5, 9.0]),
        (3, 1, [3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0, 6.5, 7.0]),
        (4, 2, [5.0, 5.5, 6.5, 7.0]),
    ],
)
def test_average_pooling_does_not_count_padding(
    window: int, strides: int | None, wanted: list[float]
) -> None:
    """On 1 to 9 in three rows, as Keras 3.15.1 on TensorFlow; on PyTorch it repeats edges."""
    start = Input((3, 3, 1))
    pooled = layers.AveragePooling2D(window, strides, padding="same")(start)
    images = np.arange(1.0, 10.0).reshape(1, 3, 3, 1)
    (found,) = ReferenceEngine(Graph((start,), (pooled,))).predict((images,), np.arange(1))
    np.testing.assert_allclose(found.ravel(), wanted, rtol=1e-6)


KERAS = json.loads(
    Path(__file__).parents[1].joinpath("keras_activations.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", activations.FORMULAS)
def test_activations_match_keras_values_and_gradients(name: str) -> None:
    points = np.array(KERAS["points"])
    y, back = activate(name, points)
    np.testing.assert_allclose(y, KERAS[name]["y"], rtol=1e-7, atol=1e-12)
    np.testing.assert_allclose(
        back(np.arange(1.0, len(points) + 1)), KERAS[name]["dx"], rtol=1e-6, atol=1e-9
    )
