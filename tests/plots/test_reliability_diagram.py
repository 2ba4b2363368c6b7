"""The reliability diagram as a figure."""

import numpy as np

from scallion.insight import CalibrationCurve
from scallion.plots import reliability_figure


def test_the_description_states_the_calibration_error() -> None:
    curve = CalibrationCurve(
        np.array([0.0, 0.5, 1.0]),
        np.array([10, 30]),
        np.array([0.3, 0.8]),
        np.array([0.1, 0.9]),
    )
    figure = reliability_figure(curve)
    # By hand: (10 * 0.2 + 30 * 0.1) / 40.
    assert figure.description.startswith("Reliability diagram: ")
    assert "differ by 12.5 percentage points" in figure.description
    assert figure.png.startswith(b"\x89PNG")
