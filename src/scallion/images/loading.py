"""`images.load`: from a folder, a table or arrays to three splits that can be trained on."""

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
from scallion.images.reading import decoding, image_cache, label_table, scanning
from scallion.images.reading.array_files import is_array_source, load_array_splits
from scallion.images.reading.chunks import Chunk, ColourImage, HighDepthImage
from scallion.images.reading.decoding import ImageHeader
from scallion.images.reading.image_cache import CachedImages
from scallion.images.reading.listing import SPLITS, ImageListing, list_names, printable
from scallion.images.reading.parallel_decoding import Report, decode, in_order
from scallion.images.resizing import FitMode, ResizeRule, choose_resize_rule, parse_size
from scallion.images.splitting.splits import FRACTIONS, SplitSummary, assign_groups, split_listing

_SAMPLE = 512  # files whose headers decide the resize rule
_MEMORY = 200_000_000  # bytes of pictures that are kept without a cache
_LADDER = (255, 1023, 4095, 16383, 65535)  # what cameras of 8 to 16 bits count up to


@dataclass(frozen=True, slots=True, eq=False)
class ImageSplit:
    """Pictures `x` (n, h, w, c) uint8 and class numbers `y` (n,), with the files' names."""

    x: NDArray[Any]
    y: NDArray[np.int64]
    paths: list[str]
    weights: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.y)


