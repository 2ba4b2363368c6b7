# Preprocessing and augmentation models called in map, one image and batches; stateless tf.image.
import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

images = np.random.randint(0, 255, (40, 32, 30, 3)).astype("uint8")
labels = np.random.randint(0, 3, 40)
photos = tf.data.Dataset.from_tensor_slices((images, labels))
resize_and_rescale = tf.keras.Sequential([layers.Resizing(24, 24), layers.Rescaling(1.0 / 255)])
data_augmentation = tf.keras.Sequential(
    [layers.RandomFlip("horizontal_and_vertical"), layers.RandomRotation(0.2)]
)
image, label = next(iter(photos))
image = tf.cast(tf.expand_dims(image, 0), tf.float32)
print(data_augmentation(image).shape, resize_and_rescale(image[0]).shape)


def prepare(ds, shuffle=False, augment=False):
    ds = ds.map(lambda x, y: (resize_and_rescale(x), y), num_parallel_calls=tf.data.AUTOTUNE)
    if shuffle:
        ds = ds.shuffle(100)
    ds = ds.batch(8)
    if augment:
        ds = ds.map(lambda x, y: (data_augmentation(x, training=True), y))
    return ds.prefetch(tf.data.AUTOTUNE)


train = prepare(photos, shuffle=True, augment=True)
print(train.element_spec)
model = tf.keras.Sequential(
    [
        layers.Conv2D(4, 3, activation="relu"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(3),
    ]
)
model.compile(
    optimizer="adam",
    loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
history = model.fit(train, validation_data=prepare(photos), epochs=1, verbose=0)


def augment(image_label, seed):
    image, label = image_label
    image = tf.image.resize(tf.cast(image, tf.float32), [24, 24]) / 255.0
    image = tf.image.resize_with_crop_or_pad(image, 30, 30)
    new_seed = tf.random.split(seed, num=1)[0, :]
    image = tf.image.stateless_random_crop(image, size=[24, 24, 3], seed=seed)
    image = tf.image.stateless_random_brightness(image, max_delta=0.5, seed=new_seed)
    return tf.clip_by_value(image, 0, 1), label


counter = tf.data.Dataset.counter()
zipped = tf.data.Dataset.zip((photos, (counter, counter))).shuffle(100)
print(zipped.map(augment).batch(8).element_spec)
rng = tf.random.Generator.from_seed(123, alg="philox")
drawn = photos.map(lambda x, y: augment((x, y), rng.make_seeds(1)[:, 0])).batch(8)
again = model.fit(drawn, epochs=1, verbose=0)
