"""`scallion diagnose`: findings about a run, and their exit codes."""

import json

from commands import Command, refused


def test_findings_are_printed_with_suggestions(beside_runs: Command) -> None:
    output = beside_runs("diagnose", "runs/stripes-1")
    assert output.code == 0
    assert "validation-too-small" in output.out


def test_findings_as_json_and_exit_code_agree(beside_runs: Command) -> None:
    output = beside_runs("diagnose", "runs/stripes-1", "--json", "--fail-on", "info")
    found = json.loads(output.out)
    assert found["run"] == "runs/stripes-1"
    assert set(found["findings"][0]) == {"code", "severity", "sentence", "evidence", "advice"}
    assert output.code == 1


def test_an_unknown_severity_suggests_the_nearest(beside_runs: Command) -> None:
    output = beside_runs("diagnose", "runs/stripes-1", "--fail-on", "warnings")
    refused(output, "unknown severity", "did you mean 'warning'?")
