"""What is said of a training, on curves small enough to follow by hand."""

import numpy as np
import pytest

from scallion import insight
from scallion.errors import ArgumentError, DataError
from scallion.insight import DeadUnits, Measurements, diagnose
from scallion.insight.findings.learning_curves import course, lowest, smoothed, tremble

OVERFITTED = {
    "loss": [1.9, 1.5, 1.2, 1.0, 0.8, 0.6, 0.4, 0.3, 0.2, 0.1],
    "val_loss": [1.8, 1.5, 1.3, 1.2, 1.2, 1.25, 1.3, 1.4, 1.5, 1.6],
    "accuracy": [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.99],
    "val_accuracy": [0.3, 0.4, 0.5, 0.55, 0.56, 0.55, 0.55, 0.54, 0.54, 0.54],
}
SOUND = {
    "loss": [1.9, 1.2, 0.8, 0.62, 0.53, 0.48, 0.45, 0.43],
    "val_loss": [1.7, 1.1, 0.8, 0.66, 0.6, 0.57, 0.56, 0.555],
    "accuracy": [0.4, 0.6, 0.7, 0.78, 0.81, 0.83, 0.84, 0.85],
    "val_accuracy": [0.45, 0.6, 0.7, 0.77, 0.79, 0.8, 0.805, 0.81],
}
FEW = Measurements(classes=10, images=1000, correct=810, largest_class=110)


def codes(history: object, facts: Measurements | None = None) -> list[str]:
    return [finding.code for finding in diagnose(history, facts)]


def test_overfitting_is_named_with_the_epoch_of_the_lowest_three_epoch_mean() -> None:
    finding = diagnose(OVERFITTED)[0]
    assert (finding.code, finding.severity) == ("overfitting", "warning")
    # The means of three are lowest in epochs 4 to 6: (1.2 + 1.2 + 1.25) / 3.
    assert finding.evidence["epoch"] == 5
    assert finding.evidence["lowest_val_loss"] == pytest.approx(1.216666666666667)
    assert finding.evidence["last_val_loss"] == pytest.approx(1.5)
    assert finding.evidence["accuracy_gap"] == pytest.approx(0.406666666666667)
    assert finding.sentence == (
        "It overfits from epoch 5 on: until then the loss on validation images fell, to 1.22; "
        "since then it has risen to 1.5, while on training images it went on falling, from 0.8 to "
        "0.2. It is now right 41 points more often on images that it has seen."
    )


def test_a_sound_run_is_said_to_be_so_with_its_interval() -> None:
    (finding,) = diagnose(SOUND, FEW)
    assert (finding.code, finding.severity) == ("healthy", "info")
    # scipy 1.17.1: binomtest(810, 1000).proportion_ci(method="wilson") is 0.78450 to 0.83312.
    assert finding.sentence == (
        "No fault seen in training: no overfitting in 8 epochs, 81.0 % of the validation images "
        "right (95 % interval 78.5 to 83.3 %), 3.5 points fewer than in training."
    )


def test_validation_that_stands_still_while_training_runs_ahead_is_overfitting() -> None:
    still = [1.8, 1.5, 1.3, 1.2, 1.19, 1.21, 1.2, 1.18, 1.2, 1.19]
    past = [*still[:-1], 1.21]
    finding = diagnose({**OVERFITTED, "val_loss": still})[0]
    assert (finding.code, finding.severity) == ("overfitting", "warning")
    assert "since then it stands still" in diagnose({**OVERFITTED, "val_loss": past})[0].sentence
    # By hand: the means of three that end in the 7th and in the 10th epoch.
    assert finding.sentence.startswith(
        "It overfits: in the last 3 epochs the loss on validation images came no further than from "
        "1.2 to 1.19, while on training images it fell from 0.6 to 0.2."
    )
    near = {**OVERFITTED, "val_loss": still, "accuracy": OVERFITTED["val_accuracy"]}
    assert "overfitting" not in codes(near)


def test_a_rise_within_the_noise_is_no_overfitting() -> None:
    noisy = [1.8, 1.4, 1.1, 0.9, 1.2, 0.8, 1.15, 0.85, 1.2, 0.95]
    assert "overfitting" not in codes({"loss": OVERFITTED["loss"], "val_loss": noisy})


def test_a_loss_that_rises_in_training_too_is_no_overfitting() -> None:
    rising = OVERFITTED["val_loss"]
    assert "overfitting" not in codes({"loss": rising, "val_loss": rising})


@pytest.mark.parametrize(
    ("history", "words"),
    [
        ({"loss": [1.0, 0.5], "val_loss": [1.0, 0.7]}, "2 epochs are too few"),
        ({"loss": SOUND["loss"]}, "no validation images were kept"),
    ],
)
def test_what_the_data_cannot_tell_is_said_to_be_so(
    history: dict[str, list[float]], words: str
) -> None:
    (finding,) = [finding for finding in diagnose(history) if finding.code == "cannot-tell"]
    assert words in finding.sentence
    assert finding.advice


