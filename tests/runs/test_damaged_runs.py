"""Run folders with random damage: every error is one of ours."""

import random
import shutil
import warnings
from pathlib import Path

import pytest
from PIL import Image

from damaged_runs import ACTIONS, damage, unexpected_errors
from scallion import runs
from scallion.callbacks import Callback
from scallion.runs import RunOptions
from stripe_runs import stripe_settings
from stripes import save_stripes

_SLOW = ("report", "resume", "evaluate", "explain")


class _Stop(Callback):
    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        if epoch == 2:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a finished run, an interrupted one, and an image."""
    folder = tmp_path_factory.mktemp("home")
    data = save_stripes(folder)
    settings = stripe_settings(data, epochs=3)
    runs.run(settings)
    runs.run(settings, options=RunOptions(callbacks=[_Stop()]))
    Image.new("L", (8, 8), 90).save(folder / "image.png")
    return folder


def check(home: Path, tmp_path: Path, seed: int, names: list[str]) -> None:
    draw = random.Random(seed)
    copies = tmp_path / "runs"
    shutil.copytree(home / "runs", copies)
    finished, stopped = copies / "stripes-1", copies / "stripes-2"
    run, other = (finished, finished) if seed % 2 else (stopped, finished)
    if run == other:
        run = copies / "stripes-3"
        shutil.copytree(finished, run)
    what = damage(run, draw)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = list(unexpected_errors(run, other, home / "image.png", names))
    assert not found, f"{what}\n" + "\n".join(found)


@pytest.mark.parametrize("seed", range(10))
def test_a_damaged_run_is_an_error_of_ours(home: Path, tmp_path: Path, seed: int) -> None:
    quick = [name for name in ACTIONS if name not in _SLOW]
    check(home, tmp_path, seed, [*quick, _SLOW[seed % len(_SLOW)]])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 2000))
def test_many_damaged_runs_are_errors_of_ours(home: Path, tmp_path: Path, seed: int) -> None:
    check(home, tmp_path, seed, list(ACTIONS))
