"""Shapes of images that specifications take."""

import pytest

from scallion.errors import ShapeError
from scallion.layers.base.spec import as_image_shape


def test_an_image_has_three_axes():
    assert as_image_shape((32, 30, 3)) == (32, 30, 3)
    with pytest.raises(
        ShapeError, match=r"Received: shape=\(None, 28, 28\)\nhint: Input\(\(28, 28, 1\)\)"
    ):
        as_image_shape((28, 28))
    with pytest.raises(ShapeError, match="hint: put this layer before the one that flattens"):
        as_image_shape((128,))
    with pytest.raises(ShapeError, match=r"hint: Input\(\(32, 32, 3\)\)"):
        as_image_shape((2, 3, 4, 5))
