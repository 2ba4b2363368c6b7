# Keras' guide "Making new layers": add_weight in __init__ and build, get_config, serialisation.
# exact: first, second
import keras
import numpy as np
from keras import layers, ops


class Linear(keras.layers.Layer):
    def __init__(self, units=32, input_dim=32):
        super().__init__()
        self.w = self.add_weight(shape=(input_dim, units), initializer="ones", trainable=True)
        self.b = self.add_weight(shape=(units,), initializer="zeros", trainable=True)

    def call(self, inputs):
        return ops.matmul(inputs, self.w) + self.b


x = ops.ones((2, 2))
linear_layer = Linear(4, 2)
y = linear_layer(x)
first = np.array(y)
print(y.shape, linear_layer.weights == [linear_layer.w, linear_layer.b])


class ComputeSum(keras.layers.Layer):
    def __init__(self, input_dim):
        super().__init__()
        self.total = self.add_weight(shape=(input_dim,), initializer="zeros", trainable=False)

    def call(self, inputs):
        return inputs + self.total


my_sum = ComputeSum(2)
print("weights:", len(my_sum.weights))
print("non-trainable weights:", len(my_sum.non_trainable_weights))
print("trainable_weights:", my_sum.trainable_weights)


@keras.saving.register_keras_serializable(package="MyLayers")
class LazyLinear(keras.layers.Layer):
    def __init__(self, units=32, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight(
            shape=(input_shape[-1], self.units), initializer="ones", trainable=True
        )
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", trainable=True)

    def call(self, inputs):
        return ops.matmul(inputs, self.w) + self.b

    def get_config(self):
        config = super().get_config()
        config.update({"units": self.units})
        return config


layer = LazyLinear(3, name="lazy")
config = layer.get_config()
new_layer = LazyLinear.from_config(config)
print(config["units"], config["name"], new_layer.name)


class MLPBlock(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.linear_1 = LazyLinear(32)
        self.linear_2 = LazyLinear(32)
        self.linear_3 = LazyLinear(1)

    def call(self, inputs):
        x = self.linear_1(inputs)
        x = keras.activations.relu(x)
        x = self.linear_2(x)
        x = keras.activations.relu(x)
        return self.linear_3(x)


mlp = MLPBlock()
y = mlp(ops.ones(shape=(3, 64)))
second = np.array(y)
print("weights:", len(mlp.weights))
print("trainable weights:", len(mlp.trainable_weights))

model = keras.Sequential([keras.Input((6,)), LazyLinear(4), layers.ReLU(), LazyLinear(1)])
model.compile("sgd", "mse")
history = model.fit(np.ones((8, 6)), np.zeros((8, 1)), epochs=1, verbose=0)
