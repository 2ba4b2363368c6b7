"""The data set that these tests train on, and a finished run."""

from pathlib import Path

import numpy as np
import pytest

from scallion.runs import RunResult
from stripe_runs import train_stripes
from stripes import save_stripes


@pytest.fixture
def stripes(tmp_path: Path) -> Path:
    """A small `.npz` file that is learned in a second."""
    return save_stripes(tmp_path)


@pytest.fixture(scope="session")
def shared_stripes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same file, for runs that several tests inspect."""
    return save_stripes(tmp_path_factory.mktemp("stripes"))


@pytest.fixture(scope="session")
def finished(shared_stripes: Path) -> RunResult:
    """A finished run; tests that change its folder train one of their own."""
    return train_stripes(shared_stripes, epochs=6, overrides={"filters": 8})


@pytest.fixture(scope="session")
def pixels(shared_stripes: Path) -> dict[str, np.ndarray]:
    """The arrays of the file."""
    with np.load(shared_stripes) as arrays:
        return dict(arrays)
