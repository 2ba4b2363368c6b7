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
from scallion.layers.preprocessing import NormalizationSpec
from scallion.layers.regularization import DropoutSpec
from scallion.losses import (
    BinaryCrossentropy,
    BinaryFocalCrossentropy,
    CategoricalCrossentropy,
    Huber,
    LogCosh,
    Loss,
    MeanAbsoluteError,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
)
from scallion.pixel_ranges import PixelRange, find_mismatch

_PROBABILITIES = ("softmax", "sigmoid")
# Outputs of these are no probabilities; of others, such as softplus, it cannot be told.
_NO_PROBABILITIES = ("linear", "relu", "relu6", "leaky_relu", "elu", "selu", "gelu", "silu", "tanh")
# Parts of the names of layers that bring pixels into range, or may contain one that does.
_SCALING = ("Rescaling", "Normalization", "Whitening", "NestedModel", "Lambda")
_BRIGHT = 128  # images with 8 bits have such a pixel
# The lowest and highest value of an activation, as far as it has any.
_OUTPUT_RANGES = {
    "sigmoid": (0.0, 1.0),
    "hard_sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "hard_tanh": (-1.0, 1.0),
    "softsign": (-1.0, 1.0),
    "relu": (0.0, np.inf),
    "relu6": (0.0, 6.0),
    "softplus": (0.0, np.inf),
    "exponential": (0.0, np.inf),
}
_REGRESSION = (MeanSquaredError, MeanAbsoluteError, Huber, LogCosh)
# Layers that pass values on.
_PASSING = ("FlattenSpec", "ReshapeSpec", "DropoutSpec", "PermuteSpec")


def outputs_and_loss(tensor: Tensor, loss: Loss) -> str | None:
    """Return what is wrong with an output layer and its loss."""
    from_logits: bool | None = getattr(loss, "from_logits", None)
    node, activation = _last_activation(tensor.node)
    name, units = node.layer.name, tensor.image_shape[-1] if tensor.image_shape else 1
    is_categorical = isinstance(loss, SparseCategoricalCrossentropy | CategoricalCrossentropy)
    if activation == "softmax" and units == 1:
        edit = 'activation="sigmoid" with "binary_crossentropy"'
        if isinstance(loss, _REGRESSION):
            edit = "a layer without activation for continuous values"
        return (
            f"the output layer {name!r} has a softmax over one unit, which is always 1, so nothing "
            f"is learned. Use {edit}"
        )
    if from_logits is None:
        return None
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
    if isinstance(loss, BinaryCrossentropy | BinaryFocalCrossentropy) and activation == "softmax":
        return (
            f"the output layer {name!r} has a softmax, and {loss.name} is for several classes per "
            'image, each yes or no. Compile with loss="categorical_crossentropy", or use '
            'activation="sigmoid"'
        )
    return None


def dropped_outputs(tensor: Tensor) -> str | None:
    """Return whether a dropout follows the activation of an output layer."""
    node = tensor.node
    while type(node.layer.spec).__name__ in _PASSING:
        if isinstance(node.layer.spec, DropoutSpec):
            return (
                f"the layer {node.layer.name!r} drops outputs of the network, which the loss takes "
                "as wrong answers. Put dropout before the last layer"
            )
        node = node.inputs[0].node
    return None


def labels_beyond_outputs(tensor: Tensor, loss: Loss, labels: np.ndarray) -> str | None:
    """Return whether continuous labels are outside of what the output layer can give."""
    node, activation = _last_activation(tensor.node)
    limits = _OUTPUT_RANGES.get(activation or "")
    if not isinstance(loss, _REGRESSION) or limits is None or tensor.image_shape[-1:] == (0,):
        return None
    low, high = float(labels.min()), float(labels.max())
    if limits[0] <= low and high <= limits[1]:
        return None
    given = f"from {limits[0]:g}" + ("" if limits[1] == np.inf else f" to {limits[1]:g}")
    return (
        f"the output layer {node.layer.name!r} has {activation}, whose outputs are {given}, and "
        f"the labels are from {low:g} to {high:g}. Leave out its activation"
    )


def nothing_to_train(graph: Graph) -> str | None:
    """Return whether no weight of the network is trained; a network without weights needs none."""
    if graph.trainable_weights or not graph.weights:
        return None
    return (
        "no weight of the network is trained, as all layers are frozen. Set trainable = True for "
        "at least the last layer, model.layers[-1].trainable = True, and compile again"
    )


