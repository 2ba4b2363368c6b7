"""Train one step and predict, on the engine named; the reference must have warned exactly once."""

import sys
import warnings

import numpy as np

import scallion as keras

wanted = sys.argv[1]
random = np.random.default_rng(0)
images = random.random((64, 8, 8, 1), dtype=np.float32)
labels = np.arange(64) % 3

with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    for _ in range(2):
        model = keras.Sequential(
            [
                keras.Input((8, 8, 1)),
                keras.layers.Conv2D(4, 3, activation="relu"),
                keras.layers.Flatten(),
                keras.layers.Dense(3),
            ]
        )
        model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        model.fit(images, labels, epochs=1, verbose=0)
        outputs = model.predict(images, verbose=0)

if outputs.shape != (64, 3) or not np.isfinite(outputs).all():
    sys.exit(f"predict returned {outputs.shape}, finite: {np.isfinite(outputs).all()}")
found = [str(warning.message) for warning in told]
if len(found) != (wanted == "reference"):
    sys.exit(f"the {wanted} engine was wanted; the warnings were {found}")
sys.stdout.write(f"trained and predicted on the {wanted} engine; warnings: {found}\n")
