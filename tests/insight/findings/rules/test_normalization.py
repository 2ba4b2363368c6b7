"""Normalization statistics that are not warm."""

from scallion.insight import Measurements, NormalizationEffect, diagnose
from training_histories import codes

# 92 % while training, 14 % on validation images after two epochs of 500 images: as reported.
HISTORY = {
    "loss": [1.5, 0.3],
    "val_loss": [2.2, 2.3],
    "accuracy": [0.5, 0.92],
    "val_accuracy": [0.12, 0.14],
}
VALIDATION = {"classes": 10, "images": 50, "correct": 7, "largest_class": 8}


def test_cold_statistics_are_named_and_not_the_learning_rate() -> None:
    effect = NormalizationEffect("bn_1", 0.95, 0.25, 0.14, 2.31)
    found = diagnose(HISTORY, Measurements(**VALIDATION, normalization=effect))
    (finding,) = [one for one in found if one.severity != "info" and "small" not in one.code]
    assert (finding.code, finding.severity) == ("normalization-not-warm", "warning")
    assert "95.0 % of some training images are classified correctly (loss 0.25)" in finding.sentence
    assert "layer 'bn_1' and the like, as in prediction, 14.0 % (loss 2.31)" in finding.sentence
    assert "momentum=0.9" in finding.advice


def test_warm_statistics_are_not_named() -> None:
    effect = NormalizationEffect("bn_1", 0.95, 0.25, 0.99, 0.2)
    measured = Measurements(**VALIDATION, normalization=effect)
    assert "normalization-not-warm" not in codes(HISTORY, measured)
