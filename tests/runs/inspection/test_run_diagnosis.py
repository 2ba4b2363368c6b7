"""The diagnosis of a run, from its curves, predictions, network and data."""

import json
from pathlib import Path

import pytest

from scallion import runs
from scallion.report import format_main_findings
from stripes import save_stripes


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network that was trained for a second."""
    folder = tmp_path_factory.mktemp("diagnosis")
    settings = runs.Settings(
        str(save_stripes(folder)), model="quick", epochs=6, out=folder / "runs", batch_size=16
    )
    return runs.train(runs.prepare(settings)).run.path


def test_a_run_is_diagnosed_with_its_images(run: Path) -> None:
    codes = {finding.code for finding in runs.diagnose_run(runs.open_run(run))}
    assert "validation-too-small" in codes  # twelve images
    brief = format_main_findings(runs.diagnose_run(runs.open_run(run)))
    assert brief.startswith("Diagnosis:  ")


def test_a_diverged_run_names_epoch_and_layer(run: Path, tmp_path: Path) -> None:
    for broken in ("first", "later"):
        folder = tmp_path / broken
        folder.mkdir()
        for name in ("config.json", *(["history.csv", "model.keras"] * (broken == "later"))):
            (folder / name).write_bytes((run / name).read_bytes())
        ended = {"format_version": 1, "status": "diverged", "non_finite_layer": "conv2d_2"}
        (folder / "evaluation.json").write_text(json.dumps(ended))
        finding = runs.diagnose_run(runs.open_run(folder))[0]
        assert (finding.code, finding.severity) == ("diverged", "error")
        assert finding.sentence == (
            "It diverged: the loss became NaN or infinite in epoch "
            f"{1 if broken == 'first' else 7}; the first layer "
            "with NaN or infinite values is 'conv2d_2'."
        )
        assert "--lr 0.0004" in finding.advice


def test_the_linear_baseline_is_trained_once(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = runs.open_run(run).measurements
    assert (
        first.linear_correct
        == json.loads((run / "evaluation.json").read_text())["validation"]["linear_correct"]
    )
    assert [one.layer for one in first.gradients][-1] == "dense"
    monkeypatch.setattr("scallion.runs.inspection.saved_run.linear_predictions", None)
    assert runs.open_run(run).measurements.linear_correct == first.linear_correct
