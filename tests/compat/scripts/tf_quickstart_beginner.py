# TensorFlow's quickstart for beginners: logits, a loss object called by hand, a probability model.
import tensorflow as tf

print("TensorFlow version:", tf.__version__.split(".")[0])
tf.random.set_seed(3)

mnist = tf.keras.datasets.mnist
(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train, x_test = x_train[:640] / 255.0, x_test[:200] / 255.0
y_train, y_test = y_train[:640], y_test[:200]

model = tf.keras.models.Sequential(
    [
        tf.keras.layers.Flatten(input_shape=(28, 28)),
        tf.keras.layers.Dense(128, activation="relu"),
        tf.keras.layers.Dropout(0.2),
        tf.keras.layers.Dense(10),
    ]
)
predictions = model(x_train[:1]).numpy()
probabilities = tf.nn.softmax(predictions).numpy()
print(predictions.shape, probabilities.shape, abs(probabilities.sum() - 1) < 1e-5)

loss_fn = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
start = loss_fn(y_train[:1], predictions).numpy()
print(type(start).__name__, 0.5 < start < 8)

model.compile(optimizer="adam", loss=loss_fn, metrics=["accuracy"])
model.fit(x_train, y_train, epochs=2)
result = model.evaluate(x_test, y_test, verbose=2)
print(len(result), result[1] > 0.5)

probability_model = tf.keras.Sequential([model, tf.keras.layers.Softmax()])
first = probability_model(x_test[:5])
print(first.shape, tf.argmax(first[0]).numpy() in range(10))
