"""`scallion verify`: outputs of a model file."""

import json

import numpy as np
import pytest

from commands import Command


@pytest.mark.parametrize("path", ["runs/stripes-1", "runs/stripes-1/model.keras"])
def test_a_run_and_its_model_file_are_verified(beside_runs: Command, path: str) -> None:
    output = beside_runs("verify", path)
    assert output.code == 0
    assert "the outputs are bit-identical to those when it was saved" in output.out


def test_other_outputs_exit_with_1(beside_runs: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    from scallion.models.files import verification

    monkeypatch.setattr(verification, "SEED", 1)
    monkeypatch.setattr(
        verification, "check_images", lambda shape, *_: np.zeros((4, *shape), np.float32)
    )
    output = beside_runs("verify", "runs/stripes-1/model.keras", "--json")
    assert output.code == 1
    assert json.loads(output.out)["same"] is False
