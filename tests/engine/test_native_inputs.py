"""Inputs of the native engine are checked: nothing outside of an array is read."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

from networks import batch, chain, copies, fill, layer, objective
from scallion import layers, losses, session
from scallion.engine import IndexedBatch, Objective, native
from scallion.engine.reference.engine import ReferenceEngine
from scallion.errors import DataError, EngineError, ScallionError
from scallion.graph import Graph
from scallion.layers import Input
from scallion.optimizers import SGD

pytestmark = pytest.mark.skipif(
    not native.is_available(), reason="the compiled engine is not there"
)


def network() -> Graph:
    graph = chain((5, 4, 3), layer("Conv2D", 4, 3), layer("Flatten"), layer("Dense", 7))()
    fill(graph)
    return graph


def labelled(graph: Graph, images: int = 9) -> IndexedBatch:
    data = batch(graph, images)
    return replace(data, targets=(data.targets[0].argmax(-1),))


def sparse(graph: Graph, **options: object) -> Objective:
    loss = losses.SparseCategoricalCrossentropy(from_logits=True, **options)  # type: ignore[arg-type]
    return Objective((loss,), (1.0,), SGD(0.1))


Change = Callable[[IndexedBatch], IndexedBatch]
WRONG: dict[str, tuple[Change, type[ScallionError], str]] = {
    "an index beyond the last": (
        lambda b: replace(b, indices=np.append(b.indices[1:], 12)),
        EngineError,
        "images 0 to 11. Received: index 12",
    ),
    "a negative index": (
        lambda b: replace(b, indices=np.append(b.indices[1:], -1)),
        EngineError,
        "Received: index -1",
    ),
    "a negative index into images that must be gathered": (
        lambda b: replace(
            b, inputs=(b.inputs[0].astype(">f8"),), indices=np.append(b.indices[1:], -1)
        ),
        EngineError,
        "Received: index -1",
    ),
    "indices that are not integers": (
        lambda b: replace(b, indices=b.indices.astype(float)),
        EngineError,
        r"Received: float64 \(9,\)",
    ),
    "two-dimensional indices": (
        lambda b: replace(b, indices=np.zeros((3, 3), np.int64)),
        EngineError,
        r"Received: int64 \(3, 3\)",
    ),
    "no images": (
        lambda b: replace(b, indices=np.zeros(0, np.int64)),
        EngineError,
        "a batch without images",
    ),
    "images that are too small": (
        lambda b: replace(b, inputs=(b.inputs[0][:, :4],)),
        EngineError,
        r"images of \(5, 4, 3\). Received: float32 \(12, 4, 4, 3\)",
    ),
    "flattened images": (
        lambda b: replace(b, inputs=(b.inputs[0].reshape(-1),)),
        EngineError,
        "takes images of",
    ),
    "images that are a list": (
        lambda b: replace(b, inputs=(b.inputs[0].tolist(),)),
        EngineError,
        "Received: list",
    ),
    "images of text": (
        lambda b: replace(b, inputs=(b.inputs[0].astype(str),)),
        DataError,
        "takes numeric values",
    ),
    "complex images": (
        lambda b: replace(b, inputs=(b.inputs[0].astype(np.complex64),)),
        DataError,
        "takes numeric values. Received: complex64",
    ),
    "one input too many": (
        lambda b: replace(b, inputs=b.inputs * 2),
        EngineError,
        "has 1 inputs. Received: 2",
    ),
    "a label beyond the last": (
        lambda b: replace(b, targets=(np.full(9, 7),)),
        DataError,
        "labels go from 0 to 6 where the network has 7 outputs. Received: 7",
    ),
    "a negative label": (
        lambda b: replace(b, targets=(np.full(9, -1),)),
        DataError,
        "Received: -1",
    ),
    "a large negative label": (
        lambda b: replace(b, targets=(np.full(9, -9),)),
        DataError,
        "Received: -9",
    ),
    "too few labels": (
        lambda b: replace(b, targets=(b.targets[0][:4],)),
        EngineError,
        r"takes targets of \(9,\). Received: \(4,\)",
    ),
    "probabilities instead of labels": (
        lambda b: replace(b, targets=(np.eye(7)[b.targets[0]],)),
        EngineError,
        r"Received: \(9, 7\)",
    ),
    "labels that are text": (
        lambda b: replace(b, targets=(b.targets[0].astype(str),)),
        EngineError,
        "must be numeric. Received: <U21",
    ),
    "targets for two outputs": (
        lambda b: replace(b, targets=b.targets * 2),
        EngineError,
        "has 1 outputs. Received: targets for 2",
    ),
    "too few weights": (
        lambda b: replace(b, weights=np.ones(4, np.float32)),
        EngineError,
        r"one sample weight per image. Received: float32 \(4,\)",
    ),
}


@pytest.mark.parametrize("what", WRONG)
@pytest.mark.parametrize("mode", ["train", "test"])
def test_wrong_arrays_are_refused_and_change_no_weight(what: str, mode: str) -> None:
    change, kind, message = WRONG[what]
    graph = network()
    engine = native.NativeEngine(graph, sparse(graph))
    before = copies(graph.weights)
    wrong = change(labelled(graph))
    run = partial(engine.train, seed=0, step=0) if mode == "train" else engine.test
    with pytest.raises(kind, match=message) as caught:
        run(wrong)
    assert caught.value.hint
    for weight, start in zip(graph.weights, before, strict=True):
        np.testing.assert_array_equal(weight.value, start)
    assert np.isfinite(engine.train(labelled(graph), seed=0, step=0).loss)


def test_targets_of_another_shape_are_refused() -> None:
    graph = network()
    engine = native.NativeEngine(graph, objective(graph, SGD(0.1)))
    data = batch(graph, 9)
    with pytest.raises(EngineError, match=r"takes targets of \(9, 7\). Received: \(9, 6\)"):
        engine.test(replace(data, targets=(data.targets[0][:, :6],)))


def test_targets_of_any_layout_and_type() -> None:
    graph = network()
    engine = native.NativeEngine(graph, objective(graph, SGD(0.1)))
    data = batch(graph, 9)
    wanted = engine.test(data).loss
    (probabilities,) = data.targets
    for other in (
        probabilities.astype(">f4"),
        np.asfortranarray(probabilities),
        np.repeat(probabilities, 2, 1)[:, ::2],
    ):
        assert engine.test(replace(data, targets=(other,))).loss == wanted
    whole = np.eye(7, dtype=np.uint8)[probabilities.argmax(-1)]
    floats = replace(data, targets=(whole.astype(np.float32),))
    assert engine.test(replace(data, targets=(whole,))).loss == engine.test(floats).loss


def test_labels_of_any_layout_and_type() -> None:
    graph = network()
    engine = native.NativeEngine(graph, sparse(graph))
    data = labelled(graph)
    wanted = engine.test(data).loss
    (labels,) = data.targets
    for other in (labels[:, None], labels.astype(np.uint8), labels.astype(">i2"), labels.repeat(2)[::2]):  # fmt: skip  # noqa: E501
        assert engine.test(replace(data, targets=(other,))).loss == wanted


def test_indices_of_any_layout_and_type() -> None:
    graph = network()
    engine = native.NativeEngine(graph)
    data = batch(graph, 9)
    (wanted,) = engine.predict(data.inputs, data.indices)
    for other in (data.indices.astype(np.uint8), data.indices.astype(">i4"), data.indices.repeat(2)[::2]):  # fmt: skip  # noqa: E501
        (found,) = engine.predict(data.inputs, other)
        np.testing.assert_array_equal(found, wanted)


def test_broadcast_images_and_record_fields_are_read() -> None:
    graph = network()
    engine = native.NativeEngine(graph)
    data = batch(graph, 9)
    (images,) = data.inputs
    one = np.broadcast_to(images[:1], images.shape)
    (found,) = engine.predict((one,), np.arange(9))
    np.testing.assert_array_equal(found, found[:1].repeat(9, axis=0))
    records = np.zeros(len(images), [("label", "i1"), ("image", "f4", images.shape[1:])])
    records["image"] = images
    (wanted,) = engine.predict((images,), data.indices)
    (found,) = engine.predict((records["image"],), data.indices)
    np.testing.assert_array_equal(found, wanted)


every_engine = pytest.mark.parametrize("engine", [native.NativeEngine, ReferenceEngine])


@every_engine
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", ["f2", "f4", "f8", ">f8"])
def test_non_finite_pixels_are_refused(
    engine: Callable[[Graph], Any], kind: str, bad: float
) -> None:
    graph = network()
    images = batch(graph, 40).inputs[0].astype(kind)
    images[31, 4, 3, 2] = images[20, 0, 0, 0] = images[7, 2, 1, 1] = bad
    made = engine(graph)
    order = np.array([40, 20, 3, 31])
    with pytest.raises(DataError, match=f"image 20 has non-finite pixels .* Received: {bad}"):
        made.predict((images,), order)
    # Images outside the batch do not matter, nor do earlier batches.
    assert np.isfinite(made.predict((images,), np.array([40, 3]))[0]).all()


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_the_first_non_finite_image_is_named(
    threads: int,
) -> None:
    session.set_threads(threads)
    graph = network()
    images = np.array(batch(graph, 200).inputs[0])
    images[[13, 60, 100, 190]] = np.nan
    engine = native.NativeEngine(graph)
    for _ in range(20):
        with pytest.raises(DataError, match="image 13 has non-finite pixels"):
            engine.predict((images,), np.arange(200))


def test_the_input_with_non_finite_pixels_is_named() -> None:
    one, other = Input((3, 3, 1), name="one"), Input((3, 3, 1), name="other")
    graph = Graph((one, other), (layers.Flatten()(layers.Add()([one, other])),))
    first, second = (np.ones((4, 3, 3, 1), np.float32) for _ in range(2))
    first[3], second[2] = np.inf, np.nan
    for engine in (native.NativeEngine(graph), ReferenceEngine(graph)):
        with pytest.raises(DataError, match=r"input 'one': image 3 .* Received: inf"):
            engine.predict((first, second), np.arange(4))
        with pytest.raises(DataError, match=r"input 'other': image 2 .* Received: nan"):
            engine.predict((first, second), np.arange(3))


def test_an_empty_batch_predicts_nothing() -> None:
    graph = network()
    (found,) = native.NativeEngine(graph).predict(batch(graph, 9).inputs, np.zeros(0, np.int64))
    assert found.shape == (0, 7)
    assert found.dtype == np.float32


@pytest.mark.parametrize("ignored", [0, 3, 255, -1])
def test_ignored_classes_do_not_count(ignored: int) -> None:
    graph = network()
    data = labelled(graph, 17)
    (labels,) = data.targets
    data = replace(data, targets=(np.where(np.arange(17) % 3 == 0, ignored, labels),))
    goal = sparse(graph, ignore_class=ignored)
    wanted, gradients = ReferenceEngine(graph, goal, dtype=np.float64).weight_gradients(data)
    descent = SGD(1.0, momentum=0.5)
    found = native.NativeEngine(graph, replace(goal, optimizer=descent)).train(data, seed=0, step=0)
    assert found.loss == pytest.approx(wanted.loss, rel=1e-5)
    for velocity, gradient in zip(descent.slots["momentum"], gradients, strict=True):
        assert np.abs(-velocity - gradient).max() <= 1e-4 * np.abs(gradient).max()
