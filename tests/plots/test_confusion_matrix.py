"""The confusion matrix as a figure."""

import numpy as np
import pytest

from scallion.plots import confusion_figure


@pytest.mark.parametrize("classes", [2, 40])
def test_few_and_many_classes_fit_the_figure(classes: int) -> None:
    matrix = np.eye(classes, dtype=np.int64) * 9 + 1
    figure = confusion_figure(matrix, [f"class {i}" for i in range(classes)], normalize=True)
    width = int.from_bytes(figure.png[16:20], "big")
    assert 400 < width < 1600
    assert f"{10 * classes:,} of {classes * (9 + classes):,} images" in figure.description
