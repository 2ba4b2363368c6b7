"""Findings about shortcuts: classes that can be told apart without their content."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from scallion.finding_rules import Detection, FindingRule
from scallion.images.checks.image_statistics import ImageStatistics
from scallion.images.reading.formats import FORMAT_NAMES
from scallion.images.reading.metadata import Metadata

MIN_AUC = 0.98  # area under the ROC curve, from which one number separates a class
PURE = 0.95  # fraction of a class that shares a value, and of that value's images in the class
MIN_IMAGES = 20  # of a class, below which nothing is said
MAX_CLASSES = 200


def _by_format(stats: ImageStatistics, metadata: Metadata) -> Iterator[Detection]:
    formats = [FORMAT_NAMES[number] for number in metadata["format"].tolist()]
    return _by_value(stats, formats, "format", "its files are {}")


def _by_size(stats: ImageStatistics, metadata: Metadata) -> Iterator[Detection]:
    sizes = zip(metadata["width"].tolist(), metadata["height"].tolist(), strict=True)
    values = [f"{width}x{height}" for width, height in sizes]
    return _by_value(stats, values, "size", "its images are {}")


def _by_brightness(stats: ImageStatistics) -> Iterator[Detection]:
    return _by_number(stats, stats.mean, "brightness", "its images are {} than the others")


def _by_border(stats: ImageStatistics) -> Iterator[Detection]:
    return _by_number(stats, stats.border, "border", "the borders of its images are {}")


def _by_value(
    stats: ImageStatistics, values: list[str], property_: str, reason: str
) -> Iterator[Detection]:
    """Yield classes of which nearly all images have a value that nearly no other image has."""
    kinds, numbers = np.unique(values, return_inverse=True)
    if len(kinds) < 2 or len(stats.class_names) > MAX_CLASSES:
        return
    table = np.zeros((len(stats.class_names), len(kinds)), np.int64)
    np.add.at(table, (stats.labels, numbers), 1)
    for label, counts in enumerate(table):
        kind = int(counts.argmax())
        pure = counts[kind] >= PURE * max(counts.sum(), 1)
        alone = counts[kind] >= PURE * table[:, kind].sum()
        if counts.sum() >= MIN_IMAGES and pure and alone:
            yield _detection(stats, label, property_, reason.format(kinds[kind]), None)


def _by_number(
    stats: ImageStatistics, values: NDArray[np.float32], property_: str, reason: str
) -> Iterator[Detection]:
    """Yield classes that a number separates from the others, by the area under the ROC curve."""
    if len(stats.class_names) > MAX_CLASSES:
        return
    ranks = _ranks(values)
    for label in range(len(stats.class_names)):
        own = stats.labels == label
        inside, outside = int(own.sum()), int((~own).sum())
        if min(inside, outside) < MIN_IMAGES:
            continue
        auc = (float(ranks[own].sum()) - inside * (inside + 1) / 2) / (inside * outside)
        if max(auc, 1 - auc) >= MIN_AUC:
            words = reason.format("brighter" if auc > 0.5 else "darker")
            yield _detection(stats, label, property_, words, max(auc, 1 - auc))


def _ranks(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return ranks from 1; tied values share the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return (ends - (counts - 1) / 2)[inverse]


def _detection(
    stats: ImageStatistics, label: int, property_: str, reason: str, auc: float | None
) -> Detection:
    name = stats.class_names[label]
    return Detection(
        f"Class {name!r} can be recognised by {property_} alone: {reason}.",
        {"class": name, "by": property_, **({} if auc is None else {"roc_auc": round(auc, 4)})},
        "A network will learn that instead of the content. Take all classes in the same way.",
    )


_BORDER = ("shortcut-border",)  # says less where another shortcut is known

RULES = (
    FindingRule(
        "shortcut-format", "warning", _by_format, ("stats", "metadata"), suppresses=_BORDER
    ),
    FindingRule("shortcut-size", "warning", _by_size, ("stats", "metadata"), suppresses=_BORDER),
    FindingRule("shortcut-brightness", "warning", _by_brightness, ("stats",), suppresses=_BORDER),
    FindingRule("shortcut-border", "warning", _by_border, ("stats",)),
)
