"""`OPERATIONS_ON_TENSORS`: arithmetic and `ops` on symbolic tensors, as networks."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from networks import probe
from scallion import ops
from whole_network_cases import Case

_ROWS = np.linspace(-1, 1, 15, dtype=np.float32).reshape(5, 3)
_MATRIX = np.linspace(-1, 1, 6, dtype=np.float32).reshape(3, 2)

FORMULAS: dict[str, Callable[[Any], Any]] = {
    "square root": lambda x: ops.sqrt(x * x + 0.5),
    "reciprocal root": lambda x: ops.rsqrt(x * x + 0.5),
    "logarithm": lambda x: ops.log(x * x + 0.5),
    "power 1.5": lambda x: (x * x + 0.5) ** 1.5,
    "power -2": lambda x: (x * x + 0.5) ** -2,
    "power of 2": lambda x: 2.0**x,
    "quotient": lambda x: x / (x * x + 0.5),
    "quotient by a mean": lambda x: x / (ops.mean(x * x, axis=-1, keepdims=True) + 0.5),
    "quotient of a sum": lambda x: ops.sum(x, axis=1, keepdims=True) / (x * x + 0.5),
    "reciprocal": lambda x: 1 / (x * x + 0.5),
    "maximum with a number": lambda x: ops.maximum(x, 0.25),
    "clip": lambda x: ops.clip(x, -0.5, 0.25),
    "sum with an array": lambda x: x + _ROWS,
    "product with channels": lambda x: x * np.array([0.5, -2.0, 3.0], np.float32),
    "product with a matrix": lambda x: ops.matmul(x, _MATRIX),
    "sum over channels": lambda x: ops.sum(x, axis=-1),
    "sum over rows and channels": lambda x: ops.sum(x * x, axis=(1, 3), keepdims=True),
    "sum over images": lambda x: ops.sum(x, axis=(1, 2, 3), keepdims=True),
    "mean over columns": lambda x: ops.mean(x, axis=2),
    "maximum over channels": lambda x: ops.max(x, axis=-1),
    "maximum over rows and channels": lambda x: ops.max(x, axis=(1, 3)),
    "minimum over rows": lambda x: ops.min(x, axis=1, keepdims=True),
    "deviation": lambda x: ops.std(x, axis=(1, 2)),
    "norm": lambda x: ops.norm(x, axis=-1),
    "normalize": lambda x: ops.normalize(x, axis=-1),
    "normalize rows": lambda x: ops.normalize(x, axis=1, epsilon=0.3),
    "logsumexp": lambda x: ops.logsumexp(x, axis=-1),
    "stack": lambda x: ops.stack([x, ops.square(x)], axis=-1),
}


def _link(formula: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return formula


OPERATIONS_ON_TENSORS = [
    Case(f"ops: {name}", probe((4, 5, 3), partial(_link, formula)))
    for name, formula in FORMULAS.items()
]
