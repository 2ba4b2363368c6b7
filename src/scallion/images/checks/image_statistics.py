"""A data set as the checks look at it: all splits in one table, and a few measures of each."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scallion.images.checks.near_duplicates import grey
from scallion.images.loading import ImageSet
from scallion.images.reading.listing import SPLITS, printable
from scallion.images.reading.metadata import Metadata
from scallion.mapped_memory import chunk_slices


@dataclass(frozen=True, slots=True, eq=False)
class ImageStatistics:
    """Rows are pictures in the order of the splits. `facts` is None where there are no files.

    `mean` and `spread` are of the grey values, `border` is the mean of the outermost pixels.
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    splits: NDArray[np.int8]
    paths: list[str]
    class_names: tuple[str, ...]
    target: tuple[int, int]
    facts: Metadata | None
    mean: NDArray[np.float32]
    spread: NDArray[np.float32]
    border: NDArray[np.float32]

    @classmethod
    def of(cls, images: ImageSet) -> "ImageStatistics":
        """The data set, looked at once from the first to the last picture."""
        parts = images.parts
        pixels = images.pixels
        mean, spread, border = _measured(pixels)
        return cls(
            pixels=pixels,
            labels=np.concatenate([part.y for part in parts]),
            splits=np.repeat(np.arange(3, dtype=np.int8), [len(part) for part in parts]),
            paths=[path for part in parts for path in part.paths or map(str, range(len(part)))],
            class_names=images.class_names,
            target=images.image_shape[:2],
            facts=None if images.cached is None else images.cached.facts,
            mean=mean,
            spread=spread,
            border=border,
        )

    def __len__(self) -> int:
        return len(self.labels)

    def name(self, row: int) -> str:
        """A picture's file as it can be printed."""
        return printable(self.paths[row])

    def names(self, rows: NDArray[np.int64], most: int = 1000) -> list[str]:
        """The files of some rows."""
        return [self.name(int(row)) for row in rows[:most]]

    def split(self, row: int) -> str:
        """Which split a picture is in."""
        return SPLITS[self.splits[row]]


def counted(count: int, what: str = "picture") -> str:
    """A number with its noun.

    >>> counted(1), counted(2000)
    ('1 picture', '2,000 pictures')
    """
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _measured(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], ...]:
    mean, spread, border = (np.empty(len(pixels), np.float32) for _ in range(3))
    for part in chunk_slices(pixels):
        values = grey(pixels[part])
        mean[part] = values.mean(axis=(1, 2))
        spread[part] = pixels[part].std(axis=(1, 2), dtype=np.float32).max(axis=-1)
        edges = [values[:, 0], values[:, -1], values[:, :, 0], values[:, :, -1]]
        border[part] = np.concatenate(edges, axis=1).mean(axis=1)
    return mean, spread, border
