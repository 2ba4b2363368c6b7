"""A script that trains a Keras model on a given backend and prints the loss of each step.

    KERAS_BACKEND=tensorflow python keras_trajectory.py FOLDER

FOLDER contains `model.json`, and `start.npz` with the weights `w0, w1, ...`, `images`, `labels` and
`batches` (steps, batch size). The optimizer is Adam at 1e-3, the loss is cross-entropy from logits.
"""

import json
import sys
from pathlib import Path

import keras
import numpy as np


def main(folder: Path) -> None:
    start = np.load(folder / "start.npz")
    model = keras.models.model_from_json((folder / "model.json").read_text(encoding="utf-8"))
    model.set_weights([start[f"w{index}"] for index in range(len(model.get_weights()))])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(1e-3), loss=loss)
    losses = [
        float(model.train_on_batch(start["images"][batch], start["labels"][batch]))
        for batch in start["batches"]
    ]
    sys.stdout.write(json.dumps(losses) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
