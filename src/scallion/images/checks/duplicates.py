"""Findings about pictures that are there twice: across splits, under two labels, or at all."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from scallion.findings import Finding, Severity
from scallion.images.checks.image_statistics import ImageStatistics, counted
from scallion.images.checks.near_duplicates import (
    MOST,
    MOST_PAIRS,
    Pairs,
    copies,
    find_near_duplicates,
)
from scallion.images.reading.listing import TRAIN

_LISTED = 1000  # pairs that the evidence names
_FLAT = 2.0


def duplicate_findings(seen: ImageStatistics, *, near: bool = True) -> list[Finding]:
    """Exact copies, and with `near` those that look the same, mirrored ones apart."""
    exact = _exact(seen)
    found = _sorted_out(seen, exact, "exact")
    if not near:
        return found
    once = np.setdiff1d(np.arange(len(seen)), exact[:, 1])
    if len(once) > MOST:
        return [*found, _too_many(len(once))]
    alike = find_near_duplicates(seen.pixels, once)
    if max(len(alike.same), len(alike.mirrored)) >= MOST_PAIRS:
        found.append(_uniform())
    return [
        *found,
        *_sorted_out(seen, alike.same, "near"),
        *_sorted_out(seen, alike.mirrored, "mirrored"),
    ]


def _exact(seen: ImageStatistics) -> Pairs:
    """Pairs of a copy and the first of its kind; constant pictures are no copies of each other."""
    from scallion.images.reading.metadata import digest

    if seen.facts is not None:
        first = copies(seen.facts["file"], seen.facts["pixels"])
        by_file = copies(seen.facts["file"])
        flat = seen.spread < _FLAT
        first = np.where(flat, by_file, first)
    else:
        first = copies(np.array([digest(image.tobytes()) for image in seen.pixels], "V16"))
    second = np.flatnonzero(first != np.arange(len(first)))
    return np.stack([first[second], second], axis=1)


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a kind of copies is spoken of."""

    code: str
    words: str
    across: Severity
    labels: Severity
    within: Severity


_KINDS = {
    "exact": _Kind("duplicates", "the same as", "error", "error", "warning"),
    "near": _Kind("near-duplicates", "look the same as", "warning", "warning", "info"),
    "mirrored": _Kind("mirrored", "look like a mirror image of", "warning", "info", "info"),
}


def _sorted_out(seen: ImageStatistics, pairs: Pairs, kind: str) -> list[Finding]:
    """A finding for pairs across splits, one for two labels, one for the rest."""
    if not len(pairs):
        return []
    splits, labels = seen.splits[pairs], seen.labels[pairs]
    across = splits[:, 0] != splits[:, 1]
    differ = labels[:, 0] != labels[:, 1]
    found: list[Finding] = []
    if across.any():
        found.append(_across(seen, pairs[across], kind))
    if differ.any():
        found.append(_two_labels(seen, pairs[differ], kind))
    if (~across).any():
        found.append(_within(seen, pairs[~across], kind))
    return found


def _across(seen: ImageStatistics, pairs: Pairs, kind: str) -> Finding:
    how = _KINDS[kind]
    # Rows are in the order of the splits, so the second of a pair is the held-out one.
    held = np.unique(pairs[:, 1])
    first, second = pairs[0]
    be = "" if kind != "exact" else ("is " if len(held) == 1 else "are ")
    verb = how.words if len(held) > 1 or kind == "exact" else how.words.replace("look", "looks", 1)
    trained = (seen.splits[pairs[:, 0]] == TRAIN).any()
    return Finding(
        f"{how.code}-across-splits",
        how.across,
        f"{counted(len(held))} held out for validation or test {be}{verb} one in another split, "
        f"such as {seen.name(second)!r} ({seen.split(second)}) and {seen.name(first)!r} "
        f"({seen.split(first)}).",
        _evidence(seen, pairs, len(held)),
        "Remove them from the training split: what is measured on them is memory."
        if trained
        else "Remove them from one of the splits.",
    )


def _two_labels(seen: ImageStatistics, pairs: Pairs, kind: str) -> Finding:
    how = _KINDS[kind]
    first, second = pairs[0]
    names = seen.class_names
    what = {"exact": "the same picture", "near": "pictures that look the same"}.get(
        kind, "mirrored pictures"
    )
    return Finding(
        f"{how.code}-with-two-labels",
        how.labels,
        f"{counted(len(pairs), 'pair')} of {what} {'has' if len(pairs) == 1 else 'have'} two "
        f"labels, such as {seen.name(first)!r} ({names[seen.labels[first]]}) and "
        f"{seen.name(second)!r} ({names[seen.labels[second]]}).",
        _evidence(seen, pairs, len(pairs)),
        "Decide on one label, and remove the other file.",
    )


def _within(seen: ImageStatistics, pairs: Pairs, kind: str) -> Finding:
    how = _KINDS[kind]
    extra = np.unique(pairs[:, 1])
    first, second = pairs[0]
    what = {"exact": "a copy", "near": "nearly a copy"}.get(kind, "a mirror image")
    verb = "is" if len(extra) == 1 else "are"
    return Finding(
        how.code,
        how.within,
        f"{counted(len(extra))} {verb} {what} of another in the same split, such as "
        f"{seen.name(second)!r} and {seen.name(first)!r}.",
        _evidence(seen, pairs, len(extra)),
        "Harmless if few; remove them if their class is small.",
    )


def _evidence(seen: ImageStatistics, pairs: Pairs, count: int) -> dict[str, Any]:
    return {
        "count": count,
        "pairs": [[seen.name(int(a)), seen.name(int(b))] for a, b in pairs[:_LISTED]],
        "rows": pairs[:_LISTED].tolist(),
    }


def _too_many(count: int) -> Finding:
    return Finding(
        "near-duplicates-not-searched",
        "info",
        f"Pictures that look alike were not searched: {count:,} are more than {MOST:,}. "
        "Exact copies were.",
        {"count": count},
        "",
    )


def _uniform() -> Finding:
    return Finding(
        "all-alike",
        "warning",
        f"More than {MOST_PAIRS:,} pairs of pictures look alike; not all are listed.",
        {},
        "Look at the contact sheet: are these pictures what you think?",
    )
