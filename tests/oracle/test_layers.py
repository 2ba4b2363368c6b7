"""Layers compared with the installed Keras, over many arguments and shapes."""

import os
from itertools import product
from typing import Any

import pytest

import scallion
from layer_cases import CASES, Case, case, describe

os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip("torch")
keras = pytest.importorskip("keras")

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]


def windows() -> list[Case]:
    """Return convolutions and poolings with all combinations of size, stride, padding, dilation."""
    cases: list[Case] = []
    sizes, shapes = [1, 2, (3, 1), (2, 5), 7], [(1, 1, 4), (5, 8, 4), (7, 7, 6)]
    for size, steps, padding, shape in product(sizes, [1, 2, (1, 3)], ["valid", "same"], shapes):
        options = {"strides": steps, "padding": padding, "on": shape}
        cases += [case(name, size, **options) for name in ("MaxPooling2D", "AveragePooling2D")]
        cases.append(case("Conv2D", 4, size, groups=2, **options))
    for size, gaps, padding, shape in product(sizes, [2, (1, 3)], ["valid", "same"], shapes):
        cases.append(case("Conv2D", 3, size, dilation_rate=gaps, padding=padding, on=shape))
        cases.append(
            case("Conv2DTranspose", 3, size, dilation_rate=gaps, padding=padding, on=shape)
        )
    for size, steps, padding, extra in product(
        sizes, [1, 2, (1, 3)], ["valid", "same"], [None, 0, 1, (0, 2)]
    ):
        options = {"strides": steps, "padding": padding, "output_padding": extra, "on": (3, 4, 2)}
        cases.append(case("Conv2DTranspose", 4, size, **options))
    return cases


def outcome(package: Any, one: Case) -> Any:
    """Return the result of building a layer, or the name of the error."""
    try:
        return describe(package, one)
    except ValueError:
        return "ValueError"


@pytest.mark.parametrize("one", CASES, ids=lambda one: one.title)
def test_every_layer_case_matches_the_installed_keras(one: Case) -> None:
    assert describe(scallion, one) == describe(keras, one)


def test_window_shapes_match_keras() -> None:
    cases = windows()
    ours = {one.title: outcome(scallion, one) for one in cases}
    theirs = {one.title: outcome(keras, one) for one in cases}
    assert {title: ours[title] for title in ours if ours[title] != theirs[title]} == {}
    refused = sum(answer == "ValueError" for answer in theirs.values())
    assert 0 < refused < len(cases) / 2


@pytest.mark.parametrize(
    "name", ["Conv2D", "Dense", "BatchNormalization", "MaxPooling2D", "Dropout"]
)
def test_configs_are_accepted_by_the_other_library(name: str) -> None:
    one = next(each for each in CASES if each.name == name and (each.keywords or each.arguments))
    layer = getattr(scallion.layers, name)(*one.arguments, **dict(one.keywords))
    theirs = getattr(keras.layers, name).from_config(layer.get_config())
    assert theirs.get_config() == layer.get_config()
    ours = type(layer).from_config(theirs.get_config())
    assert ours.get_config() == layer.get_config()


def test_automatic_names_match_keras() -> None:
    keras.backend.clear_session()
    for one in CASES:
        made = [
            getattr(package.layers, one.name)(*one.arguments, **dict(one.keywords))
            for package in (scallion, keras)
        ]
        assert made[0].name == made[1].name
