"""Figures of what layers do to an image, with settings that the learner can change."""

from scallion.lesson.figures.lesson_figure import ImagePanel, LessonFigure
from scallion.lesson.figures.registry import change, draw, names, with_defaults

__all__ = ["ImagePanel", "LessonFigure", "change", "draw", "names", "with_defaults"]
