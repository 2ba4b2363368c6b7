"""Models compiled with custom losses and metrics: saved by name, opened with the objects."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import scallion
from scallion import custom_objects, ops
from scallion.errors import ArgumentError, UnsupportedError


def squared(y_true: Any, y_pred: Any) -> Any:
    """Return a loss per image."""
    return ops.mean(ops.square(y_true - y_pred), axis=-1)


class Scaled(scallion.losses.Loss):
    """A loss with an argument."""

    def __init__(self, scale: float = 2.0, **options: Any) -> None:
        super().__init__(**options)
        self.scale = scale

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return ops.abs(y_true - y_pred) * self.scale

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "scale": self.scale}


class Total(scallion.metrics.Metric):
    """The sum of all outputs."""

    def __init__(self, name: str = "total", **options: Any) -> None:
        super().__init__(name=name, **options)
        self.total = self.add_weight(name="total")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        self.total.assign_add(ops.sum(y_pred))

    def result(self) -> Any:
        return self.total


def trained(loss: Any, metrics: Any = None) -> Any:
    """Return a small trained model."""
    model = scallion.Sequential([scallion.Input((3,)), scallion.layers.Dense(2)])
    model.compile("sgd", loss, metrics=metrics)
    model.fit(*data(), verbose=0)
    return model


def data() -> tuple[np.ndarray, np.ndarray]:
    """Return images and targets."""
    generator = np.random.default_rng(0)
    return generator.normal(size=(8, 3)), generator.normal(size=(8, 2))


@pytest.mark.parametrize("suffix", ["keras", "h5"])
@pytest.mark.parametrize("loss", [squared, Scaled(3.0, name="scaled")], ids=["function", "class"])
@pytest.mark.filterwarnings("ignore:.*HDF5")
def test_a_model_with_its_objects_evaluates_alike(tmp_path: Path, loss: Any, suffix: str) -> None:
    model = trained(loss, [Total(), squared])
    model.save(tmp_path / f"m.{suffix}")
    objects = {"squared": squared, "Scaled": Scaled, "Total": Total}
    again = scallion.models.load_model(tmp_path / f"m.{suffix}", custom_objects=objects)
    expected = model.evaluate(*data(), verbose=0, return_dict=True)
    assert again.evaluate(*data(), verbose=0, return_dict=True) == pytest.approx(expected)
    assert set(expected) == {"loss", "total", "squared"}


@pytest.mark.parametrize("loss", [squared, Scaled()], ids=["function", "class"])
def test_missing_objects_are_named(tmp_path: Path, loss: Any) -> None:
    name = getattr(loss, "__name__", "Scaled")
    trained(loss).save(tmp_path / "m.keras")
    with pytest.raises(UnsupportedError, match=f"{name!r}, which is not known here") as caught:
        scallion.models.load_model(tmp_path / "m.keras")
    assert f"custom_objects={{{name!r}: {name}}}" in str(caught.value.hint)
    assert not scallion.models.load_model(tmp_path / "m.keras", compile=False).compiled


def test_registered_objects_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(custom_objects, "_registered", {})
    monkeypatch.setattr(custom_objects, "_names", {})
    register = scallion.utils.register_keras_serializable
    own = register("mine", "renamed")(lambda y_true, y_pred: squared(y_true, y_pred))
    kind = register(package="mine")(Total)
    assert custom_objects.get_registered_name(own) == "mine>renamed"
    own.__name__ = "own"
    trained(own, [kind()]).save(tmp_path / "m.keras")
    again = scallion.saving.load_model(tmp_path / "m.keras")
    assert again.loss is own
    with pytest.raises(ArgumentError, match="must have `get_config`"):
        register()(object)


def test_a_scope_ends_with_its_block() -> None:
    with scallion.utils.custom_object_scope({"squared": squared}):
        assert custom_objects.find("squared") is squared
        model = scallion.Sequential([scallion.Input((3,)), scallion.layers.Dense(2)])
        model.compile("sgd", "squared", metrics=["squared"])
        assert "squared" in model.fit(*data(), verbose=0).history
    assert custom_objects.find("squared") is None


def test_a_lambda_is_not_saved_and_says_so(tmp_path: Path) -> None:
    model = trained(lambda y_true, y_pred: (y_true - y_pred) ** 2)
    with pytest.warns(UserWarning, match="'<lambda>' has no name.*compile after loading"):
        model.save(tmp_path / "m.keras")
    assert not scallion.models.load_model(tmp_path / "m.keras").compiled
