"""The data set that these tests train on, and how they run a command."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from commands import Command, command
from stripe_runs import train_stripes
from stripes import save_stripes


@pytest.fixture
def stripes(tmp_path: Path) -> Path:
    """A small `.npz` file that is learned in a second."""
    return save_stripes(tmp_path)


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Command:
    """A function that runs `scallion ARGUMENTS` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return command(monkeypatch, capsys)


@pytest.fixture(scope="session")
def saved_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two runs in `runs`, and two test images in `photos`."""
    home = tmp_path_factory.mktemp("home")
    data = save_stripes(home)
    for seed in (1, 2):
        train_stripes(data, epochs=6, seed=seed, overrides={"filters": 8})
    (home / "photos" / "more").mkdir(parents=True)
    with np.load(data) as arrays:
        for number, name in enumerate(("first.png", "more/second.png")):
            Image.fromarray(arrays["x_test"][number]).save(home / "photos" / name)
        np.save(home / "images.npy", arrays["x_test"][:5])
    return home


@pytest.fixture
def beside_runs(
    saved_runs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """A function that runs `scallion ARGUMENTS` in the folder with two runs."""
    monkeypatch.chdir(saved_runs)
    monkeypatch.setenv("COLUMNS", "80")
    return command(monkeypatch, capsys)
