# A small U-Net for masks: skip connections, UpSampling, per-pixel softmax or sigmoid.
import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

x = np.random.rand(16, 32, 32, 3).astype("float32")
masks = (x.mean(-1, keepdims=True) > 0.5).astype("float32")


def conv_block(x, n_filters):
    x = layers.Conv2D(
        n_filters, 3, padding="same", activation="relu", kernel_initializer="he_normal"
    )(x)
    x = layers.Conv2D(
        n_filters, 3, padding="same", activation="relu", kernel_initializer="he_normal"
    )(x)
    return x


inputs = layers.Input(shape=(32, 32, 3))
f1 = conv_block(inputs, 8)
p1 = layers.Dropout(0.3)(layers.MaxPool2D(2)(f1))
f2 = conv_block(p1, 16)
p2 = layers.MaxPool2D(2)(f2)
bottleneck = conv_block(p2, 16)
u1 = layers.UpSampling2D((2, 2), interpolation="bilinear")(bottleneck)
u1 = layers.concatenate([u1, f2])
u1 = conv_block(u1, 16)
u2 = layers.UpSampling2D((2, 2))(u1)
u2 = layers.Concatenate()([u2, f1])
u2 = conv_block(u2, 8)
outputs = layers.Conv2D(1, 1, padding="same", activation="sigmoid")(u2)
unet_model = tf.keras.Model(inputs, outputs, name="U-Net")
unet_model.compile(
    optimizer=tf.keras.optimizers.Adam(), loss="binary_crossentropy", metrics=["accuracy"]
)
history = unet_model.fit(x, masks, epochs=1, batch_size=8, verbose=0)
pred_mask = unet_model.predict(x[:1], verbose=0)
mask = tf.cast(pred_mask > 0.5, tf.uint8)
print(pred_mask.shape, mask.shape, unet_model.count_params())
