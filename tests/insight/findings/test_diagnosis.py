"""The rules of the diagnosis together, on curves small enough to follow by hand."""

from dataclasses import replace

import numpy as np
import pytest

from scallion import insight
from scallion.insight import DeadUnits, Measurements, RelativeGradient, diagnose
from scallion.insight.findings.index import RULES, VERDICTS
from scallion.insight.findings.measurements import training_facts
from scallion.insight.findings.training_curves import training_curves
from training_histories import OVERFITTED, SOUND, codes

MEASURED = Measurements(classes=10, images=1000, correct=810, largest_class=110)


def test_a_sound_run_is_healthy_with_its_interval() -> None:
    (finding,) = diagnose(SOUND, MEASURED)
    assert (finding.code, finding.severity) == ("healthy", "info")
    # scipy 1.17.1: binomtest(810, 1000).proportion_ci(method="wilson") is 0.78450 to 0.83312.
    assert finding.sentence == (
        "No fault found in training: no overfitting in 8 epochs, a validation accuracy of 81.0 % "
        "(95 % interval 78.5 to 83.3 %), 4.0 points below training accuracy in epoch 8."
    )


def test_the_gap_is_that_of_the_epoch_whose_accuracy_is_named() -> None:
    # The weights are those of epoch 2, with 91.1 %: the last epochs say nothing about them.
    history = {**SOUND, "val_accuracy": [0.45, 0.911, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6]}
    history["accuracy"] = [0.5, 0.95, 0.96, 0.97, 0.98, 0.98, 0.98, 0.98]
    measured = Measurements(classes=10, images=1000, correct=911, largest_class=110)
    (finding,) = [one for one in diagnose(history, measured) if one.code == "healthy"]
    assert "91.1 % (95 % interval 89.2 to 92.7 %), 3.9 points below" in finding.sentence
    assert finding.sentence.endswith("training accuracy in epoch 2.")


@pytest.mark.parametrize(
    ("history", "words"),
    [
        ({"loss": [1.0, 0.5], "val_loss": [1.0, 0.7]}, "2 epochs are too few"),
        ({"loss": SOUND["loss"]}, "no validation images were kept"),
    ],
)
def test_too_little_data_is_inconclusive(history: dict[str, list[float]], words: str) -> None:
    (finding,) = [finding for finding in diagnose(history) if finding.code == "inconclusive"]
    assert words in finding.sentence
    assert finding.advice


def test_divergence_suppresses_other_findings() -> None:
    broken = {"loss": [1.0, 2.0, np.nan], "val_loss": [1.0, 3.0, np.nan]}
    (finding,) = diagnose(broken, Measurements(non_finite_layer="conv2d_1"))
    assert (finding.code, finding.severity) == ("diverged", "error")
    assert "in epoch 3; the first layer with NaN or infinite values is 'conv2d_1'" in (
        finding.sentence
    )


def test_dead_layers_suppress_gradient_findings() -> None:
    gradients = [RelativeGradient("conv2d", 0.0), RelativeGradient("dense", 1e-2)]
    dead = Measurements(classes=10, dead_units=[DeadUnits("dense", 8, 8)], gradients=gradients)
    assert "gradients-vanished" in codes(SOUND, Measurements(classes=10, gradients=gradients))
    assert "gradients-vanished" not in codes(SOUND, dead)


def test_findings_are_filtered_by_severity() -> None:
    findings = diagnose(OVERFITTED)
    assert [one.code for one in insight.at_least(findings, "warning")] == ["overfitting"]
    assert insight.at_least(findings, "error") == []


def test_rules_name_only_known_facts_and_codes() -> None:
    facts = training_facts(training_curves(SOUND), Measurements())
    known = {rule.code for rule in (*RULES, *VERDICTS)}
    for rule in (*RULES, *VERDICTS):
        assert set(rule.needs) | set(rule.optional) <= set(facts)
        assert set(rule.suppresses) <= known


def test_suppressed_rules_come_after_their_causes() -> None:
    places = {rule.code: place for place, rule in enumerate(RULES)}
    for place, rule in enumerate(RULES):
        assert all(places[code] > place for code in rule.suppresses)


FEW_IMAGES = Measurements(classes=10, images=36, correct=23, largest_class=5)
BELOW_LINEAR = replace(MEASURED, linear_correct=950)


@pytest.mark.parametrize(
    ("code", "history", "measured"),
    [
        ("overfitting", OVERFITTED, MEASURED),
        ("overfitting", {**SOUND, "accuracy": [1.0] * 8}, FEW_IMAGES),
        ("guessing", {**SOUND, "accuracy": [0.11] * 8}, replace(MEASURED, correct=110)),
        ("worse-than-linear", {**SOUND, "accuracy": [0.95] * 8}, BELOW_LINEAR),
        ("underfitting", {**SOUND, "accuracy": [0.3] * 8, "loss": [2.0] * 8}, MEASURED),
    ],
    ids=["curves", "accuracies", "guessing", "linear", "underfitting"],
)
def test_advice_suits_a_pretrained_network(
    code: str, history: dict[str, list[float]], measured: Measurements
) -> None:
    advice = {
        is_pretrained: next(
            one.advice
            for one in diagnose(history, replace(measured, is_pretrained=is_pretrained))
            if one.code == code
        )
        for is_pretrained in (False, True)
    }
    assert advice[True] != advice[False]
    assert "Dropout" not in advice[True]
    assert "filters" not in advice[True]
    assert "a pretrained network" not in advice[True]
