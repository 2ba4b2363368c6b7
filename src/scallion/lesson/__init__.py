"""Lessons: pages, questions that check themselves, and experiments that answer; all as data."""

from importlib import import_module
from typing import Any

_HOMES = {
    "Dialogue": "dialogue",
    "Grade": "grading",
    "Lesson": "lesson",
    "Progress": "answers",
    "Report": "report",
    "as_notebook": "notebook",
    "as_page": "html",
    "check": "report",
    "find": "lesson",
    "judge": "report",
    "names": "lesson",
    "open_progress": "answers",
    "read_answers": "answers",
    "read_lesson": "lesson",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(f"scallion.lesson.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
    from scallion.errors import unknown_attribute

    raise unknown_attribute("scallion.lesson", name, __all__)


def __dir__() -> list[str]:
    return __all__
