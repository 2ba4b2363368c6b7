"""Load your own images from a folder, a label table or arrays, in three splits."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion import datasets
from scallion.errors import DataError, FileError
from scallion.files import CACHE_VARIABLE, StrPath
from scallion.findings import Finding
from scallion.images.loading_findings import loading_findings, unused_array_findings
from scallion.images.reading import decoding, image_cache, label_table, scanning
from scallion.images.reading.array_files import is_array_source, load_array_splits
from scallion.images.reading.chunks import Chunk, ColourImage, HighDepthImage
from scallion.images.reading.decoding import ImageHeader
from scallion.images.reading.image_cache import CachedImages
from scallion.images.reading.listing import SPLITS, ImageListing, printable, quote_names
from scallion.images.reading.parallel_decoding import (
    ProgressCallback,
    decode_listing,
)
from scallion.images.resizing import FitMode, ResizeRule, choose_resize_rule, parse_size
from scallion.images.splitting.grouped import extract_groups
from scallion.images.splitting.splits import FRACTIONS, SplitSummary, split_listing
from scallion.images.value_range import find_value_range

_SAMPLE = 512  # files whose headers determine the resize rule
_MAX_IN_MEMORY = 200_000_000  # bytes of images that are kept without a cache


@dataclass(frozen=True, slots=True, eq=False)
class ImageSplit:
    """Images `x` (n, h, w, c) uint8, class indices `y` (n,), file names, sample weights (n,)."""

    x: NDArray[Any]
    y: NDArray[np.int64]
    paths: list[str]
    weights: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.y)


@dataclass(frozen=True, slots=True, eq=False)
class ImageSet:
    """Your own images in three splits, with how they were split and resized.

    `split_summary` says which splits existed and which were created, with a hash; `resize_rule` is
    what a model needs for new images. Images that came as arrays have no resize rule, no listing
    of files and no cache; `unused_arrays` names arrays beside them that are not used.
    """

    name: str
    train: ImageSplit
    validation: ImageSplit
    test: ImageSplit
    class_names: tuple[str, ...]
    split_summary: SplitSummary
    resize_rule: ResizeRule | None = None
    listing: ImageListing | None = None
    cached: CachedImages | None = None
    unused_arrays: tuple[str, ...] = ()

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels)."""
        height, width, channels = self.train.x.shape[1:]
        return height, width, channels

    @property
    def splits(self) -> tuple[ImageSplit, ImageSplit, ImageSplit]:
        """Training, validation and test."""
        return self.train, self.validation, self.test

    @property
    def pixels(self) -> NDArray[Any]:
        """All images (n, h, w, c): training, then validation, then test."""
        if self.cached is not None:
            return self.cached.pixels
        return np.concatenate([split.x for split in self.splits])

    def notes(self) -> list[Finding]:
        """Return findings about loading: files that are unreadable or were skipped, no cache."""
        if self.listing is None or self.cached is None:
            return unused_array_findings(self.unused_arrays, self.split_summary.created)
        return loading_findings(self.listing, self.cached)


def load(
    source: StrPath,
    *,
    size: Any = None,
    fit: FitMode | None = None,
    channels: int | None = None,
    seed: int = 0,
    group: str | None = None,
    splits: Sequence[float] = FRACTIONS,
    limit: int | None = None,
    progress: ProgressCallback | None = None,
) -> ImageSet:
    """Load your own images: `class/*.jpg`, `train|val|test/class/*`, a label table, or arrays.

    The label table is CSV with the columns path, label and optionally split, group, weight. Arrays
    are a `.npz` file, `x_train.npy` with `y_train.npy`, or IDX files such as those of MNIST.

    `size` is pixels, (height, width), or a function of the number of images; `fit` is crop, pad or
    stretch; `channels` 1 or 3: what is not given is chosen from the images. Missing splits are
    drawn, each class in proportion, by `seed`; `group` is a regular expression whose match in a
    name says which images stay in one split. `limit` uses so many training and validation images
    only. `progress` is called with the number of images done and that of all images. Unreadable
    files are left out, and listed in `notes()`.

    Decoded images are cached, so that loading them again is fast. Raises MissingFileError,
    FileError, DataError, ArgumentError.
    """
    listing = _list_files(Path(source))
    if callable(size):
        size = None if listing is None else size(len(listing))
    request = {
        "size": None if size is None else parse_size(size),
        "fit": fit,
        "channels": channels,
    }
    if listing is None:
        return _load_arrays(Path(source), seed=seed, fractions=splits, limit=limit)
    listing = extract_groups(listing, group)
    listing, summary = split_listing(listing, seed=seed, fractions=splits, limit=limit)
    cached = image_cache.find_cache(listing, request)
    if cached is None:
        cached = _decode(listing, request, progress)
    image_cache.require_readable(cached, listing)
    return _image_set(listing, summary, cached)


@dataclass(frozen=True, slots=True)
class ImageSurvey:
    """Number of image files and classes, and from a sample: colour, and the median shorter side."""

    count: int
    classes: int
    is_colour: bool
    shorter_side: float


def survey(source: StrPath) -> ImageSurvey | None:
    """Describe the image files of a folder or label table from their headers; None for arrays.

    Raises MissingFileError, FileError, and DataError if no file is readable.
    """
    listing = _list_files(Path(source))
    if listing is None:
        return None
    headers = sample_headers(listing)
    return ImageSurvey(
        len(listing),
        len(listing.class_names),
        not all(header.is_grey for header in headers),
        float(np.median([min(header.size) for header in headers])),
    )


