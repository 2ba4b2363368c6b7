"""Networks and options whose summaries are compared with Keras'.

Each network is a function of the package, `scallion` or `keras`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np


def lesson(k: Any) -> Any:
    """Return the network of the lesson's third question, with automatic names."""
    start = k.Input((32, 32, 3))
    x = k.layers.Conv2D(32, (3, 3), activation="relu")(start)
    x = k.layers.MaxPooling2D((2, 2))(x)
    x = k.layers.Conv2D(32, (3, 3), activation="relu")(x)
    x = k.layers.MaxPooling2D((2, 2))(x)
    x = k.layers.Conv2D(32, (3, 3), activation="relu")(x)
    x = k.layers.Flatten()(x)
    x = k.layers.Dense(32, activation="relu")(x)
    return k.Model(start, k.layers.Dense(10)(x), name="cifar_model")


def trained(k: Any, optimizer: str = "adam") -> Any:
    """Return the same after a step, so that the optimizer has a state."""
    model = lesson(k)
    model.compile(optimizer, "mse")
    model.fit(np.zeros((2, 32, 32, 3)), np.zeros((2, 10)), verbose=0)
    return model


def compiled(k: Any) -> Any:
    """Return the same, compiled and not trained, so that the optimizer has no state."""
    model = lesson(k)
    model.compile("adam", "mse")
    return model


def residual(k: Any) -> Any:
    """Return a network with a branch, a layer called twice and a frozen layer."""
    start = k.Input((8, 8, 4))
    x = k.layers.Conv2D(4, 3, padding="same", name="conv_stem")(start)
    x = k.layers.Add()([k.layers.BatchNormalization()(x), start])
    twice, frozen = k.layers.Dense(4), k.layers.Conv2D(4, 1)
    frozen.trainable = False
    return k.Model(start, frozen(twice(twice(x))))


def two_ends(k: Any) -> Any:
    """Return a network with two inputs and two outputs."""
    first, second = k.Input((8,)), k.Input((8,))
    x, y = k.layers.Dense(3)(first), k.layers.Dense(3)(second)
    return k.Model([first, second], [k.layers.Add()([x, y]), k.layers.Dense(4)(x)])


def sequential(k: Any) -> Any:
    """Return a small Sequential."""
    layers = [k.Input((28, 28, 1)), k.layers.Flatten(), k.layers.Dense(10)]
    return k.Sequential(layers)


def unbuilt(k: Any) -> Any:
    """Return a Sequential without an input shape."""
    return k.Sequential([k.layers.Flatten(), k.layers.Dense(3)])


def empty(k: Any) -> Any:
    """Return a Sequential without layers."""
    return k.Sequential()


NETWORKS: dict[str, Callable[[Any], Any]] = {
    network.__name__: network
    for network in (lesson, trained, compiled, residual, two_ends, sequential, unbuilt, empty)
}

OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "short": {"line_length": 60},
    "trainable": {"show_trainable": True},
    "positions": {"positions": [0.3, 0.5, 0.8, 1.0]},
    "range": {"layer_range": ["conv", "dense"]},
    "backwards": {"layer_range": ["dense", "conv"]},
}


def combinations() -> list[tuple[str, str]]:
    """Return the pairs to compare: each network alone, and two of them with each option."""
    chosen = [(network, "plain") for network in NETWORKS]
    return chosen + [
        (network, option)
        for network in ("lesson", "residual")
        for option in OPTIONS
        if option != "plain"
    ]


def text(model: Any, **options: Any) -> str:
    """Return what `summary` passes to `print_fn`."""
    lines: list[str] = []
    model.summary(print_fn=lines.append, **options)
    return "\n".join(lines)
