"""The `Engine` protocol, with the types of its arguments and results."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from scallion.layers.base.tensor import Tensor
from scallion.losses import Loss
from scallion.optimizers import Optimizer


@dataclass(frozen=True, slots=True)
class Objective:
    """The training objective: one loss and one loss weight per output, and the optimizer."""

    losses: tuple[Loss, ...]
    loss_weights: tuple[float, ...]
    optimizer: Optimizer


@dataclass(frozen=True, slots=True)
class IndexedBatch:
    """One batch, as whole arrays of images and the indices of the batch's images in them.

    `inputs` are whole arrays, one per model input: (images, ...), of any numeric type.
    `indices` are int64 (n,), the same for all inputs.
    `targets` hold the batch's targets, one array per output: int64 (n,) class indices, or
    float32 (n, ...).
    `weights` are float32 (n,), one per image, or None for equal weights of 1.
    """

    inputs: tuple[np.ndarray, ...]
    indices: np.ndarray
    targets: tuple[np.ndarray, ...]
    weights: np.ndarray | None = None


@dataclass(frozen=True, slots=True)
class StepResult:
    """The losses of one batch and the outputs they were computed from.

    `loss` is the weighted sum of `losses` plus regularization penalties; `losses` has one mean per
    output. `outputs` are float32 (n, ...), one array per output, and belong to the caller.
    """

    loss: float
    losses: tuple[float, ...]
    outputs: tuple[np.ndarray, ...]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The features of an engine beyond training and prediction, and the device it runs on.

    `activations`: outputs of any layer. `input_gradients`: gradients at inputs and at outputs of
    any layer. `weight_gradients`: gradients without an update. `instruction_set` names the compiled
    kernels in use: `avx2`, `avx512`, `neon` or `baseline`; None for plain NumPy.
    """

    activations: bool
    input_gradients: bool
    weight_gradients: bool
    device: str = "cpu"
    instruction_set: str | None = None


class Engine(Protocol):
    """Runs one graph.

    Weights: between two calls an engine may hold newer values than the variables' arrays. It
    declares this with `claim(variables, owner)`; a `Variable` that is read then pulls its values
    from that owner, and one that is assigned to pushes them (see `scallion.layers.base.variable`).
    An engine that works on the arrays in place, as `native` and `reference` do, calls
    `claim(variables, None)` at the start of each call: the arrays are up to date and nobody else
    holds newer values.

    Optimizer state stays in the arrays of `Optimizer.slots` and is updated in place.
    """

    @property
    def capabilities(self) -> Capabilities:
        """The capabilities of this engine; a method that needs more raises UnsupportedError."""
        ...

    def train(self, batch: IndexedBatch, *, seed: int, step: int) -> StepResult:
        """Run forward, backward and update. Random layers draw from (seed, step)."""
        ...

    def test(self, batch: IndexedBatch) -> StepResult:
        """Run forward in inference mode and compute the losses."""
        ...

    def predict(
        self, inputs: tuple[np.ndarray, ...], indices: np.ndarray
    ) -> tuple[np.ndarray, ...]:
        """Return the outputs in inference mode: float32 (n, ...), one array per output.

        Raises DataError for NaN or infinite pixels.
        """
        ...

    def forward(
        self,
        inputs: tuple[np.ndarray, ...],
        indices: np.ndarray,
        *,
        training: bool | None,
        seed: int,
        step: int,
    ) -> tuple[np.ndarray, ...]:
        """Return the outputs as a call of the model does: float32 (n, ...), one array per output.

        In training mode dropout is active and moving statistics are updated, but not the weights.
        With `training=None` each call of a layer decides: see `Node.is_training`.
        """
        ...

    def activations(
        self, inputs: tuple[np.ndarray, ...], indices: np.ndarray, tensors: Sequence[Tensor]
    ) -> tuple[np.ndarray, ...]:
        """Return the values of tensors of the graph in inference mode: float32 (n, ...) each."""
        ...

    def gradients(
        self,
        inputs: tuple[np.ndarray, ...],
        indices: np.ndarray,
        tensors: Sequence[Tensor],
        output_gradient: np.ndarray,
    ) -> tuple[np.ndarray | None, ...]:
        """Return gradients at tensors of the graph in inference mode: float32 (n, ...) each.

        `output_gradient` is the gradient at the graph's first output, shaped as that output: a
        one-hot row per image gives the gradients of one class score. Inputs count as tensors.
        A tensor that the output does not depend on has None.
        """
        ...

    def weight_gradients(
        self, batch: IndexedBatch, *, seed: int, step: int
    ) -> tuple[StepResult, list[np.ndarray]]:
        """Return a training step's result and its gradients, one per trainable weight.

        Nothing is updated.
        """
        ...
