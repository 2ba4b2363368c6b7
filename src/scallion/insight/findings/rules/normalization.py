"""Moving statistics of batch normalization that are not warm: prediction differs from training."""

from typing import NamedTuple

from scallion.finding_rules import Detection, FindingRule
from scallion.text_format import percent, three_digits

_RISEN = 0.25  # of the chance loss


class NormalizationEffect(NamedTuple):
    """Accuracy and cross-entropy of one batch of training images, normalized in two ways.

    `batch` values use the statistics of the batch, as in training, with dropout active; `moving`
    values use the moving averages, as in prediction. `layer` is the first that normalizes.
    """

    layer: str
    batch_accuracy: float
    batch_loss: float
    moving_accuracy: float
    moving_loss: float


def _not_warm(normalization: NormalizationEffect, chance_loss: float) -> Detection | None:
    """Detect that the moving averages, which start at 0 and 1, spoil what was learned.

    Dropout makes the loss of training the larger one, so it hides this fault, and never shows it
    where there is none.
    """
    one = normalization
    if not one.moving_loss > one.batch_loss + _RISEN * chance_loss:
        return None
    return Detection(
        "The normalization statistics are not warm: with the statistics of their batch, as in "
        f"training, {percent(one.batch_accuracy)} of some training images are classified correctly "
        f"(loss {three_digits(one.batch_loss)}), and with the moving averages of layer "
        f"{one.layer!r} and the like, as in prediction, {percent(one.moving_accuracy)} (loss "
        f"{three_digits(one.moving_loss)}). Until then validation scores say little.",
        one._asdict(),
        "more steps: more epochs, or a smaller batch size; or BatchNormalization(momentum=0.9)",
    )


NOT_WARM = FindingRule(
    "normalization-not-warm", "warning", _not_warm, needs=("normalization", "chance_loss")
)
