"""Models from Keras' JSON: layers and their calls. Reading a config runs no code from it."""

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from inspect import signature
from typing import Any

import numpy as np

from scallion import initializers, layers
from scallion.errors import FileError, ScallionError, UnsupportedError
from scallion.layers.activation import Gelu
from scallion.layers.base.argument_checks import refuse_arguments
from scallion.layers.base.layer import Layer
from scallion.layers.base.tensor import Tensor
from scallion.layers.merging import MergeSpec
from scallion.layers.operators.constant import Constant
from scallion.layers.operators.elementwise import Log, Sqrt, TrueDivide
from scallion.layers.operators.parameter import Parameter
from scallion.layers.operators.reduction import Mean, Sum
from scallion.layers.operators.slicing import Slice
from scallion.layers.operators.unit_normalization import Normalize
from scallion.models.files.config_writer import Config, to_config
from scallion.models.model import Model
from scallion.models.sequential import Sequential

MAX_LAYERS = 20_000  # of a model: seconds to build

_LAYER_CLASSES: dict[str, type[Layer]] = {
    name: kind
    for name in layers.__all__
    if isinstance(kind := getattr(layers, name), type) and issubclass(kind, Layer)
}
_LAYER_CLASSES |= {"Gelu": Gelu, "Parameter": Parameter}
# Operations of Keras that are layers here; those that combine two tensors also take constants.
_LAYER_CLASSES |= {kind.__name__: kind for kind in (Log, Mean, Normalize, Sqrt, Sum, TrueDivide)}
_LAYER_CLASSES["Divide"] = TrueDivide
# Arguments of Keras' layers that have no effect here, whatever their value.
_WITHOUT_EFFECT = frozenset({"renorm_momentum", "seed"})
# Arguments that have only one value here, in configs of layers that do not list them.
_ONLY_VALUES = {"data_format": "channels_last"}
_NO_VALUE = object()


def from_config(config: Any) -> Model:
    """Return the model that a config describes, with new weights.

    Raises UnsupportedError, which names a layer or argument that is missing here; FileError for an
    invalid config.
    """
    try:
        kind, inner = config["class_name"], config["config"]
        if kind == "Sequential":
            return _sequential_from_config(inner)
        if kind in ("Functional", "Model"):
            return _functional_from_config(inner)
    except ScallionError:
        raise
    except (KeyError, TypeError, IndexError, ValueError, AttributeError, RecursionError) as error:
        raise FileError(
            f"the model's config is invalid: {type(error).__name__}: {error}",
            hint="save the model again with model.save(...)",
        ) from error
    raise UnsupportedError(
        f"a model of the class {kind!r} is not supported",
        hint="Sequential and functional models are; rebuild the model from its layers",
    )


def model_from_json(json_string: str, custom_objects: Any = None) -> Model:
    """Return the model that `to_json` of Scallion or Keras 3 wrote, with new weights.

    Raises FileError for invalid JSON, UnsupportedError for layers that are missing here.
    """
    refuse_arguments("model_from_json", custom_objects=custom_objects)
    try:
        config = json.loads(json_string)
    except (TypeError, ValueError, RecursionError) as error:
        raise FileError(f"this is not valid JSON: {error}", hint="model.to_json()") from error
    return from_config(config)


def clone_model(model: Model, input_tensors: Any = None, clone_function: Any = None) -> Model:
    """Return a model of the same layers with new weights, sharing nothing with this one."""
    refuse_arguments("clone_model", input_tensors=input_tensors, clone_function=clone_function)
    return from_config(to_config(model))


def _sequential_from_config(config: Mapping[str, Any]) -> Model:
    _require_few_layers(config)
    model = Sequential(
        [_layer_from_config(entry) for entry in config["layers"]], name=config["name"]
    )
    model._trainable = bool(config.get("trainable", True))
    shape = config.get("build_input_shape")
    if shape and not model.built and model.layers:
        model.build(shape)
    return model


def _require_few_layers(config: Mapping[str, Any]) -> None:
    if len(config["layers"]) > MAX_LAYERS:
        raise FileError(
            f"the model's config has {len(config['layers']):,} layers, more than {MAX_LAYERS:,}",
            hint="save the model again with model.save(...)",
        )


