"""Lessons: pages, questions that check themselves, and experiments that answer; all as data."""

from scallion.lazy_imports import lazy_attributes

_HOMES = {
    "TerminalSession": ".terminal_session",
    "Grade": ".grading",
    "Lesson": ".lesson",
    "LessonProgress": ".progress_file",
    "AnswerReport": ".answer_check",
    "to_notebook": ".notebook",
    "to_html": ".html_page",
    "check": ".answer_check",
    "find": ".lesson",
    "grade_answer": ".answer_check",
    "names": ".lesson",
    "open_progress": ".progress_file",
    "read_answers": ".progress_file",
    "read_lesson": ".lesson",
}

__all__ = sorted(_HOMES)
__getattr__, __dir__ = lazy_attributes("scallion.lesson", _HOMES)
