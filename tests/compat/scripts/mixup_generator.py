# Mixup in a Python generator, soft labels, fit with steps_per_epoch.
import keras
import numpy as np

keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
(x_train, y_train), _ = keras.datasets.fashion_mnist.load_data()
x_train = x_train[:256, ..., None].astype("float32") / 255
y_train = keras.utils.to_categorical(y_train[:256], 10)


def mixup_generator(x, y, batch_size=32, alpha=0.2):
    while True:
        order = rng.permutation(len(x))
        for start in range(0, len(x), batch_size):
            a = order[start : start + batch_size]
            b = rng.permutation(a)
            lam = rng.beta(alpha, alpha, len(a)).astype("float32")
            mixed_x = x[a] * lam[:, None, None, None] + x[b] * (1 - lam)[:, None, None, None]
            mixed_y = y[a] * lam[:, None] + y[b] * (1 - lam)[:, None]
            yield mixed_x, mixed_y


model = keras.Sequential(
    [
        keras.layers.Input((28, 28, 1)),
        keras.layers.Conv2D(8, 3, strides=2, activation="relu"),
        keras.layers.Flatten(),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
history = model.fit(
    mixup_generator(x_train, y_train),
    steps_per_epoch=8,
    epochs=2,
    validation_data=(x_train, y_train),
    verbose=2,
)
