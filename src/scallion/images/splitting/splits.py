"""Assign every image to a split: stratified by class or by group, whatever the order of files."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

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
    quote_names,
)
from scallion.images.splitting import grouped, stratified

FRACTIONS = (0.70, 0.15, 0.15)


@dataclass(frozen=True, slots=True)
class SplitSummary:
    """The existing and the created held-out splits, the number of groups, and a hash of all."""

    sha256: str
    existing: tuple[str, ...]
    created: tuple[str, ...]
    groups: int | None


def split_listing(
    listing: ImageListing,
    *,
    seed: int = 0,
    fractions: Sequence[float] = FRACTIONS,
    limit: int | None = None,
) -> tuple[ImageListing, SplitSummary]:
    """Return the listing with every image in a split, ordered by split, and a summary.

    An existing test or validation split is kept. A missing one is drawn from the rest, each class
    in proportion, by keys that depend only on the seed and on an image's own path (or its group).
    `limit` keeps that many training and validation images, each class in proportion. Raises
    ArgumentError for invalid fractions or seeds, DataError where there are too few images.
    """
    _check_arguments(fractions, seed)
    existing = set(np.unique(listing.splits).tolist())
    pool = (listing.splits == TRAIN) | (listing.splits == UNASSIGNED)
    missing = [split for split in (VALIDATION, TEST) if split not in existing]
    splits = listing.splits.copy()
    splits[pool] = TRAIN
    rows = np.flatnonzero(pool)
    total = fractions[TRAIN] + sum(fractions[split] for split in missing)
    wanted = {split: fractions[split] / total for split in missing}
    assign = stratified.assign_by_class if listing.groups is None else grouped.assign_by_group
    splits[rows] = assign(listing, rows, wanted, seed)
    _check_classes(listing, splits)
    order = np.argsort(splits, kind="stable")
    if limit is not None:
        order = stratified.limit_rows(listing, splits, order, limit, seed)
    done = listing.with_splits(splits).take(order)
    return done, SplitSummary(
        sha256=split_digest(done),
        existing=tuple(SPLITS[split] for split in (VALIDATION, TEST) if split in existing),
        created=tuple(SPLITS[split] for split in missing),
        groups=None if listing.groups is None else len(set(listing.groups)),
    )


def split_digest(listing: ImageListing) -> str:
    """Return the SHA-256 over split, class and path of every image, sorted."""
    lines = sorted(
        f"{split}\t{listing.class_names[label]}\t{path}".encode("utf-8", "surrogateescape")
        for split, label, path in zip(
            listing.splits.tolist(), listing.labels.tolist(), listing.paths, strict=True
        )
    )
    return hashlib.sha256(b"\0".join(lines)).hexdigest()


def _check_arguments(fractions: Sequence[float], seed: int) -> None:
    positive = len(fractions) == 3 and all(fraction > 0 for fraction in fractions)
    if not positive or not sum(fractions) < 1.000001:
        raise ArgumentError(
            "splits are three fractions above 0 for training, validation and test, with a sum of "
            f"at most 1. Received: {tuple(fractions)}",
            hint="splits=(0.7, 0.15, 0.15)",
        )
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        raise ArgumentError(f"a seed is an integer from 0. Received: seed={seed!r}", hint="seed=0")


def _check_classes(listing: ImageListing, splits: NDArray[np.int8]) -> None:
    for split, name in enumerate(SPLITS):
        counts = np.bincount(listing.labels[splits == split], minlength=len(listing.class_names))
        lacking = [listing.class_names[label] for label in np.flatnonzero(counts == 0)]
        if not lacking:
            continue
        if listing.groups is not None:
            raise DataError(
                f"the {name} split would have no images of {quote_names(lacking)}: "
                "they are in too few groups",
                hint="three groups or more for each class, or finer groups",
            )
        raise DataError(
            f"classes with too few images for three splits: {quote_names(lacking)}",
            hint="three images or more for each class; start with about a hundred",
        )