def test_progress_at_the_end_asks_for_more_epochs() -> None:
    falling = {"loss": [2.0, 1.6, 1.3, 1.05, 0.85, 0.7], "val_loss": [2, 1.6, 1.35, 1.1, 0.9, 0.74]}
    (finding,) = [one for one in diagnose(falling) if one.code == "still-improving"]
    assert finding.severity == "info"
    assert "--epochs 12" in finding.advice


def test_a_loss_that_is_no_number_is_told_with_its_epoch_and_nothing_else() -> None:
    broken = {"loss": [1.0, 2.0, np.nan], "val_loss": [1.0, 3.0, np.nan]}
    (finding,) = diagnose(broken, Measurements(non_finite_layer="conv2d_1"))
    assert (finding.code, finding.severity) == ("diverged", "error")
    assert "in epoch 3; the first layer without numbers is 'conv2d_1'" in finding.sentence


def test_a_low_rate_is_told_by_learning_that_does_not_slow_down() -> None:
    slow = [2.3, 2.27, 2.24, 2.21, 2.18, 2.15, 2.12, 2.09]
    history = {"loss": slow, "val_loss": slow, "learning_rate": [1e-5] * 8}
    finding = diagnose(history, Measurements(classes=10))[0]
    assert finding.code == "learning-rate-too-low"
    assert "--lr 0.0001" in finding.advice
    assert "learning-rate-too-low" not in codes(SOUND, Measurements(classes=10))


def test_a_high_rate_is_told_by_the_units_that_it_put_out() -> None:
    dead = Measurements(
        classes=10, dead_units=[DeadUnits("conv2d", 26, 32), DeadUnits("dense", 3, 32)]
    )
    finding = diagnose(SOUND, dead)[0]
    assert finding.code == "learning-rate-too-high"
    assert "it has put out 29 of 64 units" in finding.sentence
    alive = Measurements(
        classes=10, dead_units=[DeadUnits("conv2d", 3, 32), DeadUnits("dense", 14, 32)]
    )
    assert codes(SOUND, alive) == ["healthy"]


def test_a_high_rate_is_told_by_a_jump_to_where_guessing_is() -> None:
    stuck = {"loss": [4.1, 2.304, 2.305, 2.304, 2.305], "val_loss": [2.305] * 5}
    assert codes(stuck, Measurements(classes=10))[0] == "learning-rate-too-high"


def test_labels_that_do_not_belong_are_told_from_learning_nothing() -> None:
    by_heart = {
        "loss": [2.31, 2.2, 2.0, 1.7, 1.3],
        "val_loss": [2.31, 2.35, 2.5, 2.8, 3.3],
        "accuracy": [0.1, 0.18, 0.28, 0.4, 0.55],
        "val_accuracy": [0.1, 0.1, 0.11, 0.1, 0.1],
    }
    chance = Measurements(classes=10, images=1000, correct=104, largest_class=110)
    assert codes(by_heart, chance)[0] == "labels-unrelated"
    nothing = {**by_heart, "loss": [2.3] * 5, "accuracy": [0.1] * 5}
    assert codes(nothing, chance)[0] == "guessing"


def test_few_validation_images_cannot_show_that_it_does_more_than_guess() -> None:
    few = Measurements(classes=2, images=20, correct=12, largest_class=10)
    assert "cannot-tell" in codes(SOUND, few)
    assert "guessing" not in codes(SOUND, few)


def test_a_linear_model_that_is_better_makes_it_underfitting() -> None:
    low = {**SOUND, "accuracy": [0.5] * 8, "val_accuracy": [0.5] * 8}
    beaten = Measurements(
        classes=10, images=1000, correct=500, largest_class=110, linear_correct=800
    )
    finding = diagnose(low, beaten)[0]
    assert finding.code == "underfitting"
    assert "fewer than a linear model on the pixels (80.0 %)" in finding.sentence


def test_a_lead_within_chance_is_no_lead() -> None:
    near = Measurements(classes=10, images=1000, correct=810, largest_class=110, linear_correct=800)
    assert "no-better-than-linear" in codes(SOUND, near)
    ahead = Measurements(
        classes=10, images=1000, correct=810, largest_class=110, linear_correct=700
    )
    assert codes(SOUND, ahead) == ["healthy"]


@pytest.mark.parametrize(("copies", "severity"), [(3, "info"), (10, "error"), (200, "error")])
def test_copies_across_splits_are_counted(copies: int, severity: str) -> None:
    leaked = Measurements(
        classes=10, images=1000, correct=810, largest_class=110, duplicates=copies
    )
    (finding,) = [f for f in diagnose(SOUND, leaked) if f.code == "duplicates-across-splits"]
    assert finding.severity == severity
    assert f"{copies} of the 1,000 validation images" in finding.sentence


