# A hand-written loop with train_on_batch and test_on_batch.
# exact: losses, tested
import keras
import numpy as np

rng = np.random.default_rng(9)
x = rng.random((64, 8, 8, 2)).astype("float32")
y = rng.integers(0, 3, 64)
model = keras.Sequential(
    [
        keras.Input((8, 8, 2)),
        keras.layers.Conv2D(4, 3, activation="tanh"),
        keras.layers.Flatten(),
        keras.layers.Dense(3),
    ]
)
model.set_weights([rng.normal(0, 0.2, w.shape).astype("float32") for w in model.get_weights()])
model.compile(
    optimizer=keras.optimizers.SGD(0.05, momentum=0.9),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
batch_size = 16
losses = []
for epoch in range(2):
    for step in range(len(x) // batch_size):
        batch = slice(step * batch_size, (step + 1) * batch_size)
        loss, accuracy = model.train_on_batch(x[batch], y[batch])
        if step == 0:
            model.reset_metrics()
    losses.append(float(model.train_on_batch(x, y, return_dict=True)["loss"]))
    model.reset_metrics()
tested = float(model.test_on_batch(x, y)[0])
print(model.predict_on_batch(x[:2]).shape, "epoch %d loss %.3f" % (epoch, losses[-1]))
