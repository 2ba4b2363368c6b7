"""Findings about the data: leakage, class imbalance, too few validation images."""

from scallion.findings import Finding
from scallion.insight.metrics.intervals import wilson_interval
from scallion.text_format import percent, plural

_LEAKED = 0.01
_COARSE = 0.05
_UNEVEN, _VERY_UNEVEN = 4, 10


def copies_across_splits(copies: int, held: int, split: str = "validation") -> Finding | None:
    """Held-out images that are training images too, so that scores on them are memory."""
    if not copies:
        return None
    share = copies / held
    are = "is" if copies == 1 else "are"
    return Finding(
        "duplicates-across-splits",
        "error" if share >= _LEAKED else "info",
        f"{copies:,} of the {plural(held, f'{split} image')} ({percent(share)}) {are} among the "
        "training images as well, pixel for pixel"
        + ("; the scores are better than they would be on new ones." if share >= _LEAKED else "."),
        {"copies": copies, "images": held, "split": split},
        "take the copies out of one of the splits, and train again" if share >= _LEAKED else "",
    )


def too_few_to_tell(right: int, total: int) -> Finding | None:
    """A validation set so small that its accuracy hides what one would compare."""
    low, high = wilson_interval(right, total)
    half = (high - low) / 2
    if half <= _COARSE:
        return None
    return Finding(
        "validation-too-small",
        "warning" if half > 2 * _COARSE else "info",
        f"{plural(total, 'validation image')} cannot tell small differences: the accuracy of "
        f"{percent(right / total)} may as well be {percent(low)} or {percent(high)}.",
        {"images": total, "interval": [low, high]},
        "compare nothing that lies closer than that; for 5 points either way "
        f"{plural(_images_for(_COARSE, right / total), 'image')} are enough",
    )


def imbalance(counts: list[int], names: list[str] | None = None) -> Finding | None:
    """Classes of very different size, of which the small ones are easily neglected."""
    present = [count for count in counts if count]
    if len(present) < 2 or max(present) < _UNEVEN * min(present):
        return None
    few, many = counts.index(min(present)), counts.index(max(present))
    called = names or [f"class {place}" for place in range(len(counts))]
    ratio = max(present) / min(present)
    return Finding(
        "imbalance",
        "warning" if ratio >= _VERY_UNEVEN else "info",
        f"The classes are uneven: {called[many]} has {counts[many]:,} training images, "
        f"{called[few]} has {counts[few]:,}, {ratio:.0f} times fewer. "
        "Accuracy alone hides how the small ones fare.",
        {"largest": counts[many], "smallest": counts[few], "ratio": ratio},
        "look at recall per class and at balanced accuracy; class_weight in fit makes up for it",
    )


def _images_for(half: float, share: float) -> int:
    """How many images put an accuracy's 95 % interval at `half` either way, in round figures."""
    exact = 1.96**2 * max(share * (1 - share), 0.01) / half**2
    return int(float(f"{exact:.1g}")) if exact < 100 else 10 * round(exact / 10)