@dataclass(frozen=True, slots=True, eq=False)
class ImageSet:
    """A data set of your own: three splits, and all that is known about how they came about.

    `cut` says which splits were there and which were cut, with a hash; `resize_rule` is the rule by
    which pictures were made to fit, and which a model needs to be given other pictures. What came
    as arrays has no resize rule, no listing of files and no cache.
    """

    name: str
    train: ImageSplit
    validation: ImageSplit
    test: ImageSplit
    class_names: tuple[str, ...]
    cut: SplitSummary
    resize_rule: ResizeRule | None = None
    listing: ImageListing | None = None
    cached: CachedImages | None = None

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels)."""
        height, width, channels = self.train.x.shape[1:]
        return height, width, channels

    @property
    def parts(self) -> tuple[ImageSplit, ImageSplit, ImageSplit]:
        """Training, validation and test."""
        return self.train, self.validation, self.test

    @property
    def pixels(self) -> NDArray[Any]:
        """All pictures (n, h, w, c), the training split first, then validation, then test."""
        if self.cached is not None:
            return self.cached.pixels
        return np.concatenate([part.x for part in self.parts])

    def notes(self) -> list[Finding]:
        """What happened on the way that a user should know: files left out or passed over."""
        if self.listing is None or self.cached is None:
            return []
        return [
            *_left_out(self.listing, self.cached),
            *_passed_over(self.listing),
            *_in_memory(self.cached),
        ]


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
    report: Report | None = None,
) -> ImageSet:
    """Pictures of your own: `class/*.jpg`, `train|val|test/class/*`, or a folder with a table.

    The table is CSV with the columns path, label and, if you like, split, group, weight. Arrays are
    taken too: a `.npz` file, `x_train.npy` with `y_train.npy`, or IDX files as those of MNIST.

    `size` is pixels, or (height, width); `fit` is crop, pad or stretch; `channels` 1 or 3: what is
    not given is chosen from the pictures. Missing splits are cut, each class in proportion, by
    `seed`; `group` is a pattern whose match in a name says which pictures belong together. `limit`
    uses so many training and validation pictures only. `report` is called with the pictures done
    and their number. Files that cannot be read are left out, and named in `notes()`.

    Decoded pictures are kept in the cache, so that the next time takes no time. Raises
    MissingFileError, FileError, DataError, ArgumentError.
    """
    wanted = None if size is None else parse_size(size)
    listing = _listed(Path(source))
    if listing is None:
        return from_arrays(Path(source), seed=seed, shares=splits, limit=limit)
    listing = assign_groups(listing, group)
    listing, cut = split_listing(listing, seed=seed, shares=splits, limit=limit)
    asked = {"size": wanted, "fit": fit, "channels": channels}
    cached = image_cache.find(listing, asked)
    if cached is None:
        cached = _decoded(listing, asked, report)
    image_cache.check_some(cached, listing)
    return _image_set(listing, cut, cached)


def _listed(source: Path) -> ImageListing | None:
    """The pictures that are files, or None where they are arrays."""
    if source.suffix.lower() in (".csv", ".tsv"):
        return label_table.read_label_table(source)
    if is_array_source(source):
        return None
    root = scanning.resolve_folder(source)
    found = label_table.find_label_table(root)
    return scanning.scan(root) if found is None else label_table.read_label_table(found)


def from_arrays(path: Path, *, seed: int, shares: Sequence[float], limit: int | None) -> ImageSet:
    """Arrays in three splits; what is missing is cut, each class in proportion, by place."""
    arrays, held = load_array_splits(path)
    x, y = arrays.x_train[:limit], arrays.y_train[:limit].astype(np.int64)
    kept = []
    total = shares[0]
    missing = [name for name, part in (("test", arrays.x_test), ("validation", held))
               if part is None]  # fmt: skip
    parts: dict[str, ImageSplit] = {}
    if arrays.x_test is not None and arrays.y_test is not None:
        parts["test"] = ImageSplit(arrays.x_test, arrays.y_test.astype(np.int64), [])
        kept.append("test")
    if held is not None:
        parts["validation"] = ImageSplit(*held, [])
        kept.insert(0, "validation")
    total += sum(shares[SPLITS.index(name)] for name in missing)
    digests: list[str] = []
    for number, name in enumerate(missing):
        share = shares[SPLITS.index(name)]
        cut = datasets.split(y, fraction=share / total, seed=seed + number)
        digests.append(cut.sha256)
        parts[name] = ImageSplit(x[cut.validation], y[cut.validation], [])
        x, y = x[cut.train], y[cut.train]
        total -= share
    sha256 = hashlib.sha256("".join(digests).encode()).hexdigest()
    return ImageSet(
        name=arrays.name,
        train=ImageSplit(x, y, []),
        validation=parts["validation"],
        test=parts["test"],
        class_names=arrays.class_names,
        cut=SplitSummary(sha256, tuple(kept), tuple(missing), None),
    )


def _decoded(listing: ImageListing, asked: dict[str, Any], report: Report | None) -> CachedImages:
    """Decode everything; begin again where a picture does not suit the rule from the sample."""
    resize_rule = choose_resize_rule(sampled(listing), **asked)
    while True:
        chunks = partial(
            decode, listing, resize_rule, strict=asked["channels"] is None, report=report
        )
        try:
            return _kept(listing, asked, resize_rule, chunks)
        except ColourImage:
            resize_rule = replace(resize_rule, channels=3)
        except HighDepthImage:
            low, high = high_depth_range(listing)
            resize_rule = replace(resize_rule, low=low, high=high)


def _kept(
    listing: ImageListing,
    asked: dict[str, Any],
    resize_rule: ResizeRule,
    chunks: Callable[[], Iterator[Chunk]],
) -> CachedImages:
    """In the cache, or where that cannot be written, in memory if it is small."""
    try:
        return image_cache.write(listing, asked, resize_rule, chunks())
    except FileError as error:
        needed = len(listing) * int(np.prod(resize_rule.shape))
        if needed > _MEMORY:
            raise FileError(
                f"{error.message}; {needed / 1e6:,.0f} MB of pictures are too many for the memory",
                hint=f"free some space, or set {CACHE_VARIABLE} to a folder on another disk",
            ) from error
        return image_cache.in_memory(resize_rule, chunks(), error.message)


def sampled(listing: ImageListing) -> list[ImageHeader]:
    """The headers of some files, spread evenly. Raises DataError where not one can be read."""
    first = np.unique(np.linspace(0, len(listing) - 1, _SAMPLE).astype(int)).tolist()
    headers: list[ImageHeader] = []
    reasons: list[str] = []
    for rows in (first, range(len(listing))):
        for row in rows:
            try:
                data = decoding.read_bytes(listing.place(row), follow=False)
                headers.append(decoding.header(data))
            except FileError as error:
                reasons.append(f"{printable(listing.paths[row])!r}: {decoding.reason(error)}")
            if headers and rows is not first:
                break
        if headers:
            return headers
    raise image_cache.nothing_readable(len(listing), reasons[0])


def high_depth_range(listing: ImageListing) -> tuple[float, float]:
    """The numbers that become 0 and 255, from all pictures with more than 8 bits a pixel.

    Whole numbers from 0 up count to 255, 1023, 4095, 16383 or 65535, the first that holds all;
    numbers with a point lie between 0 and 1 or 0 and 255 if all do. Others, from the lowest to the
    highest that there is.
    """
    found = [ends for ends in in_order(partial(_ends, listing), range(len(listing))) if ends]
    low, high = min(end[0] for end in found), max(end[1] for end in found)
    whole = all(end[2] for end in found)
    ladder = _LADDER if whole else (1, *_LADDER[:1])
    if low >= 0:
        for top in ladder:
            if high <= top:
                return 0.0, float(top)
    return low, high


def _ends(listing: ImageListing, row: int) -> tuple[float, float, bool] | None:
    try:
        data = decoding.read_bytes(listing.place(row), follow=False)
        if not decoding.header(data).deep:
            return None
        pixels = decoding.read_stored_values(data)
    except FileError:
        return None
    finite = pixels[np.isfinite(pixels)]
    if not finite.size:
        return None
    return float(finite.min()), float(finite.max()), pixels.dtype.kind in "iu"


def _image_set(listing: ImageListing, cut: SplitSummary, cached: CachedImages) -> ImageSet:
    rows = cached.facts["row"]
    read = listing.at(rows)
    ends = np.searchsorted(read.splits, [0, 1, 2, 3])
    parts: dict[str, ImageSplit] = {}
    for name, start, end in zip(SPLITS, ends[:-1], ends[1:], strict=True):
        labels = read.labels[start:end]
        counts = np.bincount(labels, minlength=len(read.class_names))
        lacking = [read.class_names[label] for label in np.flatnonzero(counts == 0)]
        if lacking:
            raise DataError(
                f"of {list_names(lacking)} no picture of the {name} split can be read",
                hint="scallion data check FOLDER lists the damaged files",
            )
        weights = None if read.weights is None else read.weights[start:end]
        parts[name] = ImageSplit(cached.pixels[start:end], labels, read.paths[start:end], weights)
    return ImageSet(
        name=printable(listing.root.name) or "images",
        train=parts["train"],
        validation=parts["validation"],
        test=parts["test"],
        class_names=listing.class_names,
        cut=cut,
        resize_rule=cached.resize_rule,
        listing=listing,
        cached=cached,
    )


def _left_out(listing: ImageListing, cached: CachedImages) -> list[Finding]:
    bad = cached.unreadable
    if not bad:
        return []
    files = {printable(listing.paths[entry.row]): entry.reason for entry in bad}
    first, reason = next(iter(files.items()))
    count = "1 file" if len(files) == 1 else f"{len(files):,} files"
    return [
        Finding(
            "unreadable",
            "warning",
            f"{count} of {len(listing):,} cannot be read and {_are(len(files))} left out, "
            f"such as {first!r}: {reason}.",
            {"count": len(files), "files": files},
            "Open them in an image viewer and save them again, or remove them.",
        )
    ]


def _passed_over(listing: ImageListing) -> list[Finding]:
    seen = listing.skipped_files
    if not len(seen):
        return []
    return [
        Finding(
            "passed-over",
            "info",
            f"Passed over: {seen.in_words()}.",
            {"counts": dict(seen.counts), "examples": dict(seen.examples)},
        )
    ]


def _in_memory(cached: CachedImages) -> list[Finding]:
    if cached.place is not None:
        return []
    return [
        Finding(
            "no-cache",
            "warning",
            f"The pictures are kept in memory, and are decoded again next time: "
            f"{cached.why_in_memory}.",
            {},
            f"Free some space, or set {CACHE_VARIABLE} to a folder on another disk.",
        )
    ]


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
