"""Inspect a trained model: outputs of layers, gradients, and the first non-finite layer."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from scallion import engine as engines
from scallion import session
from scallion.errors import ArgumentError
from scallion.layers.activation import ActivationSpec, ReLUSpec
from scallion.layers.base.tensor import Node, Tensor
from scallion.layers.normalization import BatchNormalizationSpec
from scallion.losses import SparseCategoricalCrossentropy
from scallion.models.files.config_reader import from_config
from scallion.models.files.config_writer import to_config
from scallion.models.model import Model
from scallion.models.training.inputs import as_inputs
from scallion.optimizers import SGD

BATCH_SIZE = 128


class KernelGradient(NamedTuple):
    """The kernel of a layer and the gradient of the loss with respect to it, of one shape."""

    layer: str
    kernel: NDArray[Any]
    gradient: NDArray[Any]


class ScoreGradient(NamedTuple):
    """A node's output for one image, and the gradient of a class score with respect to it.

    `gradient` is None where the score does not depend on the node. Both are (1, h, w, channels).
    """

    label: int
    output: NDArray[Any]
    gradient: NDArray[Any] | None


def node_outputs(
    model: Model, nodes: Sequence[Node], x: NDArray[Any], batch_size: int = BATCH_SIZE
) -> Iterator[list[NDArray[Any]]]:
    """Yield the outputs of these nodes, one list of arrays per batch of images `x` (n, h, w, c).

    Raises DataError for images that do not fit the model.
    """
    inner = Model(model.inputs, [node.output for node in nodes])
    for start in range(0, len(x), batch_size):
        # From the engine: outputs that are NaN or infinite are looked for here, too.
        images = as_inputs(x[start : start + batch_size], inner.inputs, finite=False)
        yield list(inner._prediction_engine().predict(images, np.arange(len(images[0]))))


def first_non_finite_layer(model: Model, x: NDArray[Any]) -> str | None:
    """Return the first layer with NaN or Inf in its weights or outputs, or None.

    Outputs are computed for the first 128 images of `x` (n, h, w, c).
    """
    for layer in model.graph.layers:
        if any(not np.isfinite(weight.numpy()).all() for weight in layer.weights):
            return layer.name
    nodes = [node for node in model.graph.nodes if node.inputs]
    for outputs in node_outputs(model, nodes, x[:BATCH_SIZE]):
        for node, output in zip(nodes, outputs, strict=True):
            if not np.isfinite(output).all():
                return node.layer.name
    return None


def kernel_gradients(model: Model, x: NDArray[Any], y: NDArray[Any]) -> list[KernelGradient]:
    """Return the gradient of the cross-entropy at the first kernel of each layer, in layer order.

    The images `x` (n, h, w, c) with classes `y` (n,) are one training batch: dropout is active.
    Layers without a trainable kernel are left out. The model and the session stay unchanged.
    """
    with session.isolated_session():
        copy = from_config(to_config(model))
        softmax = str(getattr(copy.outputs[0].node.layer, "activation", "linear")) == "softmax"
        # After one step of SGD with momentum, the momentum is the gradient, bit-identical. Of the
        # engines only the slow reference returns weight gradients.
        optimizer = SGD(1.0, momentum=0.5)
        copy.compile(optimizer, SparseCategoricalCrossentropy(from_logits=not softmax))
        copy.set_weights(model.get_weights())
        copy.seed = 0
        copy.train_on_batch(x, y)
    places = {id(weight): place for place, weight in enumerate(copy.trainable_weights)}
    found: list[KernelGradient] = []
    for layer, copied in zip(model.graph.layers, copy.graph.layers, strict=True):
        kernels = [place for place, weight in enumerate(copied.weights) if weight.value.ndim > 1]
        if not kernels or id(copied.weights[kernels[0]]) not in places:
            continue
        gradient = optimizer.slots["momentum"][places[id(copied.weights[kernels[0]])]]
        found.append(KernelGradient(layer.name, layer.weights[kernels[0]].value, gradient))
    return found


def score_gradient(
    model: Model, x: NDArray[Any], node: Node, label: int | None = None
) -> ScoreGradient:
    """Backpropagate the score of a class, by default the predicted one, to a node.

    `x` is one image, (1, h, w, c). Raises ArgumentError for a model without one score per class,
    and for an unknown class.
    """
    first = np.arange(1)
    engine = engines.create(model.graph, needs=("activations", "input_gradients"))
    output, scores = engine.activations((x,), first, (node.output, model.graph.outputs[0]))
    label = _class_of(scores, label)
    score_gradient = np.zeros_like(scores)
    score_gradient[0, label] = 1.0
    (gradient,) = engine.gradients((x,), first, (node.output,), score_gradient)
    return ScoreGradient(label, output, gradient)


def relu_nodes(model: Model) -> list[Node]:
    """Return the nodes whose outputs went through a plain ReLU, in graph order."""
    return [node for node in model.graph.nodes if _is_relu(node)]


def node_of_layer(model: Model, name: str) -> Node:
    """Return the last call of the layer of this name. Raises what `get_layer` raises."""
    layer = model.get_layer(name)
    return next(node for node in reversed(model.graph.nodes) if node.layer is layer)


def convolution_nodes(model: Model) -> list[Node]:
    """Return the convolutions in graph order. Raises ArgumentError where there are none."""
    found = [node for node in model.graph.nodes if hasattr(node.layer.spec, "kernel_size")]
    if not found:
        raise ArgumentError(
            f"model {model.name!r} has no convolution, so it has no filters and no maps",
            hint="explain a network with Conv2D layers",
        )
    return found


def last_feature_map(model: Model) -> Node:
    """Return the last convolution, or the activation or normalization that directly follows it."""
    last = convolution_nodes(model)[-1]
    for node in _followers(model, last.output):
        if isinstance(node.layer.spec, ReLUSpec | ActivationSpec | BatchNormalizationSpec):
            last = node
        else:
            break
    return last


def _class_of(output: NDArray[Any], label: int | None) -> int:
    if output.ndim != 2:
        raise ArgumentError(
            f"explaining a class needs one score per class. The network's output is "
            f"{output.shape[1:]}",
            hint="explain a network whose output has one value per class",
        )
    if label is None:
        return int(output[0].argmax())
    if not 0 <= label < output.shape[1]:
        raise ArgumentError(
            f"classes count from 0 to {output.shape[1] - 1}. Received: label={label!r}",
            hint="label=0, or None for the predicted one",
        )
    return label


def _is_relu(node: Node) -> bool:
    spec = node.layer.spec
    if isinstance(spec, ReLUSpec):
        return not spec.negative_slope
    return getattr(spec, "activation", None) == "relu"


def _followers(model: Model, tensor: Tensor) -> Iterator[Node]:
    """Yield the nodes that follow a tensor one by one, as long as exactly one node reads it."""
    while True:
        following = [n for n in model.graph.nodes if any(t is tensor for t in n.inputs)]
        if len(following) != 1:
            return
        yield following[0]
        tensor = following[0].output
