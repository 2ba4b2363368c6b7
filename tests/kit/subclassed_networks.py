"""Twelve networks of custom layers and models, as public code writes them.

Each function takes `keras` or `scallion` and returns a model for images (16, 16, 3) and 4 classes.
"""

from collections.abc import Callable
from typing import Any


def quickstart(keras: Any) -> Any:
    """A Model subclass with its layers in `__init__` (TensorFlow's quickstart for experts)."""

    class MyModel(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.conv1 = keras.layers.Conv2D(8, 3, activation="relu")
            self.flatten = keras.layers.Flatten()
            self.d1 = keras.layers.Dense(16, activation="relu")
            self.d2 = keras.layers.Dense(4)

        def call(self, x: Any) -> Any:
            x = self.conv1(x)
            x = self.flatten(x)
            x = self.d1(x)
            return self.d2(x)

    return MyModel()


def linear(keras: Any) -> Any:
    """A custom layer with weights: Keras' first example."""

    class Linear(keras.layers.Layer):
        def __init__(self, units: int = 32, **options: Any) -> None:
            super().__init__(**options)
            self.units = units

        def build(self, input_shape: Any) -> None:
            self.w = self.add_weight(
                shape=(input_shape[-1], self.units), initializer="glorot_uniform", trainable=True
            )
            self.b = self.add_weight(shape=(self.units,), initializer="zeros", trainable=True)

        def call(self, inputs: Any) -> Any:
            return keras.ops.matmul(inputs, self.w) + self.b

    class MLP(keras.layers.Layer):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.hidden, self.out = Linear(16), Linear(4)

        def call(self, inputs: Any) -> Any:
            return self.out(keras.ops.relu(self.hidden(inputs)))

    x = keras.Input((16, 16, 3))
    return keras.Model(x, MLP()(keras.layers.Flatten()(x)))


def residual(keras: Any) -> Any:
    """Residual blocks as layers, with normalization that is passed `training`."""
    layers = keras.layers

    class ResidualBlock(layers.Layer):
        def __init__(self, filters: int, stride: int = 1, **options: Any) -> None:
            super().__init__(**options)
            self.conv1 = layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)
            self.bn1 = layers.BatchNormalization()
            self.conv2 = layers.Conv2D(filters, 3, padding="same", use_bias=False)
            self.bn2 = layers.BatchNormalization()
            self.shortcut = None
            if stride > 1:
                self.shortcut = layers.Conv2D(filters, 1, strides=stride)

        def call(self, inputs: Any, training: Any = None) -> Any:
            x = keras.activations.relu(self.bn1(self.conv1(inputs), training=training))
            x = self.bn2(self.conv2(x), training=training)
            identity = inputs if self.shortcut is None else self.shortcut(inputs)
            return keras.activations.relu(x + identity)

    class ResNet(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.stem = layers.Conv2D(8, 3, padding="same")
            self.blocks = [ResidualBlock(8), ResidualBlock(16, stride=2)]
            self.pool = layers.GlobalAveragePooling2D()
            self.classifier = layers.Dense(4)

        def call(self, x: Any, training: bool = False) -> Any:
            x = self.stem(x)
            for block in self.blocks:
                x = block(x, training=training)
            return self.classifier(self.pool(x))

    return ResNet()


def squeeze_excite(keras: Any) -> Any:
    """A gate over channels: squeeze and excitation."""
    layers = keras.layers

    class SqueezeExcite(layers.Layer):
        def __init__(self, ratio: int = 4, **options: Any) -> None:
            super().__init__(**options)
            self.ratio = ratio

        def build(self, input_shape: Any) -> None:
            channels = input_shape[-1]
            self.pool = layers.GlobalAveragePooling2D(keepdims=True)
            self.down = layers.Conv2D(channels // self.ratio, 1, activation="relu")
            self.up = layers.Conv2D(channels, 1, activation="sigmoid")

        def call(self, x: Any) -> Any:
            return x * self.up(self.down(self.pool(x)))

    x = keras.Input((16, 16, 3))
    y = layers.Conv2D(8, 3, padding="same", activation="relu")(x)
    y = layers.Flatten()(SqueezeExcite()(y))
    return keras.Model(x, layers.Dense(4)(y))


def scale_and_shift(keras: Any) -> Any:
    """One weight per channel, by multiplication and addition."""

    class ScaleShift(keras.layers.Layer):
        def build(self, input_shape: Any) -> None:
            self.scale = self.add_weight(name="scale", shape=(input_shape[-1],), initializer="ones")
            self.shift = self.add_weight(
                name="shift", shape=(input_shape[-1],), initializer="zeros"
            )

        def call(self, x: Any) -> Any:
            return x * self.scale + self.shift

    x = keras.Input((16, 16, 3))
    y = ScaleShift()(keras.layers.Conv2D(6, 3)(x))
    y = keras.layers.Flatten()(keras.layers.ReLU()(y))
    return keras.Model(x, keras.layers.Dense(4)(y))


def preprocessing_in_call(keras: Any) -> Any:
    """Arithmetic on the images, and a Sequential inside of a model."""

    class Classifier(keras.Model):
        def __init__(self, classes: int) -> None:
            super().__init__(name="classifier")
            self.features = keras.Sequential(
                [
                    keras.layers.Conv2D(8, 3, activation="relu"),
                    keras.layers.MaxPooling2D(),
                    keras.layers.Flatten(),
                ]
            )
            self.head = keras.layers.Dense(classes)

        def call(self, inputs: Any) -> Any:
            x = (inputs - 0.5) * 2.0
            return self.head(self.features(x))

    return Classifier(4)


def two_branches(keras: Any) -> Any:
    """Inception-like branches that are concatenated."""
    layers = keras.layers

    class Inception(layers.Layer):
        def __init__(self, filters: int) -> None:
            super().__init__()
            self.branches = [
                layers.Conv2D(filters, size, padding="same", activation="relu")
                for size in (1, 3, 5)
            ]
            self.merge = layers.Concatenate()

        def call(self, x: Any) -> Any:
            return self.merge([branch(x) for branch in self.branches])

    class Net(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.inception1, self.inception2 = Inception(4), Inception(6)
            self.pool = layers.MaxPool2D(2)
            self.flatten, self.dense = layers.Flatten(), layers.Dense(4)

        def call(self, x: Any) -> Any:
            x = self.pool(self.inception1(x))
            return self.dense(self.flatten(self.inception2(x)))

    return Net()


def dense_net(keras: Any) -> Any:
    """Dense blocks with `ops.concatenate`."""
    layers = keras.layers

    class DenseBlock(layers.Layer):
        def __init__(self, steps: int, growth: int, **options: Any) -> None:
            super().__init__(**options)
            self.convolutions = [
                layers.Conv2D(growth, 3, padding="same", activation="relu") for _ in range(steps)
            ]

        def call(self, x: Any) -> Any:
            for convolution in self.convolutions:
                x = keras.ops.concatenate([x, convolution(x)], axis=-1)
            return x

    x = keras.Input((16, 16, 3))
    y = layers.AveragePooling2D(2)(DenseBlock(3, 4)(x))
    return keras.Model(x, layers.Dense(4)(layers.Flatten()(y)))


def shared_twice(keras: Any) -> Any:
    """One custom layer that is called twice."""

    class Tower(keras.layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.conv = keras.layers.Conv2D(3, 3, padding="same", activation="tanh")

        def call(self, x: Any) -> Any:
            return self.conv(x)

    x = keras.Input((16, 16, 3))
    tower = Tower()
    y = tower(x) + tower(tower(x)) * 0.5
    return keras.Model(x, keras.layers.Dense(4)(keras.layers.Flatten()(y)))


def regularized(keras: Any) -> Any:
    """A weight with a regularizer, slices of channels, and a nested layer."""

    class Gate(keras.layers.Layer):
        def build(self, input_shape: Any) -> None:
            self.gate = self.add_weight(
                shape=(input_shape[-1],),
                initializer="ones",
                regularizer=keras.regularizers.L2(0.01),
                name="gate",
            )

        def call(self, x: Any) -> Any:
            return x * self.gate

    class Outer(keras.layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.gate = keras.layers.Conv2D(8, 3), Gate()

        def call(self, x: Any) -> Any:
            y = self.gate(self.conv(x))
            return keras.ops.relu(y[..., :4]) - y[..., 4:]

    x = keras.Input((16, 16, 3))
    y = keras.layers.Flatten()(Outer()(x))
    return keras.Model(x, keras.layers.Dense(4)(y))


def dropout_in_a_branch(keras: Any) -> Any:
    """The example of Keras' documentation of `Model`, with dropout that predicts the same."""

    class MyModel(keras.Model):
        def __init__(self, **options: Any) -> None:
            super(MyModel, self).__init__(**options)  # noqa: UP008 (as older scripts write it)
            self.flatten = keras.layers.Flatten()
            self.dense1 = keras.layers.Dense(16, activation="relu")
            self.dense2 = keras.layers.Dense(4)
            self.dropout = keras.layers.Dropout(0.0)

        def call(self, inputs: Any, training: bool = False) -> Any:
            x = self.dense1(self.flatten(inputs))
            if training:
                x = self.dropout(x, training=training)
            return self.dense2(x)

    return MyModel()


def resnet_20(keras: Any) -> Any:
    """ResNet-20 for CIFAR-10, with Sequential shortcuts and blocks in a list."""
    layers = keras.layers

    class BasicBlock(layers.Layer):
        def __init__(self, filters: int, stride: int = 1) -> None:
            super().__init__()
            options = {"padding": "same", "use_bias": False}
            self.conv1 = layers.Conv2D(filters, 3, strides=stride, **options)
            self.bn1 = layers.BatchNormalization()
            self.relu = layers.Activation("relu")
            self.conv2 = layers.Conv2D(filters, 3, **options)
            self.bn2 = layers.BatchNormalization()
            self.downsample = lambda x, training=None: x  # noqa: ARG005 (called as the other)
            if stride != 1:
                self.downsample = keras.Sequential(
                    [
                        layers.Conv2D(filters, 1, strides=stride, use_bias=False),
                        layers.BatchNormalization(),
                    ]
                )

        def call(self, inputs: Any, training: Any = None) -> Any:
            out = self.relu(self.bn1(self.conv1(inputs), training=training))
            out = self.bn2(self.conv2(out), training=training)
            return keras.ops.relu(out + self.downsample(inputs, training=training))

    class ResNet(keras.Model):
        def __init__(self, layer_dims: list[int], num_classes: int) -> None:
            super().__init__()
            self.stem = keras.Sequential(
                [
                    layers.Conv2D(16, 3, padding="same", use_bias=False),
                    layers.BatchNormalization(),
                    layers.Activation("relu"),
                ]
            )
            self.stages = [
                [BasicBlock(filters, 2 if not block and filters > 16 else 1) for block in range(n)]
                for filters, n in zip((16, 32, 64), layer_dims, strict=True)
            ]
            self.avgpool = layers.GlobalAveragePooling2D()
            self.fc = layers.Dense(num_classes)

        def call(self, x: Any, training: Any = None) -> Any:
            x = self.stem(x, training=training)
            for stage in self.stages:
                for block in stage:
                    x = block(x, training=training)
            return self.fc(self.avgpool(x))

    return ResNet([3, 3, 3], 4)


NETWORKS: dict[str, Callable[[Any], Any]] = {
    function.__name__: function
    for function in (
        quickstart,
        linear,
        residual,
        squeeze_excite,
        scale_and_shift,
        preprocessing_in_call,
        two_branches,
        dense_net,
        shared_twice,
        regularized,
        dropout_in_a_branch,
        resnet_20,
    )
}
