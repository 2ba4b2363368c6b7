"""Lessons as data: pages, questions with hints, figures with settings, experiments."""

from scallion.lazy_imports import lazy_attributes

_HOMES = {
    "AnswerReport": ".answers.answer_check",
    "Grade": ".answers.grading",
    "Lesson": ".lesson",
    "LessonProgress": ".progress_file",
    "TerminalSession": ".terminal_session",
    "check_answers": ".answers.answer_check",
    "checker": ".answers.notebook_check",
    "find": ".lesson",
    "grade_answer": ".answers.answer_check",
    "names": ".lesson",
    "open_progress": ".progress_file",
    "read_answers": ".progress_file",
    "read_lesson": ".lesson",
    "to_html": ".html_page",
    "to_notebook": ".notebook",
}

__all__ = sorted(_HOMES)
__getattr__, __dir__ = lazy_attributes("scallion.lesson", _HOMES)
