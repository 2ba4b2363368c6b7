"""Statements, of which answers consist, and how estimates are formatted in them."""

from dataclasses import dataclass

from scallion.study.answers.statistics import Estimate

POINTS = frozenset({"accuracy", "final_accuracy", "gap", "precision", "recall"})  # in percent


@dataclass(frozen=True, slots=True)
class Statement:
    """One result about a subject, such as a data set, with its estimate.

    `sign` is 0 if the runs cannot show a direction; `about` names the quantity.
    """

    subject: str
    about: str
    sign: int
    estimate: Estimate
    text: str


def format_size(found: Estimate, measure: str) -> str:
    """Format a difference without its sign, which the text states; with it if there is none."""
    if not found.direction:
        return format_change(found, measure)
    return _format(found if found.direction > 0 else -found, measure)


def format_change(found: Estimate, measure: str) -> str:
    """Format a difference with its sign."""
    return _format(found, measure, "+")


def format_level(found: Estimate, measure: str) -> str:
    """Format a value, not a difference."""
    text = _format(found, measure)
    return text.replace(" points", " %") if measure in POINTS else text


def _format(found: Estimate, measure: str, sign: str = "") -> str:
    """Format a mean with its unit and interval."""
    scale, digits, unit = (100, 1, " points") if measure in POINTS else (1, 3, "")
    text = f"{scale * found.mean:{sign}.{digits}f}{unit}"
    if found.low is None or found.high is None:
        return f"{text} (one run)" if found.count == 1 else text
    low, high = (f"{scale * end:{sign}.{digits}f}" for end in (found.low, found.high))
    return f"{text} (95 % over {found.count} runs: {low} to {high})"
