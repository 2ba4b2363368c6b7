# A Sequence (PyDataset) that loads batches, with workers as arguments, shuffled at the end of epochs.
import math

import numpy as np
from tensorflow import keras
from tensorflow.keras.utils import Sequence, to_categorical


class DataGenerator(Sequence):
    def __init__(self, x_set, y_set, batch_size, n_classes=3, shuffle=True, **kwargs):
        super().__init__(**kwargs)
        self.x, self.y = x_set, y_set
        self.batch_size = batch_size
        self.n_classes = n_classes
        self.shuffle = shuffle
        self.on_epoch_end()

    def __len__(self):
        return math.ceil(len(self.x) / self.batch_size)

    def __getitem__(self, idx):
        indexes = self.indexes[idx * self.batch_size : (idx + 1) * self.batch_size]
        return self.x[indexes], to_categorical(self.y[indexes], num_classes=self.n_classes)

    def on_epoch_end(self):
        self.indexes = np.arange(len(self.x))
        if self.shuffle:
            np.random.shuffle(self.indexes)


x, y = np.random.rand(50, 10, 10, 1), np.random.randint(0, 3, 50)
training_generator = DataGenerator(x, y, 16)
validation_generator = DataGenerator(x, y, 16, shuffle=False)
print(len(training_generator), training_generator[0][0].shape, training_generator[3][1].shape)
model = keras.Sequential()
model.add(keras.layers.Conv2D(4, 3, activation="relu", input_shape=(10, 10, 1)))
model.add(keras.layers.Flatten())
model.add(keras.layers.Dense(3, activation="softmax"))
model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
history = model.fit(training_generator, validation_data=validation_generator, epochs=2, verbose=0)
result = model.evaluate(validation_generator, verbose=0, return_dict=True)
print(sorted(result), model.predict(validation_generator, verbose=0).shape)
