# ImageDataGenerator on arrays, fit with steps_per_epoch, as courses on MNIST do it.
import numpy as np
import tensorflow as tf
from tensorflow.keras import Sequential
from tensorflow.keras.layers import Conv2D, Dense, Flatten, MaxPool2D
from tensorflow.keras.preprocessing.image import ImageDataGenerator

tf.random.set_seed(0)
np.random.seed(0)
X_train = np.random.rand(96, 28, 28, 1)
Y_train = tf.keras.utils.to_categorical(np.random.randint(0, 10, 96), num_classes=10)
X_val, Y_val = X_train[:32], Y_train[:32]

datagen = ImageDataGenerator(
    featurewise_center=False,
    samplewise_center=False,
    featurewise_std_normalization=False,
    samplewise_std_normalization=False,
    zca_whitening=False,
    rotation_range=10,
    zoom_range=0.1,
    width_shift_range=0.1,
    height_shift_range=0.1,
    horizontal_flip=False,
    vertical_flip=False,
)
datagen.fit(X_train)
batch_x, batch_y = next(datagen.flow(X_train, Y_train, batch_size=32))
print(batch_x.shape, batch_x.dtype, batch_y.shape)

model = Sequential()
model.add(
    Conv2D(
        filters=8, kernel_size=(5, 5), padding="Same", activation="relu", input_shape=(28, 28, 1)
    )
)
model.add(MaxPool2D(pool_size=(2, 2)))
model.add(Flatten())
model.add(Dense(10, activation="softmax"))
model.compile(optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"])
history = model.fit(
    datagen.flow(X_train, Y_train, batch_size=32),
    epochs=2,
    validation_data=(X_val, Y_val),
    verbose=2,
    steps_per_epoch=X_train.shape[0] // 32,
)
