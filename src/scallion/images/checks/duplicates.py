"""Findings about duplicates: across splits, with two labels, or within a split."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from scallion.finding_rules import Detection, FindingRule
from scallion.findings import Severity
from scallion.images.checks.image_statistics import ImageStatistics
from scallion.images.checks.near_duplicates import (
    MAX_IMAGES,
    MAX_PAIRS,
    Pairs,
    find_near_duplicates,
    first_occurrences,
)
from scallion.images.reading.listing import TRAIN
from scallion.images.reading.metadata import digest
from scallion.text_format import plural

_LISTED = 1000  # pairs in the evidence
_FLAT = 2.0  # standard deviation of an image's values, below which it is constant


def duplicate_facts(stats: ImageStatistics, *, near: bool = True) -> dict[str, Any]:
    """Find exact duplicates and, with `near`, near-duplicates and mirrored ones: pairs (m, 2)."""
    exact = _exact_pairs(stats)
    facts: dict[str, Any] = {"exact_pairs": exact}
    if not near:
        return facts
    unique = np.setdiff1d(np.arange(len(stats)), exact[:, 1])
    if len(unique) > MAX_IMAGES:
        return {**facts, "unsearched_images": len(unique)}
    found = find_near_duplicates(stats.pixels, unique)
    return {**facts, "near_pairs": found.same, "mirrored_pairs": found.mirrored}


def _exact_pairs(stats: ImageStatistics) -> Pairs:
    """Return pairs of the first occurrence and a copy.

    Constant images are duplicates only where their files are: all white images look the same.
    """
    if stats.metadata is not None:
        by_file = first_occurrences(stats.metadata["file_digest"])
        first = first_occurrences(stats.metadata["file_digest"], stats.metadata["pixel_digest"])
        first = np.where(stats.spread < _FLAT, by_file, first)
    else:
        digests = [digest(image.tobytes()) for image in stats.pixels]
        first = first_occurrences(np.array(digests, "V16"))
    second = np.flatnonzero(first != np.arange(len(first)))
    return np.stack([first[second], second], axis=1)


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of duplicates: the fact that lists its pairs, and its code, words and severities."""

    fact: str
    code: str
    several: str  # images that are duplicates
    verb: tuple[str, str]  # for one image, and for several
    within: str
    severities: tuple[Severity, Severity, Severity]  # across splits, two labels, within a split


_KINDS = (
    _Kind(
        "exact_pairs",
        "duplicates",
        "the same image",
        ("is the same as", "are the same as"),
        "a copy",
        ("error", "error", "warning"),
    ),
    _Kind(
        "near_pairs",
        "near-duplicates",
        "nearly identical images",
        ("is nearly identical to", "are nearly identical to"),
        "a near-duplicate",
        ("warning", "warning", "info"),
    ),
    _Kind(
        "mirrored_pairs",
        "mirrored-duplicates",
        "mirrored images",
        ("is a mirror image of", "are mirror images of"),
        "a mirror image",
        ("warning", "info", "info"),
    ),
)


def _rules(kind: _Kind) -> tuple[FindingRule, FindingRule, FindingRule]:
    def across(stats: ImageStatistics, **facts: Pairs) -> Detection | None:
        pairs = facts[kind.fact]
        splits = stats.splits[pairs]
        return _across(stats, pairs[splits[:, 0] != splits[:, 1]], kind)

    def two_labels(stats: ImageStatistics, **facts: Pairs) -> Detection | None:
        pairs = facts[kind.fact]
        labels = stats.labels[pairs]
        return _two_labels(stats, pairs[labels[:, 0] != labels[:, 1]], kind)

    def within(stats: ImageStatistics, **facts: Pairs) -> Detection | None:
        pairs = facts[kind.fact]
        splits = stats.splits[pairs]
        return _within(stats, pairs[splits[:, 0] == splits[:, 1]], kind)

    needs = ("stats", kind.fact)
    return (
        FindingRule(f"{kind.code}-across-splits", kind.severities[0], across, needs),
        FindingRule(f"{kind.code}-with-two-labels", kind.severities[1], two_labels, needs),
        FindingRule(kind.code, kind.severities[2], within, needs),
    )


def _across(stats: ImageStatistics, pairs: Pairs, kind: _Kind) -> Detection | None:
    if not len(pairs):
        return None
    # Rows are in the order of the splits, so the second of a pair is the held-out one.
    held_out = np.unique(pairs[:, 1])
    first, second = pairs[0]
    trained = (stats.splits[pairs[:, 0]] == TRAIN).any()
    return Detection(
        f"{plural(len(held_out), 'image')} held out for validation or test "
        f"{kind.verb[len(held_out) > 1]} one in another split, such as {stats.name(second)!r} "
        f"({stats.split_name(second)}) and {stats.name(first)!r} ({stats.split_name(first)}).",
        _evidence(stats, pairs, len(held_out)),
        "Remove them from the training split: scores on them measure memorisation."
        if trained
        else "Remove them from one of the splits.",
    )


def _two_labels(stats: ImageStatistics, pairs: Pairs, kind: _Kind) -> Detection | None:
    if not len(pairs):
        return None
    first, second = pairs[0]
    names = stats.class_names
    return Detection(
        f"{plural(len(pairs), 'pair')} of {kind.several} {'has' if len(pairs) == 1 else 'have'} "
        f"two labels, such as {stats.name(first)!r} ({names[stats.labels[first]]}) and "
        f"{stats.name(second)!r} ({names[stats.labels[second]]}).",
        _evidence(stats, pairs, len(pairs)),
        "Decide on one label, and remove the other file.",
    )


def _within(stats: ImageStatistics, pairs: Pairs, kind: _Kind) -> Detection | None:
    if not len(pairs):
        return None
    copies = np.unique(pairs[:, 1])
    first, second = pairs[0]
    return Detection(
        f"{plural(len(copies), 'image')} {'is' if len(copies) == 1 else 'are'} {kind.within} of "
        f"another in the same split, such as {stats.name(second)!r} and {stats.name(first)!r}.",
        _evidence(stats, pairs, len(copies)),
        "Harmless if few; remove them if their class is small.",
    )


def _evidence(stats: ImageStatistics, pairs: Pairs, count: int) -> dict[str, Any]:
    return {
        "count": count,
        "pairs": [[stats.name(int(a)), stats.name(int(b))] for a, b in pairs[:_LISTED]],
        "rows": pairs[:_LISTED].tolist(),
    }


def _not_searched(unsearched_images: int) -> Detection:
    return Detection(
        f"Near-duplicates were not searched: {unsearched_images:,} images are more than "
        f"{MAX_IMAGES:,}. Exact copies were.",
        {"count": unsearched_images},
    )


def _too_many(near_pairs: Pairs, mirrored_pairs: Pairs) -> Detection | None:
    if max(len(near_pairs), len(mirrored_pairs)) < MAX_PAIRS:
        return None
    return Detection(
        f"More than {MAX_PAIRS:,} pairs of images are nearly identical; not all are listed.",
        {},
        "Check the contact sheet: are these the images that you expect?",
    )


RULES = (
    *_rules(_KINDS[0]),
    FindingRule(
        "near-duplicates-not-searched", "info", _not_searched, needs=("unsearched_images",)
    ),
    FindingRule(
        "many-near-duplicates", "warning", _too_many, needs=("near_pairs", "mirrored_pairs")
    ),
    *_rules(_KINDS[1]),
    *_rules(_KINDS[2]),
)
