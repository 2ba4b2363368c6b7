"""The functions of `keras.backend` that scripts for small image networks use."""

from typing import Any

import numpy as np

from scallion.errors import ArgumentError
from scallion.session import clear_session


def epsilon() -> float:
    """Return the smallest probability that losses and metrics compute a logarithm of."""
    return 1e-7


def floatx() -> str:
    """Return the data type of weights and activations."""
    return "float32"


def image_data_format() -> str:
    """Return the order of an image's axes: (height, width, channels)."""
    return "channels_last"


def backend() -> str:
    """Return the name of what computes: always `"scallion"`."""
    return "scallion"


def get_value(x: Any) -> Any:
    """Return the value of a variable or of a result as a NumPy array or number."""
    return x.numpy() if hasattr(x, "numpy") else np.asarray(x)[()]


def set_value(x: Any, value: Any) -> None:
    """Assign a new value to a weight or to `optimizer.learning_rate`.

    Raises ArgumentError for anything else.
    """
    if not hasattr(x, "assign"):
        raise ArgumentError(
            f"set_value sets weights and learning rates. Received: {type(x).__name__}",
            hint="set_value(model.optimizer.learning_rate, 1e-4)",
            field="x",
            value=x,
        )
    x.assign(value)


__all__ = [
    "backend",
    "clear_session",
    "epsilon",
    "floatx",
    "get_value",
    "image_data_format",
    "set_value",
]
