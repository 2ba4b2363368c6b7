# LeNet on MNIST: Sequential, one-hot labels, callbacks.
import sys

import tensorflow as tf
from tensorflow.keras.callbacks import CSVLogger, EarlyStopping, ModelCheckpoint, ReduceLROnPlateau
from tensorflow.keras.datasets import mnist
from tensorflow.keras.layers import AveragePooling2D, Conv2D, Dense, Flatten
from tensorflow.keras.models import Sequential, load_model
from tensorflow.keras.utils import to_categorical

tf.keras.utils.set_random_seed(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
print("TensorFlow", tf.__version__, "GPUs:", len(tf.config.list_physical_devices("GPU")))

num_classes = 10
(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train, y_train = x_train[:6000], y_train[:6000]
x_train = x_train.reshape(-1, 28, 28, 1).astype("float32") / 255
x_test = x_test.reshape(-1, 28, 28, 1).astype("float32") / 255
y_train = to_categorical(y_train, num_classes)
y_test = to_categorical(y_test, num_classes)

model = Sequential()
model.add(Conv2D(6, kernel_size=(5, 5), activation="tanh", padding="same", input_shape=(28, 28, 1)))
model.add(AveragePooling2D(pool_size=(2, 2), strides=2))
model.add(Conv2D(16, kernel_size=(5, 5), activation="tanh"))
model.add(AveragePooling2D(pool_size=(2, 2), strides=2))
model.add(Flatten())
model.add(Dense(120, activation="tanh"))
model.add(Dense(84, activation="tanh"))
model.add(Dense(num_classes, activation="softmax"))
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])

callbacks = [
    EarlyStopping(monitor="val_loss", patience=3, restore_best_weights=True),
    ModelCheckpoint("lenet.keras", monitor="val_accuracy", save_best_only=True),
    ReduceLROnPlateau(monitor="val_loss", factor=0.5, patience=1, min_lr=1e-5),
    CSVLogger("lenet.csv"),
]
model.fit(
    x_train, y_train, batch_size=64, epochs=6, validation_split=0.1, callbacks=callbacks, verbose=2
)

best = load_model("lenet.keras")
score = best.evaluate(x_test, y_test, verbose=0)
print("test loss:", score[0])
print(f"score: {score[1]:.4f}")
