"""Splitting by group: images of one group, such as one patient, stay in one split."""

import re
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from scallion.errors import ArgumentError, DataError
from scallion.images.reading.listing import TRAIN, ImageListing, printable
from scallion.images.splitting.stratified import hash_key

_MAX_PATTERN = 4096  # characters


def extract_groups(listing: ImageListing, pattern: str | None) -> ImageListing:
    """Return the listing with a group per image, found by a regular expression in its path.

    The group is the first capturing group of the match, or the whole match. Without a pattern the
    listing is unchanged. Raises ArgumentError for an invalid pattern, DataError for names that do
    not match.
    """
    if pattern is None:
        return listing
    try:
        found = re.compile(pattern[:_MAX_PATTERN])
    except re.error as error:
        raise ArgumentError(
            f"group is not a regular expression: {error}. Received: {pattern!r}",
            hint="--group '(.+)_[0-9]+' keeps film_001.png and film_002.png together",
        ) from error
    groups: list[str] = []
    for path in listing.paths:
        name = path.rpartition("/")[2].rpartition(".")[0]
        match = found.search(name) or found.search(path)
        if match is None:
            raise DataError(
                f"{printable(path)!r} has no group: its name does not match the pattern. "
                f"Received: {pattern!r}",
                hint="give a pattern that all names match, such as --group '^[^_]+'",
            )
        groups.append(match[1] if found.groups else match[0])
    return replace(listing, groups=groups)


def assign_by_group(
    listing: ImageListing, rows: NDArray[np.int64], fractions: dict[int, float], seed: int
) -> NDArray[np.int8]:
    """Assign whole groups, the largest first, to the split that lacks most of their classes.

    `fractions` are those of the splits to draw; TRAIN gets the rest.
    """
    groups = listing.groups or []
    classes = len(listing.class_names)
    members: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        members.setdefault(groups[row], []).append(place)
    labels = listing.labels[rows]
    fractions = {TRAIN: 1 - sum(fractions.values()), **fractions}
    per_class = np.bincount(labels, minlength=classes).astype(float)
    lacking = {split: per_class * fraction for split, fraction in fractions.items()}
    splits = np.empty(len(rows), np.int8)
    order = sorted(members, key=lambda name: (-len(members[name]), hash_key(seed, name)))
    for name in order:
        places = members[name]
        counts = np.bincount(labels[places], minlength=classes)
        best = max(
            lacking,
            key=lambda split: _need_filled(lacking[split], counts, per_class * fractions[split]),
        )
        lacking[best] -= counts
        splits[places] = best
    return splits


def _need_filled(
    lacking: NDArray[np.float64], counts: NDArray[np.int64], target: NDArray[np.float64]
) -> float:
    """Return the fraction of a split's need that a group would fill, averaged over its images."""
    need = lacking / np.maximum(target, 1e-9)
    return float((need * counts).sum() / counts.sum())
