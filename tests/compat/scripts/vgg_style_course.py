# VGG-like stack by a loop, from_logits=False, top-5, evaluate with return_dict, model.layers loops.
import tensorflow as tf
from tensorflow.keras import layers, models, optimizers

tf.keras.utils.set_random_seed(3)
x = tf.random.uniform((40, 32, 32, 3))
y = tf.random.uniform((40,), minval=0, maxval=10, dtype=tf.int32)


def vgg_block(num_convs, num_channels):
    blk = tf.keras.models.Sequential()
    for _ in range(num_convs):
        blk.add(
            tf.keras.layers.Conv2D(num_channels, kernel_size=3, padding="same", activation="relu")
        )
    blk.add(tf.keras.layers.MaxPool2D(pool_size=2, strides=2))
    return blk


def vgg(conv_arch):
    net = tf.keras.models.Sequential()
    for num_convs, num_channels in conv_arch:
        net.add(vgg_block(num_convs, num_channels))
    net.add(
        models.Sequential(
            [
                layers.Flatten(),
                layers.Dense(32, activation="relu"),
                layers.Dropout(0.5),
                layers.Dense(10, activation="softmax"),
            ]
        )
    )
    return net


net = vgg(((1, 4), (1, 8), (2, 8)))
X = tf.random.uniform((1, 32, 32, 3))
for blk in net.layers:
    X = blk(X)
    print(blk.__class__.__name__, "output shape:\t", X.shape)
net.compile(
    optimizer=optimizers.SGD(learning_rate=0.05),
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy", tf.keras.metrics.SparseTopKCategoricalAccuracy(5, name="top-5-accuracy")],
)
history = net.fit(x, y, batch_size=20, epochs=1, validation_split=0.2, verbose=0)
print(sorted(net.evaluate(x, y, return_dict=True, verbose=0)))
net.build((None, 32, 32, 3))
net.summary()
