# tf.data from file names, decoded in a map, labels from the path: TensorFlow's load-images tutorial.
import os
import pathlib

import numpy as np
import tensorflow as tf

data_dir = pathlib.Path("photos")
list_ds = tf.data.Dataset.list_files(str(data_dir / "*/*.png"), shuffle=False)
image_count = len(list_ds)
class_names = np.array(sorted([item.name for item in data_dir.glob("*")]))
print(image_count, class_names)
val_size = int(image_count * 0.2)
train_ds = list_ds.skip(val_size)
val_ds = list_ds.take(val_size)
print(tf.data.experimental.cardinality(train_ds).numpy(), val_ds.cardinality().numpy())


def get_label(file_path):
    parts = tf.strings.split(file_path, os.path.sep)
    one_hot = parts[-2] == class_names
    return tf.argmax(one_hot)


def decode_img(img):
    img = tf.io.decode_png(img, channels=3)
    return tf.image.resize(img, [24, 24])


def process_path(file_path):
    label = get_label(file_path)
    img = tf.io.read_file(file_path)
    img = decode_img(img)
    return img, label


train_ds = train_ds.map(process_path, num_parallel_calls=tf.data.AUTOTUNE)
for image, label in train_ds.take(1):
    print("Image shape: ", image.numpy().shape)
    print("Label: ", label.numpy())
train_ds = train_ds.cache().shuffle(buffer_size=100).batch(8).prefetch(tf.data.AUTOTUNE)
model = tf.keras.Sequential(
    [
        tf.keras.layers.Rescaling(1.0 / 255),
        tf.keras.layers.Conv2D(4, 3, activation="relu"),
        tf.keras.layers.GlobalMaxPooling2D(),
        tf.keras.layers.Dense(2),
    ]
)
model.compile(
    "adam", tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"]
)
history = model.fit(train_ds, epochs=1, verbose=0)
