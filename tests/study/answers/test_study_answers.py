"""Answers follow from the results: opposite results give opposite texts."""

import copy

import pytest

from scallion.study import plan
from scallion.study.answers.study_answers import StudyAnswer, answer_questions
from scallion.study.results import TrialResult

STUDY = plan.find("onions-exercise-2").study
EPOCHS = 20
RATES = (0.0, 0.2, 0.5, 0.8)


def curve(start: float, end: float) -> list[float]:
    step = (end - start) / (EPOCHS - 1)
    return [start + step * epoch for epoch in range(EPOCHS)]


def valley(start: float, bottom: float, end: float) -> list[float]:
    """Down for seven epochs, then up."""
    down = [start + (bottom - start) * epoch / 7 for epoch in range(7)]
    return down + [bottom + (end - bottom) * epoch / 12 for epoch in range(13)]


def runs(**changes) -> list[TrialResult]:
    """Invented runs of the study: the network overfits, and dropout reduces that.

    Each change takes (data, rate) and gives a column of the history.
    """
    columns = {
        "accuracy": lambda _data, rate: curve(0.7, 0.97 - rate / 10),
        "precision": lambda _data, _rate: curve(0.9, 0.999),  # of the training images: not used
        "recall": lambda _data, _rate: curve(0.2, 0.999),
        "val_accuracy": lambda _data, rate: curve(0.7, 0.9 - 0.1 * (rate > 0.5)),
        "val_loss": lambda _data, rate: valley(0.9, 0.3, 0.6) if rate == 0 else curve(0.9, 0.35),
        "val_precision": lambda _data, _rate: curve(0.75, 0.905),
        "val_recall": lambda _data, _rate: curve(0.6, 0.895),
        **changes,
    }
    made = []
    for data in ("fashion-mnist", "mnist"):
        for rate in RATES:
            for seed in (1, 2, 3):
                history = {
                    name: [value + 0.0004 * (seed - 2) for value in column(data, rate)]
                    for name, column in columns.items()
                }
                values = {"data": data, "dropout": rate, "seed": seed}
                made.append(TrialResult(values, history))
    return made


def verdict(name: str, **changes) -> StudyAnswer:
    return {found.id: found for found in answer_questions(STUDY, runs(**changes))}[name]


def test_all_four_questions_of_the_exercise_are_answered() -> None:
    found = answer_questions(STUDY, runs())
    assert [one.id for one in found] == [
        "accuracy",
        "precision-and-recall",
        "overfitting",
        "dropout",
    ]
    for one in found:
        assert "Fashion-MNIST: " in one.text
        assert "\nMNIST: " in one.text


@pytest.mark.parametrize(
    ("question", "column", "one", "text", "other", "opposite"),
    [
        (
            *("accuracy", "val_accuracy"),
            *(lambda _d, _r: curve(0.7, 0.9), "It still rises in the second half"),
            *(lambda _d, _r: curve(0.9, 0.7), "It falls in the second half"),
        ),
        (
            *("accuracy", "val_accuracy"),
            *(
                lambda d, _r: curve(0.5, 0.9 + 0.08 * (d == "mnist")),
                "For MNIST the accuracy is higher",
            ),
            *(
                lambda d, _r: curve(0.5, 0.9 - 0.08 * (d == "mnist")),
                "For MNIST the accuracy is lower",
            ),
        ),
        (
            *("precision-and-recall", "val_precision"),
            *(lambda _d, _r: curve(0.7, 0.915), "Precision is higher than recall, by 2.0 points"),
            *(lambda _d, _r: curve(0.7, 0.875), "Precision is lower than recall, by 2.0 points"),
        ),
        (
            *("precision-and-recall", "val_recall"),
            *(
                lambda _d, _r: curve(0.6, 0.9),
                "From the first epoch to the last recall rises by 30.0",
            ),
            *(
                lambda _d, _r: curve(0.9, 0.6),
                "From the first epoch to the last recall falls by 30.0",
            ),
        ),
        (
            *("overfitting", "val_loss"),
            *(lambda _d, _r: valley(0.9, 0.3, 0.6), "It overfits strongly"),
            *(
                lambda _d, _r: curve(0.9, 0.3),
                "It does not overfit so far: the validation loss still",
            ),
        ),
        (
            *("overfitting", "accuracy"),
            *(lambda _d, _r: curve(0.7, 0.99), "the training accuracy is higher"),
            *(lambda _d, _r: curve(0.7, 0.85), "the training accuracy is lower"),
        ),
        (
            *("dropout", "val_loss"),
            *(
                lambda _d, r: curve(0.9, 0.6 - 0.2 * r),
                "dropout 0.5, compared with none, the loss in the last epoch falls by 0.100",
            ),
            *(
                lambda _d, r: curve(0.9, 0.6 + 0.2 * r),
                "dropout 0.5, compared with none, the loss in the last epoch rises by 0.100",
            ),
        ),
        (
            *("dropout", "val_accuracy"),
            *(lambda _d, r: curve(0.5, 0.8 + r / 10), "dropout 0.8, compared with none"),
            *(lambda _d, r: curve(0.5, 0.8 - r / 10), "at 0.8 it is lower by 8.0 points"),
        ),
    ],
)
def test_opposite_results_give_opposite_texts(question, column, one, text, other, opposite) -> None:
    first, second = verdict(question, **{column: one}), verdict(question, **{column: other})
    assert text in first.text
    assert opposite in second.text
    assert opposite not in first.text
    assert [c.sign for c in first.statements] != [c.sign for c in second.statements]


