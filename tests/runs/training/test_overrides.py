"""Overrides of a recipe and its layers."""

from pathlib import Path

import numpy as np
import pytest

from scallion.applications import model_registry
from scallion.errors import ArgumentError, UnknownNameError
from scallion.models import Model
from scallion.optimizers import SGD
from scallion.runs import Settings, prepare
from scallion.runs.training.overrides import apply_to_recipe, rebuild


def lesson(**overrides: object) -> Model:
    return rebuild(
        model_registry.find("lesson-dropout").architecture.build((32, 32, 3), 10), overrides
    )


def test_dropout_is_the_rate_of_every_dropout_layer() -> None:
    assert [
        layer.rate for layer in lesson(dropout=0.5).layers if "Drop" in type(layer).__name__
    ] == [0.5]


# 32x32x3 -> 30x30x8 -> 15x15x8 -> 13x13x8 -> 6x6x8 -> 4x4x8, flattened 128: by hand.
def test_filters_are_set_in_every_convolution() -> None:
    assert lesson(filters=8).count_params() == (
        (27 * 8 + 8) + 2 * (72 * 8 + 8) + (128 * 32 + 32) + (32 * 10 + 10)
    )


def test_units_do_not_change_the_last_layer() -> None:
    model = lesson(units=100)
    assert [layer.units for layer in model.layers[-2:]] == [100, 10]


def test_one_layer_is_named_as_in_the_summary() -> None:
    lesson()  # the session's names have gone on counting
    model = lesson(**{"conv2d_1.kernel_size": (5, 5)})
    sizes = [layer.kernel_size for layer in model.layers if type(layer).__name__ == "Conv2D"]
    assert sizes == [(3, 3), (5, 5), (3, 3)]


def test_an_activation_replaces_only_activations() -> None:
    model = lesson(activation="tanh")
    assert [str(layer.activation) for layer in model.layers if hasattr(layer, "activation")] == [
        *["tanh"] * 4,
        "linear",
    ]


def test_fields_of_the_recipe_are_set() -> None:
    recipe = apply_to_recipe(
        model_registry.find("quick").recipe, {"optimizer": "sgd", "epochs": 3, "dropout": 0.1}
    )
    assert (recipe.optimizer, recipe.epochs) == (SGD, 3)


def test_other_layers_keep_their_initial_weights(stripes: Path) -> None:
    plain, changed = (
        prepare(Settings(str(stripes), "quick", overrides=overrides)).model.get_weights()
        for overrides in ({}, {"momentum": 0.5})
    )
    assert all(np.array_equal(a, b) for a, b in zip(plain, changed, strict=True))


def test_the_configuration_stores_overrides(stripes: Path) -> None:
    config = prepare(Settings(str(stripes), overrides={"filters": 4})).config()
    assert config["overrides"] == {"filters": 4}


def test_a_missing_dropout_layer_is_refused(stripes: Path) -> None:
    with pytest.raises(ArgumentError, match="the network has no Dropout layer") as caught:
        prepare(Settings(str(stripes), "quick", overrides={"dropout": 0.5}))
    assert caught.value.hint == "--model lesson-dropout"


@pytest.mark.parametrize(
    ("overrides", "message", "hint"),
    [
        ({"filtres": 8}, "unknown setting", "did you mean 'filters'"),
        ({"name": "x"}, "unknown setting", "Known: "),
        ({"filters": 0}, "filters=0: ", "filters=32"),
        ({"padding": "sam"}, "padding=sam: ", '"same"'),
        ({"optimizer": "sdg"}, "unknown optimizer", "did you mean 'SGD'"),
        ({"label_smoothing": 2}, "label_smoothing", "label_smoothing=0.1"),
        ({"epochs": "many"}, "epochs is an integer", "epochs=20"),
        ({"learning_rate": "high"}, "the learning rate", "learning_rate=0.001"),
    ],
)
def test_invalid_overrides_are_refused_with_a_hint(
    stripes: Path, overrides: dict[str, object], message: str, hint: str
) -> None:
    with pytest.raises((ArgumentError, UnknownNameError), match=message) as caught:
        prepare(Settings(str(stripes), overrides=overrides))
    assert hint in (caught.value.hint or "")
