"""Cuts the splits that nobody has made: stratified, by group, the same for every order of files."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from scallion.errors import ArgumentError, DataError
from scallion.images.reading.listing import (
    SPLITS,
    TEST,
    TRAIN,
    UNASSIGNED,
    VALIDATION,
    ImageListing,
    list_names,
    printable,
)

FRACTIONS = (0.70, 0.15, 0.15)
_LONG = 4096  # characters of a pattern or a path that are looked at


@dataclass(frozen=True, slots=True)
class SplitSummary:
    """How the pictures were split: what was there, what was cut, and a hash that stands for it."""

    sha256: str
    kept: tuple[str, ...]
    cut: tuple[str, ...]
    groups: int | None


def split_listing(
    listing: ImageListing,
    *,
    seed: int = 0,
    shares: Sequence[float] = FRACTIONS,
    limit: int | None = None,
) -> tuple[ImageListing, SplitSummary]:
    """The listing with every picture in a split, ordered by split, and how that came about.

    A test or validation split that is there is kept. What is missing is cut from the rest, each
    class in proportion, by keys that depend on the seed and on a picture's own path (or its group)
    alone. `limit` keeps that many training and validation pictures, each class in proportion.
    Raises DataError where there are too few.
    """
    shares = _checked(shares, seed)
    given = set(np.unique(listing.splits).tolist())
    pool = (listing.splits == TRAIN) | (listing.splits == UNASSIGNED)
    wanted = [part for part in (VALIDATION, TEST) if part not in given]
    splits = listing.splits.copy()
    splits[pool] = TRAIN
    rows = np.flatnonzero(pool)
    total = shares[TRAIN] + sum(shares[part] for part in wanted)
    parts = {part: shares[part] / total for part in wanted}
    if listing.groups is None:
        splits[rows] = _by_picture(listing, rows, parts, seed)
    else:
        splits[rows] = _by_group(listing, rows, parts, seed)
    _check_classes(listing, splits)
    order = np.argsort(splits, kind="stable")
    if limit is not None:
        order = _limited(listing, splits, order, limit, seed)
    done = listing.with_splits(splits).at(order)
    groups = None if listing.groups is None else len(set(listing.groups))
    kept = tuple(SPLITS[part] for part in (VALIDATION, TEST) if part in given)
    return done, SplitSummary(digest(done), kept, tuple(SPLITS[part] for part in wanted), groups)


def assign_groups(listing: ImageListing, pattern: str | None) -> ImageListing:
    """The listing with a group for each picture, from a pattern that is searched in its path.

    The first bracketed part of the match is the group, or the whole match. Raises ArgumentError for
    no pattern, and DataError where names do not match.
    """
    if pattern is None:
        return listing
    try:
        found = re.compile(pattern[:_LONG])
    except re.error as error:
        raise ArgumentError(
            f"group is no regular expression: {error}. Received: {pattern!r}",
            hint="--group '(.+)_[0-9]+' keeps film_001.png and film_002.png together",
        ) from error
    groups: list[str] = []
    for path in listing.paths:
        name = path.rpartition("/")[2].rpartition(".")[0]
        match = found.search(name) or found.search(path)
        if match is None:
            raise DataError(
                f"{printable(path)!r} has no group: the pattern is not in its name. "
                f"Received: {pattern!r}",
                hint="give a pattern that all names have, such as --group '^[^_]+'",
            )
        groups.append(match[1] if found.groups else match[0])
    return replace(listing, groups=groups)


def digest(listing: ImageListing) -> str:
    """SHA-256 over split, class and path of every picture, sorted: what stands for a split."""
    lines = sorted(
        f"{split}\t{listing.class_names[label]}\t{path}".encode("utf-8", "surrogateescape")
        for split, label, path in zip(
            listing.splits.tolist(), listing.labels.tolist(), listing.paths, strict=True
        )
    )
    return hashlib.sha256(b"\0".join(lines)).hexdigest()


def _checked(shares: Sequence[float], seed: int) -> Sequence[float]:
    if len(shares) != 3 or not all(share > 0 for share in shares) or not sum(shares) < 1.000001:
        raise ArgumentError(
            "splits are three shares above 0 for training, validation and test. "
            f"Received: {tuple(shares)}",
            hint="splits=(0.7, 0.15, 0.15)",
        )
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        raise ArgumentError(
            f"a seed is a whole number from 0. Received: seed={seed!r}", hint="seed=0"
        )
    return shares


def _key(seed: int, name: str) -> bytes:
    return hashlib.sha256(f"{seed}\0{name}".encode("utf-8", "surrogateescape")).digest()


def _by_picture(
    listing: ImageListing, rows: NDArray[np.int64], parts: dict[int, float], seed: int
) -> NDArray[np.int8]:
    """A part for each of the rows; within each class those with the smallest keys are taken."""
    splits = np.full(len(rows), TRAIN, np.int8)
    keys = [_key(seed, listing.paths[row]) for row in rows]
    by_class: dict[int, list[int]] = {}
    for place in sorted(range(len(rows)), key=keys.__getitem__):
        by_class.setdefault(int(listing.labels[rows[place]]), []).append(place)
    for places in by_class.values():
        start = 0
        for part, share in parts.items():
            # At least one, as long as two are left to train on.
            count = max(round(len(places) * share), 1) if len(places) - start > 2 else 0
            splits[places[start : start + count]] = part
            start += count
    return splits


def _by_group(
    listing: ImageListing, rows: NDArray[np.int64], parts: dict[int, float], seed: int
) -> NDArray[np.int8]:
    """Whole groups, the largest first, each to the part that lacks most of its classes."""
    groups = listing.groups or []
    classes = len(listing.class_names)
    members: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        members.setdefault(groups[row], []).append(place)
    labels = listing.labels[rows]
    shares = {TRAIN: 1 - sum(parts.values()), **parts}
    everything = np.bincount(labels, minlength=classes).astype(float)
    lacking = {part: everything * share for part, share in shares.items()}
    splits = np.empty(len(rows), np.int8)
    order = sorted(members, key=lambda name: (-len(members[name]), _key(seed, name)))
    for name in order:
        places = members[name]
        counts = np.bincount(labels[places], minlength=classes)
        best = max(
            lacking, key=lambda part: _gain(lacking[part], counts, everything * shares[part])
        )
        lacking[best] -= counts
        splits[places] = best
    return splits


def _gain(
    lacking: NDArray[np.float64], counts: NDArray[np.int64], whole: NDArray[np.float64]
) -> float:
    """How much of a part's need a group would fill, in shares of that need."""
    need = lacking / np.maximum(whole, 1e-9)
    return float((need * counts).sum() / counts.sum())


