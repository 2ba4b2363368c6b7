"""Solutions of questions: a text, and for a network a program."""

from scallion.lesson.answers.number_input import format_number
from scallion.lesson.questions import AnyQuestion, BuildQuestion, ChoiceQuestion, NumberQuestion


def solution_of(question: AnyQuestion) -> tuple[str, str]:
    """Return the text of the solution, and a program or an empty string."""
    match question:
        case NumberQuestion():
            right = question.count.arithmetic if question.count else format_number(question.right)
            text = f"**{right}**"
        case ChoiceQuestion():
            text = next(f"**{option.text}**" for option in question.options if option.right)
        case BuildQuestion():
            return question.solution, question.program
        case _:
            text = ""
    return f"{text}\n\n{question.solution}".strip(), ""
