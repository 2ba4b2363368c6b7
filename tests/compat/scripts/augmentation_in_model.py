# Augmentation as a Sequential inside the functional model; off at inference.
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

keras.utils.set_random_seed(7)
x = np.random.rand(48, 24, 24, 3).astype("float32") * 255
y = keras.utils.to_categorical(np.random.randint(0, 4, 48))
data_augmentation = keras.Sequential(
    [
        layers.RandomFlip("horizontal_and_vertical"),
        layers.RandomRotation(0.2),
        layers.RandomZoom(0.1),
        layers.RandomContrast(0.1),
        layers.RandomTranslation(0.1, 0.1),
        layers.RandomBrightness(0.1),
    ],
    name="data_augmentation",
)
normalizer = layers.Normalization()
normalizer.adapt(x)
inputs = keras.Input(shape=(24, 24, 3))
h = data_augmentation(inputs)
h = layers.Resizing(16, 16)(h)
h = normalizer(h)
h = layers.Conv2D(8, 3, activation="relu")(h)
h = layers.GlobalAveragePooling2D()(h)
outputs = layers.Dense(4, activation="softmax")(h)
model = keras.Model(inputs, outputs)
model.compile(
    optimizer="adam",
    loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.1),
    metrics=["accuracy"],
)
history = model.fit(x, y, batch_size=16, epochs=2, validation_split=0.25, verbose=0)
same = np.allclose(model.predict(x, verbose=0), model.predict(x, verbose=0))
image = tf.expand_dims(x[0], 0)
augmented_image = data_augmentation(image, training=True)
print(same, augmented_image.shape)
resize_and_rescale = tf.keras.Sequential([layers.Resizing(10, 10), layers.Rescaling(1.0 / 255)])
result = resize_and_rescale(x[:2])
print(
    "Min and max pixel values in range:",
    float(tf.reduce_min(result)) >= 0,
    np.max(result.numpy()) <= 1,
)
