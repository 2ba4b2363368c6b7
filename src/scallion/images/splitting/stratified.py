"""Stratified assignment: each class in proportion, by a hash of the seed and the path."""

import hashlib

import numpy as np
from numpy.typing import NDArray

from scallion.images.reading.listing import TEST, TRAIN, ImageListing


def hash_key(seed: int, name: str) -> bytes:
    """Return a random-looking sort key that depends on the seed and the name only."""
    return hashlib.sha256(f"{seed}\0{name}".encode("utf-8", "surrogateescape")).digest()


def assign_by_class(
    listing: ImageListing, rows: NDArray[np.int64], fractions: dict[int, float], seed: int
) -> NDArray[np.int8]:
    """Assign a split to each of the rows: within each class, the smallest keys are held out.

    `fractions` are those of the splits to draw; the other rows are TRAIN.
    """
    splits = np.full(len(rows), TRAIN, np.int8)
    keys = [hash_key(seed, listing.paths[row]) for row in rows]
    by_class: dict[int, list[int]] = {}
    for place in sorted(range(len(rows)), key=keys.__getitem__):
        by_class.setdefault(int(listing.labels[rows[place]]), []).append(place)
    for places in by_class.values():
        start = 0
        for later, (split, fraction) in enumerate(fractions.items(), 1 - len(fractions)):
            # At least one, and one is left for each split that follows, and for training.
            most = len(places) - start - 1 + later
            count = min(max(round(len(places) * fraction), 1), max(most, 0))
            splits[places[start : start + count]] = split
            start += count
    return splits


def limit_rows(
    listing: ImageListing,
    splits: NDArray[np.int8],
    order: NDArray[np.int64],
    limit: int,
    seed: int,
) -> NDArray[np.int64]:
    """Keep the whole test split, and `limit` of the other rows, each class and split in proportion.

    Returns the kept rows in the given order.
    """
    others = order[splits[order] != TEST]
    if limit >= len(others):
        return order
    strata: dict[tuple[int, int], list[int]] = {}
    for row in sorted(others.tolist(), key=lambda row: hash_key(seed + 1, listing.paths[row])):
        strata.setdefault((int(splits[row]), int(listing.labels[row])), []).append(row)
    kept: set[int] = set()
    for members in strata.values():
        kept.update(members[: max(1, round(limit * len(members) / len(others)))])
    return np.array([row for row in order if row in kept or splits[row] == TEST], np.int64)
