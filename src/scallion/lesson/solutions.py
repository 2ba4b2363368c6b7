"""The answer to a question, in words and where it is a network as a program."""

from scallion.lesson.number_input import format_number
from scallion.lesson.questions import AnyQuestion, BuildQuestion, ChoiceQuestion, NumberQuestion


def solution_of(question: AnyQuestion) -> tuple[str, str]:
    """The words of the solution, and a program where there is one, else an empty text."""
    match question:
        case NumberQuestion():
            right = question.count.arithmetic if question.count else format_number(question.right)
            words = f"**{right}**"
        case ChoiceQuestion():
            words = next(f"**{option.text}**" for option in question.options if option.right)
        case BuildQuestion():
            return question.solution, question.program
        case _:
            words = ""
    return f"{words}\n\n{question.solution}".strip(), ""