def _check_classes(listing: ImageListing, splits: NDArray[np.int8]) -> None:
    for part, name in enumerate(SPLITS):
        counts = np.bincount(listing.labels[splits == part], minlength=len(listing.class_names))
        lacking = [listing.class_names[label] for label in np.flatnonzero(counts == 0)]
        if not lacking:
            continue
        if listing.groups is not None:
            raise DataError(
                f"the {name} split would have no pictures of {list_names(lacking)}: "
                "they are in too few groups",
                hint="three groups or more for each class, or finer groups",
            )
        raise DataError(
            f"classes with too few pictures for three splits: {list_names(lacking)}",
            hint="three pictures or more for each class; a hundred make a start",
        )


def _limited(
    listing: ImageListing, splits: NDArray[np.int8], order: NDArray[np.int64], limit: int, seed: int
) -> NDArray[np.int64]:
    """The test split whole; of the others `limit` rows, each class and split in proportion."""
    open_rows = order[splits[order] != TEST]
    if limit >= len(open_rows):
        return order
    strata: dict[tuple[int, int], list[int]] = {}
    for row in sorted(open_rows.tolist(), key=lambda row: _key(seed + 1, listing.paths[row])):
        strata.setdefault((int(splits[row]), int(listing.labels[row])), []).append(row)
    kept: set[int] = set()
    for rows in strata.values():
        kept.update(rows[: max(1, round(len(rows) * limit / len(open_rows)))])
    return np.array([row for row in order if splits[row] == TEST or row in kept], np.int64)