def _functional_from_config(config: Mapping[str, Any]) -> Model:
    _require_few_layers(config)
    made = {entry["name"]: _layer_from_config(entry) for entry in config["layers"]}
    calls: dict[str, deque[_PendingCall]] = {name: deque() for name in made}
    for entry in config["layers"]:
        calls[entry["name"]].extend(_PendingCall.of(call) for call in entry["inbound_nodes"])
    _make_calls(made, calls)
    ends = [_ends(config[key], made) for key in ("input_layers", "output_layers")]
    model = Model(ends[0], ends[1], name=config.get("name"))
    model._trainable = bool(config.get("trainable", True))
    return model


@dataclass(slots=True)
class _PendingCall:
    """A call of a layer in a config, with the calls that it waits for: layer names and indices."""

    config: Mapping[str, Any]
    needed: "deque[tuple[str, int]]"

    @classmethod
    def of(cls, config: Any) -> "_PendingCall":
        if not isinstance(config, Mapping):
            raise UnsupportedError(
                "the config was written by Keras 2", hint="open and save it with Keras 3 first"
            )
        operands = _operands_of(config)[0]
        return cls(config, deque((one[0], one[1]) for one in operands if isinstance(one, list)))


def _make_calls(made: Mapping[str, Layer], calls: Mapping[str, "deque[_PendingCall]"]) -> None:
    """Call all layers, each call once its inputs exist, in time linear in the number of inputs.

    A file may hold its layers in any order.
    """
    blocked: dict[tuple[str, int], list[str]] = {}
    ready = deque(calls)
    while ready:
        name = ready.popleft()
        while calls[name]:
            pending = calls[name][0]
            while pending.needed and _exists(pending.needed[0], made):
                pending.needed.popleft()
            if pending.needed:
                blocked.setdefault(pending.needed[0], []).append(name)
                break
            calls[name].popleft()
            _call(made[name], pending.config, made)
            ready.extend(blocked.pop((name, len(made[name].nodes) - 1), ()))
    for name, left in calls.items():
        if left:
            raise FileError(
                f"the model's config is not a network: layer {name!r} has no inputs",
                hint="save the model again with model.save(...)",
            )


def _exists(needed: tuple[str, int], made: Mapping[str, Layer]) -> bool:
    """Return whether a call was made; `_output` refuses layers that are unknown."""
    name, index = needed
    return name not in made or len(made[name].nodes) > index


def _operands_of(call: Mapping[str, Any]) -> tuple[list[Any], bool]:
    """Return what a call gets, and whether it takes it as one list.

    A reference to a tensor is a list of name and two indices; a constant is an array.
    """
    arguments = call["args"]
    is_list = len(arguments) == 1 and isinstance(arguments[0], list)
    given = arguments[0] if is_list else arguments
    # The slices of an indexing are a list.
    return [_operand(one) for one in given if not isinstance(one, list)], is_list


