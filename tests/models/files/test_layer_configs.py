"""Every layer's config goes into a model's config and comes out of it."""

import json

import pytest

import scallion
from layer_cases import CASES, Case
from scallion import layers
from scallion.models import model_from_json

# The file's input has a shape; numbers without axes have none.
STORED = [case for case in CASES if () not in case.shapes]


@pytest.mark.parametrize("case", STORED, ids=lambda case: case.title)
def test_a_stored_layer_is_the_same_again(case: Case) -> None:
    layer = getattr(layers, case.name)(*case.arguments, **dict(case.keywords))
    inputs = [layers.Input(shape) for shape in case.shapes]
    output = layer(inputs if len(inputs) > 1 else inputs[0])
    model = scallion.Model(inputs, output)
    again = model_from_json(model.to_json())
    found = again.get_layer(layer.name).get_config()
    assert json.dumps(found) == json.dumps(layer.get_config())
