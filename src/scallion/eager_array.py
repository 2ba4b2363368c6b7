"""Arrays with the method `numpy()` that scripts for TensorFlow call."""

from typing import Any

import numpy as np


class EagerArray(np.ndarray):
    """An array with TensorFlow's `numpy()`, which returns the plain array."""

    def numpy(self) -> Any:
        """Return the plain array, or the number if it has no axes."""
        plain = np.asarray(self)
        return plain if plain.ndim else plain[()]
