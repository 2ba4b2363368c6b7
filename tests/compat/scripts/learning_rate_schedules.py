# Schedules by name and object, read back as numbers.
# exact: rates, cosine, piecewise
import numpy as np
import tensorflow as tf

lr_schedule = tf.keras.optimizers.schedules.ExponentialDecay(
    initial_learning_rate=1e-2, decay_steps=10, decay_rate=0.9, staircase=True
)
rates = [float(lr_schedule(step)) for step in (0, 9, 10, 25)]
cosine = [float(tf.keras.optimizers.schedules.CosineDecay(0.1, 100)(s)) for s in (0, 50, 100)]
piecewise = [
    float(tf.keras.optimizers.schedules.PiecewiseConstantDecay([5, 10], [1.0, 0.5, 0.1])(s))
    for s in (0, 5, 6, 11)
]
inverse = tf.keras.optimizers.schedules.InverseTimeDecay(0.1, 10, 0.5)
polynomial = tf.keras.optimizers.schedules.PolynomialDecay(0.1, 100, 0.01, power=0.5)
print(f"{float(inverse(10)):.4f} {float(polynomial(50)):.4f}")

optimizer = tf.keras.optimizers.SGD(learning_rate=lr_schedule, momentum=0.9, nesterov=True)
model = tf.keras.Sequential([tf.keras.Input((4,)), tf.keras.layers.Dense(1)])
model.compile(optimizer=optimizer, loss="mse")
x = np.ones((32, 4), "float32")
history = model.fit(x, np.zeros((32, 1)), batch_size=8, epochs=3, verbose=0)
print(int(optimizer.iterations.numpy()), round(float(model.optimizer.learning_rate), 5))

model.compile(optimizer=tf.keras.optimizers.Adam(learning_rate=1e-3), loss="mse")
print(model.optimizer.learning_rate.numpy())
model.optimizer.learning_rate.assign(5e-4)
print(float(tf.keras.backend.get_value(model.optimizer.learning_rate)))
model.optimizer.learning_rate = 1e-4
print(model.optimizer.learning_rate.numpy() == np.float32(1e-4))
print(model.optimizer.get_config()["name"], type(model.optimizer).__name__)
