"""A copy of a network in Keras with equal weights, for comparing the engines.

Import it after `pytest.importorskip("keras")`. Keras must run on PyTorch.
"""

from importlib import import_module
from typing import Any

import keras
import numpy as np
import torch

from scallion.engine import IndexedBatch, Objective
from scallion.graph import Graph
from scallion.layers import Layer
from scallion.layers.operators.constant import Constant
from scallion.layers.operators.operation import OperationLayer

# Two cores are shared, and small networks gain nothing from more.
torch.set_num_threads(2)


def _operation(layer: Layer) -> Any:
    """Return Keras' operation of a layer that has no weights, which also takes arrays."""
    is_own = isinstance(layer, OperationLayer)
    module = import_module(layer.keras_module if is_own else OperationLayer.keras_module)
    config = {**layer.get_config(), "name": None} if is_own else {}
    return getattr(module, type(layer).__name__)(**config)


class Twin:
    """A Keras model with the layers and weights of a graph, and its training step."""

    def __init__(self, graph: Graph, objective: Objective) -> None:
        self.graph = graph
        self.weights = objective.loss_weights
        self.losses = [
            getattr(keras.losses, type(loss).__name__).from_config(loss.get_config())
            for loss in objective.losses
        ]
        self.optimizer = getattr(keras.optimizers, type(objective.optimizer).__name__).from_config(
            objective.optimizer.get_config()
        )
        self.pairs: list[tuple[Layer, Any]] = []
        self.model = self._model()
        self.optimizer.build(self.trainable())

    def _model(self) -> Any:
        made: dict[int, Any] = {}
        tensors: dict[int, Any] = {}
        for node in self.graph.nodes:
            layer = node.layer
            if not node.inputs:
                tensors[id(node)] = keras.Input(node.output.image_shape)
                continue
            if isinstance(layer, Constant):
                tensors[id(node)] = layer.spec.value
                continue
            inputs = [tensors[id(tensor.node)] for tensor in node.inputs]
            if isinstance(layer, OperationLayer) or any(isinstance(x, np.ndarray) for x in inputs):
                tensors[id(node)] = _operation(layer)(*inputs)
                continue
            if id(layer) not in made:
                config = {**layer.get_config(), "name": None}
                made[id(layer)] = getattr(keras.layers, type(layer).__name__).from_config(config)
                self.pairs.append((layer, made[id(layer)]))
            is_list = node.layer.spec.takes_list
            tensors[id(node)] = made[id(layer)](inputs if is_list else inputs[0])
        inputs = [tensors[id(tensor.node)] for tensor in self.graph.inputs]
        outputs = [tensors[id(tensor.node)] for tensor in self.graph.outputs]
        return keras.Model(inputs if len(inputs) > 1 else inputs[0], outputs)

    def trainable(self) -> list[Any]:
        """Return Keras' trainable weights, in the order of the graph."""
        order = {id(layer): index for index, layer in enumerate(self.graph.layers)}
        pairs = sorted(self.pairs, key=lambda pair: order[id(pair[0])])
        return [weight for _, theirs in pairs for weight in theirs.trainable_weights]

    def synchronize(self, ours: Any) -> None:
        """Copy the weights of the graph, and the state of Scallion's optimizer."""
        for layer, theirs in self.pairs:
            theirs.set_weights(layer.get_weights())
        self.optimizer.iterations.assign(ours.iterations)
        names = {"momentum": ("_momentums", "momentums"), "velocity": ("_velocities",)}
        for slot, arrays in ours.slots.items():
            found = [getattr(self.optimizer, n) for n in names[slot] if hasattr(self.optimizer, n)]
            for variable, array in zip(found[0], arrays, strict=True):
                variable.assign(array)

    def gradients(self, batch: IndexedBatch) -> tuple[float, list[np.ndarray], list[np.ndarray]]:
        """Return loss, outputs and gradients of the weights for a batch, in training mode."""
        self.model.zero_grad()
        loss, outputs = self._forward(batch, training=True)
        loss.backward()
        # PyTorch has no gradient for a weight that the loss does not depend on.
        gradients = [
            np.zeros(weight.shape, np.float32)
            if weight.value.grad is None
            else weight.value.grad.numpy().copy()
            for weight in self.trainable()
        ]
        return float(loss.detach()), [one.detach().numpy() for one in outputs], gradients

    def train(self, batch: IndexedBatch) -> float:
        """Train one step; return the loss."""
        loss, _, gradients = self.gradients(batch)
        self.optimizer.apply([torch.tensor(gradient) for gradient in gradients], self.trainable())
        return loss

    def test(self, batch: IndexedBatch) -> tuple[float, list[np.ndarray]]:
        """Return the loss and the outputs, in inference mode."""
        with torch.no_grad():
            loss, outputs = self._forward(batch, training=False)
        return float(loss), [one.numpy() for one in outputs]

    def _forward(self, batch: IndexedBatch, *, training: bool) -> tuple[Any, list[Any]]:
        inputs = [images[batch.indices].astype(np.float32) for images in batch.inputs]
        outputs = self.model(inputs if len(inputs) > 1 else inputs[0], training=training)
        outputs = outputs if isinstance(outputs, list | tuple) else [outputs]
        losses = [
            weight * loss(target, output, sample_weight=batch.weights)
            for weight, loss, target, output in zip(
                self.weights, self.losses, batch.targets, outputs, strict=True
            )
        ]
        return sum([*losses, *self.model.losses]), list(outputs)
