"""Activations are names that may also be used as objects."""

import pytest

from scallion import activations
from scallion.errors import UnknownNameError, UnsupportedError
from scallion.layers import Activation, Dense


@pytest.mark.parametrize("name", ["linear", "relu", "sigmoid", "softmax", "tanh"])
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
    with pytest.raises(UnknownNameError, match=r"'rlu'\nhint: did you mean 'relu'\? Known: linear"):
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
