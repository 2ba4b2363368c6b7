"""`.h5` files as Keras 2 wrote them."""

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np

KERAS_2 = {
    "class_name": "Functional",
    "config": {
        "name": "old",
        "layers": [
            {
                "class_name": "InputLayer",
                "config": {"batch_input_shape": [None, 6, 6, 1], "dtype": "float32", "name": "a"},
                "name": "a",
                "inbound_nodes": [],
            },
            {
                "class_name": "BatchNormalization",
                "config": {
                    "name": "b",
                    "axis": [3],
                    "gamma_initializer": {"class_name": "Ones", "config": {}},
                },
                "name": "b",
                "inbound_nodes": [[["a", 0, 0, {}]]],
            },
            {
                "class_name": "Add",
                "config": {"name": "c"},
                "name": "c",
                "inbound_nodes": [[["a", 0, 0, {}], ["b", 0, 0, {}]]],
            },
        ],
        "input_layers": [["a", 0, 0]],
        "output_layers": [["c", 0, 0]],
    },
}
"""A config as TensorFlow 2.15 writes it: its documentation of `model.get_config()`."""


def save_keras_2(path: Path, config: Any, layers: dict[str, list[np.ndarray]]) -> Path:
    """Write a file as Keras 2 does: layer groups with datasets that end in `:0`."""
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = "2.15.0"
        file.attrs["model_config"] = json.dumps(config)
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"] = [name.encode() for name in layers]
        for name, arrays in layers.items():
            group = weights.create_group(name)
            names = [f"{name}/weight_{index}:0" for index in range(len(arrays))]
            group.attrs["weight_names"] = [each.encode() for each in names]
            for each, array in zip(names, arrays, strict=True):
                group[each] = array
    return path
