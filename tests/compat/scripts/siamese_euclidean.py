# Siamese network with a Euclidean distance by keras.backend, as in Keras 2's example.
# exact: distances
import numpy as np
import tensorflow as tf
from tensorflow.keras.layers import Dense, Dropout, Flatten, Input, Lambda
from tensorflow.keras.models import Model

rng = np.random.default_rng(2)


def euclidean_distance(vects):
    x, y = vects
    sum_square = tf.reduce_sum(tf.square(x - y), axis=1, keepdims=True)
    return tf.sqrt(tf.maximum(sum_square, 1e-7))


def eucl_dist_output_shape(shapes):
    shape1, shape2 = shapes
    return (shape1[0], 1)


def create_base_network(input_shape):
    input = Input(shape=input_shape)
    x = Flatten()(input)
    x = Dense(16, activation="relu")(x)
    x = Dropout(0.1)(x)
    x = Dense(8, activation="relu")(x)
    return Model(input, x)


base_network = create_base_network((10, 10))
input_a = Input(shape=(10, 10))
input_b = Input(shape=(10, 10))
distance = Lambda(euclidean_distance, output_shape=eucl_dist_output_shape)(
    [base_network(input_a), base_network(input_b)]
)
model = Model([input_a, input_b], distance)
model.set_weights([rng.normal(0, 0.2, w.shape).astype("float32") for w in model.get_weights()])
a, b = rng.random((16, 10, 10)), rng.random((16, 10, 10))
distances = model.predict([a, b], verbose=0)
model.compile(loss="mse", optimizer="rmsprop")
history = model.fit([a, b], rng.random((16, 1)), epochs=1, verbose=0)
print(model.output_shape, len(model.weights))
