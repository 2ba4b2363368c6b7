"""Layers of Keras that are missing here are refused by name, with what to use instead."""

import importlib

import pytest

from scallion import layers
from scallion.errors import UnknownAttributeError, UnsupportedError
from scallion.layers import unsupported


@pytest.mark.parametrize("name", unsupported._INSTEAD)
def test_a_missing_layer_says_what_to_use(name: str) -> None:
    assert name not in layers.__all__
    with pytest.raises(UnsupportedError, match=f"there is no layer {name}\nhint: ."):
        getattr(layers, name)


def test_importing_a_missing_layer_keeps_the_hint() -> None:
    with pytest.raises(UnsupportedError, match=r"Conv1D\nhint: add an axis of height 1"):
        exec("from scallion.layers import Conv1D")


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(UnknownAttributeError, match=r"did you mean scallion\.layers\.Conv2D\?"):
        layers.Conv2d  # noqa: B018
    assert not hasattr(layers, "Convolver")


def test_regularizers_and_constraints_are_namespaces() -> None:
    package = importlib.import_module("scallion")
    assert package.regularizers.l2(0.1).l2 == 0.1
    assert package.constraints.max_norm(1).max_value == 1
