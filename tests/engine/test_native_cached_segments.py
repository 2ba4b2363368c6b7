"""Segments that depend on weights alone run once, and again when a weight has changed."""

import numpy as np
import pytest

from networks import batch, fill, objective
from scallion import layers
from scallion.engine import native
from scallion.engine.lowering.graph import Mode, lower
from scallion.engine.programs.profiling import TimedInstruction, profile
from scallion.engine.reference.engine import ReferenceEngine
from scallion.graph import Graph
from scallion.layers import Input
from scallion.optimizers import SGD

pytestmark = pytest.mark.skipif(
    not native.is_available(), reason="the compiled engine is not there"
)


def normalized() -> Graph:
    """Return a convolution with a folded normalization, one by Winograd, and a dense layer."""
    image = Input((9, 8, 16))
    x = layers.Conv2D(16, 1)(image)
    x = layers.BatchNormalization()(x)
    x = layers.Conv2D(16, 3, padding="same")(x)
    graph = Graph((image,), (layers.Dense(5)(layers.Flatten()(x)),))
    fill(graph, seed=3)
    return graph


NAMES = sorted(weight.path.split("/")[-1] for weight in normalized().weights)


def changed(graph: Graph, number: int) -> None:
    graph.weights[number].value.flat[-1] += 0.5


@pytest.mark.parametrize("number", range(len(NAMES)))
def test_changed_weights_apply_to_the_next_prediction(number: int) -> None:
    graph = normalized()
    engine, data = native.NativeEngine(graph), batch(graph, 5)
    (first,) = engine.predict(data.inputs, data.indices)
    changed(graph, number)
    (found,) = engine.predict(data.inputs, data.indices)
    (fresh,) = native.NativeEngine(graph).predict(data.inputs, data.indices)
    np.testing.assert_array_equal(found, fresh)
    assert (found != first).any()


def test_restored_weights_give_the_first_predictions() -> None:
    graph = normalized()
    engine, data = native.NativeEngine(graph), batch(graph, 5)
    (first,) = engine.predict(data.inputs, data.indices)
    kernel = graph.weights[0].value
    kept = kernel.copy()
    for filled in (np.nan, np.inf):
        kernel[...] = filled
        assert not np.isfinite(engine.predict(data.inputs, data.indices)[0]).any()
    kernel[...] = kept
    np.testing.assert_array_equal(engine.predict(data.inputs, data.indices)[0], first)


def test_evaluation_between_steps_uses_the_new_weights() -> None:
    graph = normalized()
    engine, data = native.NativeEngine(graph, objective(graph, SGD(0.1))), batch(graph, 5)
    for step in range(3):
        engine.train(data, seed=1, step=step)
        truth = ReferenceEngine(graph, objective(graph, SGD(0.1)), dtype=np.float64).test(data)
        assert engine.test(data).loss == pytest.approx(truth.loss, rel=1e-5)


def timed(mode: Mode) -> list[TimedInstruction]:
    graph = normalized()
    return profile(graph, mode, 4, objective(graph, SGD(0.1)))[1]


PACKS = {"fold_batch_norm", "pack_weights", "winograd_weights"}


@pytest.mark.parametrize(("mode", "again"), [("predict", False), ("test", False), ("train", True)])
def test_weights_are_packed_per_step_only_in_training(mode: Mode, again: bool) -> None:
    rows = [entry for entry in timed(mode) if entry.instruction.kind in PACKS]
    assert len(rows) >= 3
    assert [entry.seconds > 0 for entry in rows] == [again] * len(rows)
    others = [entry for entry in timed(mode) if entry.instruction.kind not in PACKS]
    assert all(entry.seconds > 0 for entry in others)


def test_a_network_without_weights_caches_nothing() -> None:
    image = Input((4, 4, 2))
    graph = Graph((image,), (layers.Flatten()(layers.MaxPooling2D()(image)),))
    assert lower(graph, "predict", 4).program.cached_segments == 0
    data = batch(graph, 3)
    engine = native.NativeEngine(graph)
    (first,) = engine.predict(data.inputs, data.indices)
    np.testing.assert_array_equal(engine.predict(data.inputs, data.indices)[0], first)
