"""The lock of a run folder, and the request to cancel its training."""

from pathlib import Path

import pytest

from scallion import runs
from scallion.errors import StateError
from scallion.runs import RunFolder, create_run_folder, train
from scallion.runs.folder import lock
from stripe_runs import prepare_stripes


def test_a_locked_folder_is_not_trained_in(stripes: Path) -> None:
    run = create_run_folder(prepare_stripes(stripes))
    with lock.training_lock(run):
        assert lock.is_locked(run)
        with pytest.raises(StateError, match="is being trained by another process"):
            train(prepare_stripes(stripes), run)
    assert not lock.is_locked(RunFolder(run.path))


def test_a_request_to_cancel_is_for_one_training(stripes: Path) -> None:
    run = create_run_folder(prepare_stripes(stripes))
    with lock.training_lock(run):
        runs.cancel(run.path)
        assert lock.is_cancel_requested(run)
    assert not lock.is_cancel_requested(run)
    (run.path / "cancel").touch()
    with lock.training_lock(run):
        assert not lock.is_cancel_requested(run)