def unadapted_normalization(graph: Graph) -> str | None:
    """Return which Normalization layer has the moments that it was made with."""
    for node in graph.nodes:
        spec, weights = node.layer.spec, node.layer.weights
        if not isinstance(spec, NormalizationSpec) or len(weights) < 2:
            continue
        mean, variance = weights[0].numpy(), weights[1].numpy()
        if not mean.any() and (variance == 1).all():
            name = node.layer.name
            return (
                f"the layer {name!r} normalizes nothing, as it was not adapted to images. Before "
                f"fit: model.get_layer({name!r}).adapt(x)"
            )
    return None


def channels_first(graph: Graph) -> str | None:
    """Return whether images whose channels come first enter a convolution."""
    shape = graph.inputs[0].image_shape
    if len(shape) != 3 or shape[0] not in (1, 3, 4) or min(shape[1:]) < 16:
        return None
    if not any(hasattr(node.layer.spec, "kernel_size") for node in graph.nodes):
        return None
    size = f"({shape[1]}, {shape[2]}, {shape[0]})"
    return (
        f"the network takes images of the shape {shape}: {shape[2]} channels. If the channels come "
        f"first, as in PyTorch, move them: x.transpose(0, 2, 3, 1), and Input({size})"
    )


def sorted_labels(labels: np.ndarray, held_out: np.ndarray | None, shuffle: bool) -> str | None:
    """Return what is wrong with the order of labels, beside the ones of a validation split."""
    found = _classes(labels)
    if held_out is not None:
        others = _classes(held_out)
        missing = np.setdiff1d(others, found)
        is_sorted = _is_sorted(np.concatenate([found, others]))
        if len(missing) and not is_sorted:
            return unseen_classes(labels, held_out)
        if is_sorted:
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
    """Return whether each of two classes or more is in one block; two per image always are."""
    blocks = 1 + np.count_nonzero(np.diff(labels))
    return bool(1 < blocks == len(np.unique(labels)) and 2 * blocks <= len(labels))


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


def scaled_wrongly(graph: Graph, images: Sequence[np.ndarray]) -> str | None:
    """Return whether the first layer divides pixels by 255 that have another range.

    From 0 to 1 they were divided before; beyond 255 they have more than 8 bits.
    """
    following = [n for n in graph.nodes if any(t is graph.inputs[0] for t in n.inputs)]
    if len(following) != 1 or not isinstance(following[0].layer.spec, RescalingSpec):
        return None
    spec = following[0].layer.spec
    found = PixelRange.of(images[0])
    scale = float(np.max(spec.scale))
    if np.size(spec.scale) != 1 or not 0 < scale <= 1 / 100 or found.low < 0 or not found.high:
        return None
    if found.high * scale > 16:
        return (
            f"the layer {following[0].layer.name!r} scales pixels {found.describe()} to "
            f"{found.high * scale:.3g}, so training is slow or stalls. Scale them to 1: "
            f"layers.Rescaling(1 / {_full_scale(found.high):g})"
        )
    if found.high > 1:
        return None
    return (
        f"the layer {following[0].layer.name!r} divides pixels that are from {found.low:g} to "
        f"{found.high:g} already, so the network sees almost black images. Leave out the layer, or "
        "the division before fit"
    )


def _full_scale(high: float) -> float:
    """Return the highest pixel of 8, 10, 12, 14 or 16 bits, or what is there beyond them."""
    return next((top for bits in (8, 10, 12, 14, 16) if high <= (top := (1 << bits) - 1)), high)


def unscaled(graph: Graph, images: Sequence[np.ndarray]) -> str | None:
    """Return whether pixels of 8 bits or more enter a network that neither scales nor normalizes.

    Smaller values, such as counts, are no pixels.
    """
    if len(images) != 1 or images[0].ndim != 4 or images[0].shape[-1] not in (1, 3):
        return None
    names = [type(node.layer.spec).__name__ for node in graph.nodes]
    if any(part in name for name in names for part in _SCALING):
        return None
    found = PixelRange.of(images[0])
    is_wide = max(-found.low, found.high) > 255
    if not is_wide and (not found.is_bytes or found.high < _BRIGHT):
        return None
    problem = (
        f"pixels {found.describe()} enter the network, and no layer scales them, so training is "
        "slow or stalls. "
    )
    if found.low < 0:
        return problem + "Normalize them: x = (x - x.mean()) / x.std()"
    top = f"{_full_scale(found.high):g}"
    return problem + f"Begin with layers.Rescaling(1 / {top}), or divide them: x = x / {top}"


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
