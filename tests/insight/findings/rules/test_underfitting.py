"""Underfitting, and trainings that stopped early."""

from scallion.insight import Measurements, diagnose
from training_histories import SOUND


def test_progress_at_the_end_suggests_more_epochs() -> None:
    falling = {"loss": [2.0, 1.6, 1.3, 1.05, 0.85, 0.7], "val_loss": [2, 1.6, 1.35, 1.1, 0.9, 0.74]}
    (finding,) = [one for one in diagnose(falling) if one.code == "still-improving"]
    assert finding.severity == "info"
    assert "--epochs 12" in finding.advice


def test_below_a_linear_model_is_underfitting() -> None:
    low = {**SOUND, "accuracy": [0.5] * 8, "val_accuracy": [0.5] * 8}
    beaten = Measurements(
        classes=10, images=1000, correct=500, largest_class=110, linear_correct=800
    )
    finding = diagnose(low, beaten)[0]
    assert finding.code == "underfitting"
    assert "less than a linear model on the pixels (80.0 %)" in finding.sentence
