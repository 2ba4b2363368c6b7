# Transfer learning with a frozen base model, then fine-tuning, in the style of keras.io/guides.
# The base model of Keras is another one, so it is not compared.
# not compared: base_model, model
import keras
import numpy as np
from keras import layers

try:
    from keras.applications import EfficientNetLite0 as Base
except ImportError:  # Keras itself
    from keras.applications import EfficientNetB0 as Base

keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
x = rng.uniform(0, 255, (16, 64, 64, 3)).astype("float32")
y = rng.integers(0, 2, 16)

base_model = Base(weights=None, input_shape=(64, 64, 3), include_top=False)
base_model.trainable = False

inputs = keras.Input(shape=(64, 64, 3))
h = base_model(inputs, training=False)
h = keras.layers.GlobalAveragePooling2D()(h)
h = keras.layers.Dropout(0.2)(h)
outputs = keras.layers.Dense(1)(h)
model = keras.Model(inputs, outputs)
print(len(model.trainable_weights), h.shape)
model.summary(show_trainable=True)

model.compile(
    optimizer=keras.optimizers.Adam(),
    loss=keras.losses.BinaryCrossentropy(from_logits=True),
    metrics=[keras.metrics.BinaryAccuracy()],
)
model.fit(x, y, epochs=1, batch_size=8)

base_model.trainable = True
for layer in base_model.layers[:-4]:
    layer.trainable = False
print(any(layer.trainable for layer in base_model.layers[:-4]))
model.compile(
    optimizer=keras.optimizers.Adam(1e-5),
    loss=keras.losses.BinaryCrossentropy(from_logits=True),
    metrics=[keras.metrics.BinaryAccuracy()],
)
history = model.fit(x, y, epochs=1, batch_size=8, validation_data=(x, y))
