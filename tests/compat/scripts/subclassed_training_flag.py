# A Model subclass with `training` in `call`, nested blocks, and its weights compared before and after.
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

keras.utils.set_random_seed(11)


class ConvBlock(layers.Layer):
    def __init__(self, out_channels, kernel_size=3):
        super(ConvBlock, self).__init__()
        self.conv = layers.Conv2D(out_channels, kernel_size, padding="same")
        self.bn = layers.BatchNormalization()

    def call(self, input_tensor, training=False):
        x = self.conv(input_tensor)
        x = self.bn(x, training=training)
        x = tf.nn.relu(x)
        return x


class ResBlock(layers.Layer):
    def __init__(self, channels):
        super(ResBlock, self).__init__()
        self.cnn1 = ConvBlock(channels[0])
        self.cnn2 = ConvBlock(channels[1])
        self.cnn3 = ConvBlock(channels[2])
        self.pooling = layers.MaxPooling2D()
        self.identity_mapping = layers.Conv2D(channels[1], 1, padding="same")

    def call(self, input_tensor, training=False):
        x = self.cnn1(input_tensor, training=training)
        x = self.cnn2(x, training=training)
        x = self.cnn3(x + self.identity_mapping(input_tensor), training=training)
        return self.pooling(x)


class ResNetLike(keras.Model):
    def __init__(self, num_classes=10):
        super(ResNetLike, self).__init__()
        self.block1 = ResBlock([8, 8, 16])
        self.block2 = ResBlock([16, 16, 16])
        self.pool = layers.GlobalAveragePooling2D()
        self.classifier = layers.Dense(num_classes)

    def call(self, input_tensor, training=False):
        x = self.block1(input_tensor, training=training)
        x = self.block2(x, training=training)
        x = self.pool(x)
        return self.classifier(x)

    def model(self):
        x = keras.Input(shape=(28, 28, 1))
        return keras.Model(inputs=[x], outputs=self.call(x))


x_train = np.random.rand(64, 28, 28, 1).astype("float32")
y_train = np.random.randint(0, 10, 64)
model = ResNetLike(num_classes=10)
model.compile(
    optimizer=keras.optimizers.Adam(),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
history = model.fit(x_train, y_train, batch_size=32, epochs=1, verbose=2)
model.model().summary()
model.evaluate(x_train, y_train, batch_size=32, verbose=2)
print(len(model.layers), len(model.trainable_variables), model.count_params())
print(type(model.layers[0]).__name__)
