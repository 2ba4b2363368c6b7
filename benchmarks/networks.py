"""Seven small networks written with Keras' API, so that Scallion and Keras build the same."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Network:
    """An image shape, a batch size, and a function that builds the network with Keras' API."""

    shape: tuple[int, int, int]
    batch: int
    build: Callable[[Any, tuple[int, int, int]], Any]


def lesson(keras: Any, shape: tuple[int, int, int]) -> Any:
    """The third question's network of the lesson: 36,138 parameters."""
    layers = keras.layers
    image = x = keras.Input(shape)
    for _ in range(2):
        x = layers.Conv2D(32, 3, activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(32, 3, activation="relu")(x)
    x = layers.Dense(32, activation="relu")(layers.Flatten()(x))
    return keras.Model(image, layers.Dense(10)(x))


def first_lesson(keras: Any, shape: tuple[int, int, int]) -> Any:
    """The lesson's first network: no pooling, and 250,880 weights in its last layer."""
    layers = keras.layers
    image = x = keras.Input(shape)
    for _ in range(2):
        x = layers.Conv2D(32, 3, activation="relu")(x)
    return keras.Model(image, layers.Dense(10)(layers.Flatten()(x)))


def mnist(keras: Any, shape: tuple[int, int, int]) -> Any:
    """The convolutional network of Keras' first MNIST example, with logits."""
    layers = keras.layers
    image = x = keras.Input(shape)
    for filters in (32, 64):
        x = layers.Conv2D(filters, 3, activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Dropout(0.5)(layers.Flatten()(x))
    return keras.Model(image, layers.Dense(10)(x))


def wide_dense(keras: Any, shape: tuple[int, int, int]) -> Any:
    """50 filters, which is no multiple of a vector, and a dense layer with 490,000 weights."""
    layers = keras.layers
    image = x = keras.Input(shape)
    for _ in range(2):
        x = layers.Conv2D(50, 3, activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Dense(50, activation="relu")(layers.Flatten()(x))
    return keras.Model(image, layers.Dense(10)(x))


def vgg(keras: Any, shape: tuple[int, int, int]) -> Any:
    """Three stages of two wide convolutions each, with batch normalization."""
    layers = keras.layers
    image = x = keras.Input(shape)
    for filters in (64, 128, 256):
        x = _normalized(layers, _normalized(layers, x, filters), filters)
        x = layers.MaxPooling2D(2)(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, layers.Dense(10)(x))


def resnet20(keras: Any, shape: tuple[int, int, int]) -> Any:
    """He et al. 2015, section 4.2, n = 3, with projections where the size changes."""
    layers = keras.layers
    image = keras.Input(shape)
    x = _normalized(layers, image, 16)
    for stage, filters in enumerate((16, 32, 64)):
        for block in range(3):
            strides = 2 if stage > 0 and block == 0 else 1
            way = x
            if strides == 2:
                way = layers.Conv2D(filters, 1, strides=2, use_bias=False)(x)
                way = layers.BatchNormalization()(way)
            x = _normalized(layers, x, filters, strides)
            x = _normalized(layers, x, filters, activate=False)
            x = layers.ReLU()(layers.Add()([x, way]))
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, layers.Dense(10)(x))


def mobile(keras: Any, shape: tuple[int, int, int]) -> Any:
    """Alternating depthwise and pointwise convolutions, after MobileNet (Howard et al. 2017)."""
    layers = keras.layers
    image = keras.Input(shape)
    x = _normalized(layers, image, 32, strides=2)
    for filters, strides in ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1)):
        x = layers.DepthwiseConv2D(3, strides=strides, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
        x = layers.Conv2D(filters, 1, use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, layers.Dense(10)(x))


def _normalized(layers: Any, x: Any, filters: int, strides: int = 1, activate: bool = True) -> Any:
    x = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    return layers.ReLU()(x) if activate else x


NETWORKS = {
    "lesson": Network((32, 32, 3), 32, lesson),
    "first-lesson": Network((32, 32, 3), 32, first_lesson),
    "mnist": Network((28, 28, 1), 128, mnist),
    "wide-dense": Network((64, 64, 3), 32, wide_dense),
    "vgg": Network((32, 32, 3), 128, vgg),
    "resnet20": Network((32, 32, 3), 128, resnet20),
    "mobile": Network((64, 64, 3), 64, mobile),
}
