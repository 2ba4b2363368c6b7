"""Held-out images that are training images too."""

import numpy as np

from scallion.insight import leaked_images


def test_duplicates_are_found_with_the_index_of_the_first() -> None:
    images = np.random.default_rng(0).integers(0, 256, (6, 4, 4, 1), np.uint8)
    held_out = np.stack([images[4] + 1, images[2], images[5]])
    assert leaked_images(images, held_out) == [(1, 2), (2, 5)]
    twice = np.concatenate([images, images])
    assert leaked_images(twice, images[:1]) == [(0, 0)]
