"""`scallion report`: the report of a run."""

import json
from pathlib import Path

from commands import Command


def test_a_report_is_written_into_the_run(beside_runs: Command, saved_runs: Path) -> None:
    output = beside_runs("report", "runs/stripes-2", "--no-images")
    assert output.code == 0
    assert "contains no image from the data" in output.out
    assert (saved_runs / "runs" / "stripes-2" / "report.html").is_file()
    written = json.loads(beside_runs("report", "runs/stripes-2", "--json").out)
    assert written["figures"]
