# Standalone-keras imports: keras.models, keras.layers, keras.utils, keras.optimizers, keras.datasets.
import numpy
from keras import backend, callbacks, initializers, losses, metrics, optimizers, regularizers
from keras.datasets import mnist
from keras.layers import Conv2D, Dense, Dropout, Flatten, Input, MaxPooling2D
from keras.models import Model, Sequential, load_model, save_model
from keras.optimizers import SGD, Adadelta, Adagrad, Adam, Adamax, RMSprop
from keras.utils import plot_model, to_categorical

seed = 7
numpy.random.seed(seed)
(X_train, y_train), (X_test, y_test) = mnist.load_data()
X_train = X_train[:300].reshape((300, 28, 28, 1)).astype("float32")
X_train = X_train / 255
y_train = to_categorical(y_train[:300])
num_classes = y_train.shape[1]


def baseline_model():
    model = Sequential()
    model.add(Conv2D(8, (5, 5), input_shape=(28, 28, 1), activation="relu"))
    model.add(MaxPooling2D())
    model.add(Dropout(0.2))
    model.add(Flatten())
    model.add(
        Dense(32, activation="relu", kernel_initializer=initializers.RandomNormal(stddev=0.05))
    )
    model.add(
        Dense(num_classes, activation="softmax", kernel_regularizer=regularizers.l1_l2(1e-5, 1e-4))
    )
    model.compile(
        loss=losses.categorical_crossentropy,
        optimizer=Adadelta(),
        metrics=[metrics.categorical_accuracy],
    )
    return model


model = baseline_model()
history = model.fit(
    X_train,
    y_train,
    epochs=1,
    batch_size=100,
    verbose=2,
    callbacks=[callbacks.EarlyStopping("loss")],
)
scores = model.evaluate(X_train, y_train, verbose=0)
print("CNN Error: %.2f%%" % (100 - scores[1] * 100))
for optimizer in (SGD(), RMSprop(), Adagrad(), Adam(), Adamax(), optimizers.Nadam()):
    model.compile(loss="categorical_crossentropy", optimizer=optimizer)
    model.train_on_batch(X_train[:8], y_train[:8])
save_model(model, "saved.keras")
print(load_model("saved.keras").count_params(), backend.backend() != "")
