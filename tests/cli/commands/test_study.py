"""`scallion study` as it is typed, on runs that are written by hand."""

import json
from pathlib import Path

import msgspec
import pytest

from commands import Command, command
from scallion.study.plan import Study
from scallion.study.results import TrialRecord
from scallion.study.samplers import make_trials
from scallion.toml_format import read_toml

TEXT = """
title = "Two rates"
[axes]
dropout = [0.0, 0.5]
seed = [1, 2, 3]
[[questions]]
id = "rate"
ask = "Which rate is best?"
kind = "compare"
axis = "dropout"
"""


def history(best: float) -> str:
    rows = [f"{n},0.5,{best - 0.1},0.6,{best - 0.3 + 0.1 * n}" for n in (1, 2, 3)]
    return "\n".join(["epoch,loss,accuracy,val_loss,val_accuracy", *rows, ""])


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    Path("rates.toml").write_text(TEXT)

    return command(monkeypatch, capsys, "study")


@pytest.fixture
def finished(run):
    """The folder that all six runs leave: with dropout 0.5 it is 5 points better."""
    folder = Path("studies/rates")
    (folder / "trials").mkdir(parents=True)
    (folder / "study.toml").write_text(TEXT)
    for trial in make_trials(read_toml(TEXT, Study, "rates.toml")):
        best = 0.8 + 0.1 * trial.values["dropout"] + 0.001 * trial.values["seed"]
        (folder / "runs" / trial.key).mkdir(parents=True)
        (folder / "runs" / trial.key / "history.csv").write_text(history(best))
        kept = TrialRecord(
            format_version=1,
            values=trial.values,
            settings=trial.settings,
            run=trial.key,
            status="finished",
            epochs=3,
            seconds=1.5,
        )
        (folder / "trials" / f"{trial.key}.json").write_bytes(msgspec.json.encode(kept))
    return folder


def test_studies_are_listed(run) -> None:
    code, out, _ = run()
    assert code == 0
    assert "onions-exercise-2: Networks are like onions, exercise 2, 24 runs" in out
    assert "Start with: scallion study run " in out


def test_show_prints_table_and_answers_and_draws(run, finished) -> None:
    code, out, _ = run("show", "rates.toml")
    assert code == 0
    assert "6 of 6 runs, in studies/rates" in out
    assert "0.0      3     80.2 +-0.2" in out
    assert "85.2 +-0.2" in out
    assert "With dropout 0.0 it is lower, -5.0 points" in out
    assert (finished / "study.png").read_bytes().startswith(b"\x89PNG")


def test_a_finished_study_runs_nothing(run, finished) -> None:
    code, out, err = run("run", "rates.toml")
    assert code == 0
    assert err == "6 of 6 runs are already finished\n"
    assert "Which rate is best?" in out


def test_answers_are_printed_as_json(run, finished) -> None:
    code, out, _ = run("show", "rates", "--json")
    shown = json.loads(out)
    assert code == 0
    assert (shown["runs"], shown["planned"]) == (6, 6)
    statements = shown["answers"]["rate"]["statements"]
    assert [(found["subject"], found["sign"]) for found in statements] == [("", 0), ("", -1)]
    assert shown["figure"] == "studies/rates/study.png"


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (("run", "onions-exercise"), "unknown study", "did you mean 'onions-exercise-2'?"),
        (("run", "nothere.toml"), "nothere.toml does not exist", "check the name and the folder"),
        (("show", "rates.toml"), "the study rates has not been run", "scallion study run"),
        (("run", "bad.toml"), "bad.toml: object contains unknown field `axis`", "its fields are"),
    ],
)
def test_mistakes_end_with_exit_code_2_and_a_hint(run, arguments, message, hint) -> None:
    Path("bad.toml").write_text('title = "x"\n[axis]\nseed = [1]\n')
    code, out, err = run(*arguments)
    assert code == 2
    assert out == ""
    assert message in err
    assert f"hint: {hint}" in err
    assert "Traceback" not in err


def test_a_damaged_trial_is_named(run, finished) -> None:
    broken = next((finished / "trials").glob("*.json"))
    broken.write_text("{")
    code, _, err = run("show", "rates")
    assert code == 2
    assert f"{broken} is damaged" in err
    assert f"hint: delete {broken.name}" in err


def test_a_stopped_study_says_how_to_continue(
    run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("scallion.study.run", stop)
    output = run("run", "onions-exercise-2")
    assert output.code == 130
    assert "finished runs are kept, and the same command continues" in output.err
