"""Overrides of a recipe and its layers: `dropout=0.5`, `filters=64`, `optimizer=sgd`.

A name is a field of the recipe, or an argument of layers. An argument is set in every layer that
has it; `conv2d_1.filters` sets it in one layer, named as `scallion summary` shows it. The last
layer, whose units are the classes, never changes.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from scallion import optimizers
from scallion.errors import ArgumentError, ScallionError, UnknownNameError
from scallion.models import Model
from scallion.models.builtin.recipes import TrainingRecipe
from scallion.models.files.config_reader import from_config
from scallion.models.files.config_writer import to_config
from scallion.session import snake_case

Overrides = Mapping[str, Any]

RECIPE_FIELDS = (
    "batch_size",
    "epochs",
    "label_smoothing",
    "learning_rate",
    "optimizer",
    "patience",
)
SHORT_NAMES = {"dropout": ("Dropout", "rate")}
LAYER_ARGUMENTS = frozenset(
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
_FIXED_LAYERS = ("InputLayer", "Rescaling")  # they follow from the images


def apply_to_recipe(recipe: TrainingRecipe, overrides: Overrides) -> TrainingRecipe:
    """Return the recipe with those overrides that are its own fields. Raises ArgumentError."""
    fields = {name: value for name, value in overrides.items() if name in RECIPE_FIELDS}
    if "optimizer" in fields:
        fields["optimizer"] = type(optimizers.get(fields["optimizer"]))
    smoothing = fields.get("label_smoothing", 0.0)
    if not isinstance(smoothing, int | float) or not 0 <= smoothing < 1:
        raise ArgumentError(
            f"label_smoothing is a number from 0 to below 1. Received: {smoothing!r}",
            hint="label_smoothing=0.1",
        )
    return replace(recipe, **fields)


def for_layers(overrides: Overrides) -> Overrides:
    """Return those overrides that change the network."""
    return {name: value for name, value in overrides.items() if name not in RECIPE_FIELDS}


def rebuild(model: Model, overrides: Overrides) -> Model:
    """Return the network with arguments of its layers changed, and new weights.

    Raises UnknownNameError for a name that no layer has, ArgumentError for an invalid value, and
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
    places = [(key, config) for known, key, config in _arguments(entries) if known == name]
    if not places:
        if name in SHORT_NAMES:
            raise ArgumentError(
                f"the network has no {SHORT_NAMES[name][0]} layer. Received: {name}={value!r}",
                hint="--model lesson-dropout",
            )
        known = {known for known, _, _ in _arguments(entries) if "." not in known}
        raise UnknownNameError("setting", name, {*known, *RECIPE_FIELDS})
    for key, config in places:
        config[key] = value


def _arguments(entries: list[dict[str, Any]]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield all that can be overridden: its name, the argument, and the layer's config."""
    counts: Counter[str] = Counter()
    for entry in entries[:-1]:
        kind, config = entry["class_name"], entry["config"]
        plain = snake_case(kind)
        layer = f"{plain}_{counts[plain]}" if counts[plain] else plain
        counts[plain] += 1
        if kind in _FIXED_LAYERS:
            continue
        for key in config:
            if key not in LAYER_ARGUMENTS or (key == "activation" and config[key] == "linear"):
                continue
            yield key, key, config
            yield f"{layer}.{key}", key, config
        for short, (wanted, key) in SHORT_NAMES.items():
            if kind == wanted:
                yield short, key, config
