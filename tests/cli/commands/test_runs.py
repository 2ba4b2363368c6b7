"""`scallion runs`: list, delete and stop runs."""

import json
import re
import shutil
from pathlib import Path

import pytest

from commands import Command, refused
from scallion.runs import RunFolder
from scallion.runs.folder.listing import STATUSES


def test_runs_are_listed(beside_runs: Command) -> None:
    output = beside_runs("runs", "--sort", "name")
    assert output.code == 0
    assert "runs/stripes-1" in output.out
    listed = json.loads(beside_runs("runs", "--json", "--data", "stripes").out)["runs"]
    assert [entry["run"] for entry in listed] == ["runs/stripes-1", "runs/stripes-2"]
    assert beside_runs("runs", "--model", "lesson").out == "There are no such runs in runs.\n"


def test_a_run_is_removed(beside_runs: Command, saved_runs: Path) -> None:

    extra = RunFolder.create(saved_runs / "others", "mnist", {"config.json": {}})
    output = beside_runs("runs", "rm", extra.path)
    assert (output.code, output.out) == (0, f"deleted {extra.path}\n")
    assert not extra.path.exists()


def test_only_a_running_training_is_cancelled(beside_runs: Command) -> None:
    output = beside_runs("runs", "cancel", "runs/stripes-1")
    refused(output, "is not being trained", "scallion runs lists all runs")


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (("evaluate", "nowhere"), "is not a run folder", "name a folder"),
        (("evaluate", "runs/stripes-1", "--split", "tset"), "unknown split", "did you mean 'test'"),
        (("predict", "runs/stripes-1", "nothere.png"), "nothere.png does not exist", "check"),
        (("compare", "runs/stripes-1"), "takes two or more different runs", "scallion compare"),
        (("verify", "nothere.keras"), "nothere.keras does not exist", "hint:"),
        (("runs", "--sort", "speed"), "unknown order", "did you mean"),
        (("runs", "--in", "nowhere"), "nowhere", "hint:"),
        (("runs", "rm", "photos"), "is not a run folder", "name a folder"),
    ],
)
def test_mistakes_end_with_a_hint(
    beside_runs: Command, arguments: tuple[str, ...], message: str, hint: str
) -> None:
    output = beside_runs(*arguments)
    assert (output.code, output.out) == (2, "")
    assert message in output.err
    assert hint in output.err
    assert "Traceback" not in output.err


@pytest.mark.parametrize("width", [100, 60, 45, 30])
def test_a_narrow_terminal_shows_whole_words(
    beside_runs: Command, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    out = re.sub("\x1b\\[[0-9;]*m", "", beside_runs("runs").out)
    assert "runs/stripes-1" in out
    assert "finished" in out
    assert max(map(len, out.splitlines())) <= width


def test_a_damaged_run_is_listed_with_the_reason(
    beside_runs: Command, saved_runs: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(saved_runs / "runs", home)
    evaluation = home / "stripes-1" / "evaluation.json"
    evaluation.write_text(evaluation.read_text().replace('"finished"', "7"))
    output = beside_runs("runs", "--in", home)
    assert output.code == 0
    problem = f"{evaluation} is damaged: expected `str`, got `int`, in `status`"
    # A long path is wrapped anywhere.
    assert "".join(problem.split()) in "".join(output.out.split())
    assert "finished" in output.out
    listed = json.loads(beside_runs("runs", "--in", home, "--json").out)["runs"]
    assert sorted(run["problem"] != "" for run in listed) == [False, True]


def test_no_runs_yet_is_no_error(run: Command) -> None:
    output = run("runs")
    assert output.code == 0
    assert output.out == "There are no runs in runs yet. Train one with: scallion train\n"
    assert json.loads(run("runs", "--json").out) == {"runs": []}
    refused(run("runs", "--in", "nope"), "cannot read nope", "check the name")


def test_the_help_names_every_status(run: Command) -> None:
    out = run("runs", "--help").out
    assert all(status in out for status in STATUSES)
