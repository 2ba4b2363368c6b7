"""A model's layers and their calls as Keras' JSON."""

import json
from typing import TYPE_CHECKING, Any, cast

from scallion.graph import Graph
from scallion.graph.graph import KeyedTensors
from scallion.graph.nested_models import NestedModelSpec
from scallion.layers.base.layer import Layer
from scallion.layers.base.tensor import Node, Tensor
from scallion.layers.operators.constant import Constant
from scallion.layers.operators.operation import OperationLayer
from scallion.layers.operators.slicing import Slice
from scallion.models.training.trainer import Trainer

if TYPE_CHECKING:
    from scallion.models.model import Model

Config = dict[str, Any]


def to_config(model: "Model") -> Config:
    """Return the model as in `config.json` of a `.keras` file, without the compile config."""
    if model.is_sequential:
        return _sequential_to_config(model)
    return _graph_to_config(model.graph, model.name, model.trainable)


def _graph_to_config(graph: Graph, name: str, trainable: bool) -> Config:
    kept = {id(node) for node in graph.nodes}
    entries = []
    for layer in graph.layers:
        if isinstance(layer, Constant):
            continue  # an argument of the calls that use it
        nodes = [node for node in layer.nodes if id(node) in kept and node.inputs]
        calls = [_call_to_config(node, kept) for node in nodes]
        entries.append({**_layer_to_config(layer), "name": layer.name, "inbound_nodes": calls})
    return {
        "module": "keras.src.models.functional",
        "class_name": "Functional",
        "config": {
            "name": name,
            "trainable": trainable,
            "layers": entries,
            "input_layers": _end_histories(graph.inputs, kept),
            "output_layers": _end_histories(graph.outputs, kept),
        },
        "registered_name": "Functional",
        "build_config": {"input_shape": None},
    }


def _sequential_to_config(model: "Model") -> Config:
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
    if isinstance(layer, Trainer):
        return to_config(cast("Model", layer))
    if isinstance(layer.spec, NestedModelSpec):
        return _graph_to_config(layer.spec.graph, layer.name, layer.trainable)
    name = "GetItem" if isinstance(layer, Slice) else type(layer).__name__
    if isinstance(layer, OperationLayer | Slice) or _has_constants(layer):
        is_own = isinstance(layer, OperationLayer)
        return {
            "module": layer.keras_module if is_own else OperationLayer.keras_module,
            "class_name": name,
            "config": layer.get_config() if is_own else {"name": layer.name},
            "registered_name": name,
        }
    return {
        "module": "keras.layers",
        "class_name": name,
        "config": layer.get_config(),
        "registered_name": None,
    }


def _has_constants(layer: Layer) -> bool:
    """Return whether the layer is an operation in Keras, whose arguments may be arrays."""
    return any(isinstance(t.node.layer, Constant) for node in layer.nodes for t in node.inputs)


def _call_to_config(node: Node, kept: set[int]) -> Config:
    operands = [
        _constant_to_config(tensor.node.layer)
        if isinstance(tensor.node.layer, Constant)
        else {
            "class_name": "__keras_tensor__",
            "config": {
                "shape": list(tensor.shape),
                "dtype": "float32",
                "keras_history": _history(tensor, kept),
            },
        }
        for tensor in node.inputs
    ]
    if isinstance(node.layer, Slice):
        slices = [slice(None), *(slice(*one) for one in node.layer.spec.ranges)]
        return {"args": [*operands, [_slice_to_config(one) for one in slices]], "kwargs": {}}
    kwargs = {} if node.training is None else {"training": node.training}
    is_operation = isinstance(node.layer, OperationLayer) or _has_constants(node.layer)
    return {
        "args": operands if len(operands) == 1 or is_operation else [operands],
        "kwargs": kwargs,
    }


def _constant_to_config(constant: Constant) -> Config:
    value = constant.spec.value.tolist()
    return {"class_name": "__numpy__", "config": {"value": value, "dtype": "float32"}}


def _slice_to_config(one: slice) -> Config:
    parts = {"start": one.start, "stop": one.stop, "step": one.step}
    return {"class_name": "__slice__", "config": parts}


def _history(tensor: Tensor, kept: set[int]) -> list[Any]:
    """Return layer name, index of its call, and index of the call's output, which is always 0."""
    calls = [node for node in tensor.node.layer.nodes if id(node) in kept]
    index = next(i for i, node in enumerate(calls) if node is tensor.node)
    return [tensor.node.layer.name, index, 0]


def _end_histories(tensors: tuple[Tensor, ...], kept: set[int]) -> Any:
    ends = [_history(tensor, kept) for tensor in tensors]
    if isinstance(tensors, KeyedTensors):
        return tensors.as_dict(ends)
    return ends[0] if len(ends) == 1 else ends


def to_json(model: "Model", **options: Any) -> str:
    """Return the model without its weights as JSON; options are those of `json.dumps`."""
    return json.dumps(to_config(model), **options)
