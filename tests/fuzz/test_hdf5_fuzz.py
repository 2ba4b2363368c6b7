"""Damaged HDF5 files and legacy `.h5` models raise our own errors."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hdf5_files import content, read_all
from model_files import network
from mutations import RawErrors, mutate_bytes, seeds
from scallion.models import load_model

FEW = 200


@pytest.mark.parametrize("libver", [None, "latest"], ids=str)
def test_damaged_files_raise_errors_with_a_hint(
    request: pytest.FixtureRequest, libver: str | None
) -> None:
    errors, data = RawErrors(), content(libver=libver)
    for seed, rng in enumerate(seeds(request, FEW)):
        damaged = mutate_bytes(data, rng)
        errors.try_reading(seed, "read", lambda damaged=damaged: read_all(damaged))
    errors.require_none()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["model.h5", "model.weights.h5"])
def test_damaged_models_raise_errors_with_a_hint(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    errors, model, path = RawErrors(), network(), tmp_path / name
    saves: dict[str, Callable[[Path], None]] = {
        "model.h5": model.save,
        "model.weights.h5": model.save_weights,
    }
    saves[name](path)
    data = path.read_bytes()
    images = np.zeros((2, *model.inputs[0].image_shape), np.float32)

    def load() -> None:
        load_model(path).predict(images, verbose=0)

    def load_weights() -> None:
        model.load_weights(path)
        model.load_weights(path, skip_mismatch=True)
        if name == "model.h5":
            model.load_weights(path, skip_mismatch=True, by_name=True)

    for seed, rng in enumerate(seeds(request, FEW // 5)):
        path.write_bytes(mutate_bytes(data, rng))
        if name == "model.h5":
            errors.try_reading(seed, "load_model", load)
        errors.try_reading(seed, "load_weights", load_weights)
    errors.require_none()
