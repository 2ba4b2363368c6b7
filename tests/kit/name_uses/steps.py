"""Steps that several recipes take: make an instance, a model, a training."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from name_uses.inputs import ARGUMENTS, LABELS, ROWS

Recipes = dict[str, Callable[[Any, Any], Any]]
"""How to use names: a function of the library and the named thing that returns the results."""


def make_instance(kind: Any, *first: Any) -> Any:
    """Return an instance with usual values for the required arguments."""
    required = [
        one.name
        for one in inspect.signature(kind).parameters.values()
        if one.default is one.empty and one.kind is one.POSITIONAL_OR_KEYWORD
    ]
    return kind(*first, *[ARGUMENTS[one] for one in required[len(first) :]])


def fill_weights(layer: Any) -> None:
    """Give a layer or model the same weights in both libraries."""
    random = np.random.default_rng(3)
    shapes = [weight.shape for weight in layer.weights]
    layer.set_weights([random.uniform(0.1, 0.9, shape).astype(np.float32) for shape in shapes])


def make_model(library: Any) -> Any:
    """Return a network of one layer with fixed weights."""
    model = library.Sequential([library.Input((5,)), library.layers.Dense(4)], name="net")
    fill_weights(model)
    return model


def train(library: Any, optimizer: Any, callbacks: Any = None, epochs: int = 3) -> list[Any]:
    """Train the network of `make_model` and return its history and weights."""
    model = make_model(library)
    loss = library.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, metrics=["accuracy"])
    history = model.fit(
        ROWS, LABELS, batch_size=4, epochs=epochs, verbose=0, callbacks=callbacks or [],
        validation_data=(ROWS, LABELS), shuffle=False,
    )  # fmt: skip
    return [history.history, model.get_weights()]
