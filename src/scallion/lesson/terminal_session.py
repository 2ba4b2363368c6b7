"""A lesson as a conversation: pages in order, answers kept after each, to be taken up again."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from scallion.errors import ScallionError
from scallion.lesson import figures
from scallion.lesson.answer_check import grade_answer
from scallion.lesson.grading import prediction_text
from scallion.lesson.lesson import Lesson
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

HELP = """\
At a question: your answer; `skip` to come back to it later; `solution` to be told.
At a figure: a number to change, such as `rate=0.5`; Enter to go on.
Anywhere: `back` one page, `quit` to stop; nothing is lost, the same command goes on."""
ENOUGH = 3  # wrong answers after which `solution` is offered


class Screen(Protocol):
    """What a conversation needs: words out, words in."""

    def show(self, markdown: str) -> None:
        """Text, which is Markdown."""
        ...

    def say(self, words: str) -> None:
        """A plain line."""
        ...

    def code(self, source: str, language: str) -> None:
        """A program."""
        ...

    def figure(self, drawing: figures.LessonFigure) -> None:
        """A picture."""
        ...

    def ask(self, prompt: str) -> str:
        """What is typed. Raises EOFError when nothing more comes."""
        ...


class _QuitError(Exception):
    """The learner stops."""


class _BackError(Exception):
    """The learner wants the page before."""


class TerminalSession:
    """One learner in one lesson. `run_study` runs a study and returns its verdicts in words."""

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
        """Go on from where the learner was, to the end or until it is enough."""
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
            self.screen.say(f"\nKept in {self.progress.path}. The same command goes on from here.")

    def _page(self, page: LessonPage) -> None:
        number = self.progress.page + 1
        step = f" - {page.about.step}" if page.about.step else ""
        self.screen.say(
            f"\npage {number} of {len(self.lesson.pages)}, about {page.about.minutes} min{step}"
        )
        self.screen.show(f"# {page.title}")
        for block in page.blocks:
            self._block(block)
        if number < len(self.lesson.pages):
            self._prompt("Enter for the next page (or back, quit, help)")

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

    def _prompt(self, words: str) -> str:
        """What is typed, after the words that work anywhere have been obeyed."""
        while True:
            typed = self.screen.ask(words).strip()
            match typed.lower():
                case "quit" | "q" | "exit":
                    raise _QuitError
                case "back":
                    raise _BackError
                case "help" | "?":
                    self.screen.say(HELP)
                case _:
                    return typed

    def _figure(self, figure: FigureBlock) -> None:
        numbers = figures.with_defaults(figure.draw, figure.numbers)
        self.screen.figure(figures.draw(figure.draw, numbers))
        for words in filter(None, (figure.about, figure.caption)):
            self.screen.show(words)
        shown = "; ".join(f"{key}={_typed(value)}" for key, value in numbers.items())
        self.screen.say(f"Numbers: {shown}")
        while typed := self._prompt("Change one, or Enter to go on"):
            try:
                changed = figures.change(figure.draw, numbers, typed)
                self.screen.figure(figures.draw(figure.draw, changed))
                numbers = changed
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
            typed = self._prompt(_prompt_of(question))
            if typed.lower() == "skip":
                return
            if typed.lower() == "solution":
                self._solve(question)
                return
            if not typed:
                self.screen.say("An answer, or skip, or solution.")
                continue
            grade = grade_answer(question, typed, self.screen.say)
            self.screen.say(grade.words)
            if grade.right is not False:
                break
            wrong += 1
            if wrong == ENOUGH:
                self.screen.say("(solution shows the answer; skip leaves it for later)")
        self.progress.answers[question.id] = typed
        self.progress.save()
        if question.solution:
            self.screen.show(question.solution)

    def _solve(self, question: AnyQuestion) -> None:
        words, source = solution_of(question)
        self.screen.show(words)
        if source:
            self.screen.code(source, "python")

    def _experiment(self, experiment: ExperimentBlock) -> None:
        from scallion.lesson.lesson import find_study

        minutes = f", about {experiment.minutes:g} min" if experiment.minutes else ""
        self.screen.show(f"**ExperimentBlock:** {experiment.study}{minutes}.")
        typed = self._prompt("Run it now? y, or Enter to go on without")
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
        questions = self.lesson.questions
        open_ones = [name for name in questions if name not in self.progress.answers]
        self.screen.say(f"\nThe end of: {self.lesson.title}")
        if open_ones:
            self.screen.say(f"Not answered yet: {', '.join(open_ones)}")
            self.progress.page = 0
            self.progress.save()
            self.screen.say("The same command begins again, and asks only these.")


def _prompt_of(question: AnyQuestion) -> str:
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


def _typed(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
