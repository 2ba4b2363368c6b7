"""What a user sets otherwise than the recipe has it: `dropout=0.5`, `filters=64`, `optimizer=sgd`.

A name is a field of the recipe, or an argument of layers, which is then set in every layer that has
it; `conv2d_1.filters` means one layer, by the name that `scallion summary` shows. The last layer,
whose units are the classes, is left alone.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from scallion import optimizers
from scallion.errors import ArgumentError, ScallionError, UnknownNameError
from scallion.models import Model
from scallion.models.config_reader import from_config
from scallion.models.config_writer import to_config
from scallion.models.recipes import TrainingRecipe
from scallion.session import snake_case

Overrides = Mapping[str, Any]

OF_RECIPE = ("batch_size", "epochs", "label_smoothing", "learning_rate", "optimizer", "patience")
_SHORT = {"dropout": ("Dropout", "rate")}
_OF_LAYERS = frozenset(
    {
        "activation",
        "depth_multiplier",
        "dilation_rate",
        "epsilon",
        "filters",
        "groups",
        "kernel_initializer",
        "kernel_regularizer",
        "kernel_size",
        "momentum",
        "padding",
        "pool_size",
        "rate",
        "strides",
        "units",
        "use_bias",
    }
)
_UNTOUCHED = ("InputLayer", "Rescaling")  # they follow from the images


def of_recipe(recipe: TrainingRecipe, overrides: Overrides) -> TrainingRecipe:
    """The recipe with the fields that are its own set."""
    fields = {name: value for name, value in overrides.items() if name in OF_RECIPE}
    if "optimizer" in fields:
        fields["optimizer"] = type(optimizers.get(fields["optimizer"]))
    smoothing = fields.get("label_smoothing", 0.0)
    if not isinstance(smoothing, int | float) or not 0 <= smoothing < 1:
        raise ArgumentError(
            f"label_smoothing is a number from 0 to below 1. Received: {smoothing!r}",
            hint="label_smoothing=0.1",
        )
    return replace(recipe, **fields)


def of_layers(overrides: Overrides) -> Overrides:
    """Those that change the network."""
    return {name: value for name, value in overrides.items() if name not in OF_RECIPE}


def rebuilt(model: Model, overrides: Overrides) -> Model:
    """The network with its layers' arguments set, and fresh weights.

    Raises UnknownNameError for a name that no layer has, ArgumentError for values that cannot be,
    ShapeError.
    """
    config = to_config(model)
    entries = config["config"]["layers"]
    for name, value in overrides.items():
        _set(entries, name, value)
    try:
        return from_config(config)
    except ScallionError as error:
        given = ", ".join(f"{name}={value}" for name, value in overrides.items())
        raise ArgumentError(f"{given}: {error.message}", hint=error.hint) from error


def _set(entries: list[dict[str, Any]], name: str, value: Any) -> None:
    places = [(key, config) for known, key, config in _places(entries) if known == name]
    if not places:
        if name in _SHORT:
            raise ArgumentError(
                f"the network has no {_SHORT[name][0]} layer. Received: {name}={value!r}",
                hint="--model lesson-dropout",
            )
        known = {known for known, _, _ in _places(entries) if "." not in known}
        raise UnknownNameError("setting", name, {*known, *OF_RECIPE})
    for key, config in places:
        config[key] = value


def _places(entries: list[dict[str, Any]]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """All that can be set: its name, the argument that this is, and the layer's arguments."""
    counts: Counter[str] = Counter()
    for entry in entries[:-1]:
        kind, config = entry["class_name"], entry["config"]
        plain = snake_case(kind)
        own = f"{plain}_{counts[plain]}" if counts[plain] else plain
        counts[plain] += 1
        if kind in _UNTOUCHED:
            continue
        for key in config:
            if key not in _OF_LAYERS or (key == "activation" and config[key] == "linear"):
                continue
            yield key, key, config
            yield f"{own}.{key}", key, config
        for short, (wanted, key) in _SHORT.items():
            if kind == wanted:
                yield short, key, config
