# A Metric subclass with add_weight, and a Loss subclass.
# exact: losses, counted
import keras
import numpy as np
from keras import ops

rng = np.random.default_rng(15)


class CategoricalTruePositives(keras.metrics.Metric):
    def __init__(self, name="categorical_true_positives", **kwargs):
        super().__init__(name=name, **kwargs)
        self.true_positives = self.add_variable(shape=(), name="ctp", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_pred = ops.reshape(ops.argmax(y_pred, axis=1), (-1, 1))
        values = ops.cast(ops.reshape(y_true, (-1, 1)), "int32") == ops.cast(y_pred, "int32")
        values = ops.cast(values, "float32")
        self.true_positives.assign_add(ops.sum(values))

    def result(self):
        return self.true_positives.value

    def reset_state(self):
        self.true_positives.assign(0)


class CustomMSE(keras.losses.Loss):
    def __init__(self, regularization_factor=0.1, name="custom_mse"):
        super().__init__(name=name)
        self.regularization_factor = regularization_factor

    def call(self, y_true, y_pred):
        mse = ops.mean(ops.square(y_true - y_pred), axis=-1)
        reg = ops.mean(ops.square(0.5 - y_pred), axis=-1)
        return mse + reg * self.regularization_factor


x = rng.random((40, 5)).astype("float32")
labels = rng.integers(0, 3, 40)
model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3, activation="softmax")])
model.set_weights([np.linspace(-1, 1, 15).reshape(5, 3), np.zeros(3)])
model.compile(
    loss="sparse_categorical_crossentropy",
    metrics=[CategoricalTruePositives()],
    optimizer=keras.optimizers.SGD(0.1),
)
history = model.fit(x, labels, batch_size=20, epochs=1, shuffle=False, verbose=0)
counted = history.history["categorical_true_positives"]
model.compile(optimizer=keras.optimizers.SGD(0.1), loss=CustomMSE())
model.set_weights([np.linspace(-1, 1, 15).reshape(5, 3), np.zeros(3)])
history = model.fit(x, np.eye(3)[labels], batch_size=40, epochs=2, verbose=0)
losses = history.history["loss"]
