# The usual callbacks together, a custom one, and what they leave behind.
# not compared: rows
import csv
import os

import numpy as np
from tensorflow import keras
from tensorflow.keras.callbacks import (
    Callback,
    CSVLogger,
    EarlyStopping,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
    TensorBoard,
    TerminateOnNaN,
)

keras.utils.set_random_seed(1)
rng = np.random.default_rng(0)
x = rng.random((80, 12, 12, 1)).astype("float32")
y = (x.mean((1, 2, 3)) > 0.5).astype("int32")


class PrintLogs(Callback):
    def __init__(self):
        super().__init__()
        self.seen = []

    def on_train_begin(self, logs=None):
        self.seen.append("begin")
        print(sorted(self.params), self.model.name)

    def on_epoch_end(self, epoch, logs=None):
        logs = logs or {}
        self.seen.append((epoch, sorted(logs)))
        if logs.get("accuracy") > 2:
            self.model.stop_training = True

    def on_train_batch_end(self, batch, logs=None):
        self.last = sorted(logs)


def scheduler(epoch, lr):
    if epoch < 1:
        return lr
    return lr * 0.5


model = keras.models.Sequential(
    [
        keras.layers.Flatten(input_shape=(12, 12, 1)),
        keras.layers.Dense(8, activation="relu"),
        keras.layers.Dense(2, activation="softmax"),
    ],
    name="net",
)
model.compile(
    optimizer=keras.optimizers.Adam(0.01),
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy"],
)
printer = PrintLogs()
es = EarlyStopping(monitor="val_loss", patience=2, mode="min", verbose=1, restore_best_weights=True)
os.makedirs("ckpt", exist_ok=True)
callbacks = [
    es,
    ModelCheckpoint(
        "ckpt/best.keras", monitor="val_accuracy", mode="max", save_best_only=True, verbose=0
    ),
    ModelCheckpoint("ckpt/w.{epoch:02d}-{val_loss:.2f}.weights.h5", save_weights_only=True),
    ReduceLROnPlateau(monitor="val_loss", factor=0.2, patience=1, min_lr=1e-4),
    LearningRateScheduler(scheduler),
    CSVLogger("training.log", separator=",", append=False),
    TensorBoard(log_dir="logs", histogram_freq=0),
    TerminateOnNaN(),
    LambdaCallback(on_epoch_begin=lambda epoch, logs: print("epoch", epoch)),
    printer,
]
history = model.fit(
    x, y, validation_split=0.25, epochs=3, batch_size=20, callbacks=callbacks, verbose=0
)
print(printer.seen[0], printer.seen[1], printer.last)
with open("training.log") as f:
    rows = list(csv.reader(f))
print(rows[0])
print(os.path.exists("ckpt/best.keras"), len(os.listdir("ckpt")) - 1 == len(history.epoch))
print(len(os.listdir("logs")) > 0)
