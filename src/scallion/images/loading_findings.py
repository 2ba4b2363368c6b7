"""Findings about loading images: unreadable files, skipped files, images that are not cached."""

from collections.abc import Sequence

from scallion.files import CACHE_VARIABLE
from scallion.finding_rules import Detection, FindingRule, apply_rules
from scallion.findings import Finding
from scallion.images.reading.formats import conversion_hint
from scallion.images.reading.image_cache import CachedImages
from scallion.images.reading.listing import ImageListing, SkippedFiles, printable, quote_names

_NAMED = 20  # unreadable files that a sentence names


def loading_findings(listing: ImageListing, cached: CachedImages) -> list[Finding]:
    """Return the findings of all rules about loading."""
    return apply_rules(RULES, {"listing": listing, "cached": cached})


def unused_array_findings(unused: Sequence[str], created: Sequence[str]) -> list[Finding]:
    """Return a finding that names arrays which are not used; `created` are splits that were drawn.

    Those may be images that somebody meant for validation.
    """
    if not unused:
        return []
    drawn = " and ".join(name for name in ("validation", "test") if name in created)
    taken = f" The {drawn} images were taken from the training images." if drawn else ""
    return [
        Finding(
            "unused-arrays",
            "warning",
            f"Not used: {quote_names([printable(name) for name in unused], 20)}.{taken}",
            {"arrays": list(unused)},
            "Arrays are found by name: x_train and y_train, x_val and y_val, x_test and y_test.",
        )
    ]


def _unreadable(listing: ImageListing, cached: CachedImages) -> Detection | None:
    if not cached.unreadable:
        return None
    files = {printable(listing.paths[one.row]): one.reason for one in cached.unreadable}
    listed = [f"{name!r}: {reason}" for name, reason in list(files.items())[:_NAMED]]
    if len(files) > _NAMED:
        listed.append(f"and {len(files) - _NAMED:,} more, which scallion data check --json lists")
    count = "1 file" if len(files) == 1 else f"{len(files):,} files"
    return Detection(
        f"{count} of {len(listing):,} cannot be read and {'is' if len(files) == 1 else 'are'} left "
        f"out. {'; '.join(listed)}.",
        {"count": len(files), "files": files},
        "Open them in an image viewer and save them again, or remove them.",
    )


def _skipped(listing: ImageListing) -> Detection | None:
    all_skipped = listing.skipped_files
    others = [what for what in all_skipped.counts if conversion_hint(what) is None]
    skipped = SkippedFiles(
        {what: all_skipped.counts[what] for what in others},
        {what: all_skipped.examples[what] for what in others},
    )
    if not len(skipped):
        return None
    return Detection(
        f"Skipped: {skipped.describe()}.",
        {"counts": dict(skipped.counts), "examples": dict(skipped.examples)},
    )


def _unread_formats(listing: ImageListing) -> Detection | None:
    skipped = listing.skipped_files
    found = {what: hint for what in skipped.counts if (hint := conversion_hint(what))}
    if not found:
        return None
    parts = [
        f"{skipped.counts[what]:,} {what}, such as {skipped.examples[what][0]!r}" for what in found
    ]
    return Detection(
        f"Left out, because their format is not read: {'; '.join(parts)}.",
        {"counts": {what: skipped.counts[what] for what in found}},
        "; ".join(dict.fromkeys(found.values())) + ".",
    )


def _no_cache(cached: CachedImages) -> Detection | None:
    if cached.folder is not None:
        return None
    return Detection(
        "The images are kept in memory, and will be decoded again next time: "
        f"{cached.why_in_memory}.",
        {},
        f"Free some space, or set {CACHE_VARIABLE} to a folder on another disk.",
    )


RULES = (
    FindingRule("unreadable", "warning", _unreadable, needs=("listing", "cached")),
    FindingRule("unread-formats", "warning", _unread_formats, needs=("listing",)),
    FindingRule("skipped-files", "info", _skipped, needs=("listing",)),
    FindingRule("no-cache", "warning", _no_cache, needs=("cached",)),
)
