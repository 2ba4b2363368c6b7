"""Some pictures at a time: decoded, fitted, and measured; what cannot be read is named."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scallion.errors import FileError
from scallion.images.reading import decoding
from scallion.images.reading.metadata import METADATA, Metadata, fact
from scallion.images.resizing import ResizeRule

Job = tuple[Sequence[int], Sequence[bytes]]  # rows of a listing, and their paths below its root


@dataclass(frozen=True, slots=True)
class UnreadableFile:
    """A file that is no picture, and why, in words."""

    row: int
    reason: str


@dataclass(slots=True)
class Chunk:
    """Some pictures in order: pixels (n, h, w, c), their facts, and what could not be read."""

    pixels: NDArray[np.uint8]
    facts: Metadata
    unreadable: list[UnreadableFile] = field(default_factory=list)


class ColourImage(Exception):  # noqa: N818 (no error: the sample was grey, and not all pictures are)
    """A picture has colours, and the rule that was chosen from a sample has one channel."""


class HighDepthImage(Exception):  # noqa: N818 (no error either)
    """A picture has more than 8 bits a pixel, and no range was chosen for it."""


@dataclass(frozen=True, slots=True)
class ChunkDecoder:
    """How pictures below `root` become a chunk; small enough to be sent to another process.

    Called with a job, it raises HighDepthImage where a picture needs a range that the rule does not
    have; with `strict`, ColourImage where it has colours and the rule has none; and LargeImage
    where a picture is, unless `large` ones are welcome.
    """

    root: Path
    resize_rule: ResizeRule
    strict: bool

    def __call__(self, job: Job, *, large: bool = True) -> Chunk:
        """The pictures of these rows."""
        pixels = np.empty((len(job[0]), *self.resize_rule.shape), np.uint8)
        facts: list[tuple] = []
        unreadable: list[UnreadableFile] = []
        for row, path in zip(*job, strict=True):
            try:
                fitted, known = self._one(row, path, large)
            except FileError as error:
                unreadable.append(UnreadableFile(row, decoding.reason(error)))
                continue
            pixels[len(facts)] = fitted
            facts.append(known)
        return Chunk(pixels[: len(facts)], np.array(facts, METADATA), unreadable)

    def _one(self, row: int, path: bytes, large: bool) -> tuple[NDArray[np.uint8], tuple]:
        rule = self.resize_rule
        data = decoding.read_bytes(self.root / os.fsdecode(path), follow=False)
        image, header = decoding.picture(
            data,
            rule.channels,
            least=max(rule.height, rule.width),
            depths=rule.depths,
            large=large,
        )
        if self.strict and rule.channels == 1 and not header.grey:
            raise ColourImage
        if header.deep and rule.depths is None:
            raise HighDepthImage
        fitted = rule.fitted(image)
        return fitted, fact(row, header, data, fitted)
