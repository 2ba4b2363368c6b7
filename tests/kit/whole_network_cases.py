"""`WHOLE_NETWORKS`: small networks whose graphs branch, merge, or call a layer several times."""

from collections.abc import Callable
from dataclasses import dataclass

from networks import chain, flattened, layer, lesson, residual
from scallion import layers
from scallion.graph import Graph
from scallion.layers import Input


@dataclass(frozen=True)
class Case:
    """A network by name."""

    name: str
    make: Callable[[], Graph]

    def __str__(self) -> str:
        return self.name


def _shared_dense() -> Graph:
    start = Input((7,))
    again = layers.Dense(7, activation="relu")
    return Graph((start,), (layers.Dense(3)(again(again(start))),))


def _shared_convolution() -> Graph:
    start = Input((7, 5, 3))
    again = layers.Conv2D(3, 3, padding="same", activation="relu")
    x = layers.Add()([again(start), again(again(start))])
    return Graph((start,), (flattened(x),))


def _shared_normalization() -> Graph:
    start = Input((5, 3, 2))
    again = layers.BatchNormalization()
    first, second = (layers.Conv2D(2, 1, use_bias=False) for _ in range(2))
    x = second(again(first(start)))
    return Graph((start,), (flattened(again(x)),))


def _shared_depthwise() -> Graph:
    start = Input((6, 5, 3))
    again = layers.DepthwiseConv2D(3, padding="same", activation="relu")
    mixed = layers.SeparableConv2D(3, 3, padding="same")
    return Graph((start,), (flattened(mixed(again(mixed(again(start))))),))


def _two_inputs() -> Graph:
    first, second = Input((5, 5, 2)), Input((3,))
    x = layers.Dense(4)(flattened(layers.Conv2D(3, 3)(first)))
    x = layers.Add()([x, layers.Dense(4)(second)])
    return Graph((first, second), (layers.Dense(3)(layers.Activation("relu")(x)),))


def _two_outputs() -> Graph:
    start = Input((7,))
    x = layers.Dense(8, activation="relu")(start)
    return Graph((start,), (layers.Dense(3)(x), layers.Dense(5)(x)))


def _output_that_is_used() -> Graph:
    """Return a graph with a tensor that is an output and an input of the next layer."""
    start = Input((7,))
    x = layers.Dense(4)(start)
    return Graph((start,), (x, layers.Dense(3)(layers.Activation("relu")(x))))


def _frozen_in_the_middle() -> Graph:
    start = Input((6, 6, 2))
    x = layers.Conv2D(3, 3, activation="relu")(start)
    frozen = layers.Conv2D(4, 3, activation="relu")
    frozen.trainable = False
    return Graph((start,), (layers.Dense(3)(flattened(frozen(x))),))


def _fan_out() -> Graph:
    """Return a graph with a tensor that four layers read."""
    start = Input((6, 6, 3))
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(start)
    branches = [
        x,
        layers.Conv2D(4, 1)(x),
        layers.MaxPooling2D(3, 1, padding="same")(x),
        layers.Activation("relu")(layers.Conv2D(4, 3, padding="same")(x)),
    ]
    return Graph((start,), (flattened(layers.Add()(branches)),))


def _broadcast() -> Graph:
    """Return a graph that adds an image's mean and its columns to each pixel."""
    start = Input((5, 6, 3))
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(start)
    mean = layers.GlobalAveragePooling2D(keepdims=True)(x)
    lines = layers.Conv2D(4, (1, 6))(start)
    return Graph((start,), (flattened(layers.Add()([x, mean, lines])),))


def _normalized_and_large() -> Graph:
    """Return 65,536 weights, which run over the batch, after a batch normalization."""
    links = (layer("Conv2D", 8, 3, padding="same"), layer("BatchNormalization"), layer("ReLU"))
    return chain((16, 16, 2), *links, layer("Flatten"), layer("Dense", 32), layer("Dense", 3))()


def _gradient_last() -> Graph:
    """Return 5,000 weights, whose gradient is computed after all images, after a normalization."""
    links = (layer("Conv2D", 5, 1), layer("BatchNormalization"), layer("Flatten"))
    return chain((10, 10, 2), *links, layer("Dense", 10, activation="relu"), layer("Dense", 3))()


def one_at_a_time() -> Graph:
    """Return a graph on images so large that a lane takes one at a time and prefetches the next."""
    mixed = (layer("Conv2D", 48, 1, use_bias=False), layer("BatchNormalization"), layer("ReLU"))
    apart = (
        layer("DepthwiseConv2D", 3, padding="same", use_bias=False),
        layer("BatchNormalization"),
    )
    last = (layer("GlobalAveragePooling2D"), layer("Dense", 3))
    return chain((24, 24, 3), *mixed, *apart, layer("Conv2D", 16, 1, strides=2), *last)()


WHOLE_NETWORKS = [
    Case("residual block", lambda: residual((7, 7, 8), 8)),
    Case("residual block with strides", lambda: residual((7, 8, 5), 9, stride=2)),
    Case("residual block, partly frozen", lambda: residual((5, 5, 4), 4, frozen=True)),
    Case("a Dense layer called twice", _shared_dense),
    Case("a Conv2D called three times", _shared_convolution),
    Case("a BatchNormalization called twice", _shared_normalization),
    Case("a DepthwiseConv2D called twice", _shared_depthwise),
    Case("two inputs", _two_inputs),
    Case("two outputs", _two_outputs),
    Case("an output in the middle", _output_that_is_used),
    Case("a frozen layer in the middle", _frozen_in_the_middle),
    Case("a tensor read four times", _fan_out),
    Case("a sum that is stretched", _broadcast),
    Case("the lesson in small", lesson(deep=False, side=14)),
    Case("the deep lesson in small", lesson(side=18)),
    Case("large images, one at a time", one_at_a_time),
    Case("a normalization before a large dense layer", _normalized_and_large),
    Case("a dense layer whose gradient comes last", _gradient_last),
]
