# Feature maps by an activations model, and a class activation map without gradients.
# exact: cam
import numpy as np
from tensorflow import keras
from tensorflow.keras import layers, models

rng = np.random.default_rng(8)
model = models.Sequential(
    [
        layers.Input((24, 24, 3)),
        layers.Conv2D(4, 3, activation="relu", name="conv_a"),
        layers.MaxPooling2D(2, name="pool_a"),
        layers.Conv2D(6, 3, activation="relu", name="conv_b"),
        layers.GlobalAveragePooling2D(name="gap"),
        layers.Dense(3, activation="softmax", name="out"),
    ]
)
model.set_weights([rng.normal(0, 0.3, w.shape).astype("float32") for w in model.get_weights()])
img_tensor = rng.random((1, 24, 24, 3)).astype("float32")

layer_outputs = [layer.output for layer in model.layers[:3]]
activation_model = models.Model(inputs=model.inputs, outputs=layer_outputs)
activations = activation_model.predict(img_tensor)
first_layer_activation = activations[0]
print(first_layer_activation.shape, len(activations))
layer_names = [layer.name for layer in model.layers[:3]]
print(layer_names)

last_conv_layer_name = "conv_b"
cam_model = keras.Model(
    model.inputs, [model.get_layer(last_conv_layer_name).output, model.outputs[0]]
)
features, preds = cam_model.predict(img_tensor, verbose=0)
class_idx = int(np.argmax(preds[0]))
class_weights = model.layers[-1].get_weights()[0][:, class_idx]
cam = np.dot(features[0], class_weights)
cam = np.maximum(cam, 0) / (np.max(cam) + 1e-9)
print(cam.shape)
filters, biases = model.get_layer("conv_a").get_weights()
f_min, f_max = filters.min(), filters.max()
filters = (filters - f_min) / (f_max - f_min)
