"""The Sequential model: a chain of layers."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from scallion import session
from scallion.errors import ArgumentError, StateError
from scallion.graph import Graph
from scallion.layers import Input, InputLayer
from scallion.layers.base.layer import Layer
from scallion.layers.base.tensor import Tensor
from scallion.models.model import Model
from scallion.models.training.trainer import Trainer


class Sequential(Model):
    """A chain of layers: `Sequential([Input((28, 28, 1)), Flatten(), Dense(10)])`.

    Without an Input the first images, or `build((None, 28, 28, 1))`, create the weights.
    """

    is_sequential = True

    def __init__(
        self, layers: Sequence[Any] | None = None, trainable: bool = True, name: str | None = None
    ) -> None:
        Trainer.__init__(self)
        self.nodes, self._weights, self._added_weights = [], [], []
        self.name = name or session.unique_name(session.snake_case(type(self).__name__))
        self._trainable = True
        self._graph: Graph | None = None
        self._chain: list[Layer] = []
        self._names: set[str] = set()  # of the chain
        self._tensors: list[Tensor] = []
        for layer in layers or ():
            self._append(layer)
        self._rebuild()  # once: after each layer it would take quadratic time
        if not trainable:
            self.trainable = False

    def add(self, layer: Any) -> None:
        """Append a layer, or a tensor of Input. Raises ArgumentError, ShapeError."""
        self._append(layer)
        self._rebuild()

    def _append(self, layer: Any) -> None:
        if isinstance(layer, Tensor) and isinstance(layer.node.layer, InputLayer):
            layer = layer.node.layer
        if not isinstance(layer, Layer):
            raise ArgumentError(
                f"a Sequential consists of layers. Received: {type(layer).__name__}",
                hint='Sequential([Input((28, 28, 1)), Flatten(), Dense(10, "softmax")])',
            )
        if layer.name in self._names:
            raise ArgumentError(
                f"two layers are called {layer.name!r}", hint="give each layer its own name"
            )
        if isinstance(layer, InputLayer):
            self._add_input(layer)
            return
        # Here a layer's activation that is a layer is one of its own.
        following, layer.following = layer.following, None
        if not self._chain and layer.declared_shape is not None:
            self._add_input(InputLayer(layer.declared_shape))
        if self._tensors:
            self._tensors.append(layer(self._tensors[-1]))
        self._chain.append(layer)
        self._names.add(layer.name)
        if following is not None:
            self._append(following)

    def _add_input(self, layer: InputLayer) -> None:
        if self._chain:
            raise ArgumentError(
                f"Sequential {self.name!r} already has a first layer: {self._chain[0].name!r}",
                hint="put Input first: Sequential([Input(...), ...])",
            )
        self._chain.append(layer)
        self._names.add(layer.name)
        self._tensors.append(layer.nodes[0].output)

    def pop(self) -> Layer:
        """Remove the last layer and return it. Raises ArgumentError if there is none."""
        if not self._chain:
            raise ArgumentError("there is no layer to remove", hint="add one first")
        layer = self._chain.pop()
        self._names.discard(layer.name)
        if len(self._tensors) > len(self._chain):
            tensor = self._tensors.pop()
            if not isinstance(layer, InputLayer):
                layer.nodes.remove(tensor.node)
        self._rebuild()
        return layer

    def build(self, input_shape: Sequence[int | None] | None = None) -> None:
        """Create the weights for this input shape, batch axis first: `build((None, 28, 28, 1))`.

        Raises ArgumentError for another shape than that of an earlier build, StateError without
        layers, ShapeError.
        """
        if self._tensors:
            wanted = self._tensors[0].shape
            if input_shape is not None and tuple(input_shape)[1:] != wanted[1:]:
                raise ArgumentError(
                    f"Sequential {self.name!r} takes images of {wanted}. "
                    f"Received: input_shape={tuple(input_shape)}",
                    hint="create another model for the other shape",
                )
            return
        if not self._chain:
            raise StateError(f"Sequential {self.name!r} has no layers", hint="model.add(layer)")
        shape: tuple[Any, ...] = tuple(input_shape or ())[1:]
        if not shape or not all(isinstance(side, int | np.integer) for side in shape):
            raise ArgumentError(
                f"a shape starts with the batch axis. Received: input_shape={input_shape!r}",
                hint="build((None, 28, 28, 1))",
            )
        start = Input(tuple(int(side) for side in shape))
        tensors = [start]
        try:
            for layer in self._chain:
                tensors.append(layer(tensors[-1]))
        except BaseException:
            for tensor in tensors[1:]:
                tensor.node.layer.nodes.remove(tensor.node)
            raise
        self._chain.insert(0, start.node.layer)
        self._names.add(start.node.layer.name)
        self._tensors = tensors
        self._rebuild()

    def _rebuild(self) -> None:
        built = len(self._tensors) > 1
        self._graph = Graph((self._tensors[0],), (self._tensors[-1],)) if built else None
        if not self._trainable:
            self.trainable = False

    def graph_for(self, x: Any) -> Graph:
        """Return the graph, built from the shape of images `x` where there is no Input."""
        if self._graph is None and self._chain and not isinstance(self._chain[0], InputLayer):
            first = x[0] if isinstance(x, list | tuple) and len(x) == 1 else x
            self.build(np.shape(first))
        return self.graph

    def _connect(self, tensors: tuple[Tensor, ...], training: bool | None = None) -> Tensor:
        if self._graph is None and len(tensors) == 1:
            self.build(tensors[0].shape)
        return super()._connect(tensors, training)

    def _unbuilt(self) -> Exception:
        return StateError(
            f"Sequential {self.name!r} is not built: the shape of its images is not known yet",
            hint="start with Input((28, 28, 1)), or call build((None, 28, 28, 1))",
        )

    @property
    def output_names(self) -> list[str]:
        """The name of the last layer, in a list. Raises StateError without layers."""
        if not self._chain:
            raise self._unbuilt()
        return [self._chain[-1].name]

    @property
    def layers(self) -> list[Layer]:
        """All layers in the order in which they were added, without the input."""
        return [layer for layer in self._chain if not isinstance(layer, InputLayer)]

    def _all_layers(self) -> Sequence[Layer]:
        return self._chain
