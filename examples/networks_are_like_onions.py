"""The lesson "Networks are like onions" on CIFAR-10, as a Keras script with one line changed.

    python examples/networks_are_like_onions.py

The data set is looked for where Keras keeps it, else downloaded.
"""

import pandas as pd

import scallion as keras

(train_images, train_labels), (test_images, test_labels) = keras.datasets.cifar10.load_data()
n = 5000
train_images = train_images[:n]
train_labels = train_labels[:n]
train_images, test_images = train_images / 255.0, test_images / 255.0

inputs = keras.Input(shape=train_images.shape[1:])
x = keras.layers.Conv2D(32, (3, 3), activation="relu")(inputs)
x = keras.layers.MaxPooling2D((2, 2))(x)
x = keras.layers.Conv2D(32, (3, 3), activation="relu")(x)
x = keras.layers.MaxPooling2D((2, 2))(x)
x = keras.layers.Conv2D(32, (3, 3), activation="relu")(x)  # the extra layer of question 3
x = keras.layers.Flatten()(x)
x = keras.layers.Dense(32, activation="relu")(x)
outputs = keras.layers.Dense(10)(x)
model = keras.Model(inputs=inputs, outputs=outputs, name="cifar_model")
model.summary()

model.compile(
    optimizer="adam",
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
history = model.fit(
    train_images, train_labels, epochs=10, validation_data=(test_images, test_labels)
)
print(pd.DataFrame.from_dict(history.history))
print(model.evaluate(test_images, test_labels, verbose=2))
