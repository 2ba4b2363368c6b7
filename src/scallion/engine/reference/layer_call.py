"""What an operation of the reference is: a function that gives its output and its own way back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Gradients = tuple[list[np.ndarray], dict[str, np.ndarray]]
"""The slopes at the inputs, in their order, and at the weights, by name."""


@dataclass(frozen=True, slots=True)
class LayerCall:
    """One call of a layer, as its operation sees it.

    `operation` is the call's place in the graph; `training` whether the step is a training step,
    `trainable` whether the layer learns.
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
    """The output for a batch; `backward` takes the slope at it; `moved` are new statistics."""

    output: np.ndarray
    backward: Callable[[np.ndarray], Gradients]
    moved: dict[str, np.ndarray] = field(default_factory=dict[str, np.ndarray])


ForwardFunction = Callable[..., ForwardResult]


def total(x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """A sum that keeps its digits: added up in float64, returned in the type of `x`."""
    return x.sum(axis=axes, dtype=np.float64).astype(x.dtype)


def over_images(x: np.ndarray) -> tuple[int, ...]:
    """All axes but the last: what a sum over a channel runs over."""
    return tuple(range(x.ndim - 1))
