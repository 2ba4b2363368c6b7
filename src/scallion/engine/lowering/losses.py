"""Lowering of losses: what they are called in the core, and with which numbers."""

from math import prod

from scallion.engine.interface import Objective
from scallion.engine.lowering.context import LoweringContext
from scallion.engine.program import Attributes
from scallion.errors import UnsupportedError
from scallion.layers.tensor import Tensor
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

# Losses that have no numbers of their own, as the core calls them.
_PLAIN: dict[type[Loss], str] = {
    CategoricalHinge: "categorical_hinge",
    CosineSimilarity: "cosine",
    Hinge: "hinge",
    KLDivergence: "divergence",
    LogCosh: "log_cosh",
    MeanAbsoluteError: "absolute_error",
    MeanAbsolutePercentageError: "percentage_error",
    MeanSquaredError: "squared_error",
    MeanSquaredLogarithmicError: "logarithmic_error",
    Poisson: "poisson",
    SquaredHinge: "squared_hinge",
}


def lower_loss(context: LoweringContext, number: int, objective: Objective) -> None:
    """One output's loss, and its gradient where one is wanted."""
    tensor = context.graph.outputs[number]
    kind, values = _row(objective.losses[number], tensor)
    slope = context.image("d loss", prod(tensor.image_shape))
    context.layer = f"loss {number}"
    context.emit(
        kind, {"x": context.values[tensor]}, {"dx": slope},
        output=number, weight=float(objective.loss_weights[number]),
        classes=tensor.image_shape[-1], **values,
    )  # fmt: skip
    if context.training:
        context.give(tensor, slope)


def _row(loss: Loss, tensor: Tensor) -> tuple[str, Attributes]:
    """The core sees targets as `target * kept + spread`; the rest are a loss' own numbers."""
    plain: Attributes = {
        "sparse": 0, "kept": 1.0, "spread": 0.0, "power": 0.0, "yes": 1.0, "no": 1.0,
    }  # fmt: skip
    if isinstance(loss, CategoricalFocalCrossentropy):
        own: Attributes = {"power": loss.gamma, "yes": loss.alpha}
        return _entropy("focal", loss), plain | _smoothed(loss, tensor.image_shape[-1]) | own
    if isinstance(loss, BinaryFocalCrossentropy):
        yes, no = (loss.alpha, 1 - loss.alpha) if loss.apply_class_balancing else (1.0, 1.0)
        own = {"power": loss.gamma, "yes": yes, "no": no}
        return _entropy("binary_focal", loss), plain | _smoothed(loss, 2) | own
    if isinstance(loss, SparseCategoricalCrossentropy):
        return _entropy("cross_entropy", loss), {**plain, "sparse": 1}
    if isinstance(loss, CategoricalCrossentropy):
        return _entropy("cross_entropy", loss), plain | _smoothed(loss, tensor.image_shape[-1])
    if isinstance(loss, BinaryCrossentropy):
        return _entropy("binary_cross_entropy", loss), plain | _smoothed(loss, 2)
    if isinstance(loss, Huber):
        return "huber", {**plain, "power": loss.delta}
    if type(loss) in _PLAIN:
        return _PLAIN[type(loss)], plain
    raise UnsupportedError(
        f"the native engine has no loss {loss!r}", hint="SCALLION_ENGINE=reference runs it, slowly"
    )


_Entropy = (
    SparseCategoricalCrossentropy
    | CategoricalCrossentropy
    | BinaryCrossentropy
    | BinaryFocalCrossentropy
)


def _entropy(kind: str, loss: _Entropy) -> str:
    return kind if loss.from_logits else f"{kind}_of_probabilities"


def _smoothed(
    loss: CategoricalCrossentropy | BinaryCrossentropy | BinaryFocalCrossentropy, classes: int
) -> Attributes:
    share = float(loss.label_smoothing)
    return {"kept": 1.0 - share, "spread": share / classes}
