# Precision, recall, AUC, top-k, F1 beside accuracy, and metric objects by hand.
# exact: values, by_hand
import numpy as np
import tensorflow as tf
from tensorflow import keras

METRICS = [
    keras.metrics.TruePositives(name="tp"),
    keras.metrics.FalsePositives(name="fp"),
    keras.metrics.TrueNegatives(name="tn"),
    keras.metrics.FalseNegatives(name="fn"),
    keras.metrics.BinaryAccuracy(name="accuracy"),
    keras.metrics.Precision(name="precision"),
    keras.metrics.Recall(name="recall"),
    keras.metrics.AUC(name="auc"),
    keras.metrics.AUC(name="prc", curve="PR"),
]
rng = np.random.default_rng(6)
x = rng.random((50, 6, 6, 1)).astype("float32")
y = rng.integers(0, 2, (50, 1)).astype("float32")
model = keras.Sequential(
    [keras.Input((6, 6, 1)), keras.layers.Flatten(), keras.layers.Dense(1, activation="sigmoid")]
)
model.layers[-1].set_weights([np.linspace(-1, 1, 36).reshape(36, 1), np.zeros(1)])
model.compile(
    optimizer=keras.optimizers.Adam(1e-3), loss=keras.losses.BinaryCrossentropy(), metrics=METRICS
)
values = model.evaluate(x, y, batch_size=25, verbose=0)
print(model.metrics_names[0], len(values))

m = tf.keras.metrics.SparseTopKCategoricalAccuracy(k=2)
m.update_state([2, 1], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]])
first = m.result().numpy()
m.reset_state()
train_loss = tf.keras.metrics.Mean(name="train_loss")
train_loss(1.0)
train_loss(3.0)
by_hand = [float(first), float(train_loss.result()), float(train_loss.result().numpy())]
print(train_loss.name, f"{train_loss.result():.2f}", f"{train_loss.result().numpy():.2f}")
acc = tf.keras.metrics.CategoricalAccuracy()
acc.update_state([[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]])
print("Final result: {}".format(acc.result()))
