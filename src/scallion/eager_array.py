"""Arrays as scripts for TensorFlow expect them."""

from typing import Any

import numpy as np


class EagerArray(np.ndarray):
    """An array with TensorFlow's `numpy()`, so that `image.numpy()` gives the plain one."""

    def numpy(self) -> Any:
        """The plain array, or the plain number where there is but one."""
        plain = np.asarray(self)
        return plain if plain.ndim else plain[()]
