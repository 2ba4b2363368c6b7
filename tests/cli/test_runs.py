"""`scallion runs`: list, delete and stop runs."""

import json
from pathlib import Path

import pytest

from commands import Command, refused
from scallion.runs import RunFolder


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
        (("verify", "nothere.keras"), "nothere.keras does not exist", "check the name"),
        (("runs", "--sort", "speed"), "unknown order", "did you mean"),
        (("runs", "--in", "nowhere"), "nowhere", "check the name"),
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
