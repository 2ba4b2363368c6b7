"""Vanishing and exploding gradients."""

from scallion.findings import Finding
from scallion.insight import Measurements, RelativeGradient, diagnose
from training_histories import SOUND


def gradient_findings(first: float, last: float) -> list[Finding]:
    sizes = [RelativeGradient("conv2d", first), RelativeGradient("dense", last)]
    found = diagnose(SOUND, Measurements(gradients=sizes))
    return [finding for finding in found if finding.code.startswith("gradients")]


def test_vanishing_and_exploding_gradients_are_reported() -> None:
    (vanished,) = gradient_findings(1e-9, 1e-2)
    assert (vanished.code, vanished.severity) == ("gradients-vanished", "warning")
    (exploded,) = gradient_findings(1e5, 1.0)
    assert exploded.code == "gradients-exploded"
    assert gradient_findings(1e-3, 1e-2) == []
    (none,) = gradient_findings(0.0, 1e-2)
    assert "at layer 'conv2d' they are 0, unlike at 'dense'" in none.sentence
