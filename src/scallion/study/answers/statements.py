"""What a verdict is made of: claims with their numbers, and how numbers are said."""

from dataclasses import dataclass

from scallion.study.answers.statistics import Estimate

POINTS = frozenset({"accuracy", "final_accuracy", "gap", "precision", "recall"})


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that the numbers say about a subject. `sign` is 0 where they cannot tell."""

    subject: str
    about: str
    sign: int
    estimate: Estimate
    words: str


def amount(found: Estimate, name: str) -> str:
    """How much, where the direction is said already; with its sign where there is none to say."""
    if not found.said:
        return change(found, name)
    low = None if found.high is None else -found.high
    high = None if found.low is None else -found.low
    flipped = Estimate(-found.mean, low, high, found.count)
    return _plain(found if found.said > 0 else flipped, name)


def change(found: Estimate, name: str) -> str:
    return _plain(found, name, "+")


def _plain(found: Estimate, name: str, sign: str = "") -> str:
    """A mean with its unit and interval."""
    scale, digits, unit = (100, 1, " points") if name in POINTS else (1, 3, "")
    text = f"{scale * found.mean:{sign}.{digits}f}{unit}"
    if found.low is None or found.high is None:
        return f"{text} (one run)" if found.count == 1 else text
    low, high = scale * found.low, scale * found.high
    return (
        f"{text} (95 % over {found.count} runs: {low:{sign}.{digits}f} to {high:{sign}.{digits}f})"
    )


def reached(found: Estimate, name: str) -> str:
    """A value itself, with its interval."""
    if name not in POINTS:
        return _plain(found, name)
    return _plain(found, name).replace(" points", " %")
