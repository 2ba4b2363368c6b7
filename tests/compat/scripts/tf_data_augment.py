# from_tensor_slices with a map of tf.image functions, batch with drop_remainder, zip, repeat.
import numpy as np
import tensorflow as tf

images = np.random.rand(40, 20, 20, 3).astype("float32")
labels = np.random.randint(0, 2, 40)


def augment(image, label):
    image = tf.image.random_flip_left_right(image)
    image = tf.image.random_brightness(image, max_delta=0.1)
    image = tf.image.resize(image, (16, 16))
    image = tf.clip_by_value(image, 0.0, 1.0)
    return image, label


ds = (
    tf.data.Dataset.from_tensor_slices((images, labels))
    .shuffle(40, seed=1)
    .map(augment, num_parallel_calls=tf.data.AUTOTUNE)
    .batch(8, drop_remainder=True)
    .prefetch(1)
)
print(ds.element_spec[0].shape, len(ds))
zipped = tf.data.Dataset.zip((tf.data.Dataset.range(3), tf.data.Dataset.range(3, 6)))
print([(int(a), int(b)) for a, b in zipped])
for batch, y in ds.take(1):
    print(batch.shape, y.shape)
model = tf.keras.Sequential(
    [
        tf.keras.layers.InputLayer(shape=(16, 16, 3)),
        tf.keras.layers.Conv2D(4, 3, activation="relu"),
        tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
history = model.fit(ds.repeat(), epochs=2, steps_per_epoch=5, verbose=0)
