"""The exported notebook: its form, and that its programs run from top to bottom."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import scallion
from scallion import lesson
from scallion.errors import UnknownNameError
from scallion.layers import Dense, Flatten, Input
from scallion.lesson.questions import BuildQuestion
from scallion.models import Sequential

SOURCE = Path(scallion.__file__).parents[1]


@pytest.fixture
def notebook():
    return json.loads(lesson.to_notebook(lesson.find("onions")))


def test_the_notebook_follows_jupyters_format(notebook) -> None:
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)


def test_solutions_are_folded(notebook) -> None:
    text = "".join(cell["source"] for cell in notebook["cells"])
    assert text.count("<details>") >= 15
    assert "307300" in text
    assert "36,138" in text


def test_a_program_that_cannot_run_is_text(notebook) -> None:
    broken = [c for c in notebook["cells"] if "x is used before there is any" in c["source"]]
    assert [cell["cell_type"] for cell in broken] == ["markdown"]


def test_no_question_is_announced_twice(notebook) -> None:
    text = "\n".join(cell["source"] for cell in notebook["cells"])
    assert "**Question.** **" not in text
    assert "\n**Question 3.** Will the network have more parameters" in text


def test_every_question_has_a_cell_that_checks_the_answer(notebook) -> None:
    code = [c["source"] for c in notebook["cells"] if c["cell_type"] == "code"]
    checks = [source for source in code if source.startswith("check(")]
    questions = lesson.find("onions").questions
    assert [source.split("'")[1] for source in checks] == list(questions)
    scope: dict[str, object] = {}
    exec(next(source for source in code if "lesson.checker" in source), scope)
    for source in checks:
        assert "put your answer in place of ..." in repr(eval(source.split("#")[0], scope))
    check = scope["check"]
    assert repr(check("precision", 0.8)).startswith("Right")
    assert repr(check("precision", "80 / 100")).startswith("Right")
    assert "As a fraction" in repr(check("precision", 80))
    assert "The new layer adds 9,248" in repr(check("more-or-fewer", "a"))
    with pytest.raises(UnknownNameError, match="'precison'"):
        check("precison", 1)


def test_a_network_of_the_notebook_is_checked(notebook) -> None:
    check = lesson.checker("onions")
    question = next(q for q in check.lesson.questions.values() if isinstance(q, BuildQuestion))
    model = Sequential([Input((32, 32, 3)), Flatten(), Dense(10)])
    grade = check(question.id, model).grade
    assert grade is not None
    assert grade.right is False
    assert grade.reason


@pytest.mark.slow
def test_the_programs_run_from_top_to_bottom(notebook, tmp_path) -> None:
    """As Jupyter would run them, but for the studies, which have tests of their own."""
    code = [c["source"] for c in notebook["cells"] if c["cell_type"] == "code"]
    assert sum("study.run(" in source for source in code) == 3
    program = "\n\n".join(source for source in code if "study.run(" not in source)
    (tmp_path / "onions.py").write_text(program)
    done = subprocess.run(
        [sys.executable, "onions.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "784*10 + 10 = 7850" in done.stdout
    assert "(60000, 28, 28) (10000, 28, 28) (60000,) (10000,)" in done.stdout
    assert "Total params: 36,138" in done.stdout
