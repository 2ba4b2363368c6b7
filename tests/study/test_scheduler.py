"""Studies that run, on a data set that is learned in a second."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import scallion
from scallion import study
from scallion.errors import ArgumentError
from stripes import save_stripes

SOURCE = Path(scallion.__file__).parents[1]


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_stripes(tmp_path)

    def file(epochs=2, seeds="[1, 2]", more=""):
        Path("few.toml").write_text(
            f'title = "Few"\n[base]\ndata = "stripes.npz"\nmodel = "quick"\nepochs = {epochs}\n'
            f'[axes]\nbatch_size = [8, 16]\nseed = {seeds}\n{more}[[questions]]\nid = "size"\n'
            'ask = "Which size?"\nkind = "compare"\naxis = "batch_size"\n'
        )
        return study.find("few.toml")

    return file


@pytest.mark.slow
def test_a_study_keeps_every_run_and_evaluates_no_test_images(file) -> None:
    lines: list[str] = []
    folder = study.run(file(), jobs=2, report=lines.append)
    outcome = study.open_folder("few")
    assert len(outcome.results) == outcome.planned == 4
    assert len(list((folder / "runs").iterdir())) == 4
    for run in (folder / "runs").iterdir():
        assert json.loads((run / "evaluation.json").read_text())["test"] is None
    assert lines[-1].startswith("4/4  batch_size")

    lines.clear()
    study.run(file(), jobs=2, report=lines.append)
    assert lines == ["4 of 4 runs are already finished"]
    assert "With batch_size" in outcome.text
    assert outcome.draw().read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_more_seeds_run_only_the_new_trials(file) -> None:
    study.run(file(), jobs=1)
    lines: list[str] = []
    study.run(file(seeds="[1, 2, 3]"), jobs=1, report=lines.append)
    assert lines[0] == "4 of 6 runs are already finished"
    assert len(lines) == 3


@pytest.mark.slow
def test_a_killed_study_continues_and_leaves_no_process(file) -> None:
    file(epochs=400, seeds="[1]")
    process = subprocess.Popen(
        [sys.executable, "-m", "scallion", "study", "run", "few.toml", "--jobs", "2"],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        start_new_session=True,
        stderr=subprocess.PIPE,
    )
    runs = Path("studies/few/runs")
    deadline = time.monotonic() + 60
    while not list(runs.glob("*/history.csv")) and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    with process.stderr as held_by_workers:
        held_by_workers.read()  # ends when the last of them has gone
    assert not list(Path("studies/few/trials").glob("*.json"))
    study.run(file(epochs=1, seeds="[1]"), jobs=1)
    assert len(study.open_folder("few").results) == 2


@pytest.mark.slow
def test_a_wrong_field_ends_the_study_with_its_error(file) -> None:
    Path("bad.toml").write_text('title = "Bad"\n[axes]\ndata = ["mnits"]\n')
    with pytest.raises(ArgumentError, match=r"mnits.*unknown data set"):
        study.run(study.find("bad.toml"), jobs=1)


@pytest.mark.slow
def test_a_time_that_is_far_too_short_is_refused(file) -> None:
    with pytest.raises(ArgumentError, match="the fewest runs that answer anything") as caught:
        study.run(file(epochs=3000), minutes=0.05, jobs=1)
    assert (caught.value.hint or "").startswith("--minutes ")


@pytest.mark.slow
def test_a_study_varies_fine_tuning_of_a_pretrained_network(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCALLION_CACHE", str(tmp_path / "cache"))
    random = np.random.default_rng(0)
    x, y = random.integers(0, 90, (40, 32, 32, 3)).astype(np.uint8), np.arange(40) % 2
    x[y == 0, ::4] += 150
    np.savez("colours.npz", x=x, y=y)
    Path("tuned.toml").write_text(
        'title = "Tuned"\n[base]\ndata = "colours.npz"\nmodel = "pretrained"\nsize = 32\n'
        '[axes]\nepochs = [0, 1]\nseed = [1]\n[[questions]]\nid = "tuning"\n'
        'ask = "Does it help?"\nkind = "compare"\naxis = "epochs"\n'
    )
    folder = study.run(study.find("tuned.toml"), jobs=1)
    outcome = study.open_folder("tuned")
    assert len(outcome.results) == outcome.planned == 2
    histories = sorted(
        len((run / "history.csv").read_text().splitlines()) for run in (folder / "runs").iterdir()
    )
    assert histories == [2, 3]  # with a header: the frozen stage, and one epoch more
    assert "With epochs" in outcome.text
