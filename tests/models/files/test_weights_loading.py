"""`load_weights` with `skip_mismatch` and `by_name`."""

from pathlib import Path

import numpy as np
import pytest

from scallion.errors import ArgumentError, FileError
from scallion.layers import Conv2D, Dense, Flatten, Input
from scallion.models import Model, Sequential

pytestmark = pytest.mark.filterwarnings("ignore:the HDF5 format of models is legacy")


def network(classes: int = 3, seed: int = 1, last: str = "answer") -> Model:
    """Return a network with weights from a seed."""
    model = Sequential(
        [Input((6, 6, 1)), Conv2D(2, 3, name="eye"), Flatten(), Dense(classes, name=last)]
    )
    generator = np.random.default_rng(seed)
    model.set_weights([generator.random(w.shape, np.float32) for w in model.get_weights()])
    return model


def save(model: Model, path: Path) -> Path:
    (model.save_weights if path.name.endswith(".weights.h5") else model.save)(path)
    return path


@pytest.mark.parametrize("name", ["m.weights.h5", "m.keras", "m.h5"])
def test_skip_mismatch_loads_the_layers_that_fit(name: str, tmp_path: Path) -> None:
    source, model = network(), network(classes=5, seed=2)
    path, before = save(source, tmp_path / name), model.get_weights()
    with pytest.raises(FileError):
        model.load_weights(path)
    with pytest.warns(UserWarning, match=r"1 layers of .* keep their weights: answer\."):
        model.load_weights(path, skip_mismatch=True)
    for index, expected in enumerate([*source.get_weights()[:2], *before[2:]]):
        np.testing.assert_array_equal(model.get_weights()[index], expected)


def test_by_name_loads_shared_layers_only(tmp_path: Path) -> None:
    source, model = network(), network(seed=2, last="other")
    path, before = save(source, tmp_path / "m.h5"), model.get_weights()
    model.load_weights(path, by_name=True)
    for index, expected in enumerate([*source.get_weights()[:2], *before[2:]]):
        np.testing.assert_array_equal(model.get_weights()[index], expected)


def test_by_name_refuses_other_shapes_unless_they_are_skipped(tmp_path: Path) -> None:
    path, model = save(network(), tmp_path / "m.h5"), network(classes=5, seed=2)
    before = model.get_weights()
    with pytest.raises(FileError, match=r"shape \(32, 5\)"):
        model.load_weights(path, by_name=True)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    with pytest.warns(UserWarning, match="keep their weights: answer"):
        model.load_weights(path, by_name=True, skip_mismatch=True)


def test_by_name_without_shared_names_warns(tmp_path: Path) -> None:
    path = save(network(last="other"), tmp_path / "m.h5")
    model = Sequential([Input((6, 6, 1)), Flatten(), Dense(3, name="answer")])
    with pytest.warns(UserWarning, match=r"no layer .* \(eye, other\), so nothing was loaded"):
        model.load_weights(path, by_name=True)


@pytest.mark.parametrize("name", ["m.weights.h5", "m.keras"])
def test_by_name_needs_a_legacy_file(name: str, tmp_path: Path) -> None:
    path = save(network(), tmp_path / name)
    with pytest.raises(ArgumentError, match=r"`by_name` needs a legacy \.h5 file") as caught:
        network().load_weights(path, by_name=True)
    assert "skip_mismatch=True" in str(caught.value.hint)
