"""Folders of images for these tests."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from smooth_images import smooth_image

Folder = Callable[..., Path]


def noise_image(number: int, size: tuple[int, int] = (8, 8), *, grey: bool = False) -> Image.Image:
    """Return an image (width, height) of noise, different for each number."""
    random = np.random.default_rng(number)
    shape = size[::-1] if grey else (*size[::-1], 3)
    return Image.fromarray(random.integers(0, 256, shape, np.uint8))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Make a folder from `{"train/cat": 3}`: so many images in each, no two the same."""

    def make(
        counts: dict[str, int],
        *,
        size: tuple[int, int] = (8, 8),
        grey: bool = False,
        suffix: str = "png",
        name: str = "pets",
    ) -> Path:
        number = 0
        for inside, count in counts.items():
            place = tmp_path / name / inside
            place.mkdir(parents=True)
            for _ in range(count):
                noise_image(number, size, grey=grey).save(place / f"{number:04}.{suffix}")
                number += 1
        return tmp_path / name

    return make


@pytest.fixture
def healthy(folder: Folder) -> Path:
    """A folder of 150 smooth images in three splits and two classes, without any fault."""
    names = [f"{split}/{kind}" for split in ("train", "val", "test") for kind in ("cat", "dog")]
    place = folder(dict.fromkeys(names, 0))
    for number, name in enumerate(names):
        for at in range(25):
            smooth_image(100 * number + at).save(place / name / f"{at:02}.png")
    return place