def test_accuracy_rises_or_falls_with_the_rate() -> None:
    up = verdict("dropout", val_accuracy=lambda _d, r: curve(0.5, 0.8 + r / 10)).text
    down = verdict("dropout", val_accuracy=lambda _d, r: curve(0.5, 0.8 - r / 10)).text
    assert up.count("the best accuracy rises by") == down.count("the best accuracy falls by") == 6
    assert "Accuracy is best at 0.8 (88.0 %)" in up
    assert "Accuracy is best at none (80.0 %)" in down


def test_differences_within_the_noise_have_no_direction() -> None:
    found = runs()
    for result in found:
        noise = {1: 0.2, 2: -0.2, 3: 0.0}[result.values["seed"]] * (result.values["dropout"] > 0)
        result.history["val_loss"][-1] = 0.6 + noise
    text = {one.id: one for one in answer_questions(STUDY, found)}["dropout"].text
    assert "the loss in the last epoch does not change significantly" in text


def test_one_seed_gives_no_interval() -> None:
    single = [result for result in runs() if result.values["seed"] == 1]
    found = {one.id: one for one in answer_questions(STUDY, single)}
    assert "(one run)" in found["dropout"].text
    assert "one run cannot show whether that is chance" in found["overfitting"].text
    assert {claim.sign for one in found.values() for claim in one.statements} == {0}


def test_without_runs_nothing_is_stated() -> None:
    assert all(
        one.text == "No finished run can answer this." for one in answer_questions(STUDY, [])
    )


def test_missing_precision_is_reported() -> None:
    found = runs()
    for result in found:
        del result.history["val_precision"]
    text = {one.id: one for one in answer_questions(STUDY, found)}["precision-and-recall"].text
    assert "were not measured" in text


@pytest.mark.parametrize(
    ("elsewhere", "text"),
    [(-0.5, "by less than on CIFAR-10"), (-0.05, "by more than on CIFAR-10")],
)
def test_an_effect_is_compared_with_one_measured_elsewhere(elsewhere, text) -> None:
    study = copy.deepcopy(STUDY)
    ask = next(one for one in study.questions if one.id == "dropout")
    ask.beside = {"CIFAR-10": plan.ReferenceValue(elsewhere, "ours")}
    # From 0.6 to 0.35 in the last epoch: a quarter lower.
    found = {one.id: one for one in answer_questions(study, runs())}["dropout"].text
    assert text in found
    assert f"dropout 0.2 changes it by -0.250 here, {elsewhere:+.3f} there (ours)" in found


def test_finished_runs_of_one_epoch_are_compared(tmp_path) -> None:
    file = tmp_path / "tuned.toml"
    file.write_text(
        'title = "Tuned"\n[base]\ndata = "mnist"\nmodel = "pretrained"\n'
        '[axes]\nepochs = [0, 1]\n[[questions]]\nid = "tuning"\n'
        'ask = "Does it help?"\nkind = "compare"\naxis = "epochs"\n'
    )
    study = plan.find(str(file)).study
    columns = ("accuracy", "val_accuracy", "val_loss")

    def answer(status: str) -> str:
        frozen = TrialResult({"epochs": 0}, {name: [0.5] for name in columns}, status)
        tuned = TrialResult({"epochs": 1}, {name: [0.5, 0.8] for name in columns})
        return answer_questions(study, [frozen, tuned])[0].text

    assert "The best accuracy is 80.0 %" in answer("finished")
    assert answer("pruned") == "No finished run can answer this."
