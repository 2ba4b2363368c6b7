# Images from a folder, with augmentation: python folder.py SEED FOLDER
import sys

import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

seed, folder = int(sys.argv[1]), sys.argv[2]
tf.keras.utils.set_random_seed(seed)
image_size = (32, 32)
batch_size = 32

train_ds, val_ds = keras.utils.image_dataset_from_directory(
    folder,
    validation_split=0.2,
    subset="both",
    seed=1337,
    image_size=image_size,
    batch_size=batch_size,
)
class_names = train_ds.class_names
print(class_names)
for images, labels in train_ds.take(1):
    print(images.shape, labels.shape, images[0].numpy().astype("uint8").max() <= 255)

AUTOTUNE = tf.data.AUTOTUNE
train_ds = train_ds.cache().shuffle(1000).prefetch(buffer_size=AUTOTUNE)
val_ds = val_ds.cache().prefetch(buffer_size=AUTOTUNE)

data_augmentation = keras.Sequential(
    [
        layers.RandomFlip("horizontal", input_shape=(32, 32, 3)),
        layers.RandomRotation(0.05),
        layers.RandomZoom(0.1),
    ]
)

model = keras.Sequential(
    [
        data_augmentation,
        layers.Rescaling(1.0 / 255),
        layers.Conv2D(16, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(64, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.Dropout(0.2),
        layers.Flatten(),
        layers.Dense(64, activation="relu"),
        layers.Dense(len(class_names)),
    ]
)
model.compile(
    optimizer="adam",
    loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
history = model.fit(train_ds, validation_data=val_ds, epochs=8, verbose=2)
predictions = model.predict(val_ds, verbose=0)
print(tf.nn.softmax(predictions[0]).numpy().sum().round(4))
print(f"score: {model.evaluate(val_ds, verbose=0)[1]:.4f}")
