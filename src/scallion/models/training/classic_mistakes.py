"""Classic mistakes: arguments that fit together, train, and hardly mean what they say.

Each function returns the warning, in words, or None. The documentation lists all of them:
`docs/concepts/classic-mistakes.md`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from scallion.graph import Graph
from scallion.layers.activation import ActivationSpec, ReLUSpec, SoftmaxSpec
from scallion.layers.base.tensor import Node, Tensor
from scallion.layers.operators.rescaling import RescalingSpec
from scallion.losses import Loss, SparseCategoricalCrossentropy
from scallion.losses.crossentropy import CategoricalCrossentropy
from scallion.pixel_ranges import PixelRange, find_mismatch

_PROBABILITIES = ("softmax", "sigmoid")
# Outputs of these are no probabilities; of others, such as softplus, it cannot be told.
_NO_PROBABILITIES = ("linear", "relu", "relu6", "leaky_relu", "elu", "selu", "gelu", "silu", "tanh")
# Parts of the names of layers that bring pixels into range, or may contain one that does.
_SCALING = ("Rescaling", "Normalization", "Whitening", "NestedModel", "Lambda")
_BRIGHT = 128  # images with 8 bits have such a pixel
# Layers that pass values on.
_PASSING = ("FlattenSpec", "ReshapeSpec", "DropoutSpec", "PermuteSpec")


def outputs_and_loss(tensor: Tensor, loss: Loss) -> str | None:
    """Return what is wrong with an output layer and its loss."""
    from_logits: bool | None = getattr(loss, "from_logits", None)
    if from_logits is None:
        return None
    node, activation = _last_activation(tensor.node)
    name, units = node.layer.name, tensor.image_shape[-1]
    is_categorical = isinstance(loss, SparseCategoricalCrossentropy | CategoricalCrossentropy)
    if activation == "softmax" and units == 1:
        return (
            f"the output layer {name!r} has a softmax over one unit, which is always 1, so nothing "
            'is learned. Use activation="sigmoid" with "binary_crossentropy"'
        )
    if from_logits and activation in _PROBABILITIES:
        return (
            f"the output layer {name!r} has a {activation}, and {loss.name} with from_logits=True "
            f"applies it again, so the network hardly learns. Leave out from_logits, or the "
            "activation"
        )
    if not from_logits and activation in _NO_PROBABILITIES:
        kind = "softmax" if is_categorical else "sigmoid"
        return (
            f"the output layer {name!r} has no {kind}, and {loss.name} takes its outputs as "
            f'probabilities, so training stalls. Give it activation="{kind}", or compile with '
            f"loss={type(loss).__name__}(from_logits=True)"
        )
    if is_categorical and activation == "sigmoid":
        return (
            f"the output layer {name!r} has a sigmoid, and {loss.name} is for one class per image. "
            'Use activation="softmax"; for several classes per image loss="binary_crossentropy"'
        )
    return None


def sorted_labels(labels: np.ndarray, held_out: np.ndarray | None, shuffle: bool) -> str | None:
    """Return what is wrong with the order of labels, beside the ones of a validation split."""
    found = _classes(labels)
    if held_out is not None:
        others = _classes(held_out)
        missing = np.setdiff1d(others, found)
        if len(missing) or _is_sorted(np.concatenate([found, others])):
            lacking = f"{len(missing)} of its classes are in no training image"
            seen = f"its classes are {', '.join(map(str, np.unique(others)[:10]))} only"
            return (
                "validation_split holds out the last images, and the labels are sorted: "
                f"{lacking if len(missing) else seen}. Shuffle first: "
                "order = np.random.permutation(len(x)); x, y = x[order], y[order]"
            )
    if not shuffle and _is_sorted(found):
        return (
            "shuffle=False trains on one class after the other, as the labels are sorted. "
            "Leave out shuffle"
        )
    return None


def unseen_classes(labels: np.ndarray, validation: np.ndarray) -> str | None:
    """Return which classes of the validation labels are in no training image."""
    others = _classes(validation)
    unseen = np.setdiff1d(others, _classes(labels))
    if not len(unseen):
        return None
    count = int(np.isin(others, unseen).sum())
    classes = f"class {unseen[0]}" if len(unseen) == 1 else "classes " + _first(unseen.tolist())
    return (
        f"no training image shows {classes}, and {count:,} of {len(others):,} validation images "
        "do: the network cannot learn what it never sees. Draw both from the same shuffled images"
    )


def _first(values: list[int]) -> str:
    return f"{', '.join(map(str, values[:10]))}{', ...' if len(values) > 10 else ''}"


def _is_sorted(labels: np.ndarray) -> bool:
    """Return whether labels of two classes or more are in order; two images always are."""
    steps = np.diff(labels)
    return len(labels) > 2 and bool(steps.any()) and bool((steps >= 0).all() or (steps <= 0).all())


def unknown_class_weights(
    class_weight: Any, labels: np.ndarray, held_out: np.ndarray | None = None
) -> str | None:
    """Return which keys of `class_weight` are no labels, of training or of validation."""
    if not isinstance(class_weight, Mapping):
        return None
    both = [_classes(part) for part in (labels, held_out) if part is not None]
    present = np.unique(np.concatenate(both)).tolist()
    unknown = sorted(int(key) for key in class_weight if int(key) not in present)
    if not unknown:
        return None
    keys = ", ".join(map(str, unknown))
    return (
        f"class_weight has no effect for {keys}: no label has this value. The labels are "
        f"{_first(present)}"
    )


def other_range(images: np.ndarray, trained: PixelRange) -> str | None:
    """Return how the range of images differs from the trained one; vectors have none."""
    mismatch = find_mismatch(images, trained) if images.ndim > 2 else None
    if mismatch is None:
        return None
    return (
        f"the model was trained on pixels {trained.describe()}, and these are "
        f"{mismatch.received}, so its answers mean little. Preprocess them as the training images: "
        f"{mismatch.edit}"
    )


def scaled_twice(graph: Graph, images: Sequence[np.ndarray]) -> str | None:
    """Return whether pixels that are from 0 to 1 already are divided by 255 in the network."""
    following = [n for n in graph.nodes if any(t is graph.inputs[0] for t in n.inputs)]
    if len(following) != 1 or not isinstance(following[0].layer.spec, RescalingSpec):
        return None
    spec = following[0].layer.spec
    found = PixelRange.of(images[0])
    if np.size(spec.scale) != 1 or np.max(spec.scale) > 1 / 100 or not 0 < found.high <= 1:
        return None
    if found.low < 0:
        return None
    return (
        f"the layer {following[0].layer.name!r} divides pixels that are from {found.low:g} to "
        f"{found.high:g} already, so the network sees almost black images. Leave out the layer, or "
        "the division before fit"
    )


def unscaled(graph: Graph, images: Sequence[np.ndarray]) -> str | None:
    """Return whether pixels from 0 to 255 enter a network that neither scales nor normalizes."""
    if len(images) != 1 or images[0].ndim != 4 or images[0].shape[-1] not in (1, 3):
        return None
    names = [type(node.layer.spec).__name__ for node in graph.nodes]
    if any(part in name for name in names for part in _SCALING):
        return None
    found = PixelRange.of(images[0])
    if not found.is_bytes or found.high < _BRIGHT:
        return None
    return (
        f"pixels {found.describe()} enter the network, and no layer scales them, so training is "
        "slow or stalls. Begin with layers.Rescaling(1 / 255), or divide them: x = x / 255"
    )


def shuffled_predictions(data: Any) -> str | None:
    """Return whether predictions come in an order that no other pass over the data has."""
    if not getattr(data, "reshuffles", False):
        return None
    return (
        "the data set is shuffled anew in each pass, so these predictions are in another order "
        "than labels from another pass. Use shuffle=False, or predict batch by batch: "
        "for x, y in dataset: model.predict_on_batch(x)"
    )


def _classes(labels: np.ndarray) -> np.ndarray:
    """Return class indices (n,) from labels, one-hot rows or one sigmoid's targets."""
    if labels.ndim > 1 and labels.shape[-1] > 1 and labels.dtype != np.int64:
        labels = labels.argmax(-1)
    return labels.reshape(len(labels), -1)[:, 0].astype(np.int64)


def _last_activation(node: Node) -> tuple[Node, str | None]:
    """Return the node that decides the outputs' values, and its activation, None if unknown."""
    while type(node.layer.spec).__name__ in _PASSING:
        node = node.inputs[0].node
    spec = node.layer.spec
    if isinstance(spec, SoftmaxSpec):
        return node, "softmax"
    if isinstance(spec, ReLUSpec):
        return node, "relu"
    activation = getattr(spec, "activation", None)
    if isinstance(spec, ActivationSpec) and str(activation) == "linear" and node.inputs:
        return _last_activation(node.inputs[0].node)
    return node, None if activation is None else str(activation)
