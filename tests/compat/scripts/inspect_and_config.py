# summary, get_config, to_json, clone_model, layers by index and name.
import json

import keras
from keras import layers

inputs = keras.Input(shape=(16, 16, 3), name="img")
x = layers.Conv2D(8, 3, activation="relu", name="c1")(inputs)
x = layers.Conv2D(8, 3, activation="relu", name="c2")(x)
block_1_output = layers.MaxPooling2D(3, name="p1")(x)
x = layers.Conv2D(8, 3, activation="relu", padding="same", name="c3")(block_1_output)
x = layers.Conv2D(8, 3, activation="relu", padding="same", name="c4")(x)
block_2_output = layers.add([x, block_1_output], name="a1")
x = layers.GlobalAveragePooling2D(name="g")(block_2_output)
outputs = layers.Dense(10, name="d")(x)
model = keras.Model(inputs, outputs, name="toy_resnet")
lines = []
model.summary(print_fn=lambda line, **kwargs: lines.append(line), line_length=90)
text = "\n".join(lines)
print("toy_resnet" in text, "(None, 14, 14, 8)" in text, "Total params" in text)
for i, layer in enumerate(model.layers):
    print(i, layer.name, layer.__class__.__name__, layer.output.shape, layer.trainable)
for layer in model.layers:
    if "c" in layer.name:
        print(layer.name, layer.get_weights()[0].shape)
config = model.get_config()
print(config["name"], len(config["layers"]), [one["class_name"] for one in config["layers"]])
conv_config = model.get_layer("c1").get_config()
print(
    conv_config["filters"],
    conv_config["kernel_size"],
    conv_config["activation"],
    conv_config["padding"],
)
again = keras.Model.from_config(config)
json_config = model.to_json()
print(json.loads(json_config)["class_name"])
from_json = keras.models.model_from_json(json_config)
clone = keras.models.clone_model(model)
print(again.count_params() == from_json.count_params() == clone.count_params())
print(model.get_layer(index=1).name, model.get_layer("d").units)
print(isinstance(model.layers[1], keras.layers.Conv2D), isinstance(model, keras.models.Model))
try:
    keras.utils.plot_model(model, "model.png", show_shapes=True)
except ImportError:
    pass
