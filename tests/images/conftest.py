"""Folders of pictures that these tests read."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

Folder = Callable[..., Path]


def picture(number: int, size: tuple[int, int] = (8, 8), *, grey: bool = False) -> Image.Image:
    """A picture (width, height) of noise that no other number gives."""
    random = np.random.default_rng(number)
    shape = size[::-1] if grey else (*size[::-1], 3)
    return Image.fromarray(random.integers(0, 256, shape, np.uint8))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Make a folder from `{"train/cat": 3}`: so many pictures in each, no two alike."""

    def make(
        counts: dict[str, int],
        *,
        size: tuple[int, int] = (8, 8),
        grey: bool = False,
        ending: str = "png",
        name: str = "pets",
    ) -> Path:
        number = 0
        for inside, count in counts.items():
            place = tmp_path / name / inside
            place.mkdir(parents=True)
            for _ in range(count):
                picture(number, size, grey=grey).save(place / f"{number:04}.{ending}")
                number += 1
        return tmp_path / name

    return make
