# Branches with named layers, Concatenate, GlobalAveragePooling, a dictionary of layers.
# exact: probabilities
import numpy as np
from tensorflow.keras import Input, Model, layers

rng = np.random.default_rng(12)


def inception_module(x, f1, f3r, f3, f5r, f5, proj, name=None):
    conv_1x1 = layers.Conv2D(f1, (1, 1), padding="same", activation="relu")(x)
    conv_3x3 = layers.Conv2D(f3r, (1, 1), padding="same", activation="relu")(x)
    conv_3x3 = layers.Conv2D(f3, (3, 3), padding="same", activation="relu")(conv_3x3)
    conv_5x5 = layers.Conv2D(f5r, (1, 1), padding="same", activation="relu")(x)
    conv_5x5 = layers.Conv2D(f5, (5, 5), padding="same", activation="relu")(conv_5x5)
    pool_proj = layers.MaxPool2D((3, 3), strides=(1, 1), padding="same")(x)
    pool_proj = layers.Conv2D(proj, (1, 1), padding="same", activation="relu")(pool_proj)
    return layers.concatenate([conv_1x1, conv_3x3, conv_5x5, pool_proj], axis=3, name=name)


input_layer = Input(shape=(24, 24, 3))
x = layers.Conv2D(
    8,
    (7, 7),
    padding="same",
    strides=(2, 2),
    activation="relu",
    name="conv_1_7x7/2".replace("/", "_"),
)(input_layer)
x = layers.MaxPool2D((3, 3), padding="same", strides=(2, 2))(x)
x = inception_module(x, 4, 4, 8, 2, 4, 4, name="inception_3a")
x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
x = layers.Dropout(0.4)(x)
x = layers.Dense(5, activation="softmax", name="output")(x)
model = Model(input_layer, x, name="inception_v1")
model.set_weights([rng.normal(0, 0.2, w.shape).astype("float32") for w in model.get_weights()])
probabilities = model.predict(rng.random((3, 24, 24, 3)), verbose=0)
weights_by_layer = {layer.name: layer.count_params() for layer in model.layers if layer.weights}
print(weights_by_layer)
print(model.get_layer("inception_3a").output.shape)
