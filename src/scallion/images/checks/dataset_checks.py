"""The folder doctor: what a data set has that would make a result worthless, said in words.

It reads what `load` has decoded, and never touches the pictures.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from scallion import files
from scallion.findings import Finding, worst_first
from scallion.images.checks.class_balance import class_balance_findings
from scallion.images.checks.duplicates import duplicate_findings
from scallion.images.checks.image_statistics import ImageStatistics
from scallion.images.checks.outliers import outlier_findings
from scallion.images.checks.shortcuts import shortcut_findings
from scallion.images.loading import ImageSet

BRIEF = 20_000  # pictures above which the brief check leaves out what takes longest
VERSION = 2  # of the checks; raised when the same pictures would be judged otherwise


def check(images: ImageSet, *, brief: bool = False) -> list[Finding]:
    """All findings about a data set, the worst first; empty where there is nothing to say.

    A `brief` check of a large set looks for exact copies only, not for pictures that look alike.
    What was found is kept beside the cached pictures, so that the next time takes no time.
    """
    near = not brief or sum(map(len, images.parts)) <= BRIEF
    place = _place(images, near)
    found = None if place is None else _read(place)
    if found is None:
        found = _looked(images, near)
        if place is not None:
            with suppress(OSError):  # ours too; then the next time looks again
                files.write_json(place, found)
    return worst_first([*images.notes(), *found])


def _looked(images: ImageSet, near: bool) -> list[Finding]:
    seen = ImageStatistics.of(images)
    checks: tuple[Callable[[ImageStatistics], list[Finding]], ...] = (
        lambda seen: duplicate_findings(seen, near=near),
        class_balance_findings,
        outlier_findings,
        shortcut_findings,
    )
    return [finding for one in checks for finding in one(seen)]


def _place(images: ImageSet, near: bool) -> Path | None:
    """Where the findings are kept: with the pictures that they are about, or nowhere."""
    if images.cached is None or images.cached.place is None:
        return None
    return images.cached.place / f"findings-{VERSION}-{'near' if near else 'exact'}.json"


def _read(place: Path) -> list[Finding] | None:
    with suppress(OSError, ValueError):
        return msgspec.json.decode(files.read_bytes(place), type=list[Finding])
    return None
