"""Step plans: texts, revisions and invalid ones."""

from pathlib import Path

import pytest

from scallion.errors import ArgumentError
from scallion.runs import PreparedRun, Settings, StepPlan, StepSchedule, prepare, train
from stripe_runs import STEPS, are_identical


def prepared(data: Path, **settings: object) -> PreparedRun:
    given = {"batch_size": 16, "out": data.parent / "runs", "overrides": {"filters": 4}}
    return prepare(Settings(str(data), **{**given, **settings}))


def test_a_plan_is_read_as_it_is_written() -> None:
    assert StepPlan.of(22).text == 22
    steps = StepPlan.of("22, 7:30,20:28")
    assert (str(steps), steps.count, steps.text) == ("22,7:30,20:28", 28, "22,7:30,20:28")
    assert [steps.planned_at(done) for done in (0, 6, 7, 19, 20, 27)] == [22, 22, 30, 30, 28, 28]
    assert str(steps.revise(20, 21)) == "22,7:30,20:21"
    assert str(steps.revise(3, 9)) == "22,3:9"
    assert steps.revise(0, 9) == StepPlan.of(9)


@pytest.mark.parametrize(
    "asked", [0, -1, True, 2.5, "", "x", "0", "5,", "5,6:8", "5,3:2", "5,0:6", "9,5:8,4:7"]
)
def test_invalid_steps_are_refused(stripes: Path, asked: object) -> None:
    with pytest.raises(ArgumentError, match=r"Received: steps="):
        prepared(stripes, steps=asked)


def test_epochs_and_their_steps_give_identical_runs(stripes: Path) -> None:
    counted, whole = train(prepared(stripes, steps=2 * STEPS)), train(prepared(stripes, epochs=2))
    assert are_identical(counted.run.path, whole.run.path)


def test_steps_decide_the_number_of_epochs(stripes: Path) -> None:
    assert prepared(stripes, steps=15).epochs == 3
    with pytest.raises(ArgumentError, match="Received: steps=15, epochs=2") as caught:
        prepared(stripes, steps=15, epochs=2)
    assert caught.value.hint == "leave out epochs, or steps"


def test_images_of_a_partial_epoch_are_counted(stripes: Path) -> None:
    assert StepSchedule(prepared(stripes, steps=STEPS + 2)).images_seen == 108 + 32
    assert StepSchedule(prepared(stripes, epochs=2)).images_seen == 216
