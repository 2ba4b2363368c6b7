"""Comparison with guessing and with a linear model."""

from scallion.insight import Measurements
from training_histories import SOUND, codes


def test_unrelated_labels_differ_from_learning_nothing() -> None:
    memorised = {
        "loss": [2.31, 2.2, 2.0, 1.7, 1.3],
        "val_loss": [2.31, 2.35, 2.5, 2.8, 3.3],
        "accuracy": [0.1, 0.18, 0.28, 0.4, 0.55],
        "val_accuracy": [0.1, 0.1, 0.11, 0.1, 0.1],
    }
    chance = Measurements(classes=10, images=1000, correct=104, largest_class=110)
    assert codes(memorised, chance)[0] == "labels-unrelated"
    nothing = {**memorised, "loss": [2.3] * 5, "accuracy": [0.1] * 5}
    assert codes(nothing, chance)[0] == "guessing"


def test_few_validation_images_are_inconclusive() -> None:
    few = Measurements(classes=2, images=20, correct=12, largest_class=10)
    assert "inconclusive" in codes(SOUND, few)
    assert "guessing" not in codes(SOUND, few)


def test_a_lead_within_chance_is_not_a_lead() -> None:
    near = Measurements(classes=10, images=1000, correct=810, largest_class=110, linear_correct=800)
    assert "no-better-than-linear" in codes(SOUND, near)
    ahead = Measurements(
        classes=10, images=1000, correct=810, largest_class=110, linear_correct=700
    )
    assert codes(SOUND, ahead) == ["healthy"]
