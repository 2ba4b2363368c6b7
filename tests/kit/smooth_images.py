"""Smooth random images, no two of which are near-duplicates."""

import numpy as np
from PIL import Image


def smooth_image(number: int, size: int = 32) -> Image.Image:
    """Return the RGB image `size` x `size` of this number."""
    random = np.random.default_rng(number)
    small = Image.fromarray(random.integers(0, 256, (9, 9, 3), np.uint8))
    return small.resize((size, size), Image.Resampling.BICUBIC)