def _operand(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return np.asarray(value, np.float32)
    if value["class_name"] == "__numpy__":
        return np.asarray(value["config"]["value"], np.float32)
    name, call_index, output_index = value["config"]["keras_history"]
    return [name, call_index, output_index]


def _ends(ends: Any, made: Mapping[str, Layer]) -> Any:
    """Return the inputs or outputs: a dict where they were given as one."""
    if isinstance(ends, Mapping):
        return {str(key): _output(history, made) for key, history in ends.items()}
    return [_output(history, made) for history in _histories(ends)]


def _histories(ends: Any) -> list[Any]:
    return [ends] if len(ends) == 3 and isinstance(ends[0], str) else list(ends)


def _output(history: Any, made: Mapping[str, Layer]) -> Tensor:
    name, call_index, output_index = history
    if name not in made or output_index != 0:
        raise FileError(
            f"the model's config refers to a layer that it does not contain: {name!r}",
            hint="save the model again with model.save(...)",
        )
    return made[name].nodes[call_index].output


def _call(layer: Layer, call: Mapping[str, Any], made: Mapping[str, Layer]) -> None:
    """Call the layer as the config says."""
    kwargs = dict(call.get("kwargs", {}))
    training = kwargs.pop("training", None)
    for name, value in kwargs.items():
        if name != "mask" or value is not None:
            raise UnsupportedError(
                f"layer {layer.name!r} is called with {name}={value!r:.60}, which is not supported",
                hint="call layers on tensors only",
            )
    operands, is_list = _operands_of(call)
    tensors = [_output(one, made) if isinstance(one, list) else one for one in operands]
    if any(isinstance(one, np.ndarray) for one in tensors):
        tensors = _with_constants(layer, tensors)
    layer(tensors if is_list or len(tensors) > 1 else tensors[0], training=training)


def _with_constants(layer: Layer, operands: list[Any]) -> list[Tensor]:
    """Return the operands of arithmetic as tensors."""
    like = next((one for one in operands if isinstance(one, Tensor)), None)
    if like is None or not isinstance(layer.spec, MergeSpec):
        raise UnsupportedError(
            f"layer {layer.name!r} is called with an array, which is not supported",
            hint="call layers on tensors only",
        )
    return [one if isinstance(one, Tensor) else Constant(one)(like) for one in operands]


def _slice_from_config(entry: Mapping[str, Any]) -> Slice:
    """Return the layer of an indexing such as `x[:, 1:]`, whose slices are in its call."""
    parts = [
        {**part["config"]} if isinstance(part, Mapping) else {"start": part, "stop": part}
        for part in entry["inbound_nodes"][0]["args"][1]
    ]
    ranges = [(part.get("start"), part.get("stop"), part.get("step")) for part in parts]
    if len(entry["inbound_nodes"]) != 1 or ranges[0] != (None, None, None):
        raise UnsupportedError(
            f"layer {entry['name']!r} takes images apart. Received: slices {ranges}",
            hint="x[:, 1:-1]: all images of the batch",
        )
    return Slice(ranges[1:], name=str(entry["name"]))


def _layer_from_config(entry: Mapping[str, Any]) -> Layer:
    name, config = entry["class_name"], dict(entry["config"])
    if name in ("Functional", "Model", "Sequential"):
        return from_config(entry)
    layer_name = str(config.get("name", entry.get("name", name)))
    module = str(entry.get("module") or "")
    if name == "Lambda":
        raise UnsupportedError(
            f"layer {layer_name!r} is a Lambda: it contains code, which is never run from a file",
            hint="replace it by layers, such as Rescaling or Activation",
        )
    if name == "GetItem" and module.startswith("keras."):
        return _slice_from_config(entry)
    if name not in _LAYER_CLASSES or not (module == "keras" or module.startswith("keras.")):
        raise UnsupportedError(
            f"layer {layer_name!r} is a {name}, which is missing here",
            hint=f"the supported layers are {', '.join(sorted(_LAYER_CLASSES))}",
        )
    if name == "InputLayer":
        return layers.Input(_image_shape(config, layer_name), name=layer_name).node.layer
    arguments = _arguments(_LAYER_CLASSES[name], config, layer_name)
    try:
        return _LAYER_CLASSES[name](**arguments)
    except ScallionError as error:
        raise UnsupportedError(
            f"layer {layer_name!r} cannot be created: {error.message}",
            hint=error.hint,
            layer=layer_name,
            field=error.field,
            value=error.value,
        ) from error


def _image_shape(config: Mapping[str, Any], layer_name: str) -> tuple[int, ...]:
    shape = config.get("batch_shape") or config.get("batch_input_shape") or ()
    if len(shape) < 2 or not all(isinstance(side, int) and side > 0 for side in shape[1:]):
        raise UnsupportedError(
            f"the shape of input {layer_name!r} is not fixed. Received: {shape}",
            hint="give all sides of the images: Input((32, 32, 3))",
        )
    return tuple(shape[1:])


def _arguments(kind: type[Layer], config: Config, layer_name: str) -> Config:
    """Return the layer's arguments. Raises UnsupportedError for an unknown one with an effect."""
    known = {*signature(kind).parameters, "name", "trainable"}
    arguments: Config = {}
    for name, value in config.items():
        if name == "dtype":
            _check_float32(value, layer_name)
        elif name not in known and value == _ONLY_VALUES.get(name, _NO_VALUE):
            continue
        elif name in known:
            arguments[name] = _argument(value)
        elif value is not None and value is not False and name not in _WITHOUT_EFFECT:
            raise UnsupportedError(
                f"layer {layer_name!r} has {name}={value!r:.60}, which is not supported",
                hint=f"leave out {name}",
            )
    return arguments


def _check_float32(policy: Any, layer_name: str) -> None:
    name = policy["config"]["name"] if isinstance(policy, Mapping) else policy
    if name not in ("float32", None):
        raise UnsupportedError(
            f"layer {layer_name!r} computes in {name}, and Scallion computes in float32",
            hint='save the model with the dtype policy "float32"',
        )


def _argument(value: Any) -> Any:
    """Return lists as tuples, and initializer configs as initializers."""
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, Mapping) and value.get("module") == "keras.initializers":
        return initializers.get(value)
    return value
