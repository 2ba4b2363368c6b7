# The flow of the lesson "Networks are like onions", on Fashion-MNIST (its exercise 1).
import sys

import matplotlib.pyplot as plt
import numpy as np
from tensorflow import keras

keras.utils.set_random_seed(int(sys.argv[1]) if len(sys.argv) > 1 else 1)

(train_images, train_labels), (test_images, test_labels) = keras.datasets.fashion_mnist.load_data()
n = 5000
train_images, train_labels = train_images[:n], train_labels[:n]

# normalize the pixels to be between 0 and 1
train_images, test_images = train_images / 255.0, test_images / 255.0
train_images = np.expand_dims(train_images, -1)
test_images = np.expand_dims(test_images, -1)

inputs = keras.Input(shape=train_images.shape[1:])
x = keras.layers.Conv2D(32, (3, 3), activation="relu")(inputs)
x = keras.layers.MaxPooling2D((2, 2))(x)
x = keras.layers.Conv2D(32, (3, 3), activation="relu")(x)
x = keras.layers.MaxPooling2D((2, 2))(x)
x = keras.layers.Conv2D(32, (3, 3), activation="relu")(x)
x = keras.layers.Dropout(0.2)(x)
x = keras.layers.Flatten()(x)
x = keras.layers.Dense(32, activation="relu")(x)
outputs = keras.layers.Dense(10)(x)

model = keras.Model(inputs=inputs, outputs=outputs, name="onion_model")
model.summary()
model.compile(
    optimizer="adam",
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
history = model.fit(
    train_images, train_labels, epochs=6, validation_data=(test_images, test_labels)
)

plt.plot(history.history["accuracy"], label="accuracy")
plt.plot(history.history["val_accuracy"], label="val_accuracy")
plt.legend(loc="lower right")
plt.savefig("onions.png")

loss, accuracy = model.evaluate(test_images, test_labels, verbose=2)
print(f"score: {accuracy:.4f}")
