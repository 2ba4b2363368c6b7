"""A lesson in the terminal: pages in order, and answers saved after each."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from scallion.errors import ScallionError
from scallion.lesson import figures
from scallion.lesson.answers.answer_check import grade_answer
from scallion.lesson.answers.grading import prediction_text
from scallion.lesson.lesson import Lesson, find_study
from scallion.lesson.markdown_page import (
    CodeBlock,
    ExperimentBlock,
    FigureBlock,
    LessonPage,
    RecallBlock,
    TextBlock,
)
from scallion.lesson.progress_file import LessonProgress
from scallion.lesson.questions import (
    AnyQuestion,
    BuildQuestion,
    ChoiceQuestion,
    PredictionQuestion,
    RunQuestion,
)
from scallion.lesson.solutions import solution_of

_HELP = """\
At a question: your answer; `skip` to return to it later; `solution` to see the answer.
At a figure: a setting to change, such as `rate=0.5`; Enter to continue.
Anywhere: `back` for the previous page, `quit` to stop. Nothing is lost: the same command continues.
"""
_WRONG_BEFORE_OFFER = 3  # wrong answers, after which `solution` is offered


class Screen(Protocol):
    """The terminal of a session: output of several kinds, and input."""

    def show(self, markdown: str) -> None:
        """Print Markdown."""
        ...

    def say(self, text: str) -> None:
        """Print plain text."""
        ...

    def code(self, source: str, language: str) -> None:
        """Print a program."""
        ...

    def figure(self, figure: figures.LessonFigure) -> None:
        """Print a figure and its text."""
        ...

    def ask(self, prompt: str) -> str:
        """Return a typed line. Raises EOFError at the end of the input."""
        ...


class _QuitError(Exception):
    """The learner stops."""


class _BackError(Exception):
    """The learner wants the previous page."""


class TerminalSession:
    """One learner in one lesson.

    `run_study(path, minutes, questions)` runs a study and returns its answers as Markdown.
    """

    def __init__(
        self,
        lesson: Lesson,
        progress: LessonProgress,
        screen: Screen,
        run_study: Callable[[Path, float | None, list[str]], str],
    ) -> None:
        self.lesson = lesson
        self.progress = progress
        self.screen = screen
        self.run_study = run_study

    def run(self) -> None:
        """Continue from the saved page, until the end or until the learner quits."""
        try:
            while self.progress.page < len(self.lesson.pages):
                try:
                    self._page(self.lesson.pages[self.progress.page])
                    self.progress.page += 1
                except _BackError:
                    self.progress.page = max(0, self.progress.page - 1)
                self.progress.save()
            self._end()
        except (EOFError, _QuitError):
            self.progress.save()
            self.screen.say(f"\nSaved in {self.progress.path}. The same command continues here.")

    def _page(self, page: LessonPage) -> None:
        number = self.progress.page + 1
        step = f" - {page.info.step}" if page.info.step else ""
        self.screen.say(
            f"\npage {number} of {len(self.lesson.pages)}, about {page.info.minutes} min{step}"
        )
        self.screen.show(f"# {page.title}")
        for block in page.blocks:
            self._block(block)
        if number < len(self.lesson.pages):
            self._read_line("Enter for the next page (or back, quit, help)")

    def _block(self, block: object) -> None:
        match block:
            case TextBlock():
                self.screen.show(block.markdown)
            case CodeBlock():
                self.screen.code(block.source, block.language)
            case FigureBlock():
                self._figure(block)
            case ExperimentBlock():
                self._experiment(block)
            case RecallBlock():
                self._recall(block)
            case _:
                self._question(block)  # type: ignore[arg-type]

    def _read_line(self, prompt: str) -> str:
        """Return a typed line that is not one of the words with a meaning anywhere."""
        while True:
            typed = self.screen.ask(prompt).strip()
            match typed.lower():
                case "quit" | "q" | "exit":
                    raise _QuitError
                case "back":
                    raise _BackError
                case "help" | "?":
                    self.screen.say(_HELP.rstrip())
                case _:
                    return typed

    def _figure(self, block: FigureBlock) -> None:
        settings = figures.with_defaults(block.draw, block.settings)
        self.screen.figure(figures.draw(block.draw, settings))
        for text in filter(None, (block.about, block.caption)):
            self.screen.show(text)
        shown = "; ".join(f"{key}={_as_typed(value)}" for key, value in settings.items())
        self.screen.say(f"Settings: {shown}")
        while typed := self._read_line("Change one, or Enter to continue"):
            try:
                changed = figures.change(block.draw, settings, typed)
                self.screen.figure(figures.draw(block.draw, changed))
                settings = changed
            except ScallionError as error:
                self.screen.say(str(error))

    def _question(self, question: AnyQuestion) -> None:
        self.screen.show(f"**Question:** {question.ask}")
        given = self.progress.answers.get(question.id)
        if given is not None:
            self.screen.say(f"You have answered: {given}")
            return
        for line in _options(question):
            self.screen.say(line)
        wrong = 0
        while True:
            typed = self._read_line(_prompt(question))
            if typed.lower() == "skip":
                return
            if typed.lower() == "solution":
                self._solve(question)
                return
            if not typed:
                self.screen.say("Type an answer, or skip, or solution.")
                continue
            grade = grade_answer(question, typed, self.screen.say)
            self.screen.say(grade.text)
            if grade.right is not False:
                break
            wrong += 1
            if wrong == _WRONG_BEFORE_OFFER:
                self.screen.say("(solution shows the answer; skip leaves it for later)")
        self.progress.answers[question.id] = typed
        self.progress.save()
        if question.solution:
            self.screen.show(question.solution)

    def _solve(self, question: AnyQuestion) -> None:
        text, program = solution_of(question)
        self.screen.show(text)
        if program:
            self.screen.code(program, "python")

    def _experiment(self, experiment: ExperimentBlock) -> None:
        minutes = f", about {experiment.minutes:g} min" if experiment.minutes else ""
        self.screen.show(f"**Experiment:** {experiment.study}{minutes}.")
        typed = self._read_line("Run it now? y, or Enter to continue without it")
        if typed.lower() not in ("y", "yes", "j", "ja"):
            return
        try:
            path = find_study(self.lesson, experiment)
            self.screen.show(self.run_study(path, experiment.minutes, experiment.questions))
        except ScallionError as error:
            self.screen.say(str(error))

    def _recall(self, recall: RecallBlock) -> None:
        question = self.lesson.questions[recall.prediction]
        given = self.progress.answers.get(recall.prediction)
        if given is not None and isinstance(question, PredictionQuestion):
            self.screen.show(f"*You expected: {prediction_text(question, given)}*")

    def _end(self) -> None:
        unanswered = [name for name in self.lesson.questions if name not in self.progress.answers]
        self.screen.say(f"\nThe end of: {self.lesson.title}")
        if unanswered:
            self.screen.say(f"Not answered yet: {', '.join(unanswered)}")
            self.progress.page = 0
            self.progress.save()
            self.screen.say("The same command begins again, and asks only these questions.")


def _prompt(question: AnyQuestion) -> str:
    match question:
        case ChoiceQuestion():
            return "Your choice"
        case PredictionQuestion():
            return "What do you expect?"
        case BuildQuestion():
            return "Your Python file with `model` in it"
        case RunQuestion():
            return "The folder of your run"
        case _:
            return "Your number"


def _options(question: AnyQuestion) -> list[str]:
    texts: list[str] = []
    if isinstance(question, ChoiceQuestion):
        texts = [option.text for option in question.options]
    elif isinstance(question, PredictionQuestion):
        texts = question.options
    return [
        f"  {letter}) {text}"
        for letter, text in zip("abcdefghijklmnopqrstuvwxyz", texts, strict=False)
    ]


def _as_typed(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
