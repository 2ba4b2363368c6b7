# Depthwise-separable blocks with ReLU6, ZeroPadding and custom activation by function.
# exact: logits
import keras
import numpy as np
import tensorflow as tf
from keras import layers

rng = np.random.default_rng(13)


def relu6(x):
    return keras.ops.minimum(keras.ops.maximum(x, 0.0), 6.0)


def swish(x):
    return x * keras.ops.sigmoid(x)


inputs = layers.Input((20, 20, 3))
x = layers.ZeroPadding2D(((0, 1), (0, 1)))(inputs)
x = layers.Conv2D(8, 3, strides=2, use_bias=False)(x)
x = layers.BatchNormalization(momentum=0.9, epsilon=1e-3)(x)
x = layers.ReLU(max_value=6.0)(x)
x = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
x = layers.BatchNormalization()(x)
x = layers.Activation(relu6)(x)
y = layers.Conv2D(8, 1, activation=tf.nn.swish)(x)
x = layers.Add()([x, y])
x = layers.SeparableConv2D(12, 3)(x)
x = layers.LeakyReLU(negative_slope=0.1)(x)
x = layers.Conv2D(12, 1, activation=swish)(x)
x = layers.SpatialDropout2D(0.1)(x)
x = layers.GlobalMaxPooling2D()(x)
outputs = layers.Dense(
    3, activation="linear", bias_initializer="zeros", kernel_constraint=keras.constraints.MaxNorm(3)
)(x)
model = keras.Model(inputs, outputs)
model.set_weights([abs(rng.normal(0, 0.3, w.shape)).astype("float32") for w in model.get_weights()])
data = rng.random((16, 20, 20, 3)).astype("float32")
logits = model.predict(data, verbose=0)
model.compile(
    keras.optimizers.AdamW(1e-3, weight_decay=1e-4),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["sparse_categorical_accuracy"],
)
history = model.fit(data, rng.integers(0, 3, 16), epochs=1, verbose=0)
