"""Runs on stripes: small settings, and whether two runs are bit-identical."""

from pathlib import Path

import numpy as np

from scallion import files
from scallion.models import load_model
from scallion.runs import PreparedRun, RunFolder, RunResult, Settings, prepare, train

EPOCHS = 4
STEPS = 7  # per epoch: 108 images in batches of 16


def stripe_settings(data: Path, **values: object) -> Settings:
    """Return settings for a second of training, with the given ones changed."""
    own = {
        "epochs": EPOCHS,
        "batch_size": 16,
        "out": data.parent / "runs",
        "overrides": {"filters": 4},
    }
    return Settings(str(data), **{**own, **values})  # type: ignore[arg-type]


def prepare_stripes(data: Path, **values: object) -> PreparedRun:
    """Prepare a run of a second."""
    return prepare(stripe_settings(data, **values))


def train_stripes(data: Path, **values: object) -> RunResult:
    """Train a run of a second, without events and findings."""
    return train(prepare_stripes(data, **values))


def are_identical(one: Path, other: Path) -> bool:
    """Return whether two finished runs have the same curves, best weights and last state."""
    (curves, *arrays), (other_curves, *other_arrays) = _read(one), _read(other)
    return curves == other_curves and all(
        len(a) == len(b) and all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))
        for a, b in zip(arrays, other_arrays, strict=True)
    )


def _read(folder: Path) -> tuple[dict[str, list[float]], list[np.ndarray], list[np.ndarray]]:
    """Return curves, best weights and last arrays of a finished run."""
    run = RunFolder.open(folder)
    assert files.read_json(run.evaluation)["status"] == "finished"
    curves = run.read_history()
    del curves["seconds"]
    epochs = len(curves["epoch"])
    with np.load(run.last / ("odd.npz" if epochs % 2 else "even.npz")) as state:
        last = [state[name] for name in sorted(state.files) if name != "state.json"]
    return curves, load_model(run.model).get_weights(), last
