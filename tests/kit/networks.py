"""Small networks, random weights and data for them.

Of a `probe` the image itself is a weight: its input is one channel a pixel, all 0 but for the
pixel's own, so the gradient of the probe's kernel is the gradient of each pixel, not of a sum.
"""

import zlib
from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np

from scallion import layers, losses
from scallion.engine import IndexedBatch, Objective
from scallion.graph import Graph
from scallion.layers import Input, Variable
from scallion.layers.base.tensor import Tensor
from scallion.optimizers import Optimizer

Shape = tuple[int, ...]
Link = Callable[[Tensor], Tensor]


def layer(kind: str, *arguments: Any, **options: Any) -> Callable[[], Link]:
    """Return a function that makes a new layer for each graph."""
    return lambda: getattr(layers, kind)(*arguments, **options)


def chain(shape: Shape, *links: Callable[[], Link]) -> Callable[[], Graph]:
    """Return a function that makes a graph of layers in sequence, flattened at the end."""

    def make() -> Graph:
        start = Input(shape)
        return Graph((start,), (flattened(_through(start, links)),))

    return make


def probe(shape: Shape, *links: Callable[[], Link]) -> Callable[[], Graph]:
    """Return the same, after an image of this shape that is a weight: see above."""
    height, width, channels = shape

    def make() -> Graph:
        start = Input((height, width, height * width), name="pixels")
        image = layers.Conv2D(channels, 1, use_bias=False, name="probe")(start)
        return Graph((start,), (flattened(_through(image, links)),))

    return make


def _through(tensor: Tensor, links: Sequence[Callable[[], Link]]) -> Tensor:
    for link in links:
        tensor = link()(tensor)
    return tensor


def flattened(tensor: Tensor) -> Tensor:
    return tensor if len(tensor.image_shape) == 1 else layers.Flatten()(tensor)


def residual(shape: Shape, filters: int, stride: int = 1, frozen: bool = False) -> Graph:
    """Return a ResNet block with batch normalization, as in its paper, and a head."""
    start = Input(shape)
    stem = layers.Conv2D(shape[-1], 3, padding="same", use_bias=False)(start)
    x = layers.BatchNormalization()(stem)
    x = skip = layers.Activation("relu")(x)
    x = layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)(x)
    x = layers.Activation("relu")(layers.BatchNormalization()(x))
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
    second = layers.BatchNormalization()
    second.trainable = not frozen
    x = second(x)
    if stride > 1 or filters != shape[-1]:
        skip = layers.Conv2D(filters, 1, strides=stride, use_bias=False)(skip)
        skip = layers.BatchNormalization()(skip)
    x = layers.Activation("relu")(layers.Add()([x, skip]))
    return Graph((start,), (layers.Dense(5)(layers.GlobalAveragePooling2D()(x)),))


def lesson(*, deep: bool = True, side: int = 32) -> Callable[[], Graph]:
    """Return the lesson's network: with `deep` that of its third question, else a smaller one."""
    convolutions = [layer("Conv2D", 32, 3, activation="relu"), layer("MaxPooling2D")] * 2
    if deep:
        convolutions.append(layer("Conv2D", 32, 3, activation="relu"))
    head = [layer("Flatten"), layer("Dense", 32, activation="relu"), layer("Dense", 10)]
    return chain((side, side, 3), *convolutions, *head)


def fill(graph: Graph, seed: int = 0) -> None:
    """Assign random values to every weight, scaled so that outputs stay near 1."""
    random = np.random.default_rng(seed)
    for weight in graph.weights:
        drawn = random.normal(size=weight.shape)
        if weight.name.endswith("kernel") and weight.path != "probe/kernel":
            drawn /= np.sqrt(prod(weight.shape[:-1]))
        elif weight.name in ("gamma", "moving_variance", "variance"):
            drawn = random.uniform(0.5, 1.5, weight.shape)
        elif weight.path != "probe/kernel":
            drawn *= 0.2
        weight.assign(drawn)


def batch(graph: Graph, images: int, seed: int = 0, *, weighted: bool = False) -> IndexedBatch:
    """Return random images and target probabilities; the arrays hold other images, too."""
    random = np.random.default_rng([seed, images])
    stored = images + 3
    inputs = tuple(_images(tensor, stored, random) for tensor in graph.inputs)
    targets = tuple(
        random.dirichlet(np.ones(tensor.image_shape[-1]), images).astype(np.float32)
        for tensor in graph.outputs
    )
    weights = random.uniform(0, 2, images).astype(np.float32) if weighted else None
    return IndexedBatch(inputs, random.permutation(stored)[:images], targets, weights)


def _images(tensor: Tensor, images: int, random: np.random.Generator) -> np.ndarray:
    shape = tensor.image_shape
    if tensor.name != "pixels":
        return random.normal(size=(images, *shape)).astype(np.float32)
    strength = random.uniform(0.5, 1.5, (images, 1)) * random.choice([-1, 1], (images, 1))
    one_hot = np.eye(shape[-1]).reshape(1, -1)
    return (strength * one_hot).reshape(images, *shape).astype(np.float32)


def objective(graph: Graph, optimizer: Optimizer) -> Objective:
    """Return cross-entropy from logits at every output, with decreasing loss weights."""
    outputs = range(len(graph.outputs))
    return Objective(
        tuple(losses.CategoricalCrossentropy(from_logits=True) for _ in outputs),
        tuple(1.0 / (1 + number) for number in outputs),
        optimizer,
    )


def number(name: str) -> int:
    """Return a seed from a name."""
    return zlib.crc32(name.encode())


def copies(variables: Sequence[Variable]) -> list[np.ndarray]:
    """Return copies of the weights."""
    return [variable.numpy() for variable in variables]
