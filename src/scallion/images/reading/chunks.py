"""Decode a chunk of images: pixels, metadata, and the files that cannot be read."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scallion.errors import FileError
from scallion.images.reading import decoding
from scallion.images.reading.metadata import METADATA, Metadata, metadata_record
from scallion.images.resizing import ResizeRule

DecodingJob = tuple[Sequence[int], Sequence[bytes]]  # rows of a listing, and paths below its root


@dataclass(frozen=True, slots=True)
class UnreadableFile:
    """The row of a file that cannot be read as an image, and the reason."""

    row: int
    reason: str


@dataclass(slots=True)
class Chunk:
    """Some images in order: pixels uint8 (n, h, w, c), metadata (n,), and unreadable files."""

    pixels: NDArray[np.uint8]
    metadata: Metadata
    unreadable: list[UnreadableFile] = field(default_factory=list)


class ColourImage(Exception):  # noqa: N818 (a signal: the sample was grey, not all images are)
    """An image has colours, and the resize rule chosen from a sample has one channel."""


class HighDepthImage(Exception):  # noqa: N818 (a signal)
    """An image has more than 8 bits per channel, and the resize rule has no value range."""


@dataclass(frozen=True, slots=True)
class ChunkDecoder:
    """Decodes images below `root` by a resize rule; small enough to send to another process.

    With `strict`, a colour image is not converted to grey but raises ColourImage.
    """

    root: Path
    resize_rule: ResizeRule
    strict: bool

    def __call__(self, job: DecodingJob, *, allow_large: bool = True) -> Chunk:
        """Decode the images of a job.

        Raises HighDepthImage where an image needs a value range that the rule lacks, ColourImage
        with `strict`, and LargeImage for large images unless `allow_large`.
        """
        pixels = np.empty((len(job[0]), *self.resize_rule.shape), np.uint8)
        records: list[tuple] = []
        unreadable: list[UnreadableFile] = []
        for row, path in zip(*job, strict=True):
            try:
                resized, record = self._decode(row, path, allow_large)
            except FileError as error:
                unreadable.append(UnreadableFile(row, decoding.describe_error(error)))
                continue
            pixels[len(records)] = resized
            records.append(record)
        return Chunk(pixels[: len(records)], np.array(records, METADATA), unreadable)

    def _decode(self, row: int, path: bytes, allow_large: bool) -> tuple[NDArray[np.uint8], tuple]:
        rule = self.resize_rule
        data = decoding.read_bytes(self.root / os.fsdecode(path), follow_links=False)
        image, header = decoding.decode_image(
            data,
            rule.channels,
            min_size=max(rule.height, rule.width),
            value_range=rule.value_range,
            allow_large=allow_large,
        )
        if self.strict and rule.channels == 1 and not header.is_grey:
            raise ColourImage
        if header.is_high_depth and rule.value_range is None:
            raise HighDepthImage
        resized = rule.resize(image)
        return resized, metadata_record(row, header, data, resized)
