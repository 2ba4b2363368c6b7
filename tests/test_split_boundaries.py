"""Boundary cases of every split: disjoint, complete, never empty where it is possible."""

from math import floor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scallion.datasets import split
from scallion.datasets.split_dataset import split_dataset
from scallion.errors import ArgumentError, DataError
from scallion.images.image_dataset_utils import _DirectoryListing, image_dataset_from_directory
from scallion.images.reading.listing import (
    SPLITS,
    TEST,
    TRAIN,
    UNASSIGNED,
    VALIDATION,
    ImageListing,
    SkippedFiles,
)
from scallion.images.splitting.splits import split_listing
from scallion.models.training.array_data import ArrayData
from scallion.runs.inspection.cross_validation import out_of_fold_predictions

FRACTIONS = st.one_of(
    st.floats(0, 1, exclude_min=True, exclude_max=True),
    st.sampled_from([0.05, 0.1, 0.2, 0.25, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 1e-9, 1 - 1e-9]),
)
few = settings(max_examples=25, deadline=None)
COUNTS = st.integers(1, 40)


@few
@given(COUNTS, FRACTIONS)
def test_validation_split_of_fit_keeps_every_image_once(images: int, fraction: float) -> None:
    rows = np.arange(images, dtype=np.float32)
    data = ArrayData((rows[:, None],), (rows,))
    possible = images * (1 - fraction) >= 1 and floor(images * (1 - fraction)) < images
    try:
        train, validation = data.split(fraction)
    except DataError:
        assert not possible
        return
    assert len(train)
    assert len(validation)
    assert np.concatenate([train.targets[0], validation.targets[0]]).tolist() == rows.tolist()


@pytest.mark.parametrize(("images", "fraction"), [(10, 0.9), (2, 0.5), (5, 0.8), (100, 0.99)])
def test_a_fraction_that_rounds_to_one_training_image_is_kept(images: int, fraction: float) -> None:
    train, validation = ArrayData((np.arange(images)[:, None],)).split(fraction)
    assert len(train) >= 1
    assert len(train) + len(validation) == images


@few
@given(COUNTS, FRACTIONS)
def test_subsets_of_a_folder_share_no_file_and_lose_none(files: int, fraction: float) -> None:
    listing = _DirectoryListing([str(i) for i in range(files)], [0] * files, ["a"])
    train, validation = (listing.select(p, fraction).paths for p in ("training", "validation"))
    assert train + validation == listing.paths
    assert len(validation) == int(fraction * files)


@pytest.mark.parametrize("subset", ["training", "validation", "both"])
@pytest.mark.parametrize(("files", "fraction"), [(8, 0.05), (1, 0.5), (3, 0.1)])
def test_a_folder_without_validation_files_is_refused(
    tmp_path: Path, subset: str, files: int, fraction: float
) -> None:
    (tmp_path / "a").mkdir()
    for number in range(files):
        (tmp_path / "a" / f"{number}.png").touch()
    with pytest.raises(DataError, match=f"{files} files cannot be split"):
        image_dataset_from_directory(
            tmp_path, validation_split=fraction, subset=subset, seed=1, verbose=False
        )


@few
@given(COUNTS, st.one_of(FRACTIONS, COUNTS), st.one_of(st.none(), FRACTIONS, COUNTS))
def test_split_dataset_gives_disjoint_parts(total: int, left: Any, right: Any) -> None:
    rows = np.arange(total)
    try:
        parts = split_dataset(rows, left, right)
    except ArgumentError:
        return
    first, second = ([int(row) for row in part] for part in parts)
    assert first
    assert second
    assert not set(first) & set(second)
    assert right is not None or sorted(first + second) == rows.tolist()


@pytest.mark.parametrize(("total", "left"), [(7, 0.5), (5, 0.5), (3, 0.5), (11, 0.5), (2, 0.5)])
def test_two_fractions_that_sum_to_one_split_every_total(total: int, left: float) -> None:
    first, second = split_dataset(np.arange(total), left, 1 - left)
    assert len(first) + len(second) in (total, total - 1)  # Keras leaves one out, see its rounding


@few
@given(st.lists(st.integers(0, 3), min_size=2, max_size=40), FRACTIONS)
def test_a_stratified_split_keeps_a_training_image_of_each_class(
    labels: list[int], fraction: float
) -> None:
    try:
        found = split(labels, fraction=fraction, seed=1)
    except DataError:
        sizes = np.bincount(labels)
        assert (sizes <= 1).all() or round(len(labels) * fraction) < 1
        return
    assert sorted([*found.train, *found.validation]) == list(range(len(labels)))
    assert len(found.validation)
    assert set(np.array(labels)[found.train]) == set(labels)


def listing_of(
    counts: list[int], splits: list[int] | None = None, groups: list[str] | None = None
) -> ImageListing:
    labels = np.repeat(np.arange(len(counts)), counts)
    assigned = np.full(len(labels), UNASSIGNED) if splits is None else np.array(splits)
    return ImageListing(
        Path(),
        [f"class{label}/{place}.png" for place, label in enumerate(labels)],
        labels,
        assigned.astype(np.int8),
        np.ones(len(labels), np.int64),
        np.ones(len(labels), np.int64),
        tuple(f"class{number}" for number in range(len(counts))),
        SkippedFiles(),
        groups,
    )


@few
@given(
    st.lists(st.integers(3, 30), min_size=1, max_size=4),
    st.tuples(*[st.integers(1, 98)] * 3).map(lambda parts: tuple(p / sum(parts) for p in parts)),
)
def test_three_images_per_class_are_enough_for_three_splits(
    counts: list[int], fractions: tuple[float, ...]
) -> None:
    done, _ = split_listing(listing_of(counts), fractions=fractions)
    assert sorted(done.paths) == sorted(listing_of(counts).paths)
    for split_number in range(len(SPLITS)):
        assert set(done.labels[done.splits == split_number]) == set(range(len(counts)))


@few
@given(st.lists(st.integers(2, 30), min_size=1, max_size=4), st.sampled_from([TEST, VALIDATION]))
def test_two_training_images_per_class_are_enough_beside_a_split_that_exists(
    counts: list[int], existing: int
) -> None:
    listing = listing_of([count + 1 for count in counts])
    first = np.unique(listing.labels, return_index=True)[1]
    splits = np.full(len(listing), TRAIN, np.int8)
    splits[first] = existing
    done, summary = split_listing(listing.with_splits(splits))
    assert summary.existing == (SPLITS[existing],)
    kept = {path for path, place in zip(done.paths, done.splits, strict=True) if place == existing}
    assert kept == {listing.paths[row] for row in first}
    for split_number in range(len(SPLITS)):
        assert set(done.labels[done.splits == split_number]) == set(range(len(counts)))


@few
@given(st.lists(st.integers(3, 9), min_size=1, max_size=3), st.integers(1, 4))
def test_three_groups_per_class_are_enough_and_stay_whole(counts: list[int], size: int) -> None:
    images = [count * size for count in counts]
    groups = [
        f"{label}-{row % count}"
        for label, count in enumerate(counts)
        for row in range(count * size)
    ]
    done, summary = split_listing(listing_of(images, groups=groups))
    assert summary.groups == sum(counts)
    places = set(zip(done.groups or [], done.splits.tolist(), strict=True))
    assert len(places) == sum(counts)


def test_more_folds_than_images_are_refused() -> None:
    with pytest.raises(ArgumentError, match="each fold needs an image"):
        out_of_fold_predictions(np.ones((2, 8, 8, 1)), np.array([0, 1]), 2, folds=3)
