"""Findings about single pictures that are unlike the others, or not what their names say."""

from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion.findings import Finding, Severity
from scallion.images.checks.image_statistics import ImageStatistics
from scallion.images.reading.decoding import FORMAT_OF_SUFFIX, FORMATS
from scallion.images.reading.metadata import Metadata

CONSTANT = 2.0  # standard deviation of the values, of 255
RARE = 0.05  # a share up to which pictures are called odd
_AREA, _SHAPE = 16.0, 2.5  # times the median, from which a picture is odd


def outlier_findings(seen: ImageStatistics) -> list[Finding]:
    """Nearly constant pictures, wrong endings, odd sizes and channels, pictures with pages."""
    found = [*_constant(seen)]
    if seen.facts is not None:
        for one in (_wrong_endings, _sizes, _enlarged, _channels, _pages):
            found.extend(one(seen, seen.facts))
    return found


def _constant(seen: ImageStatistics) -> list[Finding]:
    rows = np.flatnonzero(seen.spread < CONSTANT)
    return _finding(
        seen, rows, "constant", "warning", "is nearly of one colour", "are nearly of one colour",
        "Look at them: an empty picture teaches the network its label's name only.",
    )  # fmt: skip


def _wrong_endings(seen: ImageStatistics, facts: Metadata) -> list[Finding]:
    named = [FORMAT_OF_SUFFIX.get(PurePosixPath(path).suffix.lower(), "") for path in seen.paths]
    stored = [FORMATS[number] for number in facts["format"]]
    rows = np.flatnonzero([a != b for a, b in zip(named, stored, strict=True)])
    kinds = f" ({stored[rows[0]]})" if len(rows) else ""
    return _finding(
        seen, rows, "wrong-ending", "info",
        f"is of another format than its name says{kinds}",
        f"are of another format than their names say{kinds}",
        "They are read all the same; rename them so that other programs read them too.",
    )  # fmt: skip


def _sizes(seen: ImageStatistics, facts: Metadata) -> list[Finding]:
    width, height = facts["width"].astype(float), facts["height"].astype(float)
    area, ratio = width * height, width / height
    odd = _far(area, _AREA) | _far(ratio, _SHAPE)
    rows = np.flatnonzero(odd)
    if len(rows) > RARE * len(seen):
        return []
    usual = f"{np.median(width):.0f}x{np.median(height):.0f}"
    example = f"{int(width[rows[0]])}x{int(height[rows[0]])}" if len(rows) else ""
    return _finding(
        seen, rows, "odd-size", "info",
        f"has an unusual size or shape, {example} where {usual} is usual",
        f"have an unusual size or shape, such as {example} where {usual} is usual",
        "Look at them: are they screenshots, thumbnails, panoramas?",
    )  # fmt: skip


def _enlarged(seen: ImageStatistics, facts: Metadata) -> list[Finding]:
    height, width = seen.target
    rows = np.flatnonzero((facts["height"] < height / 1.5) | (facts["width"] < width / 1.5))
    return _finding(
        seen, rows, "enlarged", "info",
        f"is smaller than {height}x{width} and enlarged",
        f"are smaller than {height}x{width} and enlarged",
        "A smaller --size trains faster and loses nothing.",
    )  # fmt: skip


def _channels(seen: ImageStatistics, facts: Metadata) -> list[Finding]:
    if seen.pixels.shape[-1] == 1:
        return []
    found: list[Finding] = []
    for column, code, one, many in (
        ("grey", "odd-grey", "is grey where the others have colours", "are grey"),
        ("alpha", "odd-transparent", "has transparent parts", "have transparent parts"),
        ("deep", "odd-depth", "has more than 8 bits a pixel", "have more than 8 bits a pixel"),
    ):
        rows = np.flatnonzero(facts[column])
        if 0 < len(rows) <= RARE * len(seen):
            tail = " where the others have colours" if column == "grey" else ""
            found += _finding(
                seen, rows, code, "info", one, many + tail,
                "Check that they are what you think; they are read all the same.",
            )  # fmt: skip
    return found


def _pages(seen: ImageStatistics, facts: Metadata) -> list[Finding]:
    rows = np.flatnonzero(facts["frames"] > 1)
    return _finding(
        seen, rows, "pages", "info",
        "has several pages or frames, of which the first is used",
        "have several pages or frames, of which the first is used",
        "Save each page as a file of its own, and keep them together with --group.",
    )  # fmt: skip


def _far(values: NDArray[np.float64], times: float) -> NDArray[np.bool_]:
    middle = np.median(values)
    return (values > times * middle) | (values < middle / times)


def _finding(
    seen: ImageStatistics,
    rows: NDArray[Any],
    code: str,
    severity: Severity,
    one: str,
    many: str,
    advice: str,
) -> list[Finding]:
    if not len(rows):
        return []
    example = seen.name(int(rows[0]))
    count = f"{len(rows):,} pictures {many}" if len(rows) > 1 else f"1 picture {one}"
    return [
        Finding(
            code,
            severity,
            f"{count}, such as {example!r}." if len(rows) > 1 else f"{count}: {example!r}.",
            {"count": len(rows), "files": seen.names(rows), "rows": rows[:1000].tolist()},
            advice,
        )
    ]
