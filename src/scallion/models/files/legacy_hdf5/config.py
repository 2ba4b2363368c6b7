"""Keras' legacy configs, which do not name modules, from and to those of `.keras` files."""

from collections.abc import Mapping
from typing import Any

Config = dict[str, Any]

_MODELS = ("Functional", "Model", "Sequential")
# Arguments of Keras 2's optimizers that change nothing here.
_KERAS_2 = ("decay", "is_legacy_optimizer", "jit_compile")
_COMPILE = ("loss", "loss_weights", "metrics", "weighted_metrics")


def to_legacy(entry: Mapping[str, Any]) -> Config:
    """Return the config of a model or layer as Keras writes it into `.h5` files."""
    config = dict(entry["config"])
    if entry["class_name"] in _MODELS:
        config["layers"] = [to_legacy(layer) for layer in config["layers"]]
    kept = {key: entry[key] for key in ("name", "inbound_nodes") if key in entry}
    return {"class_name": entry["class_name"], "config": config, **kept}


def from_legacy(entry: Mapping[str, Any]) -> Config:
    """Return a config that `config_reader` takes, from one of Keras 3 or Keras 2.

    Raises as indexing does for an invalid one.
    """
    name, config = entry["class_name"], dict(entry["config"])
    shape = config.pop("batch_input_shape", None)
    if name in _MODELS:
        return {**entry, "config": {**config, "layers": _layers(name, config["layers"])}}
    for key, value in config.items():
        if key.endswith("_initializer") and isinstance(value, Mapping) and "module" not in value:
            config[key] = {"module": "keras.initializers", "registered_name": None, **value}
        if key == "axis" and isinstance(value, list) and len(value) == 1:
            config[key] = value[0]
    if name == "InputLayer" and shape is not None:
        config["batch_shape"] = shape
    calls = [_call_from_keras_2(call) for call in entry.get("inbound_nodes", ())]
    return {"module": "keras.layers", **entry, "config": config, "inbound_nodes": calls}


def _layers(kind: str, layers: list[Any]) -> list[Config]:
    """Return the layers' configs; an input shape in the first layer of a stack becomes an Input."""
    first = layers[0] if kind == "Sequential" and layers else None
    found = [from_legacy(layer) for layer in layers]
    if first is not None and first["class_name"] not in (*_MODELS, "InputLayer"):
        shape = first["config"].get("batch_input_shape")
        if shape is not None:
            name = f"{first['config'].get('name', 'first')}_input"
            config = {"batch_shape": shape, "name": name}
            found = [from_legacy({"class_name": "InputLayer", "config": config}), *found]
    return found


def _call_from_keras_2(call: Any) -> Any:
    """Return a call as Keras 3 writes it; Keras 2 writes `[[name, call, output, kwargs], ...]`."""
    if not isinstance(call, list):
        return call
    tensors = [
        {"class_name": "__keras_tensor__", "config": {"keras_history": list(entry[:3])}}
        for entry in call
    ]
    kwargs = call[0][3] if len(call[0]) > 3 else {}
    return {"args": tensors if len(tensors) == 1 else [tensors], "kwargs": kwargs}


def compile_to_legacy(config: Mapping[str, Any]) -> Config:
    """Return `training_config` for a `compile_config`; it is empty where that is empty."""
    if not config:
        return {}
    optimizer = config["optimizer"]
    return {
        **{key: _without_modules(config.get(key)) for key in _COMPILE},
        "run_eagerly": bool(config.get("run_eagerly")),
        "steps_per_execution": config.get("steps_per_execution") or 1,
        "jit_compile": False,
        "optimizer_config": {key: optimizer[key] for key in ("class_name", "config")},
    }


def compile_from_legacy(config: Mapping[str, Any]) -> Config:
    """Return the `compile_config` for a `training_config` of Keras 3 or Keras 2."""
    optimizer = config["optimizer_config"]
    given = optimizer["config"]
    arguments = {key: value for key, value in given.items() if key not in _KERAS_2}
    return {**config, "optimizer": {**optimizer, "config": arguments}}


def _without_modules(value: Any) -> Any:
    if isinstance(value, Mapping):
        if "class_name" in value and "config" in value:
            return {"class_name": value["class_name"], "config": value["config"]}
        return {key: _without_modules(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_without_modules(entry) for entry in value]
    return value
