"""Careless and hostile study files: every error is one of ours, before anything is trained."""

import random
from typing import Any

import pytest

from scallion import study as studies
from scallion.errors import DataError, ScallionError, UnknownNameError
from scallion.study import plan
from scallion.study.answers.study_answers import answer_questions
from scallion.study.plan import Study
from scallion.study.results import TrialResult
from scallion.study.results_table import results_table
from scallion.study.samplers import make_trials, values_by_priority
from scallion.study.scheduler import check_study
from scallion.study.time_budget import select_trials
from scallion.toml_format import read_toml

GOOD = """
title = "Rates"
base = { data = "fashion-mnist", model = "lesson-dropout", epochs = 2 }
measures = ["precision"]
[axes]
dropout = [0.0, 0.5]
learning_rate = [0.01, 0.001]
[budget]
minutes = 5
keep_first.dropout = [0.5]
[stop]
after = 2
below = 0.3
[[questions]]
id = "best"
ask = "Which is best?"
kind = "compare"
axis = "dropout"
"""
VALUES = (
    *('"x"', '""', '"\\u0000"', "0", "-1", "1.5", "nan", "inf", "-inf", "true", "[]", "[[]]", "{}"),
    *("1979-05-27", "[1, 1]", '["a", 1]', "1e400", "9" * 400, '"' + "n" * 400 + '"', "{ a = 1 }"),
    *("[" * 3000 + "]" * 3000, "[nan]", "[true, false]", "{ low = 1, high = inf, log = true }"),
)
HISTORY = ("epoch", "loss", "val_loss", "accuracy", "val_accuracy", "precision", "val_precision")
WORDS = ("dropout", "learning_rate", "seed", "data", "model", "epochs", "axes", "budget", "stop")


def use(text: str) -> None:
    """Do everything with a study's file but training."""
    study = read_toml(text, Study, "x.toml")
    trials = make_trials(study)
    check_study(study)
    for axis in ("seed", *study.axes):
        values_by_priority(study, axis)
    select_trials(study, trials, lambda _: 30.0, 60.0, [0.0])
    history = {name: [0.5, 0.25] for name in HISTORY}
    results = [TrialResult(trial.values, history) for trial in trials[:8]]
    results_table(study, results)
    answer_questions(study, results)


def mutate(text: str, draw: random.Random) -> str:
    """Return the text with one to three random edits."""
    for _ in range(draw.randint(1, 3)):
        lines = text.split("\n")
        number = draw.randrange(len(lines))
        name, equals, _ = lines[number].partition("=")
        kind = draw.randrange(6)
        if kind < 2 and equals:
            lines[number] = f"{name}= {draw.choice(VALUES)}"
        elif kind == 2:
            lines[number] = lines[number].replace(draw.choice(WORDS), draw.choice(WORDS))
        elif kind == 3:
            lines.pop(number)
        elif kind == 4:
            lines.insert(number, draw.choice(lines))
        else:
            place = draw.randrange(len(text))
            text = text[:place] + draw.choice('"[]{}=.,\n#\x00é9e-') + text[place + 1 :]
            continue
        text = "\n".join(lines)
    return text


def check(seed: int) -> None:
    text = mutate(GOOD, random.Random(seed))
    try:
        use(text)
    except ScallionError:
        return
    except Exception as error:
        pytest.fail(f"seed {seed}: {type(error).__name__}: {error}\n{text}")


def test_a_good_study_is_accepted() -> None:
    use(GOOD)
    use("\ufeff" + GOOD)


@pytest.mark.parametrize("name", plan.names())
def test_the_studies_of_the_package_are_accepted(name: str) -> None:
    check_study(studies.find(name).study)


def test_random_edits_are_errors_of_ours() -> None:
    for seed in range(300):
        check(seed)


@pytest.mark.slow
def test_many_random_edits_are_errors_of_ours() -> None:
    for seed in range(1000, 21_000):
        check(seed)


@pytest.mark.parametrize(
    ("old", "new", "message", "hint"),
    [
        ("learning_rate =", "learnig_rate =", "'learnig_rate'", "did you mean 'learning_rate'?"),
        ("model =", "modell =", "[base]: unknown setting", "did you mean 'model'?"),
        ("[0.01, 0.001]", "[0.01, inf]", "finite numbers", "dropout = "),
        ("[0.01, 0.001]", "[0.01, 0.0]", "the learning rate is a number above 0", "0.001"),
        ("epochs = 2", "epochs = 0", "epochs is an integer", "epochs=20"),
        ('"fashion-mnist"', '"fashion-mnits"', "unknown data set", "did you mean 'fashion-mnist'?"),
        ("minutes = 5", "minutes = -5", "`float` > 0", "docs"),
        ('["precision"]', '["precison"]', "unknown metric", "did you mean 'precision'?"),
        ('"compare"', '"compare"\nmeasure = "acuracy"', "unknown measure", "'accuracy'?"),
        (
            "[axes]",
            "[random]\ncount = 999999\n[axes]\nseed = [1, 2]",
            "at most 100,000 runs",
            "[ra",
        ),
        ("[0.0, 0.5]", "[" * 5000 + "]" * 5000, "nested too deeply", "lists of numbers"),
    ],
)
def test_a_fault_is_named_before_anything_is_trained(
    old: str, new: str, message: str, hint: str
) -> None:
    assert old in GOOD
    with pytest.raises(ScallionError) as caught:
        use(GOOD.replace(old, new, 1))
    assert isinstance(caught.value, DataError | UnknownNameError | ValueError)
    assert message in caught.value.message
    assert hint in str(caught.value.hint)


def test_a_time_limit_needs_no_seeds() -> None:
    study: Any = read_toml(GOOD, Study, "x.toml")
    assert values_by_priority(study, "seed") == []
    kept, dropped = select_trials(study, make_trials(study), lambda _: 30.0, 60.0, [0.0])
    assert (len(kept), dropped) == (4, {})
