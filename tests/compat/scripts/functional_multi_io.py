# Several inputs and outputs, with losses, weights and metrics by name.
# exact: losses
import keras
import numpy as np
from keras import layers

image_input = keras.Input(shape=(16, 16, 1), name="image")
meta_input = keras.Input(shape=(4,), name="meta")
x = layers.Conv2D(4, 3, activation="relu", name="conv")(image_input)
x = layers.GlobalMaxPooling2D(name="pool")(x)
m = layers.Dense(4, activation="relu", name="dense_meta")(meta_input)
h = layers.concatenate([x, m], name="join")
kind = layers.Dense(3, activation="softmax", name="kind")(h)
size = layers.Dense(1, name="size")(h)
model = keras.Model(inputs=[image_input, meta_input], outputs=[kind, size], name="two_heads")
rng = np.random.default_rng(1)
model.set_weights([rng.normal(0, 0.3, w.shape).astype("float32") for w in model.get_weights()])

model.compile(
    optimizer=keras.optimizers.SGD(learning_rate=0.01),
    loss={"kind": "sparse_categorical_crossentropy", "size": "mse"},
    loss_weights={"kind": 1.0, "size": 0.2},
    metrics={"kind": ["accuracy"], "size": ["mae"]},
)
images = rng.random((32, 16, 16, 1)).astype("float32")
metas = rng.random((32, 4)).astype("float32")
kinds = rng.integers(0, 3, 32)
sizes = rng.random((32, 1)).astype("float32")
history = model.fit(
    {"image": images, "meta": metas},
    {"kind": kinds, "size": sizes},
    epochs=2,
    batch_size=32,
    verbose=0,
)
losses = history.history["loss"]
print(sorted(history.history))
results = model.evaluate([images, metas], [kinds, sizes], verbose=0, return_dict=True)
print(sorted(results))
predicted_kind, predicted_size = model.predict([images, metas], verbose=0)
print(predicted_kind.shape, predicted_size.shape)
print(model.output_names)
print(model.get_layer("conv").output.shape, [t.name for t in model.inputs])
