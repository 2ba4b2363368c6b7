"""Findings about single images that differ from the others, or from what their names say."""

from collections.abc import Callable
from functools import partial
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion.finding_rules import Detection, FindingRule
from scallion.images.checks.image_statistics import ImageStatistics
from scallion.images.reading.formats import FORMAT_NAMES, FORMAT_OF_SUFFIX
from scallion.images.reading.metadata import Metadata

CONSTANT = 2.0  # standard deviation of the values, of 255
RARE = 0.05  # fraction of the images up to which they are outliers
_AREA, _RATIO = 16.0, 2.5  # factors from the median, beyond which an image is an outlier


def _constant(stats: ImageStatistics) -> Detection | None:
    rows = np.flatnonzero(stats.spread < CONSTANT)
    return _detection(
        stats,
        rows,
        "is nearly constant",
        "are nearly constant",
        "Check them: an empty image teaches the network its label's name only.",
    )


def _wrong_suffix(stats: ImageStatistics, metadata: Metadata) -> Detection | None:
    named = [FORMAT_OF_SUFFIX.get(PurePosixPath(path).suffix.lower(), "") for path in stats.paths]
    stored = [FORMAT_NAMES[number] for number in metadata["format"].tolist()]
    rows = np.flatnonzero([a != b for a, b in zip(named, stored, strict=True)])
    actual = f" ({stored[rows[0]]})" if len(rows) else ""
    return _detection(
        stats,
        rows,
        f"has another format than its name says{actual}",
        f"have another format than their names say{actual}",
        "They are read all the same; rename them so that other programs read them too.",
    )


def _unusual_size(stats: ImageStatistics, metadata: Metadata) -> Detection | None:
    width, height = metadata["width"].astype(float), metadata["height"].astype(float)
    outliers = _is_far(width * height, _AREA) | _is_far(width / height, _RATIO)
    rows = np.flatnonzero(outliers)
    if len(rows) > RARE * len(stats):
        return None
    usual = f"{np.median(width):.0f}x{np.median(height):.0f}"
    example = f"{int(width[rows[0]])}x{int(height[rows[0]])}" if len(rows) else ""
    return _detection(
        stats,
        rows,
        f"has an unusual size or aspect ratio, {example} where {usual} is usual",
        f"have an unusual size or aspect ratio, such as {example} where {usual} is usual",
        "Check them: are they screenshots, thumbnails, panoramas?",
    )


def _upscaled(stats: ImageStatistics, metadata: Metadata) -> Detection | None:
    height, width = stats.target
    small = (metadata["height"] < height / 1.5) | (metadata["width"] < width / 1.5)
    return _detection(
        stats,
        np.flatnonzero(small),
        f"is smaller than {height}x{width} and upscaled",
        f"are smaller than {height}x{width} and upscaled",
        "A smaller --size trains faster and loses nothing.",
    )


def _unusual_property(
    column: str, one: str, many: str, stats: ImageStatistics, metadata: Metadata
) -> Detection | None:
    """Detect the few images of a data set in colour for which a column of the metadata is true."""
    rows = np.flatnonzero(metadata[column])
    if stats.pixels.shape[-1] == 1 or len(rows) > RARE * len(stats):
        return None
    advice = "Check that they are what you expect; they are read all the same."
    return _detection(stats, rows, one, many, advice)


def _multiple_frames(stats: ImageStatistics, metadata: Metadata) -> Detection | None:
    return _detection(
        stats,
        np.flatnonzero(metadata["frames"] > 1),
        "has several pages or frames, of which the first is used",
        "have several pages or frames, of which the first is used",
        "Save each page as a file of its own, and keep them together with --group.",
    )


def _is_far(values: NDArray[np.float64], factor: float) -> NDArray[np.bool_]:
    median = np.median(values)
    return (values > factor * median) | (values < median / factor)


def _detection(
    stats: ImageStatistics, rows: NDArray[Any], one: str, many: str, advice: str
) -> Detection | None:
    """Return a detection about these rows; `one` and `many` are the predicates of its sentence."""
    if not len(rows):
        return None
    example = stats.name(int(rows[0]))
    sentence = (
        f"{len(rows):,} images {many}, such as {example!r}."
        if len(rows) > 1
        else f"1 image {one}: {example!r}."
    )
    return Detection(
        sentence,
        {"count": len(rows), "files": stats.names(rows), "rows": rows[:1000].tolist()},
        advice,
    )


def _rule(code: str, detect: Callable[..., Detection | None]) -> FindingRule:
    return FindingRule(code, "info", detect, needs=("stats", "metadata"))


RULES = (
    FindingRule("constant", "warning", _constant, needs=("stats",)),
    _rule("wrong-suffix", _wrong_suffix),
    _rule("unusual-size", _unusual_size),
    _rule("upscaled", _upscaled),
    _rule(
        "unusual-grey",
        partial(
            _unusual_property,
            "grey",
            "is grey where the others have colours",
            "are grey where the others have colours",
        ),
    ),
    _rule(
        "unusual-transparency",
        partial(_unusual_property, "alpha", "has transparent parts", "have transparent parts"),
    ),
    _rule(
        "unusual-depth",
        partial(
            _unusual_property,
            "high_depth",
            "has more than 8 bits per channel",
            "have more than 8 bits per channel",
        ),
    ),
    _rule("multiple-frames", _multiple_frames),
)
