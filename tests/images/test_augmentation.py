"""The choice of augmentations."""

import numpy as np
import pytest

from scallion import images
from scallion.images.augmentation import augment_images
from smooth_images import smooth_image


@pytest.mark.parametrize("strength", ["none", "light", "strong"])
def test_augmented_images_keep_shape_and_seed(strength: str) -> None:
    augmentation = images.choose_augmentation(strength, ["cat", "dog"])
    pixels = np.asarray(smooth_image(1))[None]
    views = [augment_images(augmentation.layers(), pixels, seed=seed) for seed in (1, 1, 2)]
    assert views[0].shape == pixels.shape
    assert np.array_equal(views[0], views[1])
    assert np.array_equal(views[0], views[2]) == (strength == "none")
    assert bool(augmentation) == (strength != "none")
