"""Findings about classes: too few images, and class imbalance."""

import numpy as np

from scallion.finding_rules import Detection, FindingRule
from scallion.images.checks.image_statistics import ImageStatistics
from scallion.images.reading.listing import TEST, TRAIN, VALIDATION, quote_names
from scallion.text_format import plural

FEW = 20  # training images of a class, below which little can be expected
IMBALANCED = 3.0  # largest class / smallest


def _never_trained(stats: ImageStatistics) -> Detection | None:
    train = _class_counts(stats, TRAIN)
    held_out = _class_counts(stats, VALIDATION) + _class_counts(stats, TEST)
    unseen = np.flatnonzero((train == 0) & (held_out > 0))
    if not len(unseen):
        return None
    names = [stats.class_names[label] for label in unseen]
    images = int(held_out[unseen].sum())
    return Detection(
        f"No training image shows {quote_names(names)}, and "
        f"{plural(images, 'validation or test image')} "
        f"{'does' if images == 1 else 'do'}: a network cannot learn a class that it never sees.",
        {"count": len(unseen), "images": images, "classes": names},
        "Give each class training images, or leave these images out of the other splits.",
    )


def _few_images(stats: ImageStatistics) -> Detection | None:
    train = _class_counts(stats, TRAIN)
    few = np.flatnonzero((train < FEW) & (train > 0))
    if not len(few):
        return None
    names = [stats.class_names[label] for label in few]
    classes = "1 class has" if len(few) == 1 else f"{len(few):,} classes have"
    return Detection(
        f"{classes} fewer than {FEW} images to train on: {quote_names(names)}.",
        {"count": len(few), "classes": {stats.class_names[i]: int(train[i]) for i in few}},
        "Add images: start with about a hundred per class.",
    )


def _imbalance(stats: ImageStatistics) -> Detection | None:
    train, test = _class_counts(stats, TRAIN), _class_counts(stats, TEST)
    largest, smallest = int(train.argmax()), int(np.where(train, train, train.max()).argmin())
    if train[largest] < IMBALANCED * train[smallest]:
        return None
    fraction = test[largest] / test.sum()
    return Detection(
        f"Class {stats.class_names[largest]!r} has {train[largest] / train[smallest]:.0f} times "
        f"as many training images as {stats.class_names[smallest]!r} "
        f"({train[largest]:,} and {train[smallest]:,}): always predicting "
        f"{stats.class_names[largest]!r} would be correct for {100 * fraction:.0f} % of the test "
        f"split ({plural(int(test.sum()), 'image')}).",
        {
            "train": dict(zip(stats.class_names, train.tolist(), strict=True)),
            "test": dict(zip(stats.class_names, test.tolist(), strict=True)),
            "majority_accuracy": float(fraction),
        },
        "scallion train FOLDER --balance gives small classes more weight.",
    )


def _class_counts(stats: ImageStatistics, split: int) -> np.ndarray:
    """Return the number of images per class in a split: (classes,)."""
    return np.bincount(stats.labels[stats.splits == split], minlength=len(stats.class_names))


RULES = (
    FindingRule("never-trained", "error", _never_trained, needs=("stats",)),
    FindingRule("few-images", "warning", _few_images, needs=("stats",)),
    FindingRule("imbalance", "warning", _imbalance, needs=("stats",)),
)
