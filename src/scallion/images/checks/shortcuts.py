"""Findings about shortcuts: a class that can be told apart without looking at what is shown."""

import numpy as np
from numpy.typing import NDArray

from scallion.findings import Finding
from scallion.images.checks.image_statistics import ImageStatistics
from scallion.images.reading.decoding import FORMATS

TELLING = 0.98  # area under the ROC curve, from which a number alone tells a class apart
PURE = 0.95  # share of a class that has a value, and of the value that is of the class
LEAST = 20  # pictures of a class that are enough to say so
MOST_CLASSES = 200


def shortcut_findings(seen: ImageStatistics) -> list[Finding]:
    """Classes that format, size, brightness or border alone tell from all the others."""
    if len(seen.class_names) > MOST_CLASSES:
        return []
    found: list[Finding] = []
    if seen.facts is not None:
        formats = [FORMATS[number] for number in seen.facts["format"]]
        sizes = [
            f"{width}x{height}"
            for width, height in zip(
                seen.facts["width"].tolist(), seen.facts["height"].tolist(), strict=True
            )
        ]
        found += _by_value(seen, formats, "format", "its files are {}")
        found += _by_value(seen, sizes, "size", "its pictures are {}")
    found += _by_number(seen, seen.mean, "brightness", "its pictures are {} than the others")
    if not found:
        found += _by_number(seen, seen.border, "border", "the borders of its pictures are {}")
    return found


def _by_value(seen: ImageStatistics, values: list[str], what: str, how: str) -> list[Finding]:
    """Classes that nearly all have a value that nearly no other picture has."""
    kinds, numbers = np.unique(values, return_inverse=True)
    if len(kinds) < 2:
        return []
    table = np.zeros((len(seen.class_names), len(kinds)), np.int64)
    np.add.at(table, (seen.labels, numbers), 1)
    found: list[Finding] = []
    for label, counts in enumerate(table):
        kind = int(counts.argmax())
        pure = counts[kind] >= PURE * max(counts.sum(), 1)
        alone = counts[kind] >= PURE * table[:, kind].sum()
        if counts.sum() >= LEAST and pure and alone:
            found.append(_finding(seen, label, what, how.format(kinds[kind]), None))
    return found


def _by_number(
    seen: ImageStatistics, values: NDArray[np.float32], what: str, how: str
) -> list[Finding]:
    ranks = _ranks(values)
    found: list[Finding] = []
    for label in range(len(seen.class_names)):
        own = seen.labels == label
        inside, outside = int(own.sum()), int((~own).sum())
        if min(inside, outside) < LEAST:
            continue
        area = (float(ranks[own].sum()) - inside * (inside + 1) / 2) / (inside * outside)
        if max(area, 1 - area) >= TELLING:
            words = how.format("brighter" if area > 0.5 else "darker")
            found.append(_finding(seen, label, what, words, max(area, 1 - area)))
    return found


def _ranks(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Places from 1, equal values sharing the mean of theirs."""
    _, back, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return (ends - (counts - 1) / 2)[back]


def _finding(seen: ImageStatistics, label: int, what: str, how: str, area: float | None) -> Finding:
    name = seen.class_names[label]
    return Finding(
        f"shortcut-{what}",
        "warning",
        f"Class {name!r} is told apart by {what} alone: {how}.",
        {"class": name, "by": what, **({} if area is None else {"roc_auc": round(area, 4)})},
        "A network will learn that instead of what is shown. Take all classes in the same way.",
    )
