"""Exercise 1 of "Networks are like onions": the lesson's network on MNIST and on Fashion-MNIST.

    python examples/onions_exercise_1.py

Both sets come with Scallion. A tenth of the training images validates; the test images are looked
at once, at the end.
"""

import scallion as keras

for dataset in (keras.datasets.mnist, keras.datasets.fashion_mnist):
    (train_images, train_labels), (test_images, test_labels) = dataset.load_data()
    train_images = train_images[:10000, ..., None] / 255.0
    train_labels = train_labels[:10000]

    inputs = keras.Input(shape=train_images.shape[1:])
    x = keras.layers.Conv2D(32, (3, 3), activation="relu")(inputs)
    x = keras.layers.MaxPooling2D((2, 2))(x)
    x = keras.layers.Conv2D(32, (3, 3), activation="relu")(x)
    x = keras.layers.MaxPooling2D((2, 2))(x)
    x = keras.layers.Conv2D(32, (3, 3), activation="relu")(x)
    x = keras.layers.Flatten()(x)
    x = keras.layers.Dense(32, activation="relu")(x)
    model = keras.Model(inputs=inputs, outputs=keras.layers.Dense(10)(x))
    model.compile(
        optimizer="adam",
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.fit(train_images, train_labels, epochs=5, validation_split=0.1, verbose=2)
    print(dataset.__name__, model.evaluate(test_images[..., None] / 255.0, test_labels, verbose=2))
