"""Pictures of what layers do to a real image, from numbers that the learner can change."""

from scallion.lesson.figures.lesson_figure import ImagePanel, LessonFigure
from scallion.lesson.figures.registry import change, draw, names, with_defaults

__all__ = ["LessonFigure", "ImagePanel", "change", "draw", "names", "with_defaults"]
