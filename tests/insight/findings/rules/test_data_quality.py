"""Leakage, class imbalance, and validation sets that are too small."""

import pytest

from scallion.insight import Measurements, diagnose
from scallion.insight.metrics.intervals import wilson_interval
from training_histories import SOUND, codes


@pytest.mark.parametrize(("copies", "severity"), [(3, "info"), (10, "error"), (200, "error")])
def test_duplicates_across_splits_are_counted(copies: int, severity: str) -> None:
    leaked = Measurements(
        classes=10, images=1000, correct=810, largest_class=110, duplicates=copies
    )
    (finding,) = [f for f in diagnose(SOUND, leaked) if f.code == "duplicates-across-splits"]
    assert finding.severity == severity
    assert f"{copies} of the 1,000 validation images" in finding.sentence


def test_a_small_validation_set_is_reported_with_its_interval() -> None:
    small = Measurements(classes=10, images=50, correct=40, largest_class=8)
    (finding,) = [f for f in diagnose(SOUND, small) if f.code == "validation-too-small"]
    # scipy 1.17.1: binomtest(40, 50).proportion_ci(method="wilson")
    assert finding.evidence["interval"] == pytest.approx([0.6696289, 0.8875625], abs=1e-6)
    assert finding.severity == "warning"


def test_imbalanced_classes_are_named() -> None:
    uneven = Measurements(class_counts=[1000, 900, 50], class_names=["cat", "dog", "newt"])
    (finding,) = [f for f in diagnose(SOUND, uneven) if f.code == "imbalance"]
    assert (finding.severity, finding.evidence["ratio"]) == ("warning", 20)
    assert "newt has 50" in finding.sentence
    assert "imbalance" not in codes(SOUND, Measurements(class_counts=[100, 90, 30]))


# Wilson intervals by hand: 40 of 40 is 91.2 to 100 %, 30 of 30 is 88.6 to 100 %: 40 are needed.
@pytest.mark.parametrize(
    ("correct", "images", "needed"), [(8, 8, 40), (0, 12, 40), (18, 20, 150), (30, 50, 370)]
)
def test_the_number_of_images_gives_the_interval(correct: int, images: int, needed: int) -> None:
    (finding,) = [
        one
        for one in diagnose(SOUND, Measurements(correct=correct, images=images))
        if one.code == "validation-too-small"
    ]
    assert f"about {needed} images narrow the interval" in finding.suggestion
    low, high = wilson_interval(round(correct / images * needed), needed)
    assert 0.04 < (high - low) / 2 <= 0.05
