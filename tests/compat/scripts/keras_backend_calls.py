# keras.backend (K) as older scripts use it.
import numpy as np
from tensorflow import keras
from tensorflow.keras import backend as K

K.clear_session()
img_rows, img_cols = 28, 28
x_train = np.random.rand(32, 28, 28)
if K.image_data_format() == "channels_first":
    x_train = x_train.reshape(x_train.shape[0], 1, img_rows, img_cols)
    input_shape = (1, img_rows, img_cols)
else:
    x_train = x_train.reshape(x_train.shape[0], img_rows, img_cols, 1)
    input_shape = (img_rows, img_cols, 1)
print(input_shape, K.epsilon(), K.floatx())
K.set_floatx("float32")
K.set_image_data_format("channels_last")
chan_dim = -1 if K.image_data_format() == "channels_last" else 1
model = keras.Sequential()
model.add(keras.layers.Conv2D(4, (3, 3), padding="same", input_shape=input_shape))
model.add(keras.layers.Activation("relu"))
model.add(keras.layers.BatchNormalization(axis=chan_dim))
model.add(keras.layers.GlobalAveragePooling2D())
model.add(keras.layers.Dense(2))
model.add(keras.layers.Activation("softmax"))
model.compile(
    loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.SGD(learning_rate=0.1)
)
trainable_count = sum(K.count_params(w) for w in model.trainable_weights)
non_trainable_count = int(np.sum([K.count_params(w) for w in model.non_trainable_weights]))
print(trainable_count, non_trainable_count)
model.optimizer.learning_rate.assign(0.01)
print(round(float(model.optimizer.learning_rate), 4))
history = model.fit(x_train, np.zeros(32), epochs=1, verbose=0)
print(K.int_shape(model.outputs[0]))
