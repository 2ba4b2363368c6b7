"""Inputs of the recipes: images, rows with labels, and usual values of required arguments."""

from typing import Any

import numpy as np

RANDOM = np.random.default_rng(5)
IMAGES = RANDOM.uniform(0.1, 0.9, (4, 6, 5, 3)).astype(np.float32)
ROWS = RANDOM.uniform(-2, 2, (4, 5)).astype(np.float32)
LABELS = np.array([0, 2, 1, 3])
PROBABILITIES = np.exp(ROWS) / np.exp(ROWS).sum(1, keepdims=True)
ARGUMENTS: dict[str, Any] = {
    "activation": "relu",
    "alpha": 1.5,
    "decay_rate": 0.5,
    "decay_steps": 10,
    "dims": (2, 1, 3),
    "factor": 0.2,
    "filters": 4,
    "first_decay_steps": 5,
    "fn": "mean",
    "function": lambda x: x * 2,
    "height": 4,
    "height_factor": 0.2,
    "initial_learning_rate": 0.1,
    "k": 2,
    "kernel_size": 3,
    "l": 0.1,
    "num_classes": 5,
    "pool_size": 2,
    "precision": 0.3,
    "q": 0.7,
    "rate": 0.3,
    "recall": 0.5,
    "scale": 0.5,
    "sensitivity": 0.5,
    "specificity": 0.5,
    "stddev": 0.2,
    "target_class_ids": [0, 2],
    "target_shape": (5, 18),
    "units": 5,
    "width": 3,
    "width_factor": 0.3,
}
