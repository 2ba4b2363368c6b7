"""Pictures of what layers do to a real image, from numbers that the learner can change."""

from scallion.lesson.figures.drawing import Drawing, Panel
from scallion.lesson.figures.known import change, draw, names, with_defaults

__all__ = ["Drawing", "Panel", "change", "draw", "names", "with_defaults"]
