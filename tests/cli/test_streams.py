"""Commands whose output is closed, full, or read by nobody."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from commands import Command
from scallion import files
from scallion.errors import FileError
from scallion.runs import RunFolder

TRAIN = f"{shlex.quote(sys.executable)} -m scallion train stripes.npz --epochs 1 --set filters=4"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
@pytest.mark.parametrize(
    ("redirection", "code", "said"),
    [
        (">&-", 0, "The run is in runs/stripes-1"),
        ("2>&-", 0, "The run is in runs/stripes-1"),
        (">&- 2>&-", 0, ""),
        ("<&-", 0, "The run is in runs/stripes-1"),
        ("2>&1 | head -1", 0, "data   stripes"),
        (">/dev/full", 2, "The run is in runs/stripes-1"),
        ("2>/dev/full", 0, "The run is in runs/stripes-1"),
    ],
)
def test_the_work_is_done_and_said_where_it_can_be(
    stripes: Path, redirection: str, code: int, said: str
) -> None:
    done = subprocess.run(
        f"{TRAIN} {redirection}", shell=True, cwd=stripes.parent, capture_output=True, text=True
    )
    assert done.returncode == code
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    folder = stripes.parent / "runs" / "stripes-1"
    assert files.read_json(folder / "evaluation.json")["status"] == "finished"
    assert (folder / "events.jsonl").read_text().startswith('{"event":"start"')


@pytest.mark.filterwarnings("default")
def test_a_run_that_cannot_be_written_is_evaluated(
    beside_runs: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise FileError("cannot write there: you have no permission", hint="elsewhere")

    monkeypatch.setattr(RunFolder, "write_evaluation", refuse)
    monkeypatch.setattr(files, "atomic_write", refuse)
    output = beside_runs("evaluate", "runs/stripes-1")
    assert "of 30 test images correct" in output.out
    assert "this evaluation of the test images is not counted: cannot write there" in output.err
    assert output.code == 2
    assert "hint: --out FOLDER, or --no-pictures" in output.err
    assert beside_runs("evaluate", "runs/stripes-1", "--no-pictures").code == 0


def test_a_report_can_be_written_elsewhere(beside_runs: Command, tmp_path: Path) -> None:
    assert beside_runs("report", "runs/stripes-2", "--out", tmp_path / "there").code == 0
    assert (tmp_path / "there" / "report.html").is_file()
    assert list((tmp_path / "there" / "figures").glob("*.png"))
