"""The data set that these tests train on."""

from pathlib import Path

import pytest

from stripes import save_stripes


@pytest.fixture
def stripes(tmp_path: Path) -> Path:
    """A small `.npz` file that is learned in a second."""
    return save_stripes(tmp_path)
