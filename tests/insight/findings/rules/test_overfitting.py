"""Overfitting."""

import pytest

from scallion.insight import Measurements, diagnose
from training_histories import OVERFITTED, codes


def test_overfitting_names_the_epoch_of_the_lowest_mean() -> None:
    finding = diagnose(OVERFITTED)[0]
    assert (finding.code, finding.severity) == ("overfitting", "warning")
    # The means of three are lowest in epochs 4 to 6: (1.2 + 1.2 + 1.25) / 3.
    assert finding.evidence["epoch"] == 5
    assert finding.evidence["lowest_val_loss"] == pytest.approx(1.216666666666667)
    assert finding.evidence["last_val_loss"] == pytest.approx(1.5)
    assert finding.evidence["accuracy_gap"] == pytest.approx(0.406666666666667)
    assert finding.sentence == (
        "It overfits from epoch 5 on: until then the validation loss fell, to 1.22; "
        "since then it has risen to 1.5, while the training loss went on falling, from 0.8 to "
        "0.2. Training accuracy is now 41 points above validation accuracy."
    )


def test_stagnating_validation_while_training_improves_is_overfitting() -> None:
    still = [1.8, 1.5, 1.3, 1.2, 1.19, 1.21, 1.2, 1.18, 1.2, 1.19]
    past = [*still[:-1], 1.21]
    finding = diagnose({**OVERFITTED, "val_loss": still})[0]
    assert (finding.code, finding.severity) == ("overfitting", "warning")
    assert "since then it stagnates" in diagnose({**OVERFITTED, "val_loss": past})[0].sentence
    # By hand: the means of three that end in the 7th and in the 10th epoch.
    assert finding.sentence.startswith(
        "It overfits: in the last 3 epochs the validation loss only fell from "
        "1.2 to 1.19, while the training loss fell from 0.6 to 0.2."
    )
    near = {**OVERFITTED, "val_loss": still, "accuracy": OVERFITTED["val_accuracy"]}
    assert "overfitting" not in codes(near)


def test_a_rise_within_the_noise_is_not_overfitting() -> None:
    noisy = [1.8, 1.4, 1.1, 0.9, 1.2, 0.8, 1.15, 0.85, 1.2, 0.95]
    assert "overfitting" not in codes({"loss": OVERFITTED["loss"], "val_loss": noisy})


def test_a_rising_training_loss_is_not_overfitting() -> None:
    rising = OVERFITTED["val_loss"]
    assert "overfitting" not in codes({"loss": rising, "val_loss": rising})


FEW_EPOCHS = {
    "loss": [1.0, 0.1],
    "val_loss": [1.2, 1.3],
    "accuracy": [0.7, 1.0],
    "val_accuracy": [0.6, 0.64],
}


def test_blatant_overfitting_on_few_images_needs_no_trend() -> None:
    few = Measurements(classes=10, images=36, correct=23, largest_class=5)
    finding = next(one for one in diagnose(FEW_EPOCHS, few) if one.code == "overfitting")
    assert finding.severity == "warning"
    # By hand: (0.6389 + 0.0922 + 2.576 * sqrt(0.00641 + 0.00128)) / 1.1843 = 0.808.
    assert finding.sentence == (
        "It overfits: 100.0 % of the training images are classified correctly, and 63.9 % of 36 "
        "validation images; so few can mislead, but hardly beyond 80.8 % (99 % interval)."
    )


def test_accuracies_that_chance_explains_are_not_overfitting() -> None:
    near = Measurements(classes=2, images=36, correct=34, largest_class=20)
    history = {**FEW_EPOCHS, "val_accuracy": [0.9, 34 / 36]}
    assert "overfitting" not in codes(history, near)


def test_a_loss_that_one_of_few_images_raises_is_no_warning() -> None:
    history = {**OVERFITTED, "accuracy": [0.9] * 9 + [1.0], "val_accuracy": [0.97] * 10}
    few = Measurements(classes=2, images=68, correct=66, largest_class=36)
    (finding,) = [one for one in diagnose(history, few) if one.code == "overfitting"]
    assert finding.severity == "info"
    many = Measurements(classes=2, images=6800, correct=6600, largest_class=3600)
    (finding,) = [one for one in diagnose(history, many) if one.code == "overfitting"]
    assert finding.severity == "warning"
