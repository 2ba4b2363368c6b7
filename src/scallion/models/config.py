"""A model's layers as Keras' JSON writes them, and back. Nothing that is read is ever run."""

import json
from collections.abc import Mapping
from inspect import signature
from typing import Any

from scallion import initializers, layers
from scallion.errors import FileError, ScallionError, UnsupportedError
from scallion.layers.activation import Gelu
from scallion.layers.argument_checks import refuse_arguments
from scallion.layers.layer import Layer
from scallion.layers.tensor import Node, Tensor
from scallion.models.model import Model
from scallion.models.sequential import Sequential

Config = dict[str, Any]

_KINDS: dict[str, type[Layer]] = {
    name: kind
    for name in layers.__all__
    if isinstance(kind := getattr(layers, name), type) and issubclass(kind, Layer)
}
_KINDS["Gelu"] = Gelu
# Arguments of Keras' layers that change nothing here, whatever they hold.
_WITHOUT_EFFECT = frozenset({"renorm_momentum", "seed"})


def to_config(model: Model) -> Config:
    """The model as `config.json` of a `.keras` file holds it, without how it was compiled."""
    if isinstance(model, Sequential):
        return _sequential_to_config(model)
    graph = model.graph
    kept = {id(node) for node in graph.nodes}
    entries = []
    for layer in graph.layers:
        nodes = [node for node in layer.nodes if id(node) in kept and node.inputs]
        calls = [_call_to_config(node, kept) for node in nodes]
        entries.append({**_layer_to_config(layer), "name": layer.name, "inbound_nodes": calls})
    return {
        "module": "keras.src.models.functional",
        "class_name": "Functional",
        "config": {
            "name": model.name,
            "trainable": model.trainable,
            "layers": entries,
            "input_layers": _ends(graph.inputs, kept),
            "output_layers": _ends(graph.outputs, kept),
        },
        "registered_name": "Functional",
        "build_config": {"input_shape": None},
    }


def _sequential_to_config(model: Sequential) -> Config:
    inputs = [tensor.node.layer for tensor in model.inputs] if model.built else []
    config: Config = {
        "name": model.name,
        "trainable": model.trainable,
        "dtype": "float32",
        "layers": [_layer_to_config(layer) for layer in (*inputs, *model.layers)],
    }
    if model.built:
        config["build_input_shape"] = list(model.inputs[0].shape)
    return {
        "module": "keras",
        "class_name": "Sequential",
        "config": config,
        "registered_name": None,
        "build_config": {"input_shape": config.get("build_input_shape")},
    }


def _layer_to_config(layer: Layer) -> Config:
    if isinstance(layer, Model):
        return to_config(layer)
    is_operation = isinstance(layer, Gelu)
    return {
        "module": "keras.src.ops.nn" if is_operation else "keras.layers",
        "class_name": type(layer).__name__,
        "config": layer.get_config(),
        "registered_name": "Gelu" if is_operation else None,
    }


def _call_to_config(node: Node, kept: set[int]) -> Config:
    tensors = [
        {
            "class_name": "__keras_tensor__",
            "config": {
                "shape": list(tensor.shape),
                "dtype": "float32",
                "keras_history": _history(tensor, kept),
            },
        }
        for tensor in node.inputs
    ]
    said = {} if node.training is None else {"training": node.training}
    return {"args": tensors if len(tensors) == 1 else [tensors], "kwargs": said}


def _history(tensor: Tensor, kept: set[int]) -> list[Any]:
    """Layer, which of its calls, which of the call's outputs: here there is always one."""
    calls = [node for node in tensor.node.layer.nodes if id(node) in kept]
    place = next(i for i, node in enumerate(calls) if node is tensor.node)
    return [tensor.node.layer.name, place, 0]


def _ends(tensors: tuple[Tensor, ...], kept: set[int]) -> list[Any]:
    ends = [_history(tensor, kept) for tensor in tensors]
    return ends[0] if len(ends) == 1 else ends


