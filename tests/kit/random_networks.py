"""Random networks: a seed gives the same network in Scallion and in Keras."""

from typing import Any

import numpy as np

ACTIVATIONS = ("relu", "elu", "gelu", "silu", "tanh", "sigmoid", "softplus", "leaky_relu")
OPTIMIZERS = ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad")


class NetworkGenerator:
    """Generates one network, without layers that are random in training, so that two libraries can
    be compared step by step.
    """

    def __init__(self, keras: Any, seed: int) -> None:
        self.layers = keras.layers
        self.keras = keras
        self.random = np.random.default_rng(seed)

    def one_of(self, *choices: Any) -> Any:
        return choices[int(self.random.integers(len(choices)))]

    def model(self) -> Any:
        side = self.one_of(9, 12, 13)
        image = self.keras.Input((side, side + self.one_of(0, 2), self.one_of(1, 3)))
        x = image
        if self.one_of(True, False):
            x = self.layers.Rescaling(0.5, 0.1)(x)
        for _ in range(self.one_of(2, 3, 4)):
            x = self.block(x)
        outputs = [self.head(x) for _ in range(self.one_of(1, 1, 2))]
        return self.keras.Model(image, outputs if len(outputs) > 1 else outputs[0])

    def block(self, x: Any) -> Any:
        return self.one_of(
            self.convolution, self.depthwise, self.residual, self.branches, self.pool, self.inner
        )(x)

    def convolution(self, x: Any) -> Any:
        layers = self.layers
        strides = self.one_of(1, 1, 2)
        x = layers.Conv2D(
            self.one_of(4, 6),
            self.one_of(1, 3, (3, 1)),
            strides=strides,
            padding=self.one_of("same", "valid") if x.shape[1] > 5 else "same",
            dilation_rate=self.one_of(1, 2) if strides == 1 and x.shape[1] > 8 else 1,
            use_bias=self.one_of(True, False),
            activation=self.one_of(None, *ACTIVATIONS),
        )(x)
        return self.normalized(x)

    def depthwise(self, x: Any) -> Any:
        layers = self.layers
        kind = self.one_of(layers.DepthwiseConv2D, layers.SeparableConv2D)
        if kind is layers.DepthwiseConv2D:
            return kind(3, padding="same", depth_multiplier=self.one_of(1, 2))(x)
        return kind(4, 3, padding="same", strides=self.one_of(1, 2))(x)

    def normalized(self, x: Any) -> Any:
        if self.one_of(True, False):
            x = self.layers.BatchNormalization(momentum=self.one_of(0.9, 0.99))(x)
        return self.layers.Activation(self.one_of(*ACTIVATIONS))(x)

    def residual(self, x: Any) -> Any:
        y = self.layers.Conv2D(x.shape[-1], 3, padding="same", activation="relu")(x)
        return self.one_of(self.layers.Add, self.layers.Maximum, self.layers.Average)()([x, y])

    def branches(self, x: Any) -> Any:
        parts = [self.layers.Conv2D(3, size, padding="same")(x) for size in (1, 3)]
        return self.layers.Concatenate()([*parts, x])

    def pool(self, x: Any) -> Any:
        if x.shape[1] < 5:
            return self.layers.UpSampling2D(2)(x)
        kind = self.one_of(self.layers.MaxPooling2D, self.layers.AveragePooling2D)
        return kind(self.one_of(2, 3), strides=2)(x)

    def inner(self, x: Any) -> Any:
        """Return the output of a nested model, which may be called twice."""
        start = self.keras.Input(tuple(x.shape[1:]))
        y = self.layers.Conv2D(x.shape[-1], 3, padding="same", activation="relu")(start)
        model = self.keras.Model(start, self.layers.BatchNormalization()(y))
        return self.layers.Add()([model(x), x]) if self.one_of(True, False) else model(model(x))

    def head(self, x: Any) -> Any:
        layers = self.layers
        pooling = self.one_of(
            layers.Flatten, layers.GlobalAveragePooling2D, layers.GlobalMaxPooling2D
        )
        x = pooling()(x)
        if self.one_of(True, False):
            x = layers.Dense(5, activation=self.one_of(*ACTIVATIONS))(x)
        return layers.Dense(3)(x)


def compile_model(keras: Any, model: Any, seed: int) -> Any:
    """Compile with one of five optimizers and a cross-entropy per output; return the model."""
    kind = OPTIMIZERS[seed % len(OPTIMIZERS)]
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(
        getattr(keras.optimizers, kind)(1e-3),
        [loss] * len(model.outputs) if len(model.outputs) > 1 else loss,
    )
    return model
