"""NaN reaches the same outputs as in the installed Keras, in every layer, activation and loss."""

import os
from typing import Any

import numpy as np
import pytest

from default_layers import SHAPE, layer_classes, usual_arguments
from scallion import layers
from scallion.engine.lowering.activations import KERNELS
from scallion.layers.base.layer import Layer

os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip("torch")
keras = pytest.importorskip("keras")

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

IMAGES = np.random.default_rng(0).random((3, *SHAPE), np.float32)
IMAGES[1, 3, 2, 2] = np.nan
REQUIRED = {"AveragePooling2D": (2,)}  # in Keras
# These weight by 0 beside the pixel, and 0 * NaN is NaN: which outputs see it is their formula's.
RESAMPLING = {"Resizing", "RandomCrop"}


def nan_after(package: Any, kind: type[Layer]) -> np.ndarray:
    made = getattr(package.layers, kind.__name__)(
        *(usual_arguments(kind) or REQUIRED.get(kind.__name__, ()))
    )
    given = [IMAGES, IMAGES] if kind.__module__.endswith("merging") else IMAGES
    outputs = made(given, training=False)
    return np.isnan(keras.ops.convert_to_numpy(outputs) if package is keras else outputs)


class Scallion:
    layers = layers


@pytest.mark.parametrize("kind", layer_classes(), ids=lambda kind: kind.__name__)
def test_nan_reaches_the_same_outputs_as_in_keras(kind: type[Layer]) -> None:
    if not hasattr(keras.layers, kind.__name__):
        pytest.skip("Keras has no such layer")
    theirs, ours = nan_after(keras, kind), nan_after(Scallion, kind)
    if kind.__name__ in RESAMPLING:
        theirs, ours = (found.reshape(3, -1).any(axis=1) for found in (theirs, ours))
    if kind.__name__ in ("Conv2D", "DepthwiseConv2D", "SeparableConv2D"):
        assert not (theirs & ~ours).any()  # a transform of tiles reaches neighbours, too
    else:
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("name", sorted(KERNELS))
def test_nan_stays_in_every_activation_as_in_keras(name: str) -> None:
    x = np.array([[np.nan, 1.0, -1.0]], np.float32)
    theirs = np.isnan(keras.ops.convert_to_numpy(keras.activations.get(name)(x)))
    np.testing.assert_array_equal(np.isnan(np.asarray(layers.Activation(name)(x))), theirs)
