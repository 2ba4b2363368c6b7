"""The arguments of `compile` as Keras' JSON, and back."""

import warnings
from collections.abc import Mapping
from typing import Any

from scallion import losses, metrics, optimizers
from scallion.errors import FileError, ScallionError, UnsupportedError
from scallion.losses import Loss
from scallion.metrics import Metric

Config = dict[str, Any]


def compile_to_config(arguments: Mapping[str, Any]) -> Config:
    """Return `compile_config` of a `.keras` file.

    It is empty, after a warning, where a loss or metric is not one of Keras'.
    """
    try:
        config = {name: _serialize(value) for name, value in arguments.items()}
    except UnsupportedError as error:
        warnings.warn(
            f"{error.message}, so the arguments of compile are not saved; compile after loading",
            stacklevel=4,
        )
        return {}
    if config:
        config["jit_compile"] = False
    return config


def compile_from_config(config: Mapping[str, Any]) -> Config:
    """Return the arguments for `compile`.

    Raises FileError for an invalid config, UnsupportedError for an optimizer, loss or metric that
    is missing here.
    """
    names = ("loss", "loss_weights", "metrics", "weighted_metrics")
    try:
        return {
            "optimizer": optimizers.deserialize(config["optimizer"]),
            **{name: _deserialize(config.get(name), name) for name in names},
        }
    except ScallionError:
        raise
    except (KeyError, TypeError, AttributeError) as error:
        raise FileError(
            f"the file's compile config is invalid: {type(error).__name__}: {error}",
            hint="load_model(path, compile=False), then compile",
        ) from error


def _serialize(value: Any) -> Any:
    """Return losses, metrics and optimizers as configs; names, numbers, lists, dicts unchanged."""
    if isinstance(value, optimizers.Optimizer):
        return optimizers.serialize(value)
    if isinstance(value, list | tuple):
        return [_serialize(entry) for entry in value]
    if isinstance(value, Mapping):
        return {key: _serialize(entry) for key, entry in value.items()}
    if isinstance(value, Loss) and getattr(losses, type(value).__name__, None) is type(value):
        return losses.serialize(value)
    if isinstance(value, Metric) and getattr(metrics, type(value).__name__, None) is type(value):
        return metrics.serialize(value)
    name = getattr(value, "__name__", type(value).__name__)
    if callable(value) and getattr(losses, name, None) is value:
        return name
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise UnsupportedError(f"{name!r} has no name in Keras", hint="use a loss or metric by name")


def _deserialize(value: Any, argument: str) -> Any:
    if isinstance(value, list):
        return [_deserialize(entry, argument) for entry in value]
    if not isinstance(value, Mapping):
        return value
    if "class_name" not in value:
        return {key: _deserialize(entry, argument) for key, entry in value.items()}
    if value["class_name"] == "function":
        return value["config"]
    get = losses.get if argument == "loss" else metrics.get
    return get({"class_name": value["class_name"], "config": value["config"]})
