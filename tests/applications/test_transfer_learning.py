"""Keras' guide to transfer learning runs: freeze, train a new top, unfreeze with a low rate."""

import numpy as np

from scallion import Input, Model, layers, losses, optimizers
from scallion.applications import EfficientNetLite0


def test_the_guide_to_transfer_learning_runs() -> None:
    random = np.random.default_rng(3)
    labels = np.arange(24) % 3
    images = random.integers(0, 30, (24, 32, 32, 3)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[..., label] += 200
    base = EfficientNetLite0(include_top=False, input_shape=(32, 32, 3), pooling="avg")
    base.trainable = False
    start = Input((32, 32, 3))
    model = Model(start, layers.Dense(3)(layers.Dropout(0.2)(base(start, training=False))))
    assert len(model.trainable_weights) == 2
    before = [weight.numpy() for weight in base.weights]
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizers.Adam(0.02), loss, metrics=["accuracy"])
    history = model.fit(images, labels, epochs=8, batch_size=8, verbose=0).history
    assert history["accuracy"][-1] > 0.8
    for weight, value in zip(base.weights, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)

    base.trainable = True
    for layer in base.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.trainable = False
    model.compile(optimizers.Adam(1e-5), loss, metrics=["accuracy"])
    model.fit(images, labels, epochs=1, batch_size=8, verbose=0)
    changed = {
        layer.name
        for layer in base.layers
        for weight, value in zip(layer.weights, layer_values(layer, base, before), strict=True)
        if not np.array_equal(weight.numpy(), value)
    }
    assert changed == {
        layer.name
        for layer in base.layers
        if isinstance(layer, layers.Conv2D | layers.DepthwiseConv2D)
    }


def layer_values(layer: layers.Layer, base: Model, values: list[np.ndarray]) -> list[np.ndarray]:
    """Return the earlier values of a layer's weights."""
    own = {id(weight) for weight in layer.weights}
    return [v for weight, v in zip(base.weights, values, strict=True) if id(weight) in own]
