"""A layer or a model called on arrays: a small program that goes forward once."""

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from scallion import engine as engines
from scallion import session
from scallion.eager_array import EagerArray
from scallion.engine import Engine
from scallion.errors import ArgumentError
from scallion.graph import Graph
from scallion.graph.nested_models import flatten_nested
from scallion.layers.augmentation import AugmentationSpec
from scallion.layers.input_layer import InputLayer
from scallion.layers.layer import Layer
from scallion.layers.preprocessing import CenterCropSpec, ResizingSpec
from scallion.layers.spec import Shape
from scallion.models.inputs import as_array, as_inputs
from scallion.models.trainer import Trainer

# Keras' image layers take a single image, too, without the axis of the batch.
_TAKE_ONE = (AugmentationSpec, CenterCropSpec, ResizingSpec)


class ArrayCaller:
    """A layer's engine for arrays, and how far its random numbers have come."""

    def __init__(self) -> None:
        self.seed = session.next_seed()
        self.calls = 0
        self._key: object = None
        self._graph: Graph
        self._engine: Engine

    def take(self, key: object, make: Callable[[], Graph], engine: str = "auto") -> None:
        """Build the engine for a graph, unless the key is that of the last call."""
        if self._key != (key, engine):
            graph = make()
            self._engine = engines.create(graph, engine=engine)
            self._graph, self._key = graph, (key, engine)

    def run(self, arrays: tuple[np.ndarray, ...], training: bool | None) -> list[EagerArray]:
        """The network's outputs for these arrays; they may hold no image at all."""
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
    """What comes out, float32 (n, ...), a list of it for several outputs.

    What is random is drawn anew in each call; after `set_random_seed` it repeats.
    """
    if "_caller" not in layer.__dict__:
        layer.__dict__["_caller"] = ArrayCaller()
    caller: ArrayCaller = layer.__dict__["_caller"]
    says = None if training is None else bool(training)
    if isinstance(layer, Trainer):
        outer = layer.graph_for(inputs)
        arrays = as_inputs(inputs, outer.inputs)
        frozen = tuple(part.trainable for part in outer.layers)
        caller.take((outer, frozen), lambda: flatten_nested(outer), layer.engine)
        outputs = caller.run(arrays, says)
        return outputs[0] if len(outputs) == 1 else outputs
    arrays = _arrays(layer, inputs)
    is_one = arrays[0].ndim == 3 and isinstance(layer.spec, _TAKE_ONE)
    if is_one:
        arrays = (arrays[0][None],)
    shapes = tuple(array.shape[1:] for array in arrays)
    caller.take((shapes, layer.trainable), lambda: _alone(layer, shapes))
    (output,) = caller.run(arrays, says)
    return output[0] if is_one else output


def _alone(layer: Layer, shapes: tuple[Shape, ...]) -> Graph:
    """The layer by itself, behind inputs of its own; it is built if it was not."""
    inputs = tuple(
        InputLayer(shape, name=f"input_{number}").nodes[0].output
        for number, shape in enumerate(shapes)
    )
    return Graph(inputs, (layer._node(inputs).output,))


def _arrays(layer: Layer, inputs: Any) -> tuple[np.ndarray, ...]:
    what = f"layer {layer.name!r}"
    several = isinstance(inputs, list | tuple) and hasattr(inputs[0], "__array__")
    given = list(cast("Sequence[Any]", inputs)) if several else [inputs]
    layer.check_input_count(len(given), is_list=several)
    arrays = tuple(as_array(one, what) for one in given)
    for array in arrays:
        if array.ndim == 0:
            raise ArgumentError(
                f"{what} takes a batch, and a single number has none. Received: {array}",
                hint=f"{layer.name}(np.array([{array}]))",
            )
    if len({len(array) for array in arrays}) > 1:
        raise ArgumentError(
            f"{what}: its inputs are batches of one size. "
            f"Received: {' and '.join(str(array.shape) for array in arrays)}",
            hint="give each input one entry for every image",
        )
    return arrays
