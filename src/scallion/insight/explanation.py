"""What a network looks at: filters, activation maps, Grad-CAM, and how far each layer sees."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scallion import engine as engines
from scallion.errors import ArgumentError, DataError
from scallion.layers.tensor import Node, Tensor
from scallion.models import Model

Pair = tuple[int, int]


class Heat(NamedTuple):
    """Where an image speaks for a class: 0 to 1, (height, width) of the image."""

    label: int
    map: NDArray[np.float64]
    layer: str


class Field(NamedTuple):
    """How much of the image one place of a layer's output sees, in pixels: height and width.

    `jump` is how many pixels lie between two neighbours.
    """

    layer: str
    size: Pair
    jump: Pair


def filters(model: Model) -> NDArray[np.float32]:
    """The kernels of the first convolution: (filters, height, width, channels).

    Raises ArgumentError for a network without convolutions.
    """
    node = _convolutions(model)[0]
    kernel = node.layer.weights[0].numpy()
    if kernel.shape[2] != node.input_shapes[0][-1]:  # a depthwise kernel: one a channel
        return kernel.reshape(*kernel.shape[:2], -1).transpose(2, 0, 1)[..., None]
    return kernel.transpose(3, 0, 1, 2)


def activation_maps(
    model: Model, image: ArrayLike, layer: str | None = None
) -> NDArray[np.float32]:
    """What a layer, by default the first convolution, makes of an image: (height, width, channels).

    `image` is (height, width, channels) as the model takes it. Raises ArgumentError for a layer
    that is not there, DataError for an image that does not fit.
    """
    node = _convolutions(model)[0] if layer is None else _node(model, layer)
    inner = Model(model.inputs, [node.output])
    return inner.predict_on_batch(_batch(model, image))[0]


def grad_cam(
    model: Model, image: ArrayLike, label: int | None = None, layer: str | None = None
) -> Heat:
    """Where the image speaks for a class, by default the predicted one (Selvaraju et al. 2017).

    The channels of `layer`, by default the last with an image, are added up, each as much as the
    class depends on it; what speaks against it is cut off. Raises ArgumentError, DataError.
    """
    node = _last_map(model) if layer is None else _node(model, layer)
    if len(node.output.image_shape) != 3:
        raise ArgumentError(
            f"layer {node.layer.name!r} has no image any more, its output is "
            f"{node.output.image_shape}",
            hint=f"layer={_last_map(model).layer.name!r}",
        )
    x, first = _batch(model, image), np.arange(1)
    engine = engines.create(model.graph, needs=("activations", "input_gradients"))
    output, scores = engine.activations((x,), first, (node.output, model.graph.outputs[0]))
    label = _class_of(scores, label)
    wanted = np.zeros_like(scores)
    wanted[0, label] = 1.0
    (slope,) = engine.gradients((x,), first, (node.output,), wanted)
    if slope is None:
        raise ArgumentError(
            f"the answer does not hang on layer {node.layer.name!r}",
            hint=f"layer={_last_map(model).layer.name!r}",
        )
    weights = slope[0].mean(axis=(0, 1), dtype=np.float64)
    heat = np.maximum(output[0].astype(np.float64) @ weights, 0.0)
    top = float(heat.max())
    wide = resized(heat / top if top > 0 else heat, (x.shape[1], x.shape[2]))
    return Heat(label, wide, node.layer.name)


def receptive_fields(model: Model) -> list[Field]:
    """How much of the image each layer sees, layers without an image left out.

    Where ways meet, the widest counts; padding is not cut off (Araujo, Norris, Sim 2019).
    """
    known: dict[int, tuple[Pair, Pair]] = {}
    fields: list[Field] = []
    for node in model.graph.nodes:
        if len(node.output.image_shape) != 3:
            continue
        before = [known[id(one.node)] for one in node.inputs if id(one.node) in known]
        size = _widest([pair for pair, _ in before])
        jump = _widest([pair for _, pair in before])
        window, step = _window(node)
        size = size[0] + (window[0] - 1) * jump[0], size[1] + (window[1] - 1) * jump[1]
        jump = jump[0] * step[0], jump[1] * step[1]
        known[id(node)] = size, jump
        fields.append(Field(node.layer.name, size, jump))
    return fields


def resized(map_: NDArray[np.float64], size: Pair) -> NDArray[np.float64]:
    """A map brought to another height and width, places in between mixed in a straight line."""
    for axis, length in enumerate(size):
        places = (np.arange(length) + 0.5) * map_.shape[axis] / length - 0.5
        places = np.clip(places, 0, map_.shape[axis] - 1)
        low = places.astype(np.int64)
        high = np.minimum(low + 1, map_.shape[axis] - 1)
        share = (places - low).reshape(-1, *[1] * (1 - axis))
        map_ = np.take(map_, low, axis) * (1 - share) + np.take(map_, high, axis) * share
    return map_


def _class_of(output: NDArray[Any], label: int | None) -> int:
    if output.ndim != 2:
        raise ArgumentError(
            f"a class is asked for, and the network answers {output.shape[1:]}",
            hint="explain a network whose output is one number a class",
        )
    if label is None:
        return int(output[0].argmax())
    if not 0 <= label < output.shape[1]:
        raise ArgumentError(
            f"classes count from 0 to {output.shape[1] - 1}. Received: label={label!r}",
            hint="label=0, or None for the predicted one",
        )
    return label


def _batch(model: Model, image: ArrayLike) -> NDArray[np.float32]:
    """One image as a batch, in the first input's shape."""
    wanted = model.inputs[0].image_shape
    given = np.asarray(image)
    if given.shape == wanted[:2] and wanted[2:] == (1,):
        given = given[..., None]
    if given.shape != wanted:
        raise DataError(
            f"the network takes images of {'x'.join(map(str, wanted))}. "
            f"Received: {'x'.join(map(str, given.shape)) or 'a single number'}",
            hint="resize the image first, and give it as (height, width, channels)",
        )
    return given[None].astype(np.float32)