def from_config(config: Any) -> Model:
    """The model that a config describes, with fresh weights.

    Raises UnsupportedError for what is not there, naming it; FileError for what makes no sense.
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
            f"the model's config makes no sense: {type(error).__name__}: {error}",
            hint="save the model again with model.save(...)",
        ) from error
    raise UnsupportedError(
        f"a model of the kind {kind!r} cannot be opened",
        hint="Sequential and functional models can; rebuild the model from its layers",
    )


def to_json(model: Model, **options: Any) -> str:
    """The model without its weights, as JSON text; options are those of `json.dumps`."""
    return json.dumps(to_config(model), **options)


def model_from_json(json_string: str, custom_objects: Any = None) -> Model:
    """The model that `to_json` wrote, ours or Keras 3's, with fresh weights.

    Raises FileError for what is no such text, UnsupportedError for layers that are not there.
    """
    refuse_arguments("model_from_json", custom_objects=custom_objects)
    try:
        config = json.loads(json_string)
    except (TypeError, ValueError, RecursionError) as error:
        raise FileError(f"this is no JSON: {error}", hint="model.to_json()") from error
    return from_config(config)


def clone_model(model: Model, input_tensors: Any = None, clone_function: Any = None) -> Model:
    """A model of the same layers with fresh weights, which shares nothing with this one."""
    refuse_arguments("clone_model", input_tensors=input_tensors, clone_function=clone_function)
    return from_config(to_config(model))


def _sequential_from_config(config: Mapping[str, Any]) -> Model:
    model = Sequential(
        [_layer_from_config(entry) for entry in config["layers"]], name=config["name"]
    )
    shape = config.get("build_input_shape")
    if shape and not model.built and model.layers:
        model.build(shape)
    return model


def _functional_from_config(config: Mapping[str, Any]) -> Model:
    made: dict[str, Layer] = {}
    waiting: list[tuple[str, Mapping[str, Any]]] = []
    for entry in config["layers"]:
        made[entry["name"]] = _layer_from_config(entry)
        waiting += [(entry["name"], call) for call in entry["inbound_nodes"]]
    while waiting:
        # A call is made once all that it stands on is there, and its layer's calls before it are.
        left: list[tuple[str, Mapping[str, Any]]] = []
        blocked: set[str] = set()
        for name, call in waiting:
            if name in blocked or not _call(made[name], call, made):
                blocked.add(name)
                left.append((name, call))
        if len(left) == len(waiting):
            raise FileError(
                f"the model's config is no network: layer {left[0][0]!r} stands on nothing",
                hint="save the model again with model.save(...)",
            )
        waiting = left
    ends = [
        [_output(end, made) for end in _ends_of(config[key])]
        for key in ("input_layers", "output_layers")
    ]
    model = Model(ends[0], ends[1], name=config.get("name"))
    model._trainable = bool(config.get("trainable", True))
    return model


def _ends_of(ends: Any) -> list[Any]:
    if isinstance(ends, Mapping):
        ends = list(ends.values())
    return [ends] if len(ends) == 3 and isinstance(ends[0], str) else list(ends)


def _output(history: Any, made: Mapping[str, Layer]) -> Tensor:
    name, place, number = history
    if name not in made or number != 0:
        raise FileError(
            f"the model's config names a layer that it does not hold: {name!r}",
            hint="save the model again with model.save(...)",
        )
    return made[name].nodes[place].output


def _call(layer: Layer, call: Any, made: Mapping[str, Layer]) -> bool:
    """Call the layer as the config says, if all its inputs are there."""
    if not isinstance(call, Mapping):
        raise UnsupportedError(
            "the config is of a Keras before 3", hint="open and save it with Keras 3 first"
        )
    said = dict(call.get("kwargs", {}))
    training = said.pop("training", None)
    for name, value in said.items():
        if name != "mask" or value is not None:
            raise UnsupportedError(
                f"layer {layer.name!r} is called with {name}={value!r:.60}, which is not supported",
                hint="call layers on tensors alone",
            )
    arguments = call["args"]
    several = len(arguments) == 1 and isinstance(arguments[0], list)
    histories = [
        given["config"]["keras_history"] for given in (arguments[0] if several else arguments)
    ]
    if not all(len(made[name].nodes) > place for name, place, _ in histories if name in made):
        return False
    tensors = [_output(history, made) for history in histories]
    layer(tensors if several or len(tensors) > 1 else tensors[0], training=training)
    return True


def _layer_from_config(entry: Mapping[str, Any]) -> Layer:
    name, config = entry["class_name"], dict(entry["config"])
    if name in ("Functional", "Model", "Sequential"):
        return from_config(entry)
    own = str(config.get("name", entry.get("name", name)))
    module = str(entry.get("module") or "")
    if name == "Lambda":
        raise UnsupportedError(
            f"layer {own!r} is a Lambda: it holds code, and files here hold none",
            hint="replace it by layers, such as Rescaling or Activation",
        )
    if name not in _KINDS or not (module == "keras" or module.startswith("keras.")):
        raise UnsupportedError(
            f"layer {own!r} is a {name}, which is not there",
            hint=f"the layers are {', '.join(sorted(_KINDS))}",
        )
    if name == "InputLayer":
        return layers.Input(_image_shape(config, own), name=own).node.layer
    arguments = _arguments(_KINDS[name], config, own)
    try:
        return _KINDS[name](**arguments)
    except ScallionError as error:
        raise UnsupportedError(
            f"layer {own!r} cannot be made: {error.message}", hint=error.hint
        ) from error


def _image_shape(config: Mapping[str, Any], own: str) -> tuple[int, ...]:
    shape = config.get("batch_shape") or config.get("batch_input_shape") or ()
    if len(shape) < 2 or not all(isinstance(side, int) and side > 0 for side in shape[1:]):
        raise UnsupportedError(
            f"input {own!r} has no fixed shape. Received: {shape}",
            hint="give all sides of the images: Input((32, 32, 3))",
        )
    return tuple(shape[1:])


def _arguments(kind: type[Layer], config: Config, own: str) -> Config:
    """The config as the layer's arguments. Raises UnsupportedError for one that has an effect."""
    known = {*signature(kind).parameters, "name", "trainable"}
    arguments: Config = {}
    for name, value in config.items():
        if name == "dtype":
            _check_float32(value, own)
        elif name in known:
            arguments[name] = _restored(value)
        elif value is not None and value is not False and name not in _WITHOUT_EFFECT:
            raise UnsupportedError(
                f"layer {own!r} has {name}={value!r:.60}, which is not supported",
                hint=f"leave out {name}",
            )
    return arguments


def _check_float32(policy: Any, own: str) -> None:
    name = policy["config"]["name"] if isinstance(policy, Mapping) else policy
    if name not in ("float32", None):
        raise UnsupportedError(
            f"layer {own!r} computes in {name}, and here all is float32",
            hint='save the model with the dtype policy "float32"',
        )


def _restored(value: Any) -> Any:
    """Lists as tuples, and initializers from their configs."""
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, Mapping) and value.get("module") == "keras.initializers":
        return initializers.get(value)
    return value