def _list_files(source: Path) -> ImageListing | None:
    """Return the listing of the images, or None where they are arrays."""
    if source.suffix.lower() in label_table.TABLE_SUFFIXES:
        return label_table.read_label_table(source)
    if is_array_source(source):
        return None
    root = scanning.resolve_folder(source)
    table = label_table.find_label_table(root)
    return scanning.scan_folder(root) if table is None else label_table.read_label_table(table)


def _load_arrays(
    path: Path, *, seed: int, fractions: Sequence[float], limit: int | None
) -> ImageSet:
    """Load arrays; missing splits are drawn from the training images, each class in proportion."""
    arrays = load_array_splits(path)
    x, y = arrays.x_train[:limit], arrays.y_train[:limit].astype(np.int64)
    splits: dict[str, ImageSplit] = {}
    if arrays.x_val is not None and arrays.y_val is not None:
        splits["validation"] = ImageSplit(
            arrays.x_val[:limit], arrays.y_val[:limit].astype(np.int64), []
        )
    if arrays.x_test is not None and arrays.y_test is not None:
        splits["test"] = ImageSplit(arrays.x_test, arrays.y_test.astype(np.int64), [])
    existing = tuple(splits)
    missing = tuple(name for name in ("test", "validation") if name not in splits)
    total = fractions[0] + sum(fractions[SPLITS.index(name)] for name in missing)
    digests: list[str] = []
    for number, name in enumerate(missing):
        fraction = fractions[SPLITS.index(name)]
        drawn = datasets.split(y, fraction=fraction / total, seed=seed + number)
        digests.append(drawn.sha256)
        splits[name] = ImageSplit(x[drawn.validation], y[drawn.validation], [])
        x, y = x[drawn.train], y[drawn.train]
        total -= fraction
    sha256 = hashlib.sha256("".join(digests).encode()).hexdigest()
    return ImageSet(
        name=arrays.name,
        train=ImageSplit(x, y, []),
        validation=splits["validation"],
        test=splits["test"],
        class_names=arrays.class_names,
        split_summary=SplitSummary(sha256, existing, missing, None),
        unused_arrays=arrays.unused,
    )


def _decode(
    listing: ImageListing, request: dict[str, Any], progress: ProgressCallback | None
) -> CachedImages:
    """Decode all images; start again if one does not fit the rule chosen from the sample."""
    rule = choose_resize_rule(sample_headers(listing), **request)
    strict = request["channels"] is None
    while True:
        chunks = partial(decode_listing, listing, rule, strict=strict, progress=progress)
        try:
            return _cache_or_keep(listing, request, rule, chunks)
        except ColourImage:
            rule = replace(rule, channels=3)
        except HighDepthImage:
            low, high = find_value_range(map(listing.path, range(len(listing))), follow_links=False)
            rule = replace(rule, low=low, high=high)


def _cache_or_keep(
    listing: ImageListing,
    request: dict[str, Any],
    rule: ResizeRule,
    chunks: Callable[[], Iterator[Chunk]],
) -> CachedImages:
    """Write the cache; where that fails, keep the images in memory if they are few."""
    try:
        return image_cache.write_cache(listing, request, rule, chunks())
    except FileError as error:
        needed = len(listing) * int(np.prod(rule.shape))
        if needed > _MAX_IN_MEMORY:
            raise FileError(
                f"{error.message}; {needed / 1e6:,.0f} MB of images are too many for the memory",
                hint=f"free some space, or set {CACHE_VARIABLE} to a folder on another disk",
            ) from error
        return image_cache.collect_in_memory(rule, chunks(), error.message)


def sample_headers(listing: ImageListing) -> list[ImageHeader]:
    """Read the headers of some files, spread evenly. Raises DataError where none is readable."""
    sample = np.unique(np.linspace(0, len(listing) - 1, _SAMPLE).astype(int)).tolist()
    headers: list[ImageHeader] = []
    reasons: list[str] = []
    for rows in (sample, range(len(listing))):
        for row in rows:
            try:
                data = decoding.read_bytes(listing.path(row), follow_links=False)
                headers.append(decoding.read_header(data))
            except FileError as error:
                reason = decoding.describe_error(error)
                reasons.append(f"{printable(listing.paths[row])!r}: {reason}")
            if headers and rows is not sample:
                break
        if headers:
            return headers
    raise image_cache.nothing_readable_error(len(listing), reasons[0])


def _image_set(listing: ImageListing, summary: SplitSummary, cached: CachedImages) -> ImageSet:
    readable = listing.take(cached.metadata["row"])
    ends = np.searchsorted(readable.splits, [0, 1, 2, 3])
    splits: dict[str, ImageSplit] = {}
    for name, start, end in zip(SPLITS, ends[:-1], ends[1:], strict=True):
        labels = readable.labels[start:end]
        counts = np.bincount(labels, minlength=len(readable.class_names))
        lacking = [readable.class_names[label] for label in np.flatnonzero(counts == 0)]
        if lacking:
            raise DataError(
                f"no image of {quote_names(lacking)} in the {name} split can be read",
                hint="scallion data check FOLDER lists the damaged files",
            )
        weights = None if readable.weights is None else readable.weights[start:end]
        splits[name] = ImageSplit(
            cached.pixels[start:end], labels, readable.paths[start:end], weights
        )
    return ImageSet(
        name=printable(listing.root.name) or "images",
        train=splits["train"],
        validation=splits["validation"],
        test=splits["test"],
        class_names=listing.class_names,
        split_summary=summary,
        resize_rule=cached.resize_rule,
        listing=listing,
        cached=cached,
    )
