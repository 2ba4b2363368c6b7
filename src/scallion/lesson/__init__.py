"""Lessons: pages, questions that check themselves, and experiments that answer; all as data."""

from scallion.lazy_imports import lazy_attributes

_HOMES = {
    "Dialogue": ".dialogue",
    "Grade": ".grading",
    "Lesson": ".lesson",
    "Progress": ".answers",
    "Report": ".report",
    "as_notebook": ".notebook",
    "as_page": ".html",
    "check": ".report",
    "find": ".lesson",
    "judge": ".report",
    "names": ".lesson",
    "open_progress": ".answers",
    "read_answers": ".answers",
    "read_lesson": ".lesson",
}

__all__ = sorted(_HOMES)
__getattr__, __dir__ = lazy_attributes("scallion.lesson", _HOMES)
