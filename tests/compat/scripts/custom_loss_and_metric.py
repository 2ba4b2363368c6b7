# A custom loss function and a custom metric function, by keras.ops and tf names.
# exact: losses
import keras
import numpy as np
import tensorflow as tf
from keras import ops

rng = np.random.default_rng(14)


def custom_mean_squared_error(y_true, y_pred):
    return ops.mean(ops.square(y_true - y_pred), axis=-1)


def huber_tf(y_true, y_pred):
    error = tf.abs(y_true - y_pred)
    small = tf.minimum(error, 1.0)
    return tf.reduce_mean(0.5 * tf.square(small) + (error - small))


def rmse(y_true, y_pred):
    return ops.sqrt(ops.mean(ops.square(y_pred - y_true)))


x = rng.random((32, 6)).astype("float32")
y = rng.random((32, 2)).astype("float32")
losses = []
for loss in (custom_mean_squared_error, huber_tf):
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(2)])
    model.set_weights([np.linspace(-1, 1, 12).reshape(6, 2), np.zeros(2)])
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss=loss, metrics=[rmse, "mae"])
    history = model.fit(x, y, batch_size=32, epochs=3, verbose=0)
    losses += history.history["loss"]
    print(sorted(history.history))
