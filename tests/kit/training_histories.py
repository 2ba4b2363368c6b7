"""Histories of small training runs, and the codes of their findings."""

from scallion.insight import Measurements, diagnose

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


def codes(history: object, measured: Measurements | None = None) -> list[str]:
    """Return the codes of all findings, most severe first."""
    return [finding.code for finding in diagnose(history, measured)]
