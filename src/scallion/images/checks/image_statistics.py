"""Statistics of all images of a data set, in one table, for the checks."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scallion.images.checks.near_duplicates import to_greyscale
from scallion.images.loading import ImageSet
from scallion.images.reading.listing import SPLITS, printable
from scallion.images.reading.metadata import Metadata
from scallion.mapped_memory import chunk_slices


@dataclass(frozen=True, slots=True, eq=False)
class ImageStatistics:
    """One row per image, in the order of the splits. `metadata` is None where there are no files.

    `mean` is the mean grey value, `spread` the largest standard deviation of a channel, `border`
    the mean grey value of the outermost pixels. `target` is (height, width) after resizing.
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    splits: NDArray[np.int8]
    paths: list[str]
    class_names: tuple[str, ...]
    target: tuple[int, int]
    metadata: Metadata | None
    mean: NDArray[np.float32]
    spread: NDArray[np.float32]
    border: NDArray[np.float32]

    @classmethod
    def of(cls, images: ImageSet) -> "ImageStatistics":
        """Measure all images of a data set."""
        splits = images.splits
        mean, spread, border = _measure(images.pixels)
        return cls(
            pixels=images.pixels,
            labels=np.concatenate([split.y for split in splits]),
            splits=np.repeat(np.arange(3, dtype=np.int8), [len(split) for split in splits]),
            paths=[path for one in splits for path in one.paths or map(str, range(len(one)))],
            class_names=images.class_names,
            target=images.image_shape[:2],
            metadata=None if images.cached is None else images.cached.metadata,
            mean=mean,
            spread=spread,
            border=border,
        )

    def __len__(self) -> int:
        return len(self.labels)

    def name(self, row: int) -> str:
        """Return the printable file name of an image."""
        return printable(self.paths[row])

    def names(self, rows: NDArray[np.int64], most: int = 1000) -> list[str]:
        """Return the printable file names of some rows."""
        return [self.name(int(row)) for row in rows[:most]]

    def split_name(self, row: int) -> str:
        """Return the name of the split that an image is in."""
        return SPLITS[self.splits[row]]


def _measure(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], ...]:
    mean, spread, border = (np.empty(len(pixels), np.float32) for _ in range(3))
    for part in chunk_slices(pixels):
        values = to_greyscale(pixels[part])
        mean[part] = values.mean(axis=(1, 2))
        spread[part] = pixels[part].std(axis=(1, 2), dtype=np.float32).max(axis=-1)
        edges = [values[:, 0], values[:, -1], values[:, :, 0], values[:, :, -1]]
        border[part] = np.concatenate(edges, axis=1).mean(axis=1)
    return mean, spread, border
