"""The networks of `scallion.applications`: shapes, parameters, arguments and errors."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from scallion import applications, layers
from scallion.errors import ArgumentError, UnsupportedError
from scallion.models import Model

NAMES = (
    "EfficientNetB0",
    "EfficientNetLite0",
    "MobileNetV2",
    "MobileNetV3Large",
    "MobileNetV3Small",
)
KERAS_MODULES = {
    "efficientnet": "EfficientNetB0",
    "efficientnet_lite": "EfficientNetLite0",
    "mobilenet_v2": "MobileNetV2",
    "mobilenet_v3": "MobileNetV3Small",
}


def build(name: str, **options: Any) -> Model:
    return getattr(applications, name)(**{"weights": None, **options})


# From Keras 3.15.1, with images of 224x224; EfficientNet-Lite0 has as many in
# tensorflow/tpu's repository (4.7 million).
@pytest.mark.parametrize(
    ("name", "with_top", "without_top", "layer_count"),
    [
        ("EfficientNetB0", 5_330_571, 4_049_571, 240),
        ("EfficientNetLite0", 4_694_024, 3_413_024, 145),
        ("MobileNetV2", 3_538_984, 2_257_984, 156),
        ("MobileNetV3Large", 5_507_432, 2_996_352, 194),
        ("MobileNetV3Small", 2_554_968, 939_120, 164),
    ],
)
def test_parameter_and_layer_counts_match_keras(
    name: str, with_top: int, without_top: int, layer_count: int
) -> None:
    whole = build(name)
    assert whole.count_params() == with_top
    assert len(whole.layers) == layer_count
    assert whole.output_shape == (None, 1000)
    features = build(name, include_top=False)
    assert features.count_params() == without_top
    assert features.output_shape[:3] == (None, 7, 7)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("pooling", ["avg", "max"])
def test_pooled_features_have_one_axis(name: str, pooling: str) -> None:
    model = build(name, include_top=False, pooling=pooling, input_shape=(40, 64, 3))
    channels = model.output_shape[-1]
    assert model.output_shape == (None, channels)


@pytest.mark.parametrize("name", NAMES)
def test_a_network_continues_an_input_tensor(name: str) -> None:
    image = layers.Input((50, 50, 3))
    small = layers.Resizing(32, 32)(image)
    model = build(name, include_top=False, input_tensor=small)
    assert model.input_shape == (None, 50, 50, 3)
    assert model.layers[1].name.startswith("resizing")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weights": "imagenet", "classes": 10}, "have 1000 classes"),
        ({"weights": "missing.h5"}, "'imagenet', None for random weights, or the path"),
        ({"pooling": "sum", "include_top": False}, "`pooling` must be one of"),
        ({"input_shape": (16, 16, 3)}, "at least 32x32"),
        ({"input_shape": (64, 64)}, "three integers"),
        ({"weights": "imagenet", "include_top": False, "input_shape": (64, 64, 1)}, "3 channels"),
        ({"input_tensor": np.zeros((1, 64, 64, 3))}, "symbolic tensor"),
    ],
)
def test_invalid_arguments_raise_value_error(
    name: str, options: dict[str, Any], message: str
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ValueError, match=message) as raised:
            build(name, **options)
    assert isinstance(raised.value, ArgumentError)
    assert "Received" in raised.value.message
    assert raised.value.hint


def test_a_last_activation_must_fit_pretrained_weights() -> None:
    with pytest.raises(ArgumentError, match="'softmax' or None"):
        applications.EfficientNetLite0(classifier_activation="relu")


@pytest.mark.parametrize(("alpha", "rows"), [(0.35, 96), (1.4, 224)])
def test_mobilenet_v2_is_named_by_alpha_and_rows(alpha: float, rows: int) -> None:
    model = build("MobileNetV2", alpha=alpha, input_shape=(rows, rows, 3), include_top=False)
    assert model.name == f"mobilenetv2_{alpha:.2f}_{rows}"


@pytest.mark.parametrize("name", ["MobileNetV2", "MobileNetV3Small"])
def test_unknown_alphas_have_no_imagenet_weights(name: str) -> None:
    with pytest.raises(ArgumentError, match="there are ImageNet weights for `alpha`"):
        build(name, weights="imagenet", alpha=0.6)


@pytest.mark.parametrize("module", KERAS_MODULES)
def test_each_module_has_keras_functions(module: str) -> None:
    home = getattr(applications, module)
    assert getattr(home, KERAS_MODULES[module]) is getattr(applications, KERAS_MODULES[module])
    images = np.array([[[0.0, 127.5, 255.0]]], np.float32)
    scaled: Callable[[Any], Any] = home.preprocess_input
    wanted = [-1, 0, 1] if module == "mobilenet_v2" else [0, 127.5, 255]
    assert scaled(images.copy()).ravel().tolist() == wanted
    assert callable(home.decode_predictions)


@pytest.mark.parametrize("name", ["VGG16", "ResNet50", "EfficientNetB7", "MobileNet", "resnet_v2"])
def test_other_networks_of_keras_name_alternatives(name: str) -> None:
    with pytest.raises(UnsupportedError, match=f"there is no network {name}") as raised:
        getattr(applications, name)
    assert "EfficientNetLite0 needs no download" in str(raised.value.hint)
