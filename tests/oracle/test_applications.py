"""Networks of `applications` have Keras' layers, shapes and outputs."""

import os
from typing import Any

import numpy as np
import pytest

import scallion
from scallion import applications, runs

os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip("torch")
keras = pytest.importorskip("keras")

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

OPTIONS: tuple[dict[str, Any], ...] = (
    {"input_shape": (64, 64, 3), "classes": 7},
    {"input_shape": (97, 65, 3), "include_top": False, "pooling": "avg"},
    {"input_shape": (33, 64, 1), "include_top": False, "pooling": "max"},
)
ALPHAS: tuple[dict[str, Any], ...] = (
    {"input_shape": (64, 64, 3), "include_top": False, "alpha": 0.35},
    {"input_shape": (64, 64, 3), "classes": 3, "alpha": 1.3},
)
MINIMALISTIC = {
    "input_shape": (64, 64, 3),
    "classes": 5,
    "minimalistic": True,
    "include_preprocessing": False,
    "dropout_rate": 0,
    "classifier_activation": None,
}
CASES = [
    *[("EfficientNetB0", options) for options in OPTIONS],
    *[("MobileNetV2", options) for options in (*OPTIONS, *ALPHAS)],
    *[("MobileNetV3Small", options) for options in (*OPTIONS, *ALPHAS, MINIMALISTIC)],
    *[("MobileNetV3Large", options) for options in (*OPTIONS, *ALPHAS, MINIMALISTIC)],
]


def values(random: np.random.Generator, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return weights that keep the activations of a deep network near 1."""
    if len(shape) > 1:
        fan_in = shape[0] * shape[1] if shape[-1] == 1 and len(shape) == 4 else np.prod(shape[:-1])
        return random.normal(0, np.sqrt(2 / fan_in), shape).astype(np.float32)
    if name in ("gamma", "moving_variance", "variance"):
        return random.uniform(0.7, 1.3, shape).astype(np.float32)
    return random.normal(0, 0.1, shape).astype(np.float32)


@pytest.mark.parametrize(("name", "options"), CASES)
def test_layers_and_outputs_match_keras(name: str, options: dict[str, Any]) -> None:
    keras.utils.clear_session()
    scallion.backend.clear_session()
    theirs = getattr(keras.applications, name)(weights=None, **options)
    ours = getattr(applications, name)(weights=None, **options)
    assert ours.name == theirs.name
    assert [(one.name, one.output.shape) for one in ours.layers] == [
        (one.name, tuple(one.output.shape)) for one in theirs.layers
    ]
    assert [(one.name, one.shape) for one in ours.weights] == [
        (one.name, tuple(one.shape)) for one in theirs.weights
    ]
    assert ours.count_params() == theirs.count_params()
    random = np.random.default_rng(0)
    weights = [values(random, weight.name, weight.shape) for weight in ours.weights]
    ours.set_weights(weights)
    theirs.set_weights(weights)
    images = random.uniform(0, 255, (2, *options["input_shape"])).astype(np.float32)
    module = getattr(applications, type_module(name))
    images = module.preprocess_input(images)
    wanted = theirs.predict(images, verbose=0)
    found = ours.predict(images, verbose=0)
    assert np.abs(found - wanted).max() <= 1e-4 * np.abs(wanted).max()


def type_module(name: str) -> str:
    """Return the module of a network."""
    return {"EfficientNetB0": "efficientnet", "MobileNetV2": "mobilenet_v2"}.get(
        name, "mobilenet_v3"
    )


def test_keras_opens_the_networks_files(tmp_path: Any) -> None:
    for name in ("EfficientNetB0", "EfficientNetLite0", "MobileNetV3Small"):
        weights = "imagenet" if name == "EfficientNetLite0" else None
        model = getattr(applications, name)(
            weights=weights, include_top=False, input_shape=(64, 64, 3), pooling="avg"
        )
        model.save(tmp_path / "model.keras")
        images = np.random.default_rng(1).uniform(0, 255, (2, 64, 64, 3)).astype(np.float32)
        found = model.predict(images, verbose=0)
        wanted = keras.models.load_model(tmp_path / "model.keras").predict(images, verbose=0)
        assert np.abs(found - wanted).max() <= 1e-4 * np.abs(wanted).max()


def test_keras_opens_the_file_in_the_package() -> None:
    from scallion.applications.pretrained_weights import LITE0

    model = applications.EfficientNetLite0()
    images = np.random.default_rng(1).uniform(0, 255, (1, 224, 224, 3)).astype(np.float32)
    wanted = keras.models.load_model(LITE0.path).predict(images, verbose=0)
    assert np.abs(model.predict(images, verbose=0) - wanted).max() <= 1e-4 * wanted.max()


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("epochs", [0, 1], ids=["frozen", "tuned"])
def test_keras_opens_a_pretrained_run(tmp_path: Any, channels: int, epochs: int) -> None:
    random = np.random.default_rng(0)
    x = random.integers(0, 256, (40, 32, 32, channels)).astype(np.uint8)
    settings = runs.Settings(
        (x, np.arange(40) % 2), model="pretrained", epochs=epochs, size=96, out=tmp_path
    )
    result = runs.run(settings, options=runs.RunOptions(diagnose=False, forecast=False))
    model = scallion.models.load_model(result.run.model)
    images = random.integers(0, 256, (4, 32, 32, channels)).astype(np.uint8)
    wanted = keras.models.load_model(result.run.model).predict(images, verbose=0)
    found = model.predict(images, verbose=0)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-4 * np.abs(wanted).max())
