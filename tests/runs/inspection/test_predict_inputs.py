"""How many images an array holds, by its shape and the network's."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scallion.runs import read_inputs


class Resizer:
    """A stand-in for a classifier, which takes images of any size."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def prepare(self, images: Any) -> np.ndarray:
        return np.zeros((len(images), *self.shape), np.uint8)


@pytest.mark.parametrize(
    ("network", "shape", "count"),
    [
        ((12, 12, 1), (12, 12), 1),
        ((12, 12, 1), (12, 12, 1), 1),
        ((12, 12, 1), (20, 16, 1), 1),
        ((12, 12, 1), (20, 16, 3), 1),
        ((12, 12, 1), (20, 12, 12), 20),
        ((12, 12, 1), (20, 16, 16), 20),
        ((12, 12, 1), (20, 16, 16, 1), 20),
        ((12, 12, 1), (20, 16, 16, 4), 20),
        ((12, 3, 1), (20, 12, 3), 20),
        ((12, 12, 3), (20, 16), 1),
        ((12, 12, 3), (20, 16, 1), 1),
        ((12, 12, 3), (20, 16, 4), 1),
        ((12, 12, 3), (20, 16, 16), 20),
        ((12, 12, 3), (20, 12, 12, 3), 20),
    ],
)
@pytest.mark.parametrize("suffix", ["npy", "npz"])
def test_an_array_is_one_image_or_several(
    network: tuple[int, ...], shape: tuple[int, ...], count: int, suffix: str, tmp_path: Path
) -> None:
    file, images = tmp_path / f"images.{suffix}", np.zeros(shape, np.uint8)
    if suffix == "npy":
        np.save(file, images)
    else:
        np.savez(file, x=images)
    batches: Any = read_inputs([file], Resizer(network))  # type: ignore[arg-type]
    assert sum(len(batch.names) for batch in batches) == count
