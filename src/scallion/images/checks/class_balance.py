"""Findings about classes: too few pictures, and counts so uneven that guessing looks good."""

import numpy as np

from scallion.findings import Finding
from scallion.images.checks.image_statistics import ImageStatistics, counted
from scallion.images.reading.listing import TEST, TRAIN, list_names

FEW = 20  # training pictures of a class, below which nothing can be expected
UNEVEN = 3.0  # largest class / smallest


def class_balance_findings(seen: ImageStatistics) -> list[Finding]:
    """Classes with too few pictures; uneven ones, with the score of guessing the largest."""
    classes = len(seen.class_names)
    train = np.bincount(seen.labels[seen.splits == TRAIN], minlength=classes)
    test = np.bincount(seen.labels[seen.splits == TEST], minlength=classes)
    return [*_few(seen, train), *_uneven(seen, train, test)]


def _few(seen: ImageStatistics, train: np.ndarray) -> list[Finding]:
    few = np.flatnonzero(train < FEW)
    if not len(few):
        return []
    names = [seen.class_names[label] for label in few]
    classes = "1 class has" if len(few) == 1 else f"{len(few):,} classes have"
    return [
        Finding(
            "few-pictures",
            "warning",
            f"{classes} fewer than {FEW} pictures to train on: {list_names(names)}.",
            {"count": len(few), "classes": {seen.class_names[i]: int(train[i]) for i in few}},
            "Add pictures: a hundred for each class make a start.",
        )
    ]


def _uneven(seen: ImageStatistics, train: np.ndarray, test: np.ndarray) -> list[Finding]:
    largest, smallest = int(train.argmax()), int(train.argmin())
    if train[largest] < UNEVEN * train[smallest]:
        return []
    share = test[largest] / test.sum()
    return [
        Finding(
            "uneven-classes",
            "warning",
            f"Class {seen.class_names[largest]!r} has {train[largest] / train[smallest]:.0f} times "
            f"as many training pictures as {seen.class_names[smallest]!r} "
            f"({train[largest]:,} and {train[smallest]:,}): always answering "
            f"{seen.class_names[largest]!r} would be right for {100 * share:.0f} % of the test "
            f"split ({counted(int(test.sum()))}).",
            {
                "train": dict(zip(seen.class_names, train.tolist(), strict=True)),
                "test": dict(zip(seen.class_names, test.tolist(), strict=True)),
                "guessing": float(share),
            },
            "scallion train FOLDER --balance gives small classes more weight.",
        )
    ]
