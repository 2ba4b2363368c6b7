# Precision, recall and F1 on unequal classes, with class weights.
import sys

import keras
import numpy as np
from keras.layers import Conv2D, Dense, Dropout, Flatten, Input, MaxPooling2D

keras.utils.set_random_seed(int(sys.argv[1]) if len(sys.argv) > 1 else 1)

(x_train, y_train), (x_test, y_test) = keras.datasets.fashion_mnist.load_data()
# Three kinds of tops, of which the shirts are rare.
kinds = {0: "T-shirt", 2: "Pullover", 6: "Shirt"}
counts = {0: 3000, 2: 1500, 6: 500}


def choose(x, y, counts=None):
    places = []
    for kind in kinds:
        found = np.flatnonzero(y == kind)
        places.append(found[: counts[kind]] if counts else found)
    places = np.concatenate(places)
    np.random.default_rng(0).shuffle(places)
    labels = np.searchsorted(list(kinds), y[places])
    return x[places, ..., None].astype("float32") / 255.0, keras.utils.to_categorical(labels, 3)


x_train, y_train = choose(x_train, y_train, counts)
x_test, y_test = choose(x_test, y_test)
total = len(y_train)
class_weight = {i: total / (3 * n) for i, n in enumerate(y_train.sum(axis=0))}
print("class weights:", class_weight)

model = keras.Sequential(
    [
        Input((28, 28, 1)),
        Conv2D(32, 3, activation="relu"),
        MaxPooling2D(),
        Conv2D(64, 3, activation="relu"),
        MaxPooling2D(),
        Flatten(),
        Dropout(0.3),
        Dense(3, activation="softmax"),
    ]
)
model.compile(
    optimizer=keras.optimizers.Adam(learning_rate=1e-3),
    loss=keras.losses.CategoricalCrossentropy(),
    metrics=[
        keras.metrics.Precision(name="precision"),
        keras.metrics.Recall(name="recall"),
        keras.metrics.F1Score(average="macro", name="f1"),
    ],
)
model.fit(x_train, y_train, epochs=5, batch_size=64, class_weight=class_weight, verbose=2)
results = model.evaluate(x_test, y_test, return_dict=True, verbose=0)
print({name: round(float(value), 4) for name, value in results.items()})
print(f"score: {results['f1']:.4f}")
