"""Custom layers and models: their `call` is run once with symbolic tensors and becomes a graph."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import Parameter, signature
from typing import Any, cast

from scallion import session
from scallion.errors import ArgumentError, UnsupportedError
from scallion.graph.graph import Graph, KeyedTensors
from scallion.graph.nested_models import NestedModelSpec, call_inner_layers
from scallion.graph.training_branches import traced_outputs
from scallion.layers.base.layer import Layer
from scallion.layers.base.spec import Shape, UntracedSpec
from scallion.layers.base.tensor import OF_THE_STEP, Tensor
from scallion.layers.input_layer import InputLayer

_CUSTOM_STEPS = (
    "train_step",
    "test_step",
    "predict_step",
    "compute_loss",
    "make_train_function",
)


@dataclass(frozen=True, slots=True)
class Trace:
    """The graph of a `call`, and the structure of its outputs."""

    graph: Graph
    rebuild: Callable[[Sequence[Any]], Any]


def call_custom_layer(
    layer: Layer, inputs: Any, arguments: tuple[Any, ...], training: Any, options: dict[str, Any]
) -> Any:
    """Call a custom layer on symbolic tensors; the first call traces it.

    All tensors among the arguments are inputs. Raises ArgumentError without one,
    UnsupportedError where `call` computes what a graph cannot.
    """
    tensors, rebuild = flattened((inputs, arguments, options))
    if not tensors:
        raise ArgumentError(
            f"layer {layer.name!r} must be called on the output of Input or of another layer. "
            f"Received: {type(inputs).__name__}",
            hint="x = Input((32, 32, 3)), then layer(x)",
            layer=layer.name,
            value=inputs,
        )
    flag = None if training is None or training is OF_THE_STEP else bool(training)
    several: Trace | None = vars(layer).get("_trace")
    if several is not None:
        return several.rebuild(call_inner_layers(several.graph, tensors, flag))
    if not isinstance(layer.spec, NestedModelSpec):
        layer.build(_shapes_of(inputs))
        if not isinstance(layer.spec, UntracedSpec):
            layer.hand_over_weights()
        trace = traced(layer, tuple(t.image_shape for t in tensors), rebuild)
        if len(trace.graph.outputs) != 1:
            # A call has one output, so the inner layers are called, now and again.
            vars(layer)["_trace"] = trace
            return trace.rebuild(call_inner_layers(trace.graph, tensors, flag))
        layer.spec = NestedModelSpec(trace.graph)
    return layer._connect(tuple(tensors), training)


def traced(
    layer: Any, shapes: tuple[Shape, ...], rebuild: Callable[[Sequence[Any]], Any] | None = None
) -> Trace:
    """Return the graph of one run of `layer.call` on inputs of these shapes for one image.

    `rebuild` makes `(inputs, arguments, options)` of the tensors; by default the tensors are the
    inputs. Raises UnsupportedError, ArgumentError.
    """
    _refuse_own_steps(layer)
    starts = [
        InputLayer(shape, name=session.unique_name("input_layer")).nodes[0].output
        for shape in shapes
    ]
    inputs = starts[0] if len(starts) == 1 else starts
    arguments: tuple[Any, ...] = ()
    options: dict[str, Any] = {}
    if rebuild is not None:
        inputs, arguments, options = rebuild(starts)
    kind = cast("type[Layer]", type(layer))
    if _accepts_training(kind.call):
        options = {**options, "training": options.get("training", OF_THE_STEP)}
    restores: list[_Structure] = []

    def run() -> list[Tensor]:
        result = layer.call(inputs, *arguments, **options)
        outputs, restore = _outputs_of(result)
        restores.append(restore)
        if not outputs or any(not isinstance(one, Tensor) for one in outputs):
            raise UnsupportedError(
                f"`call` of {layer.name!r} must return tensors. Received: {type(result).__name__}",
                hint="compute with layers, arithmetic and scallion.ops on the inputs",
                layer=layer.name,
                value=result,
            )
        return outputs

    outputs = traced_outputs(run, tuple(starts))
    graph = Graph(tuple(starts), restores[0].keyed(outputs))
    _refuse_unused_weights(layer, graph)
    return Trace(graph, restores[0].rebuild)


@dataclass(frozen=True, slots=True)
class _Structure:
    """How the outputs of a `call` were nested; `names` are the keys of a dict of tensors."""

    rebuild: Callable[[Sequence[Any]], Any]
    names: tuple[str, ...] | None = None

    def keyed(self, outputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Return the outputs, with their keys where they were a dict."""
        if self.names is None:
            return tuple(outputs)
        return KeyedTensors.of(dict(zip(self.names, outputs, strict=True)))


