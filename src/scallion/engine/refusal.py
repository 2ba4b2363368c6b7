"""Refusals: entries of the tables of operations for what an engine does not compute."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """The reason why an engine does not compute something, as its error message gives it."""

    reason: str
