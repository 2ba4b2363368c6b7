"""Check an image data set for faults that would make a result worthless.

The checks use what `load` has decoded, and never change the images.
"""

from contextlib import suppress
from pathlib import Path

import msgspec

from scallion import files
from scallion.finding_rules import apply_rules
from scallion.findings import Finding, worst_first
from scallion.images.checks.duplicates import duplicate_facts
from scallion.images.checks.image_statistics import ImageStatistics
from scallion.images.checks.index import RULES
from scallion.images.loading import ImageSet

BRIEF = 20_000  # images above which a brief check leaves out what takes longest
VERSION = 3  # of the stored findings; raise it when a check changes


def check(images: ImageSet, *, brief: bool = False) -> list[Finding]:
    """Return all findings about a data set, most severe first; empty where there are none.

    A `brief` check of a large set searches exact copies only, not near-duplicates. Findings are
    stored with the cached images, so that checking again is fast.
    """
    near = not brief or sum(map(len, images.splits)) <= BRIEF
    path = _stored_path(images, near)
    found = None if path is None else _read(path)
    if found is None:
        found = _run_checks(images, near)
        if path is not None:
            with suppress(OSError):  # our FileError too; then they are computed again next time
                files.write_json(path, found)
    return worst_first([*images.notes(), *found])


def _run_checks(images: ImageSet, near: bool) -> list[Finding]:
    stats = ImageStatistics.of(images)
    facts = {"stats": stats, "metadata": stats.metadata, **duplicate_facts(stats, near=near)}
    return apply_rules(RULES, facts)


def _stored_path(images: ImageSet, near: bool) -> Path | None:
    """Return where the findings are stored, in the cache of their images; None without one."""
    if images.cached is None or images.cached.folder is None:
        return None
    return images.cached.folder / f"findings-{VERSION}-{'near' if near else 'exact'}.json"


def _read(path: Path) -> list[Finding] | None:
    with suppress(OSError, ValueError):
        return msgspec.json.decode(files.read_bytes(path), type=list[Finding])
    return None