def _outputs_of(result: Any) -> tuple[list[Tensor], _Structure]:
    """Return the tensors that a `call` returned, those of a dict in the order of its keys."""
    names: tuple[str, ...] | None = None
    if isinstance(result, Mapping):
        given = cast("Mapping[Any, Any]", result)
        if given and all(isinstance(key, str) for key in given):
            result = {key: given[key] for key in sorted(given)}
            if all(isinstance(one, Tensor) for one in given.values()):
                names = tuple(str(key) for key in sorted(given))
    outputs, rebuild = flattened(result)
    return outputs, _Structure(rebuild, names)


def flattened(structure: Any) -> tuple[list[Tensor], Callable[[Sequence[Any]], Any]]:
    """Return the tensors in nested tuples, lists and dicts, and what puts others in their place."""
    tensors: list[Tensor] = []

    def visit(value: Any) -> Callable[[Sequence[Any]], Any]:
        if isinstance(value, Tensor):
            place = len(tensors)
            tensors.append(value)
            return lambda new: new[place]
        if isinstance(value, Mapping):
            parts = {key: visit(one) for key, one in cast("Mapping[Any, Any]", value).items()}
            return lambda new: {key: part(new) for key, part in parts.items()}
        if isinstance(value, list | tuple):
            several = [visit(one) for one in cast("Sequence[Any]", value)]
            if isinstance(value, list):
                return lambda new: [part(new) for part in several]
            return lambda new: tuple(part(new) for part in several)
        return lambda _new: value

    rebuild = visit(structure)
    return tensors, rebuild


def _shapes_of(inputs: Any) -> Any:
    if isinstance(inputs, Tensor):
        return inputs.shape
    if isinstance(inputs, Mapping):
        return {key: _shapes_of(one) for key, one in cast("Mapping[Any, Any]", inputs).items()}
    if isinstance(inputs, list | tuple):
        return [_shapes_of(one) for one in cast("Sequence[Any]", inputs)]
    return None


def _accepts_training(call: Callable[..., Any]) -> bool:
    parameters = signature(call).parameters
    named = parameters.get("training")
    return named is not None or any(p.kind is Parameter.VAR_KEYWORD for p in parameters.values())


def _refuse_own_steps(layer: Any) -> None:
    own = [name for name in _CUSTOM_STEPS if hasattr(cast("object", type(layer)), name)]
    if own:
        raise UnsupportedError(
            f"{type(layer).__name__} has a custom `{own[0]}`, which the engine cannot run",
            hint="compile(loss=..., metrics=...) and fit(callbacks=[...])",
            layer=layer.name,
            field=own[0],
        )


def _refuse_unused_weights(layer: Layer, graph: Graph) -> None:
    """Raise UnsupportedError if a weight of `add_weight` does not affect the result."""
    used = {id(weight) for node in graph.nodes for weight in node.layer.weights}
    for weight in layer._added_weights:
        if id(weight) not in used:
            raise UnsupportedError(
                f"the weight {weight.path!r} is not used by an operation that trains it",
                hint="x * w, x + w, x - w or ops.matmul(x, w) in `call`",
                layer=layer.name,
                field=weight.name,
            )
