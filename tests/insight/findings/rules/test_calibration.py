"""Miscalibration."""

import numpy as np

from scallion.insight import diagnose
from training_histories import SOUND


def test_overconfidence_is_reported() -> None:
    labels = np.arange(400) % 2
    rows = np.where(labels[:, None] == np.arange(2), 0.95, 0.05)
    honest = np.where(np.arange(400)[:, None] % 20 == 0, rows[:, ::-1], rows)
    boastful = np.where(np.arange(400)[:, None] % 4 == 0, rows[:, ::-1], rows)
    found = {f.code: f for f in diagnose(SOUND, labels=labels, probabilities=boastful)}
    assert "confidence is 95 %, and 75 % of its 400 predictions are correct" in (
        found["miscalibrated"].sentence
    )
    kept = diagnose(SOUND, labels=labels, probabilities=honest)
    assert "miscalibrated" not in [finding.code for finding in kept]