def _node(model: Model, name: str) -> Node:
    layer = model.get_layer(name)
    return next(node for node in reversed(model.graph.nodes) if node.layer is layer)


def _convolutions(model: Model) -> list[Node]:
    found = [node for node in model.graph.nodes if hasattr(node.layer.spec, "kernel_size")]
    if not found:
        raise ArgumentError(
            f"model {model.name!r} has no convolution, so it has no filters and no maps",
            hint="explain a network with Conv2D layers",
        )
    return found


def _last_map(model: Model) -> Node:
    """The last call whose output still has places: behind the last convolution, pools aside."""
    last = _convolutions(model)[-1]
    for node in _behind(model, last.output):
        if type(node.layer.spec).__name__ in (
            "ReLUSpec",
            "ActivationSpec",
            "BatchNormalizationSpec",
        ):
            last = node
        else:
            break
    return last


def _behind(model: Model, tensor: Tensor) -> Iterator[Node]:
    """The calls that follow a tensor one by one, as long as each stands on one."""
    while True:
        following = [n for n in model.graph.nodes if any(t is tensor for t in n.inputs)]
        if len(following) != 1:
            return
        yield following[0]
        tensor = following[0].output


def _window(node: Node) -> tuple[Pair, Pair]:
    """A layer's window with its gaps, and its steps."""
    spec = node.layer.spec
    size = getattr(spec, "kernel_size", None) or getattr(spec, "pool_size", None)
    if size is None:
        return (1, 1), (1, 1)
    strides = getattr(spec, "strides", None)
    gaps = getattr(spec, "dilation_rate", None) or (1, 1)
    height, width = _pair(size)
    down, across = _pair(gaps)
    steps = _pair(strides) if strides is not None else _pair(size)
    return (1 + (height - 1) * down, 1 + (width - 1) * across), steps


def _pair(value: Any) -> Pair:
    return (value, value) if isinstance(value, int) else (int(value[0]), int(value[1]))


def _widest(pairs: list[Pair]) -> Pair:
    if not pairs:
        return 1, 1
    return max(pair[0] for pair in pairs), max(pair[1] for pair in pairs)
