"""Overfitting."""

import pytest

from scallion.insight import diagnose
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
