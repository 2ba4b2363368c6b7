"""The trials of a study, by grid and by random search."""

from scallion.study.plan import Study
from scallion.study.samplers import make_trials
from scallion.toml_format import read_toml

GOOD = """
title = "Rates"
base = { model = "lesson", epochs = 2 }
[axes]
dropout = [0.0, 0.5]
seed = [1, 2]
"""


def read_study(text: str) -> Study:
    return read_toml(text, Study, "rates.toml")


def test_all_values_are_combined() -> None:
    made = make_trials(read_study(GOOD))
    assert [trial.values for trial in made] == [
        {"dropout": 0.0, "seed": 1},
        {"dropout": 0.5, "seed": 1},
        {"dropout": 0.0, "seed": 2},
        {"dropout": 0.5, "seed": 2},
    ]
    assert len({trial.key for trial in made}) == 4


def test_a_changed_base_makes_other_trials() -> None:
    one, other = (
        make_trials(read_study(GOOD))[0],
        make_trials(read_study(GOOD.replace("epochs = 2", "epochs = 3")))[0],
    )
    assert one.values == other.values
    assert one.key != other.key


def test_random_search_is_reproducible_and_within_the_range() -> None:
    text = GOOD.replace(
        "dropout = [0.0, 0.5]",
        "learning_rate = { low = 1e-4, high = 1e-2, log = true }\n"
        'data = ["mnist", "fashion-mnist"]',
    )
    drawn = make_trials(read_study(text + "[random]\ncount = 30\nseed = 5\n"))
    assert [trial.key for trial in drawn] == [
        trial.key for trial in make_trials(read_study(text + "[random]\ncount = 30\nseed = 5\n"))
    ]
    rates = [trial.values["learning_rate"] for trial in drawn]
    assert len(drawn) == 60
    assert all(1e-4 <= rate <= 1e-2 for rate in rates)
    assert 0.2 < sum(rate < 1e-3 for rate in rates) / 60 < 0.8  # half of them, by log
    assert {trial.values["data"] for trial in drawn} == {"mnist", "fashion-mnist"}


def test_settings_differ_from_arguments_of_layers() -> None:
    text = GOOD.replace("seed = [1, 2]", 'augment = ["none"]')
    settings = make_trials(read_study(text))[1].run_settings("out", ())
    assert (settings.augment, settings.overrides) == ("none", {"dropout": 0.5})
