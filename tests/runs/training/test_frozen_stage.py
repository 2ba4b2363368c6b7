"""The model `pretrained`: frozen features, a linear classifier, then fine-tuning."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import scallion
from fake_clock import install_clock
from scallion.applications import image_sizes, pretrained
from scallion.applications.efficientnet_lite import EfficientNetLite0
from scallion.errors import ArgumentError
from scallion.models import load_model
from scallion.runs import (
    Forecast,
    RunOptions,
    Settings,
    create_run_folder,
    events,
    fit_to_time,
    prepare,
    resume,
    run,
    train,
)
from scallion.runs.training import frozen_stage
from scallion.runs.training.callbacks.interruption import Interruption
from scallion.runs.training.preparation import PreparedRun


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCALLION_CACHE", str(tmp_path / "cache"))


def coloured(count: int = 60, channels: int = 3, size: int = 32) -> tuple[np.ndarray, np.ndarray]:
    """Return images of two classes: bright rows, or bright columns, with noise."""
    random = np.random.default_rng(0)
    x = random.integers(0, 90, (count, size, size, channels)).astype(np.uint8)
    y = np.arange(count) % 2
    x[y == 0, ::4] += 150
    x[y == 1, :, ::4] += 150
    return x, y


def settings(tmp_path: Path, data: Any = None, **options: Any) -> Settings:
    values = {"size": None if isinstance(data, str) else 64, **options}  # small, to be fast
    return Settings(
        data=coloured() if data is None else data,
        model="pretrained",
        out=tmp_path / "runs",
        **values,
    )


FAST = RunOptions(diagnose=False, forecast=False)


def test_only_the_last_layer_is_trained(tmp_path: Path) -> None:
    result = run(settings(tmp_path, metrics=("precision",)), options=FAST)
    assert (result.epochs, result.best_epoch, result.status) == (1, 1, "finished")
    assert result.validation is not None
    assert result.validation.accuracy == 1
    history = result.run.read_history()
    assert {"accuracy", "loss", "val_accuracy", "val_loss", "precision"} <= set(history)
    model = load_model(result.run.model)
    assert model.metadata["notice"] == pretrained.NOTICE
    original = EfficientNetLite0(include_top=False, input_shape=(128, 128, 3))
    for layer in original.layers:
        if layer.weights:
            for found, wanted in zip(
                model.get_layer(layer.name).get_weights(), layer.get_weights(), strict=True
            ):
                np.testing.assert_array_equal(found, wanted)


def test_scores_are_those_of_the_saved_model(tmp_path: Path) -> None:
    prepared = prepare(settings(tmp_path, channels_of_noise(), balance=True))
    result = train(prepared)
    model = load_model(result.run.model)
    for name in ("validation", "test"):
        images = getattr(prepared.splits, name)
        outputs = model.predict(images.x, verbose=0)
        score = getattr(result, name)
        assert (outputs.argmax(axis=1) == images.y).sum() == score.correct
    history = result.run.read_history()
    assert history["val_accuracy"] == [pytest.approx(result.validation.accuracy)]


def channels_of_noise() -> tuple[np.ndarray, np.ndarray]:
    """Return images that are hard to classify."""
    x, y = coloured(80)
    random = np.random.default_rng(1)
    return x, np.where(random.random(len(y)) < 0.3, 1 - y, y)


def test_a_second_training_computes_no_features(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run(settings(tmp_path), options=FAST)

    def fail(*_: Any) -> Any:
        raise AssertionError("features were computed again")

    monkeypatch.setattr(frozen_stage.FrozenStage, "_compute", fail)
    second = run(settings(tmp_path), options=FAST)
    assert second.validation == first.validation
    one, other = (load_model(result.run.model).get_weights() for result in (first, second))
    for left, right in zip(one, other, strict=True):
        np.testing.assert_array_equal(left, right)


def test_fine_tuning_follows_and_the_best_epoch_is_kept(tmp_path: Path) -> None:
    # So high a rate destroys what was learned before.
    result = run(settings(tmp_path, epochs=2, learning_rate=10.0, batch_size=16), options=FAST)
    assert (result.epochs, result.best_epoch) == (3, 1)
    assert result.validation is not None
    assert result.validation.accuracy == 1


def test_interrupted_fine_tuning_resumes_bit_identically(tmp_path: Path) -> None:
    data = coloured(40)
    whole = run(settings(tmp_path, data, epochs=2, batch_size=16), options=FAST)
    stopper = StopInEpoch(3)
    options = RunOptions(diagnose=False, forecast=False, callbacks=[stopper])
    stopped = run(settings(tmp_path, data, epochs=2, batch_size=16), options=options)
    assert (stopped.status, stopped.epochs) == ("interrupted", 2)
    resumed = resume(stopped.run.path, data=data, options=FAST)
    assert resumed.status == "finished"
    assert resumed.run.read_history()["val_loss"] == whole.run.read_history()["val_loss"]


def test_a_killed_run_with_a_time_budget_resumes_bit_identically(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_clock(monkeypatch)
    data = coloured(40)
    pace = Forecast(step=1.0, epoch=3.0, ending=3.0, epochs=1, memory=None)

    def budgeted() -> PreparedRun:
        given = settings(tmp_path, data, size=32, batch_size=16)
        return fit_to_time(prepare(given, seconds=12.0), pace, 0.2, 0.0)[0]

    prepared = budgeted()
    folder = create_run_folder(prepared)
    with pytest.raises(SystemExit):
        train(prepared, folder, callbacks=[DieInStep(3)])
    assert folder.read_history()["epoch"] == [1, 2]
    resumed = resume(folder.path, data=data, options=FAST)
    whole = train(budgeted())
    assert (resumed.status, resumed.planned) == ("finished", whole.planned)
    assert resumed.epochs > 2
    assert resumed.run.read_history()["val_loss"] == whole.run.read_history()["val_loss"]


class DieInStep(scallion.callbacks.Callback):
    """Ends the process in a step of fine-tuning, counted from 1, as a kill does."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self.left = step

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self.left -= 1
        if not self.left:
            raise SystemExit


