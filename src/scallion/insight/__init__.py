"""What results mean: pure functions of labels, probabilities and histories."""

from scallion.insight.intervals import Interval, wilson

__all__ = ["Interval", "wilson"]
