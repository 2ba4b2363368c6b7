# class_weight by sklearn's formula, sample_weight arrays, weighted metrics.
# exact: weighted, plain, by_class
import keras
import numpy as np

rng = np.random.default_rng(3)
x = rng.random((60, 8, 8, 1)).astype("float32")
y = np.array([0] * 45 + [1] * 15)
counts = np.bincount(y)
class_weight = {i: len(y) / (len(counts) * c) for i, c in enumerate(counts)}
print(class_weight)


def build():
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(2, activation="softmax", kernel_initializer="ones"),
        ]
    )
    kernel = np.linspace(-1, 1, 128).reshape(64, 2).astype("float32")
    model.layers[-1].set_weights([kernel, np.zeros(2, "float32")])
    model.compile(
        optimizer=keras.optimizers.SGD(0.01),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        weighted_metrics=[keras.metrics.SparseCategoricalAccuracy(name="weighted_acc")],
    )
    return model


model = build()
history = model.fit(
    x, y, class_weight=class_weight, epochs=1, batch_size=60, shuffle=False, verbose=0
)
by_class = history.history["loss"]
print(sorted(history.history))
sample_weight = np.where(y == 1, 2.0, 0.5)
model = build()
history = model.fit(x, y, sample_weight=sample_weight, epochs=1, batch_size=60, verbose=0)
weighted = history.history["loss"]
plain = build().evaluate(x, y, verbose=0, sample_weight=sample_weight)
test = build().evaluate(x, y, return_dict=True, verbose=0)
print(sorted(test))
