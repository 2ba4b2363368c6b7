"""The saved state of a training."""

from pathlib import Path

import numpy as np
import pytest

from scallion.errors import StateError
from scallion.runs import RunResult
from scallion.runs.folder import training_state
from stripe_runs import prepare_stripes


def test_a_state_is_readable_with_numpy_alone(finished: RunResult) -> None:
    with np.load(finished.run.last / "even.npz", allow_pickle=False) as state:
        assert state["0"].shape == (3, 3, 1, 8)
        assert b'"momentum/0"' in state["state.json"]


def test_a_state_of_another_network_is_refused(stripes: Path, finished: RunResult) -> None:
    other = prepare_stripes(stripes, overrides={"filters": 5}).model
    with pytest.raises(StateError, match="belongs to another network"):
        training_state.restore(finished.run.last, other)