class StopInEpoch(scallion.callbacks.Callback):
    """Stops the training in an epoch, counted from 1."""

    def __init__(self, epoch: int) -> None:
        super().__init__()
        self.epoch = epoch
        self.current = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.current = epoch + 1

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        if self.current == self.epoch:
            raise KeyboardInterrupt


def test_a_run_that_is_cancelled_while_features_are_computed_resumes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    data = coloured()
    with monkeypatch.context() as patched:
        patched.setattr(Interruption, "on_predict_batch_begin", stop)
        stopped = run(settings(tmp_path, data), options=FAST)
    assert (stopped.status, stopped.epochs, stopped.test) == ("interrupted", 0, None)
    resumed = resume(stopped.run.path, data=data, options=FAST)
    assert (resumed.status, resumed.epochs) == ("finished", 1)


def test_grey_images_are_repeated_to_three_channels(tmp_path: Path) -> None:
    prepared = prepare(settings(tmp_path, coloured(40, channels=1)))
    assert prepared.model.input_shape == (None, 32, 32, 1)
    assert prepared.model.get_layer("stem_conv").input.image_shape == (64, 64, 3)


@pytest.mark.parametrize("value", [1.0, 255.0])
def test_pixels_of_any_range_reach_the_network_from_0_to_255(tmp_path: Path, value: float) -> None:
    x, y = coloured(40)
    plain = prepare(settings(tmp_path, (x, y)))
    scaled = prepare(settings(tmp_path, (x / np.float32(255) * np.float32(value), y)))
    outputs = []
    for prepared in (plain, scaled):
        stem = prepared.model.get_layer("stem_conv")
        network = scallion.Model(prepared.model.inputs[0], stem.output)
        outputs.append(network.predict(prepared.splits.train.x[:2], verbose=0))
    np.testing.assert_allclose(outputs[0], outputs[1], rtol=1e-4, atol=1e-4)


def test_folders_are_read_in_a_size_that_suits_the_network(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    x, y = coloured(44)
    for number, (image, label) in enumerate(zip(x, y, strict=True)):
        home = folder / f"class{label}"
        home.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(home / f"{number}.png")
    prepared = prepare(settings(tmp_path, str(folder)))
    assert prepared.image_shape == (224, 224, 3)
    prepared = prepare(settings(tmp_path, str(folder), size=96))
    assert prepared.image_shape == (96, 96, 3)


def test_layers_with_pretrained_weights_cannot_be_changed(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="pretrained network cannot be changed"):
        prepare(settings(tmp_path, overrides={"kernel_size": 5}))


def test_only_a_pretrained_network_can_train_no_epoch(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="epochs is an integer of at least 1"):
        prepare(Settings(coloured(), model="quick", epochs=0, out=tmp_path))


def test_arrays_are_enlarged_by_their_number_or_to_the_given_size(tmp_path: Path) -> None:
    prepared = prepare(settings(tmp_path, size=None))
    assert network_size(prepared) == (224, 224)
    assert prepared.resolved_settings().size == "224x224"
    prepared = prepare(settings(tmp_path, size="96x128"))
    assert network_size(prepared) == (96, 128)
    assert prepared.image_shape == (32, 32, 3)


def network_size(prepared: PreparedRun) -> tuple[int, ...]:
    return prepared.model.get_layer("stem_conv").input.image_shape[:2]


def test_a_time_budget_chooses_the_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_sizes, "_measured_speed", lambda: 500.0)
    found = [
        network_size(prepare(settings(tmp_path, coloured(1000), size=None), seconds=seconds))
        for seconds in (30, 170, 900)
    ]
    assert found == [(128, 128), (160, 160), (224, 224)]


def test_progress_is_reported_while_features_are_computed(tmp_path: Path) -> None:
    seen: list[Any] = []
    run(settings(tmp_path, size=32), options=FAST, on_event=seen.append)
    found = [event for event in seen if isinstance(event, events.FeaturesEvent)]
    completed = [event.total for event in found if event.done == event.total]
    assert len(completed) == 3
    assert sum(completed) == 60
    seen.clear()
    run(settings(tmp_path, size=32), options=FAST, on_event=seen.append)
    assert not any(isinstance(event, events.FeaturesEvent) for event in seen)
