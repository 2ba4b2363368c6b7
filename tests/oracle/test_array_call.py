"""Calls of layers and models on arrays match Keras."""

import os
from typing import Any

import numpy as np
import pytest

import scallion
from layer_cases import CASES, Case

os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip("torch")
keras = pytest.importorskip("keras")

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

RANDOM = ("Dropout", "Noise", "Random")
# Keras on PyTorch counts copied border pixels with unequal padding, and has another bicubic kernel:
# see test_engines.py.
EDGES = ("AveragePooling2D", "AvgPool2D")
SAME = [
    one
    for one in CASES
    if not any(word in one.name for word in RANDOM)
    and not (one.name in EDGES and "same" in one.title)
    and "bicubic" not in one.title
    and () not in one.shapes
    and "(1, -1)" not in one.title  # the native engine only supports adjacent axes
]


def made(one: Case) -> tuple[Any, Any, list[np.ndarray]]:
    """Return Scallion's and Keras' layer, built on the same arrays, with equal weights."""
    random = np.random.default_rng(len(one.title))
    arrays = [random.normal(size=(5, *shape)).astype(np.float32) for shape in one.shapes]
    ours, theirs = (
        getattr(package.layers, one.name)(*one.arguments, **dict(one.keywords))
        for package in (scallion, keras)
    )
    for layer in (ours, theirs):
        layer(arrays if len(arrays) > 1 else arrays[0])
    values = [random.uniform(0.5, 1.5, size=weight.shape) for weight in ours.weights]
    if one.name != "Normalization":
        ours.set_weights(values)
        theirs.set_weights(values)
    return ours, theirs, arrays


@pytest.mark.parametrize("one", SAME, ids=lambda one: one.title)
def test_layer_calls_match_keras(one: Case) -> None:
    ours, theirs, arrays = made(one)
    given = arrays if len(arrays) > 1 else arrays[0]
    for options in ({}, {"training": False}, {"training": True}):
        if options and "Normalization" not in one.name:
            continue
        wanted = keras.ops.convert_to_numpy(theirs(given, **options))
        found = ours(given, **options)
        assert found.shape == wanted.shape
        assert np.abs(found - wanted).max() <= 1e-5 * np.abs(wanted).max() + 1e-6
        for weight, other in zip(ours.weights, theirs.weights, strict=True):
            np.testing.assert_allclose(weight.value, other.numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["RandomFlip", "RandomRotation", "RandomContrast", "Dropout"])
@pytest.mark.parametrize("training", [None, False, True])
@pytest.mark.parametrize("wrapped", ["layer", "sequential", "functional"])
def test_random_layers_are_active_as_in_keras(
    name: str, training: bool | None, wrapped: str
) -> None:
    images = np.random.default_rng(0).uniform(size=(8, 6, 6, 3)).astype(np.float32)

    def draws(package: Any) -> bool:
        layer = getattr(package.layers, name)(0.5 if name != "RandomFlip" else "horizontal")
        start = package.Input((6, 6, 3))
        if wrapped == "sequential":
            layer = package.Sequential([layer])
        if wrapped == "functional":
            layer = package.Model(start, layer(start))
        # In Keras training=None means False, so the argument is omitted.
        says = {} if training is None else {"training": training}
        answers = [np.asarray(layer(images, **says)) for _ in range(3)]
        return any((answer != images).any() for answer in answers)

    assert draws(scallion) == draws(keras)


def test_training_arguments_of_calls_round_trip() -> None:
    def model(package: Any) -> Any:
        start = package.Input((4,))
        x = package.layers.Dropout(0.5)(start, training=True)
        x = package.layers.Dense(2)(x, training=True)
        return package.Model(start, package.layers.BatchNormalization()(x, training=False))

    x = np.ones((64, 4), np.float32)
    for package, other in ((scallion, keras), (keras, scallion)):
        again = other.models.model_from_json(model(package).to_json())
        again.set_weights(model(package).get_weights())
        first, second = (_plain(again(x)) for _ in range(2))
        assert (first != second).any()
        assert (again.predict(x, verbose=0) == again.predict(x, verbose=0)).all()
    wanted = [part["inbound_nodes"] for part in model(keras).get_config()["layers"]]
    found = [part["inbound_nodes"] for part in model(scallion).get_config()["layers"]]
    assert [_said(part) for part in found] == [_said(part) for part in wanted]


def _plain(answer: Any) -> np.ndarray:
    return np.asarray(answer.detach() if hasattr(answer, "detach") else answer)


def _said(calls: Any) -> list[Any]:
    return [call["kwargs"].get("training") for call in calls]
