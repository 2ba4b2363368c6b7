# Convolutional denoising autoencoder on digits, with encoder and decoder models.
import numpy as np
from tensorflow.keras import layers
from tensorflow.keras.datasets import mnist
from tensorflow.keras.models import Model

(train_data, _), (test_data, _) = mnist.load_data()


def preprocess(array):
    array = array.astype("float32") / 255.0
    array = np.reshape(array, (len(array), 28, 28, 1))
    return array


def noise(array):
    noise_factor = 0.4
    noisy_array = array + noise_factor * np.random.normal(loc=0.0, scale=1.0, size=array.shape)
    return np.clip(noisy_array, 0.0, 1.0)


train_data = preprocess(train_data[:128])
test_data = preprocess(test_data[:32])
noisy_train_data = noise(train_data)
noisy_test_data = noise(test_data)

input = layers.Input(shape=(28, 28, 1))
x = layers.Conv2D(8, (3, 3), activation="relu", padding="same")(input)
x = layers.MaxPooling2D((2, 2), padding="same")(x)
x = layers.Conv2D(8, (3, 3), activation="relu", padding="same")(x)
encoded = layers.MaxPooling2D((2, 2), padding="same", name="encoded")(x)
x = layers.Conv2D(8, (3, 3), activation="relu", padding="same")(encoded)
x = layers.UpSampling2D((2, 2))(x)
x = layers.Conv2D(8, (3, 3), activation="relu", padding="same")(x)
x = layers.UpSampling2D((2, 2))(x)
x = layers.Conv2D(1, (3, 3), activation="sigmoid", padding="same")(x)

autoencoder = Model(input, x)
autoencoder.compile(optimizer="adam", loss="binary_crossentropy")
autoencoder.summary()
history = autoencoder.fit(
    x=noisy_train_data,
    y=train_data,
    epochs=1,
    batch_size=64,
    shuffle=True,
    validation_data=(noisy_test_data, test_data),
)
encoder = Model(input, encoded)
predictions = autoencoder.predict(test_data)
codes = encoder.predict(test_data)
mse = np.mean(np.square(predictions - test_data), axis=(1, 2, 3))
threshold = np.mean(mse) + np.std(mse)
print(mse.shape, threshold > 0)
