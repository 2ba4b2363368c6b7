# Save and load: .keras, .h5, weights, architecture by JSON; predictions stay.
# exact: before, after
import os

import h5py
import numpy as np
import tensorflow as tf
from tensorflow.keras.models import load_model, model_from_json

rng = np.random.default_rng(4)


def create_model():
    model = tf.keras.Sequential(
        [
            tf.keras.layers.Conv2D(4, 3, activation="relu", input_shape=(10, 10, 1)),
            tf.keras.layers.BatchNormalization(),
            tf.keras.layers.Flatten(),
            tf.keras.layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(
        optimizer="adam", loss=tf.keras.losses.SparseCategoricalCrossentropy(), metrics=["accuracy"]
    )
    return model


model = create_model()
model.set_weights([abs(rng.normal(0, 0.3, w.shape)).astype("float32") for w in model.get_weights()])
x = rng.random((12, 10, 10, 1)).astype("float32")
y = rng.integers(0, 3, 12)
before = model.predict(x, verbose=0)
model.save("my_model.keras")
model.save("my_model.h5")
model.save_weights("my.weights.h5")
with open("model.json", "w") as json_file:
    json_file.write(model.to_json())
print(sorted(f for f in os.listdir() if f.startswith("my")))

new_model = tf.keras.models.load_model("my_model.keras")
new_model.summary()
np.testing.assert_allclose(new_model.predict(x, verbose=0), before, atol=1e-6)
h5_model = load_model("my_model.h5")
np.testing.assert_allclose(h5_model.predict(x, verbose=0), before, atol=1e-6)
loss, acc = h5_model.evaluate(x, y, verbose=2)
fresh = create_model()
fresh.load_weights("my.weights.h5")
after = fresh.predict(x, verbose=0)
with open("model.json") as json_file:
    loaded = model_from_json(json_file.read())
loaded.load_weights("my.weights.h5")
print(np.allclose(loaded.predict(x, verbose=0), before, atol=1e-6))
loaded.set_weights(model.get_weights())
history = new_model.fit(x, y, epochs=1, verbose=0)
with h5py.File("my_model.h5", "r") as f:
    print("model_weights" in f, "keras_version" in f.attrs)
