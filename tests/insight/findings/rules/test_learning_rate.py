"""Learning rates that are too high or too low."""

from scallion.insight import DeadUnits, Measurements, diagnose
from training_histories import SOUND, codes


def test_learning_that_never_slows_means_a_low_rate() -> None:
    slow = [2.3, 2.27, 2.24, 2.21, 2.18, 2.15, 2.12, 2.09]
    history = {"loss": slow, "val_loss": slow, "learning_rate": [1e-5] * 8}
    finding = diagnose(history, Measurements(classes=10))[0]
    assert finding.code == "learning-rate-too-low"
    assert "--lr 0.0001" in finding.advice
    assert "learning-rate-too-low" not in codes(SOUND, Measurements(classes=10))


def test_many_dead_units_mean_a_high_rate() -> None:
    dead = Measurements(
        classes=10, dead_units=[DeadUnits("conv2d", 26, 32), DeadUnits("dense", 3, 32)]
    )
    finding = diagnose(SOUND, dead)[0]
    assert finding.code == "learning-rate-too-high"
    assert "29 of 64 units are dead" in finding.sentence
    alive = Measurements(
        classes=10, dead_units=[DeadUnits("conv2d", 3, 32), DeadUnits("dense", 14, 32)]
    )
    assert codes(SOUND, alive) == ["healthy"]


def test_a_jump_to_chance_level_means_a_high_rate() -> None:
    stuck = {"loss": [4.1, 2.304, 2.305, 2.304, 2.305], "val_loss": [2.305] * 5}
    assert codes(stuck, Measurements(classes=10))[0] == "learning-rate-too-high"
