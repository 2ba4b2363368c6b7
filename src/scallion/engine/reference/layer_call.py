"""The interface of a reference operation: the call of a layer, and what computing it returns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Gradients = tuple[list[np.ndarray], dict[str, np.ndarray]]
"""The gradients at the inputs, in their order, and at the weights, by name."""


@dataclass(frozen=True, slots=True)
class LayerCall:
    """One call of a layer in a step: specification, weights by name, and mode.

    `training` is the mode of the call, `trainable` that of the layer. Random layers draw from
    (seed, step, operation), where `operation` is the index of the call in the graph.
    """

    spec: Any
    weights: Mapping[str, np.ndarray]
    trainable: bool = True
    training: bool = False
    seed: int = 0
    step: int = 0
    operation: int = 0


@dataclass(frozen=True, slots=True)
class ForwardResult:
    """The output of a layer for a batch, and its backward pass.

    `backward` maps the gradient at the output to the gradients at inputs and weights. `statistics`
    holds new values of moving statistics, by weight name.
    """

    output: np.ndarray
    backward: Callable[[np.ndarray], Gradients]
    statistics: dict[str, np.ndarray] = field(default_factory=dict[str, np.ndarray])


ForwardFunction = Callable[..., ForwardResult]
"""A reference operation: (LayerCall, one array (n, ...) per input) -> ForwardResult."""


def without_gradient(y: np.ndarray, input_shape: tuple[int, ...]) -> ForwardResult:
    """Return the result of a layer that passes no gradient back: nothing before it learns."""

    def backward(dy: np.ndarray) -> Gradients:
        return [np.zeros(input_shape, dy.dtype)], {}

    return ForwardResult(y, backward)


def precise_sum(x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """Return the sum along axes, accumulated in float64, in the type of `x`."""
    return x.sum(axis=axes, dtype=np.float64).astype(x.dtype)


def all_but_last(x: np.ndarray) -> tuple[int, ...]:
    """Return all axes but the last: those that a sum per channel runs over."""
    return tuple(range(x.ndim - 1))
