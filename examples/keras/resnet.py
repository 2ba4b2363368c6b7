# A small residual network, functional blocks, a schedule.
import sys

import keras
import numpy as np
from keras import layers, regularizers

keras.utils.set_random_seed(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
BATCH = 64
EPOCHS = 5


def conv_block(x, filters, stride=1, activation=True):
    x = layers.Conv2D(
        filters,
        3,
        strides=stride,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        kernel_regularizer=regularizers.l2(1e-4),
    )(x)
    x = layers.BatchNormalization()(x)
    return layers.Activation("relu")(x) if activation else x


def residual_block(x, filters, stride=1):
    shortcut = x
    if stride != 1 or x.shape[-1] != filters:
        shortcut = layers.Conv2D(filters, 1, strides=stride, use_bias=False)(x)
        shortcut = layers.BatchNormalization()(shortcut)
    y = conv_block(x, filters, stride)
    y = conv_block(y, filters, activation=False)
    return layers.ReLU()(layers.add([y, shortcut]))


(x_train, y_train), (x_test, y_test) = keras.datasets.fashion_mnist.load_data()
x_train, y_train = x_train[:6000, ..., np.newaxis], y_train[:6000]
x_test = x_test[..., np.newaxis]

inputs = keras.Input((28, 28, 1))
x = layers.Rescaling(1.0 / 255)(inputs)
x = conv_block(x, 16)
for filters, stride in ((16, 1), (32, 2), (64, 2)):
    x = residual_block(x, filters, stride)
x = layers.GlobalAveragePooling2D()(x)
outputs = layers.Dense(10, activation="softmax")(x)
model = keras.Model(inputs, outputs)

steps = EPOCHS * (len(x_train) // BATCH)
schedule = keras.optimizers.schedules.CosineDecay(0.05, steps)
model.compile(
    optimizer=keras.optimizers.SGD(schedule, momentum=0.9, nesterov=True),
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(3, name="top3")],
)
model.fit(x_train, y_train, batch_size=BATCH, epochs=EPOCHS, validation_split=0.1, verbose=2)
results = model.evaluate(x_test, y_test, verbose=0, return_dict=True)
print(results)
print(f"score: {results['accuracy']:.4f}")
