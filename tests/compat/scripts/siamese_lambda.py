# Siamese network: one shared tower, a Lambda distance, contrastive labels.
# exact: distances
import numpy as np
import tensorflow as tf
from tensorflow.keras import backend as K
from tensorflow.keras.layers import Conv2D, Dense, Flatten, Input, Lambda, MaxPooling2D
from tensorflow.keras.models import Model, Sequential

rng = np.random.default_rng(5)


def build_tower(input_shape):
    model = Sequential(name="tower")
    model.add(Input(shape=input_shape))
    model.add(Conv2D(4, (3, 3), activation="relu"))
    model.add(MaxPooling2D())
    model.add(Flatten())
    model.add(Dense(8, activation="sigmoid"))
    return model


tower = build_tower((20, 20, 1))
left_input = Input((20, 20, 1))
right_input = Input((20, 20, 1))
encoded_l = tower(left_input)
encoded_r = tower(right_input)
L1_layer = Lambda(lambda tensors: tf.abs(tensors[0] - tensors[1]))
L1_distance = L1_layer([encoded_l, encoded_r])
prediction = Dense(1, activation="sigmoid")(L1_distance)
siamese_net = Model(inputs=[left_input, right_input], outputs=prediction)
siamese_net.set_weights(
    [rng.normal(0, 0.2, w.shape).astype("float32") for w in siamese_net.get_weights()]
)
siamese_net.compile(
    loss="binary_crossentropy", optimizer=tf.keras.optimizers.Adam(0.001), metrics=["accuracy"]
)
left = rng.random((24, 20, 20, 1)).astype("float32")
right = rng.random((24, 20, 20, 1)).astype("float32")
same = rng.integers(0, 2, 24).astype("float32")
distances = siamese_net.predict([left, right], verbose=0)
history = siamese_net.fit([left, right], same, batch_size=8, epochs=1, verbose=0)
print(siamese_net.count_params(), K.floatx(), K.image_data_format())
