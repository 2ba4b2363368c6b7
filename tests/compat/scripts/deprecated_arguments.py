# Keras 2's names, as Keras 3 answers them: errors that scripts catch.
import numpy as np
from tensorflow import keras
from tensorflow.keras.optimizers import SGD, Adam


def attempt(function):
    try:
        function()
    except (ValueError, TypeError):
        return "not an argument"
    except AttributeError:
        return "not a method"
    return "fine"


print("lr:", attempt(lambda: Adam(lr=0.001)))
print("decay:", attempt(lambda: SGD(learning_rate=0.1, decay=1e-6)))
model = keras.Sequential([keras.layers.Dense(2, input_dim=4, activation="softmax")])
model.compile("adam", "sparse_categorical_crossentropy", metrics=["acc"])
x, y = np.random.rand(16, 4), np.random.randint(0, 2, 16)
print("fit_generator:", attempt(lambda: model.fit_generator([(x, y)], steps_per_epoch=1)))
print("predict_classes:", attempt(lambda: model.predict_classes(x)))
print("epochs:", attempt(lambda: model.fit(x, y, nb_epoch=1)))
print(
    "weights argument:",
    attempt(lambda: keras.layers.Dense(3, weights=[np.ones((4, 3)), np.zeros(3)])),
)
print("output_dim:", attempt(lambda: keras.layers.Dense(output_dim=3)))
history = model.fit(x, y, epochs=1, verbose=0)
print(sorted(history.history))
