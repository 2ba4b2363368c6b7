"""The worked example of a new optimizer, SignSGD, file by file, as CONTRIBUTING.md shows it."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scallion.optimizers.optimizer import Optimizer, Rate

# src/scallion/optimizers/sign_sgd.py


class SignSGD(Optimizer):
    """Step by the sign of the gradient, always by the rate (Bernstein et al. 2018)."""

    def __init__(self, learning_rate: Rate = 0.001, **arguments: Any) -> None:
        """Accept the arguments of Optimizer, too."""
        super().__init__(learning_rate, **arguments)

    def _step(
        self, w: np.ndarray, g: np.ndarray, slots: Mapping[str, np.ndarray], rate: np.float32
    ) -> None:
        w -= rate * np.sign(g)


# src/scallion/optimizers/__init__.py: import it, and add its name to __all__

# tests/kit/optimizer_cases.py: case("SignSGD"), and its name in KINDS

# Both engines train with it at once: the native one computes gradients and has the optimizer update
# the weights in NumPy. For an operation of its own it needs a kernel in native/operations/, and a
# row in `OPTIMIZERS` of src/scallion/engine/lowering/optimizers.py.
