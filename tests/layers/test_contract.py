"""The contract of every layer, with Keras' configs and shapes in keras_layers.json."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import scallion
from layer_cases import CASES, Case, describe
from scallion import layers

KERAS: dict[str, Any] = json.loads(
    Path(__file__).with_name("keras_layers.json").read_text(encoding="utf-8")
)

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)


def make(case: Case) -> layers.Layer:
    layer = getattr(layers, case.name)(*case.arguments, **dict(case.keywords))
    inputs = [layers.Input(shape) for shape in case.shapes]
    layer(inputs if len(inputs) > 1 else inputs[0])
    return layer


def test_every_layer_has_a_case() -> None:
    kinds = {
        name
        for name in layers.__all__
        if isinstance(kind := getattr(layers, name), type) and issubclass(kind, layers.Layer)
    }
    tested = {getattr(layers, case.name).__name__ for case in CASES}
    assert {getattr(layers, kind).__name__ for kind in kinds} - tested == {
        "Layer",
        "InputLayer",
        "Lambda",
    }


@every_case
def test_config_shape_and_weights_match_keras(case: Case) -> None:
    assert describe(scallion, case) == KERAS[case.title]


@every_case
def test_config_makes_an_equal_layer(case: Case) -> None:
    layer = make(case)
    config = json.loads(json.dumps(layer.get_config()))
    again = type(layer).from_config(config)
    assert again.get_config() == layer.get_config()
    assert again.name == layer.name


@every_case
def test_arithmetic_adds_up_to_the_parameter_count(case: Case) -> None:
    layer = make(case)
    terms, _, total = layer.arithmetic().rpartition(" = ")
    # The terms are only sums and products of integers.
    assert set(terms) <= set("0123456789*+ ")
    assert int(total) == layer.count_params() == eval(terms or "0") + (0 if terms else int(total))


@every_case
def test_build_and_compute_output_shape_need_no_call(case: Case) -> None:
    layer = make(case)
    shapes: list[tuple[int | None, ...]] = [(None, *shape) for shape in case.shapes]
    given = shapes if len(shapes) > 1 else shapes[0]
    assert layer.compute_output_shape(given) == layer.output.shape
    fresh = type(layer).from_config(layer.get_config())
    assert not fresh.built
    fresh.build(given)
    assert [w.shape for w in fresh.weights] == [w.shape for w in layer.weights]
    assert fresh.nodes == []


@every_case
def test_set_weights_keeps_the_float32_arrays(case: Case) -> None:
    layer = make(case)
    before = [(id(w.value), w.value.ctypes.data) for w in layer.weights]
    layer.set_weights([np.full(w.shape, 0.5) for w in layer.weights])
    assert [(id(w.value), w.value.ctypes.data) for w in layer.weights] == before
    assert all(w.value.dtype == np.float32 and w.value.flags.c_contiguous for w in layer.weights)
    assert all((w == 0.5).all() for w in layer.get_weights())


@every_case
def test_a_frozen_layer_keeps_its_weights(case: Case) -> None:
    layer = make(case)
    names = [w.name for w in layer.weights]
    layer.trainable = False
    assert layer.trainable_weights == []
    assert [w.name for w in layer.weights] == names


@every_case
def test_batch_size_of_the_input_is_kept(case: Case) -> None:
    layer = getattr(layers, case.name)(*case.arguments, **dict(case.keywords))
    inputs = [layers.Input(shape, batch_size=4) for shape in case.shapes]
    assert layer(inputs if len(inputs) > 1 else inputs[0]).shape[0] == 4
