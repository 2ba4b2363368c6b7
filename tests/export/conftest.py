"""A finished run that exports are made of."""

from pathlib import Path

import pytest

from stripe_runs import train_stripes
from stripes import save_stripes


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of a second."""
    data = save_stripes(tmp_path_factory.mktemp("stripes"))
    return train_stripes(data, epochs=2, overrides={"filters": 8}).run.path
