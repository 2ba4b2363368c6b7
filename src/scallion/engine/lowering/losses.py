"""Losses: their operations in the core, and the attributes of each."""

from collections.abc import Callable
from math import prod
from typing import Any

from scallion.engine.interface import Objective
from scallion.engine.lowering.base.context import LoweringContext
from scallion.engine.programs.program import Attributes
from scallion.errors import UnsupportedError
from scallion.losses import (
    BinaryCrossentropy,
    BinaryFocalCrossentropy,
    CategoricalCrossentropy,
    CategoricalFocalCrossentropy,
    CategoricalHinge,
    CosineSimilarity,
    Hinge,
    Huber,
    KLDivergence,
    LogCosh,
    Loss,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Poisson,
    SparseCategoricalCrossentropy,
    SquaredHinge,
)

# The core computes with targets `target * target_scale + target_offset`
# (label smoothing); the others are a loss' own parameters.
_DEFAULTS: Attributes = {
    "sparse": 0, "target_scale": 1.0, "target_offset": 0.0, "gamma": 0.0, "delta": 0.0,
    "positive_weight": 1.0, "negative_weight": 1.0,
}  # fmt: skip

GIVEN_GRADIENT = "given_gradient"
"""The kind that reads a gradient which is computed, outside, between two parts of a step."""

_Row = tuple[str, Attributes]


def _sparse_categorical_crossentropy(loss: SparseCategoricalCrossentropy, _classes: int) -> _Row:
    return _with_outputs("cross_entropy", loss), {"sparse": 1}


def _categorical_crossentropy(loss: CategoricalCrossentropy, classes: int) -> _Row:
    return _with_outputs("cross_entropy", loss), _smoothing(loss, classes)


def _categorical_focal_crossentropy(loss: CategoricalFocalCrossentropy, classes: int) -> _Row:
    own: Attributes = {"gamma": loss.gamma, "positive_weight": loss.alpha}
    return _with_outputs("focal_cross_entropy", loss), _smoothing(loss, classes) | own


def _binary_crossentropy(loss: BinaryCrossentropy, _classes: int) -> _Row:
    return _with_outputs("binary_cross_entropy", loss), _smoothing(loss, 2)


def _binary_focal_crossentropy(loss: BinaryFocalCrossentropy, _classes: int) -> _Row:
    positive, negative = (loss.alpha, 1 - loss.alpha) if loss.apply_class_balancing else (1.0, 1.0)
    own: Attributes = {
        "gamma": loss.gamma, "positive_weight": positive, "negative_weight": negative,
    }  # fmt: skip
    return _with_outputs("binary_focal_cross_entropy", loss), _smoothing(loss, 2) | own


def _huber(loss: Huber, _classes: int) -> _Row:
    return "huber", {"delta": loss.delta}


LOSSES: dict[type[Loss], str | Callable[[Any, int], _Row]] = {
    BinaryCrossentropy: _binary_crossentropy,
    BinaryFocalCrossentropy: _binary_focal_crossentropy,
    CategoricalCrossentropy: _categorical_crossentropy,
    CategoricalFocalCrossentropy: _categorical_focal_crossentropy,
    CategoricalHinge: "categorical_hinge",
    CosineSimilarity: "cosine_similarity",
    Hinge: "hinge",
    Huber: _huber,
    KLDivergence: "kl_divergence",
    LogCosh: "log_cosh",
    MeanAbsoluteError: "absolute_error",
    MeanAbsolutePercentageError: "absolute_percentage_error",
    MeanSquaredError: "squared_error",
    MeanSquaredLogarithmicError: "squared_logarithmic_error",
    Poisson: "poisson",
    SparseCategoricalCrossentropy: _sparse_categorical_crossentropy,
    SquaredHinge: "squared_hinge",
}
"""The native engine's operation for each loss.

A string is the kind of an operation without attributes; a function returns kind and attributes for
a loss and a number of classes. A loss that is missing here is refused by the native engine.
"""


def lower_loss(context: LoweringContext, number: int, objective: Objective) -> None:
    """Emit an output's loss, and in training its gradient.

    A barrier precedes a derived loss: all outputs are there before its gradient is computed.
    Raises UnsupportedError for a loss without an operation in the core.
    """
    tensor, loss = context.graph.outputs[number], objective.losses[number]
    if loss.has_derived_gradient and not context.training:
        return  # computed from the outputs alone
    gradient = context.image("d loss", prod(tensor.image_shape))
    context.layer = f"loss {number}"
    if loss.has_derived_gradient:
        kind, attributes, classes = GIVEN_GRADIENT, _DEFAULTS, gradient.size
    else:
        classes = tensor.image_shape[-1]
        kind, attributes = _row(loss, classes)
    context.emit(
        kind, {"x": context.values[tensor]}, {"dx": gradient},
        barrier="before" if loss.has_derived_gradient else "",
        output=number, weight=float(objective.loss_weights[number]), classes=classes, **attributes,
    )  # fmt: skip
    if context.training:
        context.accumulate_gradient(tensor, gradient)


def _row(loss: Loss, classes: int) -> _Row:
    row = row_of(type(loss))
    if row is None:
        raise UnsupportedError(
            f"the native engine has no loss {loss!r}",
            hint='compile(engine="reference") runs it, slowly',
        )
    kind, attributes = (row, {}) if isinstance(row, str) else row(loss, classes)
    return kind, _DEFAULTS | attributes


def row_of(kind: type[Loss]) -> str | Callable[[Any, int], _Row] | None:
    """Return the row of a class, or None; a subclass that keeps the formula has its base's."""
    for base in kind.__mro__:
        if base in LOSSES:
            return LOSSES[base]
        if "per_prediction" in vars(base) or "prediction_gradient" in vars(base):
            break
    return None


_Entropy = (
    SparseCategoricalCrossentropy
    | CategoricalCrossentropy
    | BinaryCrossentropy
    | BinaryFocalCrossentropy
)


def _with_outputs(kind: str, loss: _Entropy) -> str:
    """Return the kind for logits or for probabilities."""
    return kind if loss.from_logits else f"{kind}_from_probabilities"


def _smoothing(
    loss: CategoricalCrossentropy | BinaryCrossentropy | BinaryFocalCrossentropy, classes: int
) -> Attributes:
    smoothing = float(loss.label_smoothing)
    return {"target_scale": 1.0 - smoothing, "target_offset": smoothing / classes}
