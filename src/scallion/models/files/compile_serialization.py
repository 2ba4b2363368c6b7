"""The arguments of `compile` as Keras' JSON, and back."""

import warnings
from collections.abc import Mapping
from typing import Any

from scallion import custom_objects, losses, metrics, optimizers
from scallion.class_registry import serialize_object
from scallion.errors import FileError, ScallionError, UnsupportedError
from scallion.losses import Loss
from scallion.metrics import Metric

Config = dict[str, Any]


def compile_to_config(arguments: Mapping[str, Any]) -> Config:
    """Return `compile_config` of a `.keras` file.

    Custom classes and functions are in it by name. It is empty, after a warning, where a loss
    or metric has no name, as a lambda.
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
    if isinstance(value, Loss | Metric):
        return {**serialize_object("", value), **_custom_names(type(value))}
    if callable(value) and name.isidentifier():
        registered = custom_objects.get_registered_name(value)
        return {
            "module": "builtins",
            "class_name": "function",
            "config": registered,
            "registered_name": "function",
        }
    raise UnsupportedError(f"{name!r} has no name in Keras", hint="use a loss or metric by name")


def _custom_names(kind: type[Loss] | type[Metric]) -> Config:
    return {"module": None, "registered_name": custom_objects.get_registered_name(kind)}


def _deserialize(value: Any, argument: str) -> Any:
    if isinstance(value, list):
        return [_deserialize(entry, argument) for entry in value]
    if not isinstance(value, Mapping):
        return value
    if "class_name" not in value:
        return {key: _deserialize(entry, argument) for key, entry in value.items()}
    is_loss = argument == "loss"
    if value["class_name"] == "function":
        name = value["config"]
        custom = custom_objects.find(name)
        if custom is None and not hasattr(losses if is_loss else metrics, str(name)):
            raise _unknown("function", name)
        return name if custom is None else custom
    name = value.get("registered_name") or value["class_name"]
    has_module = str(value.get("module") or "").startswith("keras")
    if not has_module and "module" in value and custom_objects.find(name) is None:
        raise _unknown("class", name)
    wanted = {key: value.get(key) for key in ("class_name", "config", "registered_name")}
    return losses.get(wanted) if is_loss else metrics.get(wanted)


def _unknown(kind: str, name: Any) -> UnsupportedError:
    plain = str(name).rpartition(">")[2]
    return UnsupportedError(
        f"the model was compiled with the {kind} {name!r}, which is not known here",
        hint=f"load_model(path, custom_objects={{{plain!r}: {plain}}}), or compile=False",
        field="custom_objects",
        value=name,
    )
