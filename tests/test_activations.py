"""Activation functions, by name and as callables."""

import json
from pathlib import Path

import numpy as np
import pytest

from scallion import activations
from scallion.errors import UnknownNameError, UnsupportedError
from scallion.layers import Activation, Dense, Input
from scallion.ops.tensors import ACTIVATIONS

KERAS = json.loads(Path(__file__).with_name("keras_activations.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", activations.FORMULAS)
def test_get_finds_an_activation_by_name(name: str) -> None:
    found = activations.get(name)
    assert found == name == found.__name__
    assert found is getattr(activations, name)
    assert activations.get(found) is found
    assert activations.deserialize(activations.serialize(found)) is found


def test_none_is_linear() -> None:
    assert activations.get(None) is activations.linear


def test_the_config_of_older_files_is_read() -> None:
    written = {"module": "builtins", "class_name": "function", "config": "relu"}
    assert activations.get(written) is activations.relu


def test_configs_store_the_name_as_str() -> None:
    for config in (Dense(2, "relu").get_config(), Activation("relu").get_config()):
        assert type(config["activation"]) is str


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"'rlu'\nhint: did you mean 'relu'\? Known: elu"):
        activations.get("rlu")
    for unknown in (3, ["relu"], {"class_name": "L2"}):
        with pytest.raises(UnknownNameError, match="unknown activation"):
            activations.get(unknown)


def test_a_custom_function_is_refused() -> None:
    def relu(x: float) -> float:
        return 2 * x

    with pytest.raises(
        UnsupportedError, match=r"(?s)Received: <function .*relu.*hint: name one of"
    ):
        activations.get(relu)


@pytest.mark.parametrize("name", activations.FORMULAS)
def test_values_on_arrays_match_keras(name: str) -> None:
    found = activations.get(name)(np.array(KERAS["points"], np.float32))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, KERAS[name]["y"], rtol=2e-6, atol=1e-6)


def test_options_match_keras() -> None:
    """Keras 3.15: relu([-2, 1, 9], 0.5, 6, 1.5) and so on."""
    x = [-2.0, 1.0, 9.0]
    np.testing.assert_allclose(activations.relu(x, 0.5, 6, 1.5), [-1.75, -0.25, 6.0])
    np.testing.assert_allclose(activations.leaky_relu(x, negative_slope=0.1), [-0.2, 1, 9])
    np.testing.assert_allclose(activations.gelu([1.0], approximate=True), [0.841192], rtol=1e-6)
    np.testing.assert_allclose(
        activations.softmax([[0.0, 1.0], [0.0, 1.0]], axis=0), [[0.5] * 2] * 2
    )


def test_options_on_a_tensor_choose_the_layer() -> None:
    x = Input((4,))
    made = activations.relu(x, max_value=6.0).node.layer
    assert (type(made).__name__, made.max_value) == ("ReLU", 6.0)
    assert type(activations.silu(x).node.layer) is Activation
    assert type(activations.gelu(x).node.layer) is Activation
    approximate = activations.gelu(x, approximate=True).node.layer
    assert approximate.get_config() == {"name": "gelu", "approximate": True}  # as Keras 3.15 has it
    with pytest.raises(UnsupportedError, match="takes no options"):
        activations.silu(x, 2.0)


def test_aliases_and_missing_activations() -> None:
    assert activations.get("swish") is activations.silu is activations.swish
    assert activations.get("hard_swish") is activations.hard_silu
    with pytest.raises(
        UnsupportedError, match=r"there is no activation 'sparsemax' here\nhint: use one of elu"
    ):
        activations.get("sparsemax")


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_functions_of_ops_name_the_activation_they_compute(name: str) -> None:
    assert activations.get(ACTIVATIONS[name]) is activations.get(name)
