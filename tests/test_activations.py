"""Activations are names that may also be used as objects."""

import json
from pathlib import Path

import numpy as np
import pytest

from scallion import activations
from scallion.errors import UnknownNameError, UnsupportedError
from scallion.layers import Activation, Dense, Input

KERAS = json.loads(Path(__file__).with_name("keras_activations.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", activations.FORMULAS)
def test_an_activation_is_found_by_its_name(name: str) -> None:
    found = activations.get(name)
    assert found == name == found.__name__
    assert found is getattr(activations, name)
    assert activations.get(found) is found
    assert activations.deserialize(activations.serialize(found)) is found


def test_none_is_linear() -> None:
    assert activations.get(None) is activations.linear


def test_the_way_in_which_older_files_write_an_activation_is_read() -> None:
    written = {"module": "builtins", "class_name": "function", "config": "relu"}
    assert activations.get(written) is activations.relu


def test_a_config_holds_plain_text() -> None:
    for config in (Dense(2, "relu").get_config(), Activation("relu").get_config()):
        assert type(config["activation"]) is str


def test_unknown_names_are_told_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"'rlu'\nhint: did you mean 'relu'\? Known: elu"):
        activations.get("rlu")
    for unknown in (3, ["relu"], {"class_name": "L2"}):
        with pytest.raises(UnknownNameError, match="unknown activation"):
            activations.get(unknown)


def test_a_function_of_the_users_own_is_refused_whatever_its_name() -> None:
    def relu(x: float) -> float:
        return 2 * x

    with pytest.raises(
        UnsupportedError, match=r"(?s)Received: <function .*relu.*hint: name one of"
    ):
        activations.get(relu)


@pytest.mark.parametrize("name", activations.FORMULAS)
def test_called_on_numbers_it_gives_those_of_keras(name: str) -> None:
    found = activations.get(name)(np.array(KERAS["points"], np.float32))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, KERAS[name]["y"], rtol=2e-6, atol=1e-6)


def test_options_are_those_of_keras() -> None:
    """Keras 3.15: relu([-2, 1, 9], 0.5, 6, 1.5) and so on."""
    x = [-2.0, 1.0, 9.0]
    np.testing.assert_allclose(activations.relu(x, 0.5, 6, 1.5), [-1.75, -0.25, 6.0])
    np.testing.assert_allclose(activations.leaky_relu(x, negative_slope=0.1), [-0.2, 1, 9])
    np.testing.assert_allclose(activations.gelu([1.0], approximate=True), [0.841192], rtol=1e-6)
    np.testing.assert_allclose(
        activations.softmax([[0.0, 1.0], [0.0, 1.0]], axis=0), [[0.5] * 2] * 2
    )


def test_behind_a_layer_options_make_the_layer_that_has_them() -> None:
    x = Input((4,))
    made = activations.relu(x, max_value=6.0).node.layer
    assert (type(made).__name__, made.max_value) == ("ReLU", 6.0)
    assert type(activations.silu(x).node.layer) is Activation
    assert type(activations.gelu(x).node.layer) is Activation
    nearly = activations.gelu(x, approximate=True).node.layer
    assert nearly.get_config() == {"name": "gelu", "approximate": True}  # as Keras 3.15 has it
    with pytest.raises(UnsupportedError, match="takes no options"):
        activations.silu(x, 2.0)


def test_other_names_and_those_that_are_not_there() -> None:
    assert activations.get("swish") is activations.silu is activations.swish
    assert activations.get("hard_swish") is activations.hard_silu
    with pytest.raises(UnsupportedError, match=r"'sparsemax' is not there\nhint: one of elu"):
        activations.get("sparsemax")