def test_a_small_validation_set_is_told_with_what_it_may_hide() -> None:
    small = Measurements(classes=10, images=50, correct=40, largest_class=8)
    (finding,) = [f for f in diagnose(SOUND, small) if f.code == "validation-too-small"]
    # scipy 1.17.1: binomtest(40, 50).proportion_ci(method="wilson")
    assert finding.evidence["interval"] == pytest.approx([0.6696289, 0.8875625], abs=1e-6)
    assert finding.severity == "warning"


def test_uneven_classes_are_named() -> None:
    uneven = Measurements(class_counts=[1000, 900, 50], class_names=["cat", "dog", "newt"])
    (finding,) = [f for f in diagnose(SOUND, uneven) if f.code == "imbalance"]
    assert (finding.severity, finding.evidence["ratio"]) == ("warning", 20)
    assert "newt has 50" in finding.sentence
    assert "imbalance" not in codes(SOUND, Measurements(class_counts=[100, 90, 30]))


def test_overconfidence_is_told() -> None:
    labels = np.arange(400) % 2
    rows = np.where(labels[:, None] == np.arange(2), 0.95, 0.05)
    honest = np.where(np.arange(400)[:, None] % 20 == 0, rows[:, ::-1], rows)
    boastful = np.where(np.arange(400)[:, None] % 4 == 0, rows[:, ::-1], rows)
    said = {f.code: f for f in diagnose(SOUND, labels=labels, probabilities=boastful)}
    assert "says 95 % sure, and 75 % of its 400 answers are right" in said["miscalibrated"].sentence
    kept = diagnose(SOUND, labels=labels, probabilities=honest)
    assert "miscalibrated" not in [finding.code for finding in kept]


def test_gradients_that_fade_or_swell_are_told() -> None:
    from scallion.insight.findings.gradients import RelativeGradient, gradient_finding

    faded = gradient_finding([RelativeGradient("conv2d", 1e-9), RelativeGradient("dense", 1e-2)])
    assert faded is not None
    assert (faded.code, faded.severity) == ("gradients-vanished", "warning")
    swollen = gradient_finding([RelativeGradient("conv2d", 1e5), RelativeGradient("dense", 1.0)])
    assert swollen is not None
    assert swollen.code == "gradients-exploded"
    assert (
        gradient_finding([RelativeGradient("conv2d", 1e-3), RelativeGradient("dense", 1e-2)])
        is None
    )
    none = gradient_finding([RelativeGradient("conv2d", 0.0), RelativeGradient("dense", 1e-2)])
    assert none is not None
    assert "at layer 'conv2d' they are 0, not as at 'dense'" in none.sentence


def test_behind_a_layer_that_is_silent_no_gradients_are_judged() -> None:
    from scallion.insight.findings.gradients import RelativeGradient

    gradients = [RelativeGradient("conv2d", 0.0), RelativeGradient("dense", 1e-2)]
    dead = Measurements(classes=10, dead_units=[DeadUnits("dense", 8, 8)], gradients=gradients)
    assert "gradients-vanished" in codes(SOUND, Measurements(classes=10, gradients=gradients))
    assert "gradients-vanished" not in codes(SOUND, dead)


def test_findings_above_a_severity_are_picked() -> None:
    findings = diagnose(OVERFITTED)
    assert [one.code for one in insight.at_least(findings, "warning")] == ["overfitting"]
    assert insight.at_least(findings, "error") == []


# By hand: second differences of a zigzag of height 1 are all 4 or -4.
def test_noise_is_measured_whatever_the_trend() -> None:
    zigzag = np.array([0.0, 1.0, 0.0, 1.0, 0.0, 1.0]) * 2
    slope = np.arange(6) * 10.0
    assert tremble(zigzag + slope) == pytest.approx(4 / (0.6745 * 6**0.5))
    assert tremble(slope) == 0
    assert smoothed(slope) == pytest.approx([10, 20, 30, 40])
    assert lowest(np.array([5.0, 3.0, 1.0, 2.0, 4.0])) == 2


@pytest.mark.parametrize("history", [None, [0.5], 3])
def test_what_is_no_history_is_refused(history: object) -> None:
    with pytest.raises(ArgumentError, match="a history is what fit returns"):
        diagnose(history)


@pytest.mark.parametrize(
    ("history", "message"),
    [
        ({}, "has no loss. Received: no columns"),
        ({"accuracy": [0.5]}, "has no loss. Received: accuracy"),
        ({"loss": [1, 2], "val_loss": [1]}, "differ in length"),
    ],
)
def test_a_history_without_a_loss_is_refused(history: dict[str, list], message: str) -> None:
    with pytest.raises(DataError, match=message):
        diagnose(history)


def test_epochs_are_counted_as_the_history_counts_them() -> None:
    resumed = course({"loss": [1.0, 2.0], "epoch": [11.0, 12.0]})
    assert resumed.epoch(1) == 12
