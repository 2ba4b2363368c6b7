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
    CosineSimilarity: "cosine_similarity",
    Hinge: "hinge",
    KLDivergence: "kl_divergence",
    LogCosh: "log_cosh",
    MeanAbsoluteError: "absolute_error",
    MeanAbsolutePercentageError: "absolute_percentage_error",
    MeanSquaredError: "squared_error",
    MeanSquaredLogarithmicError: "squared_logarithmic_error",
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
    """Return the operation for a loss, and its attributes.

    The kernels scale targets: `target * target_scale + target_offset` (label smoothing).
    """
    plain: Attributes = {
        "sparse": 0, "target_scale": 1.0, "target_offset": 0.0, "gamma": 0.0, "delta": 0.0,
        "positive_weight": 1.0, "negative_weight": 1.0,
    }  # fmt: skip
    if isinstance(loss, CategoricalFocalCrossentropy):
        own: Attributes = {"gamma": loss.gamma, "positive_weight": loss.alpha}
        return _entropy("focal_cross_entropy", loss), plain | _smoothed(
            loss, tensor.image_shape[-1]
        ) | own
    if isinstance(loss, BinaryFocalCrossentropy):
        yes, no = (loss.alpha, 1 - loss.alpha) if loss.apply_class_balancing else (1.0, 1.0)
        own = {"gamma": loss.gamma, "positive_weight": yes, "negative_weight": no}
        return _entropy("binary_focal_cross_entropy", loss), plain | _smoothed(loss, 2) | own
    if isinstance(loss, SparseCategoricalCrossentropy):
        return _entropy("cross_entropy", loss), {**plain, "sparse": 1}
    if isinstance(loss, CategoricalCrossentropy):
        return _entropy("cross_entropy", loss), plain | _smoothed(loss, tensor.image_shape[-1])
    if isinstance(loss, BinaryCrossentropy):
        return _entropy("binary_cross_entropy", loss), plain | _smoothed(loss, 2)
    if isinstance(loss, Huber):
        return "huber", {**plain, "delta": loss.delta}
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
    return kind if loss.from_logits else f"{kind}_from_probabilities"


def _smoothed(
    loss: CategoricalCrossentropy | BinaryCrossentropy | BinaryFocalCrossentropy, classes: int
) -> Attributes:
    share = float(loss.label_smoothing)
    return {"target_scale": 1.0 - share, "target_offset": share / classes}
