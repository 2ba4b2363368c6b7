# A course notebook: CIFAR-like images, Sequential with add, curves, predict and argmax.
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from tensorflow.keras.layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    MaxPooling2D,
)
from tensorflow.keras.models import Sequential
from tensorflow.keras.optimizers import RMSprop
from tensorflow.keras.regularizers import l2
from tensorflow.keras.utils import to_categorical

np.random.seed(42)
x_train = np.random.rand(200, 32, 32, 3).astype("float32")
y_train = np.random.randint(0, 10, (200, 1))
x_test = np.random.rand(40, 32, 32, 3).astype("float32")
y_test = np.random.randint(0, 10, (40, 1))
class_names = [
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
]

mean = np.mean(x_train, axis=(0, 1, 2, 3))
std = np.std(x_train, axis=(0, 1, 2, 3))
x_train = (x_train - mean) / (std + 1e-7)
x_test = (x_test - mean) / (std + 1e-7)
y_train = to_categorical(y_train, 10)
y_test = to_categorical(y_test, 10)

weight_decay = 1e-4
model = Sequential()
model.add(
    Conv2D(
        8,
        (3, 3),
        padding="same",
        kernel_regularizer=l2(weight_decay),
        input_shape=x_train.shape[1:],
    )
)
model.add(Activation("elu"))
model.add(BatchNormalization())
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Dropout(0.2))
model.add(Conv2D(16, (3, 3), padding="same", kernel_regularizer=l2(weight_decay)))
model.add(Activation("elu"))
model.add(BatchNormalization())
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Dropout(0.3))
model.add(Flatten())
model.add(Dense(10, activation="softmax"))
model.summary()
print(model.count_params(), model.input_shape, model.output_shape)

model.compile(
    loss="categorical_crossentropy", optimizer=RMSprop(learning_rate=0.001), metrics=["accuracy"]
)
history = model.fit(
    x_train, y_train, batch_size=64, epochs=2, validation_data=(x_test, y_test), shuffle=True
)

df = pd.DataFrame(history.history)
print(df.shape, list(df.columns))
fig, axis = plt.subplots(1, 2, figsize=(6, 3))
axis[0].plot(history.history["accuracy"], label="train")
axis[0].plot(history.history["val_accuracy"], label="test")
axis[0].legend()
plt.savefig("curves.png")

y_pred = np.argmax(model.predict(x_test), axis=1)
y_true = np.argmax(y_test, axis=1)
print(y_pred.shape, y_true.dtype.kind, class_names[y_pred[0]] in class_names)
scores = model.evaluate(x_test, y_test, verbose=1)
print("%s: %.2f%%" % (model.metrics_names[0], scores[1] * 100))
