"""Calls of a layer or a model on arrays: one forward pass."""

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from scallion import engine as engines
from scallion import session
from scallion.eager_array import EagerArray
from scallion.engine import Engine
from scallion.errors import ArgumentError
from scallion.graph import Graph
from scallion.graph.graph import like_given
from scallion.graph.nested_models import NestedModelSpec, flatten_nested
from scallion.graph.tracing import call_custom_layer
from scallion.layers.base.layer import Layer
from scallion.layers.base.spec import Shape
from scallion.layers.input_layer import InputLayer
from scallion.layers.operators.rescaling import RescalingSpec
from scallion.layers.preprocessing import NormalizationSpec
from scallion.models.training.inputs import as_array, as_inputs
from scallion.models.training.trainer import Trainer


class ArrayCaller:
    """The engine of a layer that is called on arrays, and the number of its calls so far."""

    def __init__(self) -> None:
        self.seed = session.next_seed()
        self.calls = 0
        self._key: object = None
        self._graph: Graph
        self._engine: Engine

    def prepare(self, key: object, make: Callable[[], Graph], engine: str = "auto") -> None:
        """Create the engine for a graph, unless the key is that of the last call."""
        if self._key != (key, engine):
            graph = make()
            self._engine = engines.create(graph, engine=engine)
            self._graph, self._key = graph, (key, engine)

    def run(self, arrays: tuple[np.ndarray, ...], training: bool | None) -> list[EagerArray]:
        """Return the outputs for these arrays, which may contain zero images."""
        count = len(arrays[0])
        if count == 0:
            shapes = [tensor.image_shape for tensor in self._graph.outputs]
            return [np.empty((0, *shape), np.float32).view(EagerArray) for shape in shapes]
        outputs = self._engine.forward(
            arrays, np.arange(count), training=training, seed=self.seed, step=self.calls
        )
        self.calls += 1
        return [output.view(EagerArray) for output in outputs]


def call(layer: Layer, inputs: Any, training: bool | None) -> Any:
    """Return the outputs: float32 (n, ...), a list of it for several outputs.

    Random layers draw again in each call; `set_random_seed` makes them repeat. Raises DataError,
    ArgumentError.
    """
    if "_caller" not in layer.__dict__:
        layer.__dict__["_caller"] = ArrayCaller()
    caller: ArrayCaller = layer.__dict__["_caller"]
    mode = None if training is None else bool(training)
    if _needs_another_shape(layer, inputs):
        chain = cast("Any", layer)
        if not chain.built:
            chain.graph_for(np.asarray(inputs)[None])
        for part in chain.layers:
            inputs = call(part, inputs, training)
        return inputs
    if isinstance(layer, Trainer):
        graph = layer.graph_for(inputs)
        arrays = as_inputs(inputs, graph.inputs)
        trainable = tuple(part.trainable for part in graph.layers)
        caller.prepare((graph, trainable), lambda: flatten_nested(graph), layer.engine)
        outputs = caller.run(arrays, mode)
        return like_given(graph.outputs, outputs)
    arrays = _arrays(layer, inputs)
    is_single = arrays[0].ndim == 3 and layer.spec.takes_single_image
    if is_single:
        arrays = (arrays[0][None],)
    shapes = tuple(array.shape[1:] for array in arrays)
    caller.prepare((shapes, layer.trainable), lambda: _graph_of(layer, shapes))
    (output,) = caller.run(arrays, mode)
    return output[0] if is_single else output


def _needs_another_shape(layer: Layer, inputs: Any) -> bool:
    """Return whether a chain of preprocessing layers gets one image, or images of a new size."""
    rank = getattr(inputs, "ndim", None)
    if rank not in (3, 4) or not _prepares_images(layer):
        return False
    graph = layer.__dict__.get("_graph")
    return rank == 3 or (graph is not None and inputs.shape[1:] != graph.inputs[0].image_shape)


def _prepares_images(layer: Layer) -> bool:
    """Return whether a model is a chain of layers that each take one image without the batch."""
    from scallion.models.sequential import Sequential  # here: it imports this module

    if not isinstance(layer, Sequential):
        return False
    return bool(layer.layers) and all(
        _prepares_images(part)
        or part.spec.takes_single_image
        or isinstance(part.spec, RescalingSpec | NormalizationSpec)
        for part in layer.layers
    )


def _graph_of(layer: Layer, shapes: tuple[Shape, ...]) -> Graph:
    """Return a graph of new inputs and this layer, which is built if it was not."""
    inputs = tuple(
        InputLayer(shape, name=f"input_{number}").nodes[0].output
        for number, shape in enumerate(shapes)
    )
    if layer.has_custom_call and not isinstance(layer.spec, NestedModelSpec):
        given = inputs[0] if len(inputs) == 1 else list(inputs)
        return flatten_nested(Graph(inputs, (call_custom_layer(layer, given, (), None, {}),)))
    return flatten_nested(Graph(inputs, (layer._node(inputs).output,)))


def _arrays(layer: Layer, inputs: Any) -> tuple[np.ndarray, ...]:
    name = f"layer {layer.name!r}"
    is_list = isinstance(inputs, list | tuple) and hasattr(inputs[0], "__array__")
    given = list(cast("Sequence[Any]", inputs)) if is_list else [inputs]
    layer.check_input_count(len(given), is_list=is_list)
    arrays = tuple(as_array(one, name) for one in given)
    for array in arrays:
        if array.ndim == 0:
            raise ArgumentError(
                f"{name} takes a batch of arrays, not a single number. Received: {array}",
                hint=f"{layer.name}(np.array([{array}]))",
            )
    if len({len(array) for array in arrays}) > 1:
        raise ArgumentError(
            f"{name}: all inputs need the same number of images. "
            f"Received: {' and '.join(str(array.shape) for array in arrays)}",
            hint="give each input one entry per image",
        )
    return arrays
