# Segmentation with tf.data: masks resized by nearest, a layer that flips images and masks alike.
import numpy as np
import tensorflow as tf

x = np.random.rand(12, 20, 20, 3).astype("float32") * 255
m = np.random.randint(1, 4, (12, 20, 20, 1)).astype("uint8")


def load(image, mask):
    image = tf.image.resize(image, (16, 16))
    mask = tf.image.resize(mask, (16, 16), method=tf.image.ResizeMethod.NEAREST_NEIGHBOR)
    image = tf.cast(image, tf.float32) / 255.0
    mask -= 1
    return image, mask


class Augment(tf.keras.layers.Layer):
    def __init__(self, seed=42):
        super().__init__()
        self.flip_images = tf.keras.layers.RandomFlip(mode="horizontal", seed=seed)
        self.flip_masks = tf.keras.layers.RandomFlip(mode="horizontal", seed=seed)

    def call(self, images, masks):
        return self.flip_images(images), self.flip_masks(masks)


pairs = tf.data.Dataset.from_tensor_slices((x, m)).map(load, num_parallel_calls=tf.data.AUTOTUNE)
train = pairs.cache().shuffle(12).batch(4).repeat().map(Augment()).prefetch(tf.data.AUTOTUNE)
for images, masks in train.take(1):
    print(images.shape, masks.shape, masks.dtype.name)
inputs = tf.keras.Input((16, 16, 3))
down = tf.keras.layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")(inputs)
outputs = tf.keras.layers.Conv2DTranspose(3, 3, strides=2, padding="same")(down)
model = tf.keras.Model(inputs, outputs)
model.compile(
    optimizer="adam",
    loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy", tf.keras.metrics.MeanIoU(num_classes=3, sparse_y_pred=False)],
)
history = model.fit(
    train,
    epochs=2,
    steps_per_epoch=3,
    validation_data=pairs.batch(4),
    validation_steps=2,
    verbose=0,
)


def create_mask(predicted):
    predicted = tf.math.argmax(predicted, axis=-1)
    predicted = predicted[..., tf.newaxis]
    return predicted[0]


mask = create_mask(model.predict(x[:2, :16, :16], verbose=0))
print(mask.shape, tf.keras.utils.array_to_img(mask).size)
